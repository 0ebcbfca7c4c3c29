--- Methods of HTTP: which of them only look. https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods
local codec = require "native.codec"

local M = {}

local SAFE = { GET = true, HEAD = true, OPTIONS = true }

--- A name of a form's field as a framework may see it that takes the method from one: PHP makes "_" of what it has no use for
--- and cuts at a bracket, C's readers at a zero byte.
local function field_name(text)
  local name = text
  for _ = 1, 2 do name = codec.percent_decode(name, true) end
  name = name:gsub("[%z%[].*", ""):gsub("^[%c%s]+", ""):gsub("[%c%s]+$", ""):lower()
  return (name:gsub("[%s.%-]", "_"))
end

--- The field of a query or a form by which frameworks make another method of a request: `_method`, `X-HTTP-Method`, ….
---@param text string  NAME=VALUE&NAME=VALUE, encoded
---@return string? name  as it is written; nil: there is none
function M.override(text)
  for pair in text:gmatch "[^&;]+" do
    local written = pair:match "^[^=]*"
    local name = field_name(written)
    local bare = name:gsub("_", "")
    if name:find "^_+method_*$" or bare:find("httpmethod", 1, true) or bare:find("methodoverride", 1, true) then return written end
  end
end

--- Whether a request of this method changes nothing.
---@param method string?  nil: GET
---@return boolean
function M.is_safe(method)
  return method == nil or SAFE[method] == true
end

return M
