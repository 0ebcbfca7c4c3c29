--- Parameters of a run as its journal has them, in the words with which they are typed. Pure.
local duration = require "almanac.base.duration"
local json = require "native.json"
local param = require "almanac.base.param"

local M = {}

--- Parameters that were given over those of before: the defaults, or those of an earlier execution.
---@param before table<string, any>?
---@param given table<string, any>?
---@return table<string, any>
function M.over(before, given)
  local out = {}
  for _, values in ipairs { before or {}, given or {} } do
    for name, value in pairs(values) do out[name] = value end
  end
  return out
end

--- What has to be given again to who goes on with a run, in words; nil: its journal has all that it was given.
---@param meta { unkept: string[]? }  of the run
---@return string?
function M.unkept_text(meta)
  if not meta.unkept or #meta.unkept == 0 then return nil end
  return string.format("%s=… (no journal keeps what holds a secret), or --params FILE", table.concat(meta.unkept, "=… "))
end

--- What an item of a list or a map is typed as; nil: it cannot be.
local function item_text(item, is_duration)
  if type(item) == "table" then return nil end
  local text = is_duration and type(item) == "number" and duration.typed(item) or tostring(item)
  return not text:find "[,%c]" and text:match "^%S.*%S$" or text:match "^%S$"
end

local function items_text(value, is_duration)
  local out = {}
  if json.is_array(value) then
    for i, item in ipairs(value) do out[i] = item_text(item, is_duration) or false end
  else
    for i, name in ipairs(param.sorted_names(value)) do
      local text = item_text(value[name], is_duration)
      out[i] = text and not name:find "[=,%s]" and name .. "=" .. text or false
    end
  end
  for _, text in ipairs(out) do
    if not text then return nil end
  end
  return table.concat(out, ",")
end

--- A value as it is typed behind its name: "10m", "a,b", "a=1,b=2".
---@param value any
---@param is_duration boolean  numbers in it are seconds
---@return string  JSON of what cannot be typed
function M.value(value, is_duration)
  if type(value) == "string" then return value end
  if is_duration and type(value) == "number" and value >= 0 and value < math.huge then return duration.typed(value) end
  return type(value) == "table" and items_text(value, is_duration) or json.encode(value, { canonical = true })
end

--- Whether a parameter is a duration.
---@param durations any  names of those that are, as the origin of the run has them; older runs have none
---@param name string
---@return boolean
function M.is_duration(durations, name)
  for _, one in ipairs(type(durations) == "table" and durations or {}) do
    if one == name then return true end
  end
  return false
end

--- All of them: "observe=10m tag=v2".
---@param params any
---@param durations any  as of M.is_duration
---@return string
function M.text(params, durations)
  local out = {}
  for i, name in ipairs(param.sorted_names(type(params) == "table" and params or {})) do
    out[i] = name .. "=" .. M.value(params[name], M.is_duration(durations, name))
  end
  return table.concat(out, " ")
end

return M
