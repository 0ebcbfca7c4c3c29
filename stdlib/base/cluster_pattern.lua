--- A pattern of `allow` for what is in a cluster, NAME@CONTEXT, in words. Pure.
local M = {}

local function in_context(context)
  return context and " of context " .. context or " of the context that almanac runs in"
end

--- A name of a cluster, and the context that it is in.
---@param pattern string   "web", "web@prod", "**"
---@param context? string  that almanac runs in
---@return string? name    nil: every one
---@return string where    " of context prod"
function M.split(pattern, context)
  local name, other = pattern:match "^([^@]*)@(.+)$"
  if pattern == "**" then return nil, " of every context" end
  return name or pattern, in_context(other or context)
end

---@param namespace string
---@return string
function M.of_namespace(namespace)
  return namespace == "*" and "every namespace" or "namespace " .. namespace
end

return M
