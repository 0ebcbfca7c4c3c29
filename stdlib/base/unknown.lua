--- Unknown values: what a plan cannot know, because only the effect itself will tell. One prints as
--- "(known after STEP)" and can be passed on; computing with it stops the plan at that line.
--- Equality and truth cannot be intercepted in Lua: `x == 1` is false and `if x` is taken.
local errors = require "almanac.base.errors"
local json = require "native.json"
local steady = require "almanac.base.steady"
local task = require "native.task"
local trace = require "native.trace"

local M = {}

local steps = setmetatable({}, { __mode = "k" })
local vague = setmetatable({}, { __mode = "k" })
local made = { any = false }
local texts = {} ---@type table<string, any>  what unknowns print as: one of those that print so

local Unknown = trace.opaque {}
Unknown.__metatable = "unknown"
Unknown.__name = "unknown"
Unknown.__tostring = function(self)
  local text = "(known after " .. steps[self] .. ")"
  texts[text] = self
  return text
end

--- The unknown of which string.format or tostring made a part of a text.
local function named_in(text)
  for name, value in next, texts do
    if text:find(name, 1, true) then return value end
  end
end

local function unknown_of(a, b)
  return steps[a] and a or b
end

--- An unknown that the step will make known.
---@param step string path
function M.new(step)
  local value = setmetatable({}, Unknown)
  steps[value], made.any = step, true
  task.check_faces()
  return value
end

--- One of which each field is as unknown: where the world is not asked at all, and nobody sees what the script makes of
--- the answer.
---@param step string path
function M.vague(step)
  local value = M.new(step)
  vague[value] = true
  return value
end

---@return boolean
function M.is_vague(value)
  return made.any and vague[value] ~= nil
end

--- Whether there ever was one: in a run there is none, and nothing needs to be looked through for it. A field, which
--- a long replay reads for each of its steps.
---@type { any: boolean }
M.made = made

---@return boolean
function M.is(value)
  return steps[value] ~= nil
end

--- The unknown that a value is, or holds, or holds the text of; nil where all is known.
---@param seen? table<table, boolean>  what was looked through: a table may hold itself
---@return any? unknown
function M.first(value, seen)
  if not made.any then return nil end
  if steps[value] then return value end
  if type(value) == "string" then return named_in(value) end
  if type(value) ~= "table" or next(steps) == nil or seen and seen[value] then return nil end
  seen = seen or {}
  seen[value] = true
  for _, item in next, value do
    local found = M.first(item, seen)
    if found ~= nil then return found end
  end
end

--- True when the value is unknown, or holds one or the text of one.
function M.within(value)
  return M.first(value) ~= nil
end

--- Where a value is not known.
---@param value any
---@return { at: string, after: string }[] open  at: as a JSON pointer (RFC 6901); after: the step that it waits for
function M.open(value)
  local out = {}
  local function look(item, at)
    local found = (steps[item] or type(item) == "string") and M.first(item)
    if found then
      out[#out + 1] = { at = at, after = steps[found] }
    elseif type(item) == "table" and type(getmetatable(item)) ~= "string" then
      for key, part in next, item do look(part, at .. "/" .. tostring(key):gsub("~", "~0"):gsub("/", "~1")) end
    end
  end
  look(value, "")
  table.sort(out, function(a, b) return a.at < b.at end)
  return out
end

--- Plain data with each unknown as its text: a copy, unless there never was an unknown.
function M.describe_all(value)
  if not made.any then return value end
  if steps[value] then return tostring(value) end
  if type(value) ~= "table" or type(getmetatable(value)) == "string" then return value end -- a secret stays one
  local copy = {}
  for key, item in next, value do copy[key] = M.describe_all(item) end
  if rawlen(value) == 0 and json.is_array(value) then json.array(copy) end
  return copy
end

--- A plan that cannot go on ends there, whatever a script does about its errors: the run would not take
--- that way.
---@return boolean
function M.ends_plan(err)
  return type(err) == "table" and rawget(err, "kind") == "unknown_value"
end

--- Ends the plan: what is to be done needs the value.
---@param value any    unknown
---@param what string  "a comparison with"
function M.needed(value, what)
  errors.raise {
    kind = "unknown_value", message = string.format("the plan cannot go on: %s a value that is %s", what, tostring(value):sub(2, -2)),
    hint = "the run will know it; a plan ends here. Take what a read gives instead, or move the decision into that step",
    step = nil, waits_for = steps[value],
  }
end

local function stop(what)
  return function(a, b) M.needed(unknown_of(a, b), what) end
end

for _, event in ipairs { "add", "sub", "mul", "div", "mod", "pow", "idiv", "unm", "band", "bor", "bxor", "shl", "shr", "bnot" } do
  Unknown["__" .. event] = stop "arithmetic on"
end
Unknown.__lt, Unknown.__le = stop "a comparison with", stop "a comparison with"
Unknown.__len, Unknown.__call = stop "the length of", stop "a call of"
Unknown.__newindex = stop "a field of"
--- A list of what is not known would never end.
Unknown.__index = function(self, key)
  if vague[self] and type(key) == "string" then return M.vague(steps[self]) end
  M.needed(self, "a field of")
end
Unknown.__pairs = stop "a walk over"
--- Text with an unknown in it is unknown text.
Unknown.__concat = steady(function(a, b)
  local of = unknown_of(a, b)
  return vague[of] and M.vague(steps[of]) or M.new(steps[of])
end)

return M
