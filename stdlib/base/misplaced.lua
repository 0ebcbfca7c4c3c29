--- A word that does not belong where it stands, as an error may show it: it may be a secret, or an address with one in it, that
--- was put into the wrong place. Pure.
local M = {}

local NAME_MAX, HOST_MAX = 24, 64
local BEGINNING = 3 -- letters

local function beginning(text)
  return text:match("^" .. utf8.charpattern:rep(BEGINNING)) or text
end

--- What stands where one of some names belongs: in quotes, whole where it reads like a name, else its beginning.
---@param word any
---@return string
function M.word(word)
  if type(word) ~= "string" then return tostring(word) end
  if #word <= NAME_MAX and word:find "^%a[%a_-]*$" then return string.format("%q", word) end
  return '"' .. beginning(word):gsub("[%c\"\\]", "?") .. '…"'
end

--- Whether a text names a host, and perhaps a port, and nothing that may be a token.
local function is_host(text)
  local host = text:match "^(.-):?%d*/?$"
  return #text <= HOST_MAX and (host:find "^[%a.-]*$" or host:find "^%d+%.%d+%.%d+%.%d+$") ~= nil
end

--- What stands where a URL belongs: in quotes, whole where it names a host alone, else its beginning.
---@param text string
---@return string
function M.url(text)
  local scheme, rest = text:match "^(%a[%a+.-]*://)(.*)$"
  if is_host(rest or text) then return string.format("%q", text) end
  if scheme then return string.format("%q", scheme:sub(1, NAME_MAX) .. "…") end
  return M.word(text)
end

return M
