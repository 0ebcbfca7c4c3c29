--- Parameters as a script is handed them: its to read. The journal has them, and whoever resumes or takes back the run goes by
--- that; a script that puts other values in their place would do something else the second time. They stay plain data, which a
--- script hands on whole, so that a change is seen where the next step begins, and at the end.
local errors = require "almanac.base.errors"
local json = require "native.json"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

local as_given = setmetatable({}, { __mode = "k" }) ---@type table<table, table>  copies, by what scripts have

--- Whether it is a value of its own, and no table to be looked into.
local function is_whole(value) return type(value) ~= "table" or secret.is(value) or unknown.is(value) end

local function copy_of(value)
  if is_whole(value) then return value end
  local out = {}
  for key, item in next, value do out[key] = copy_of(item) end
  return json.is_array(value) and json.array(out) or out
end

local function is_same(a, b)
  if rawequal(a, b) then return true end
  if is_whole(a) or is_whole(b) then return false end
  for key, item in next, a do
    if not is_same(item, rawget(b, key)) then return false end
  end
  for key in next, b do
    if rawget(a, key) == nil then return false end
  end
  return true
end

local HINT = "keep what is computed in a variable of its own: local value = …; almanac check names the line"

local function refuse(name)
  errors.raise {
    kind = "usage", hint = HINT,
    message = string.format("the script assigns to its parameter %s: the run would go on with another value than the journal has", name),
  }
end

--- The names whose values are not as they were given.
local function changed(values, given)
  local names, seen = {}, {}
  for _, both in ipairs { given, values } do
    for name in next, both do
      if not seen[name] and not is_same(rawget(values, name), given[name]) then names[#names + 1] = name end
      seen[name] = true
    end
  end
  return names
end

--- Values that a script is handed.
---@param values table<string, any>
---@param strict fun(name: any)  called for a name that has no value
---@return table<string, any> values  the same table
function M.new(values, strict)
  as_given[values] = copy_of(values)
  return setmetatable(values, {
    __metatable = false,
    __index = function(_, name) return strict(name) end,
    __newindex = function(_, name) refuse(tostring(name)) end,
  })
end

--- Puts another value in the place of one, before a script is handed them.
---@param values table<string, any>  of M.new
---@param name string
---@param value any
function M.put(values, name, value)
  rawset(values, name, value)
  as_given[values][name] = copy_of(value)
end

--- Refuses to go on with values that are not as they were given.
---@param values table<string, any>  of M.new
function M.check(values)
  local given = as_given[values]
  if not given or is_same(values, given) then return end
  local names = changed(values, given)
  for i, name in ipairs(names) do names[i] = tostring(name) end
  table.sort(names)
  refuse(names[1])
end

--- Calls the procedure of a runbook with its parameters, as they were given: a try before may have changed them.
---@param run almanac.Run
---@param procedure fun(params: table): any
---@param values table<string, any>
---@return any result  what the procedure returns
function M.call(run, procedure, values)
  local given = as_given[values]
  for _, name in ipairs(given and changed(values, given) or {}) do rawset(values, name, copy_of(given[name])) end
  run.params = values
  local result = procedure(values)
  M.check(values)
  return result
end

return M
