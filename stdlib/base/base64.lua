--- Base64 (RFC 4648). Pure.
local codec = require "native.codec"

local M = {}

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local letters, values = {}, { [("-"):byte()] = 62, [("_"):byte()] = 63 }
for i = 0, 63 do
  letters[i] = ALPHABET:sub(i + 1, i + 1)
  values[ALPHABET:byte(i + 1)] = i
end

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

--- The bytes of base64, of the URL alphabet too and without padding.
---@param text string
---@return string? bytes
---@return integer? position  of the first letter that is none, from 0
function M.decode(text)
  local plain, bytes = pcall(codec.base64_decode, text)
  if plain then return bytes end
  text = text:gsub("=+$", "")
  local out, n, bits = {}, 0, 0
  for i = 1, #text do
    local v = values[text:byte(i)]
    if not v then return nil, i - 1 end
    n, bits = (n << 6) | v, bits + 6
    if bits >= 8 then
      bits = bits - 8
      out[#out + 1] = string.char(n >> bits & 255)
      n = n & ((1 << bits) - 1)
    end
  end
  if #text % 4 == 1 then return nil, #text - 1 end
  return table.concat(out)
end

return M
