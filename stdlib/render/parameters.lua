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
  local names, rows, out = param.sorted_names(specs), {}, { next(specs) and "parameters:" or "parameters: none" }
  local widest = 0
  for i, name in ipairs(names) do
    local spec = specs[name]
    local default = spec.default ~= nil and "default " .. (spec.default == "" and '""' or param.shown(spec, spec.default))
    rows[i] = { "  " .. name, spec.type, spec.required and "required" or default or "optional", spec.help or "" }
    widest = math.max(widest, columns.of(rows[i][1]))
  end
  for i, line in ipairs(columns.aligned(rows)) do
    local limits = constraint(specs[names[i]])
    out[#out + 1] = line
    if limits then out[#out + 1] = (" "):rep(widest + 2) .. limits end
  end
  return out
end

return M
