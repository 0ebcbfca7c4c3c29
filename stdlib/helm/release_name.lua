--- The names of a release: what `allow` calls it. Pure.
local M = {}

--- "RELEASE" where its namespace has its name, "NAMESPACE/RELEASE" else and as well.
---@param release string
---@param namespace string
---@return string[]
function M.allowed(release, namespace)
  local full = namespace .. "/" .. release
  return namespace == release and { release, full } or { full }
end

return M
