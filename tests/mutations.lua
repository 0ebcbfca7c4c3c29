--- Malformed answers: a recorded one, with each of its values taken away, or replaced by one of another type.
local json = require "native.json"

local M = {}

--- What stands in for a value; `gone` for nothing at all.
local function instead(gone)
  return { gone, "text", 7, json.array { 7 }, { x = { y = "z" } } }
end

local GONE = {}

--- The places of a value, each kind of place once: of a list's items the first.
local function add_places(out, value, at)
  out[#out + 1] = at
  if type(value) ~= "table" then return end
  for key, inner in pairs(value) do
    if not json.is_array(value) or key == 1 then
      local below = table.move(at, 1, #at, 1, {})
      below[#below + 1] = key
      add_places(out, inner, below)
    end
  end
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = json.is_array(value) and json.array {} or {}
  for key, inner in pairs(value) do out[key] = copy(inner) end
  return out
end

local function with(answer, at, value)
  if #at == 0 then return value end
  local out = copy(answer)
  local parent = out
  for i = 1, #at - 1 do parent = parent[at[i]] end
  if value == GONE then
    if json.is_array(parent) then table.remove(parent, at[#at]) else parent[at[#at]] = nil end
  else
    parent[at[#at]] = value
  end
  return out
end

--- Every malformed form of an answer: calls fn(text, what) with its JSON, and with what was done.
---@param answer any  decoded
---@param fn fun(text: string, what: string)
---@return integer count
function M.each(answer, fn)
  local places, count = {}, 0
  add_places(places, answer, {})
  for _, at in ipairs(places) do
    for _, value in ipairs(instead(GONE)) do
      if not (value == GONE and #at == 0) then
        local shown = value == GONE and "gone" or json.encode(value)
        fn(json.encode(with(answer, at, value)), table.concat(at, ".") .. " is " .. shown)
        count = count + 1
      end
    end
  end
  return count
end

--- Kinds of errors that a server's answer must never cause: a bug's.
local BUGS = { internal = true, script = true, memory = true }

--- What is wrong with how an answer was taken: nil where it was taken, or refused in words.
---@param ok boolean  as errors.try says it
---@param err any
---@return string?
function M.fault(ok, err)
  if ok then return nil end
  local said = type(err) == "table" and tostring(err.message) or tostring(err)
  local is_bug = type(err) ~= "table" or BUGS[err.kind] or said:find("attempt to", 1, true) or said:find("bad argument", 1, true)
    or said:find("stdlib/", 1, true)
  if not is_bug then return nil end
  return type(err) == "table" and string.format("%s: %s\n%s", err.kind, said, tostring(err.traceback)) or said
end

return M
