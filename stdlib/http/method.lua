--- Methods of HTTP: which of them only look. https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods
local codec = require "native.codec"

local M = {}

local SAFE = { GET = true, HEAD = true, OPTIONS = true }

--- Methods that change something, of HTTP and of what was built upon it. https://www.iana.org/assignments/http-methods
local CHANGES = {}
for name in ([[ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL
  MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PATCH POST PROPPATCH PURGE PUT REBIND UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE
  UPDATEREDIRECTREF VERSION-CONTROL]]):gmatch "%S+" do
  CHANGES[name] = true
end

--- A name of a form's field as a framework may see it that takes the method from one: PHP makes "_" of what it has no use for
--- and cuts at a bracket, C's readers at a zero byte.
local function field_name(text)
  local name = text
  for _ = 1, 2 do name = codec.percent_decode(name, true) end
  name = name:gsub("[%z%[].*", ""):gsub("^[%c%s]+", ""):gsub("[%c%s]+$", ""):lower()
  return (name:gsub("[%s.%-]", "_"))
end

--- Whether a value of a field is a method that changes something, whatever it is written with.
local function is_change(value)
  for _ = 1, 2 do value = codec.percent_decode(value, true) end
  return CHANGES[value:upper():gsub("[^%u-]", "")] == true
end

--- The field of a query or a form by which frameworks make another method of a request: `_method`, `X-HTTP-Method`, …, whatever is
--- in it; and `method`, `verb` and their like (Restlet, Struts), where a method is.
---@param text string  NAME=VALUE&NAME=VALUE, encoded
---@return string? name  as it is written; nil: there is none
function M.override(text)
  for pair in text:gmatch "[^&;]+" do
    local written = pair:match "^[^=]*"
    local name = field_name(written)
    local bare = name:gsub("_", "")
    if (bare:find "method$" or bare:find "verb$") and is_change(pair:sub(#written + 2)) then return written end
    if name:find "^_+method_*$" or bare:find("httpmethod", 1, true) or bare:find("methodoverride", 1, true) then return written end
  end
end

--- The field of a JSON body by which frameworks make another method of a request: of those above, the one that means nothing else.
---@param value any  the body
---@return string? name  as it is written; nil: there is none
function M.override_in_object(value)
  for key in next, type(value) == "table" and value or {} do
    local name = type(key) == "string" and field_name(key) or ""
    if name:find "^_+method_*$" or name:gsub("_", ""):find("methodoverride", 1, true) then return key end
  end
end

--- Whether a request of this method changes nothing.
---@param method string?  nil: GET
---@return boolean
function M.is_safe(method)
  return method == nil or SAFE[method] == true
end

return M
