--- The parameters of a runbook, as text.
local columns = require "almanac.base.columns"
local param = require "almanac.base.param"

local M = {}

local function constraint(spec)
  if spec.pattern then return "pattern " .. spec.pattern end
  if spec.values then return "one of " .. table.concat(spec.values, ", ") end
  local min, max = spec.min and param.bound(spec, spec.min), spec.max and param.bound(spec, spec.max)
  if min and max then return string.format("from %s to %s", min, max) end
  if min or max then return min and "at least " .. min or "at most " .. max end
end

--- A line or two for each, in the order of their names.
---@param specs table<string, almanac.Param>
---@return string[] lines
function M.lines(specs)
  local out = { next(specs) and "parameters:" or "parameters: none" }
  for _, name in ipairs(param.sorted_names(specs)) do
    local spec = specs[name]
    local default = spec.default ~= nil and "default " .. param.shown(spec, spec.default)
    local state = spec.required and "required" or default or "optional"
    out[#out + 1] = string.format("  %s %s, %s%s", columns.pad(name, 12), spec.type, state, spec.help and "  " .. spec.help or "")
    local limits = constraint(spec)
    if limits then out[#out + 1] = string.format("  %-12s %s", "", limits) end
  end
  return out
end

return M
