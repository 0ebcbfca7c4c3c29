--- What `allow` of a runbook means, in words: one line for each pattern. What a category means is said where it is
--- defined: beside its calls, or in the definition of the effect that brings it.
local categories = require "almanac.base.allow_categories"
local definitions = require "almanac.run.definitions"
local param = require "almanac.base.param"

local M = {}

local function saying(category, access, own)
  local said = definitions.allow_category(category, own)
  return said and said[access] or categories.plain("touch " .. category .. " %s (an effect of its own)")
end

local function add(out, allow, access, context, own)
  for _, category in ipairs(param.sorted_names(allow)) do
    for _, pattern in ipairs(category ~= "read" and allow[category] or {}) do
      out[#out + 1] = "  " .. saying(category, access, own)(pattern, context)
    end
  end
end

--- What a runbook may reach.
---@param allow almanac.Allow?
---@param context string?  of the kubeconfig that almanac would use, where that is known
---@param own? almanac.Definitions  effects of the script
---@return string[] lines
function M.of(allow, context, own)
  if not allow then return { "may touch: anything that its runner may (it declares no allow)" } end
  local out = { "may reach:" }
  add(out, allow, "change", context, own)
  add(out, allow.read or {}, "read", context, own)
  out[#out + 1] = #out > 1 and "  nothing else, but queries to the services that almanac.yaml names"
    or "  nothing, but queries to the services that almanac.yaml names"
  return out
end

return M
