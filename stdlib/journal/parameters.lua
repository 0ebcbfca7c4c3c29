--- Parameters of a run as its journal has them, in words. Pure.
local json = require "native.json"
local param = require "almanac.base.param"

local M = {}

--- As they are typed: "observe=10m tag=v2".
---@param params any
---@return string
function M.text(params)
  local out = {}
  for i, name in ipairs(param.sorted_names(type(params) == "table" and params or {})) do
    local value = params[name]
    out[i] = name .. "=" .. (type(value) == "string" and value or json.encode(value, { canonical = true }))
  end
  return table.concat(out, " ")
end

return M
