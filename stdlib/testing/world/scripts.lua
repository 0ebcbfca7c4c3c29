--- The Lua files below a directory.
local fs = require "native.fs"

local M = {}

local DEPTH_MAX = 16

---@param dir string
---@return string[]
function M.below(dir)
  local out, pattern = {}, dir:gsub("[%[*?\\]", "\\%0")
  for _ = 1, DEPTH_MAX do
    for _, path in ipairs(fs.list(pattern .. "/*.lua")) do out[#out + 1] = path end
    pattern = pattern .. "/*"
    if #fs.list(pattern) == 0 then break end
  end
  return out
end

return M
