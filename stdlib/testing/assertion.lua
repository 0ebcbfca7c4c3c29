--- What a test says must be so: luassert's words, with its order of arguments (what is wanted first).
--- https://github.com/lunarmodules/luassert. Pure.
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"

local M = {}

local SHOWN_MAX = 400 -- bytes of a value in a message

local function sorted_keys(t)
  local keys = {}
  for key in next, t do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and type(a) ~= "table" and type(a) ~= "boolean" then return a < b end
    return tostring(a) < tostring(b)
  end)
  return keys
end

local function key_text(key)
  if type(key) == "string" then return key:find "^[%a_][%w_]*$" and key or string.format("[%q]", key) end
  return "[" .. tostring(key) .. "]"
end

local function write(value, out, seen)
  if type(value) == "string" then
    out[#out + 1] = '"' .. value:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
  elseif type(value) ~= "table" then
    out[#out + 1] = tostring(value)
  elseif seen[value] then
    out[#out + 1] = "{ itself }"
  elseif getmetatable(value) ~= nil and rawget(value, "kind") ~= nil and rawget(value, "message") ~= nil then
    out[#out + 1] = string.format("error %s: %s", tostring(rawget(value, "kind")), tostring(rawget(value, "message")))
  else
    seen[value] = true
    out[#out + 1] = "{"
    local n = 0
    for _, key in ipairs(sorted_keys(value)) do
      out[#out + 1] = n > 0 and ", " or " "
      n = n + 1
      if math.type(key) ~= "integer" or key ~= n then out[#out + 1] = key_text(key) .. " = " end
      write(rawget(value, key), out, seen)
    end
    out[#out + 1] = n > 0 and " }" or "}"
    seen[value] = nil
  end
end

--- A value as Lua would write it.
---@param value any
---@return string
function M.shown(value)
  local out = {}
  write(value, out, {})
  return redaction.excerpt(redaction.text(table.concat(out)), SHOWN_MAX)
end

--- Where two values differ first: a path such as `.spec.replicas`, and both values there; nil: they are the same.
local function difference(want, got, path, seen)
  if want == got or want ~= want and got ~= got then return nil end
  if type(want) ~= "table" or type(got) ~= "table" or want == json.null or got == json.null then return path, want, got end
  if seen[want] then return nil end
  seen[want] = true
  for _, key in ipairs(sorted_keys(want)) do
    local below = path .. (type(key) == "string" and "." or "") .. key_text(key)
    local at, a, b = difference(rawget(want, key), rawget(got, key), below, seen)
    if at then return at, a, b end
  end
  for _, key in ipairs(sorted_keys(got)) do
    local below = path .. (type(key) == "string" and "." or "") .. key_text(key)
    if rawget(want, key) == nil then return below, nil, rawget(got, key) end
  end
  seen[want] = nil
end

--- Raises that something is otherwise.
---@param message string
---@param said any  what the test says of it
function M.fail(message, said)
  local told = said ~= nil and tostring(said):gsub("%s+$", "") or ""
  if told:find("\n", 1, true) then
    message = message .. "\n| " .. told:gsub("\n", "\n| ")
  elseif told ~= "" then
    message = told .. "\n" .. message
  end
  errors.raise { kind = "assertion", message = message }
end

local function lines(want, got)
  return string.format("expected: %s\n     got: %s", M.shown(want), M.shown(got))
end

-- Each looks at what it is given: whether it holds, the message when it must, and the one when it must not.

local checks = {}

checks.equal = { 2, function(want, got) return want == got, lines(want, got), "expected anything but " .. M.shown(want) end }

checks.same = { 2, function(want, got)
  local at, a, b = difference(want, got, "", {})
  local where = at and at ~= "" and string.format("\n      at: %s is %s, not %s", at, M.shown(b), M.shown(a)) or ""
  return at == nil and type(want) == type(got), lines(want, got) .. where, "expected anything but the same as " .. M.shown(want)
end }

local function is(words, fits)
  return { 1, function(got)
    return fits(got), string.format("expected: %s\n     got: %s", words, M.shown(got)), "expected: not " .. words
  end }
end

checks.is_true = is("true", function(v) return v == true end)
checks.is_false = is("false", function(v) return v == false end)
checks.is_nil = is("nil", function(v) return v == nil end)
checks.truthy = is("neither false nor nil", function(v) return v ~= false and v ~= nil end)
checks.falsy = is("false or nil", function(v) return not v end)
for _, name in ipairs { "string", "number", "table", "boolean", "function" } do
  checks["is_" .. name] = is("a " .. name, function(v) return type(v) == name end)
end

checks.matches = { 2, function(pattern, got)
  local found = type(got) == "string" and got:find(pattern) ~= nil
  return found, string.format("expected to match: %s\n              got: %s", tostring(pattern), M.shown(got)),
    string.format("expected not to match: %s\n                  got: %s", tostring(pattern), M.shown(got))
end }

checks.contains = { 2, function(part, got)
  local found = false
  if type(got) == "string" then
    found = got:find(tostring(part), 1, true) ~= nil
  elseif type(got) == "table" then
    for _, item in next, got do found = found or difference(part, item, "", {}) == nil end
  end
  return found, string.format("expected to hold: %s\n             got: %s", M.shown(part), M.shown(got)),
    string.format("expected not to hold: %s\n                 got: %s", M.shown(part), M.shown(got))
end }

checks.near = { 3, function(want, got, tolerance)
  local fits = type(got) == "number" and math.abs(want - got) <= tolerance
  return fits, string.format("expected: %s, give or take %s\n     got: %s", want, tolerance, M.shown(got)),
    string.format("expected anything further than %s from %s", tolerance, want)
end }

--- Whether an error is the one that is wanted: text must stand in its message, a table fits field by field.
local function fits(want, err)
  if want == nil then return true end
  local message = type(err) == "table" and tostring(err.message) or tostring(err)
  if type(want) == "string" then return message:find(want, 1, true) ~= nil end
  if type(want) ~= "table" then return want == err end
  for key, value in next, want do
    if type(err) ~= "table" or (key == "message" and not message:find(value, 1, true) or key ~= "message" and err[key] ~= value) then
      return false
    end
  end
  return true
end

checks.has_error = { 2, function(fn, want)
  if type(fn) ~= "function" then errors.usage "assert.has_error: takes a function, and what its error must say" end
  local ok, err = errors.try(fn)
  if not ok and errors.is_interrupt(err) then error(err, 0) end
  local told = ok and "none" or M.shown(err)
  return not ok and fits(want, err), string.format("expected an error%s\n     got: %s", want and ": " .. M.shown(want) or "", told),
    "expected no error\n     got: " .. told
end }

--- Other names for them.
local others = {
  equals = "equal", errors = "has_error", match = "matches", contain = "contains",
}

local function checker(check, is_wanted)
  local count, look = check[1], check[2]
  return function(...)
    local holds, message, otherwise = look(...)
    if holds ~= is_wanted then M.fail(is_wanted and message or otherwise, (select(count + 1, ...))) end
    return (select(count, ...))
  end
end

--- Words that may stand before the name of an assertion, as luassert has them: whether it must hold then.
local BEFORE = {
  is = true, are = true, has = true, does = true, is_not = false, are_not = false, has_not = false, has_no = false,
  does_not = false, no = false, ["not"] = false,
}

--- The assertions by their bare names: nil, equal, error.
local function bare()
  local out = {}
  for name, check in pairs(checks) do out[name:match "^is_(.*)$" or name:match "^has_(.*)$" or name] = check end
  for name, of in pairs(others) do out[name] = checks[of] end
  return out
end

--- All assertions: by their bare names, and behind each of the words, with "_" or "." between: `assert.is_nil`,
--- `assert.is_not_nil`, `assert.not_nil`, `assert.is_not.equal`, `assert.are.same`, `assert.has_no.errors`.
---@return table<string, any>
function M.words()
  local out = {}
  for word in pairs(BEFORE) do out[word] = {} end
  for name, check in pairs(bare()) do
    if not out[name] then out[name] = checker(check, true) end
    for word, is_wanted in pairs(BEFORE) do
      local fn = checker(check, is_wanted)
      out[word][name], out[word .. "_" .. name] = fn, fn
    end
  end
  return out
end

return M
