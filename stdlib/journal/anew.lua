--- Parameters that a run was given anew while it was stopped: what they are now, and what they were. Pure.
local diff = require "almanac.base.diff"
local json = require "native.json"
local parameters = require "almanac.journal.parameters"
local param = require "almanac.base.param"

local M = {}

---@class almanac.GivenAnew
---@field name string
---@field was any          nil: it was not given, or is a secret
---@field now any          nil: a secret, of which the journal holds no text
---@field by string?       who gave it
---@field at_ms integer

local function by_name(names)
  local out = {}
  for _, name in ipairs(type(names) == "table" and names or {}) do
    if type(name) == "string" then out[name] = true end
  end
  return out
end

--- What a resume gives anew. What is given as it was is not.
---@param before table<string, any>?  the parameters until then
---@param data table  of run.resume
---@param time_ms integer
---@return almanac.GivenAnew[]
function M.of(before, data, time_ms)
  local out, params, names = {}, data.params or {}, by_name(data.anew)
  for name in pairs(params) do names[name] = true end
  for _, name in ipairs(param.sorted_names(names)) do
    local was, now = (before or {})[name], params[name]
    if now == nil or not diff.equal(was, now) then
      out[#out + 1] = { name = name, was = was, now = now, by = data.operator, at_ms = time_ms }
    end
  end
  return out
end

--- The names of what a resume gives otherwise, or of which nobody can tell. A required one that the journal has no text of was
--- a text before as well, and each resume has to give it: that is no other one.
---@param specs table<string, almanac.Param>
---@param before table<string, any>  the parameters until then
---@param given table<string, any>
---@param params table<string, any>  of what is given, as it is journalled
---@return string[]
function M.names(specs, before, given, params)
  local out = json.array {}
  for _, name in ipairs(param.sorted_names(given)) do
    local was, now = before[name], params[name]
    local is_untold = was == nil and now == nil and not specs[name].required
    if is_untold or not diff.equal(was, now) then out[#out + 1] = name end
  end
  return out
end

--- What it was, in words: "was 3".
---@param given almanac.GivenAnew
---@param durations any  as of parameters.is_duration
---@return string
function M.was(given, durations)
  if given.now == nil then return "a secret, given anew" end
  if given.was == nil then return "was not given" end
  return "was " .. parameters.value(given.was, parameters.is_duration(durations, given.name))
end

--- Each in words: "n=4 (was 3)".
---@param list almanac.GivenAnew[]
---@param durations any
---@return string
function M.text(list, durations)
  local out = {}
  for i, given in ipairs(list) do
    local value = given.now ~= nil and "=" .. parameters.value(given.now, parameters.is_duration(durations, given.name)) or ""
    out[i] = string.format("%s%s (%s)", given.name, value, M.was(given, durations))
  end
  return table.concat(out, ", ")
end

return M
