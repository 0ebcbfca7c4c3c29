--- Base64 (RFC 4648, section 4), written. Reading it is native.codec's. Pure.
local M = {}

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local letters = {}
for i = 0, 63 do letters[i] = ALPHABET:sub(i + 1, i + 1) end

local function group(text, at)
  local a, b, c = text:byte(at, at + 2)
  local n = a << 16 | (b or 0) << 8 | (c or 0)
  return letters[n >> 18] .. letters[n >> 12 & 63] .. (b and letters[n >> 6 & 63] or "=") .. (c and letters[n & 63] or "=")
end

--- In one line, with its padding.
---@param bytes string
---@return string
function M.encode(bytes)
  local out = {}
  for at = 1, #bytes, 3 do out[#out + 1] = group(bytes, at) end
  return table.concat(out)
end

return M
