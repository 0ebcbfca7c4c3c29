--- Shell-like patterns: * any run of characters, ? any one. Pure.
local M = {}

---@param pattern string
---@param text string
---@return boolean
function M.match(pattern, text)
  local lua = pattern:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".")
  return text:find("^" .. lua .. "$") ~= nil
end

return M
