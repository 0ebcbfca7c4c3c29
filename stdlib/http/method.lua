--- Methods of HTTP: which of them only look. https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods
local M = {}

local SAFE = { GET = true, HEAD = true, OPTIONS = true }

--- Whether a request of this method changes nothing.
---@param method string?  nil: GET
---@return boolean
function M.is_safe(method)
  return method == nil or SAFE[method] == true
end

return M
