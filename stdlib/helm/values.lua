--- The values that a release was computed with: helm's CoalesceValues, for a chart as its record keeps it
--- (without subcharts: https://github.com/helm/helm/blob/v3.16.1/pkg/chartutil/coalesce.go). Pure.
local json = require "native.json"

local M = {}

local function is_object(value)
  return type(value) == "table" and not json.is_array(value)
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = {}
  for key, inner in pairs(value) do out[key] = copy(inner) end
  return setmetatable(out, getmetatable(value)) -- the mark of arrays
end

--- Fills what dst leaves out from src. A null in dst takes out what src has there; one of its own stays.
local function fill(dst, src)
  for key, value in pairs(src) do
    if dst[key] == nil then
      dst[key] = copy(value)
    elseif dst[key] == json.null then
      dst[key] = nil
    elseif is_object(value) and is_object(dst[key]) then
      fill(dst[key], value)
    end
  end
  return dst
end

--- The operator's values over those of the chart.
---@param given table? of the operator (`config`)
---@param chart table? of the chart (`chart.values`)
---@return table
function M.computed(given, chart)
  return fill(is_object(given) and copy(given) or {}, is_object(chart) and chart or {})
end

return M
