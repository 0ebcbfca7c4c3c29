--- A value on one line, cut where it is long. Pure.
local json = require "native.json"

local M = {}

M.MAX = 100 -- bytes of a text, about

--- A value as text: one that would not stay on a line as JSON.
---@param value any
---@return string
function M.encoded(value)
  if value == nil then return "(absent)" end
  local plain = type(value) == "string" and not value:find "%c" and value ~= ""
  return plain and value or json.encode(value, { canonical = true })
end

--- The nearest beginning of a character at or before a byte.
local function char_at(text, byte)
  while byte > 1 and (text:byte(byte) or 0) & 0xC0 == 0x80 do byte = byte - 1 end
  return byte
end

--- About MAX bytes of a text, from a byte on.
---@param text string
---@param from integer
---@return string
function M.cut(text, from)
  from = char_at(text, from)
  local to = #text
  if to - from >= M.MAX then to = char_at(text, from + M.MAX) - 1 end
  return (from > 1 and "…" or "") .. text:sub(from, to) .. (to < #text and "…" or "")
end

--- The beginning of a value's text.
---@param value any
---@return string
function M.text(value) return M.cut(M.encoded(value), 1) end

return M
