--- Headers that a script gives to a request: which names they may have. Pure.
local errors = require "almanac.base.errors"

local M = {}

-- Where a message ends, and what the connection is for, is the client's to say: a script that says it otherwise sends a
-- second request behind the first, which nobody asked `allow` for (RFC 9112, 11.2).
local FRAMING = {
  ["content-length"] = true, ["transfer-encoding"] = true, te = true, trailer = true, connection = true,
  ["keep-alive"] = true, ["proxy-connection"] = true, upgrade = true, expect = true,
}

--- Holds headers to names that are tokens (RFC 9110, 5.1), and to those that are a script's to give; raises kind "usage".
---@param who string
---@param headers table<string, any>
---@return table<string, any> headers
function M.check(who, headers)
  for name in pairs(headers) do
    if not name:find "^[%w!#$%%&'*+.^_`|~-]+$" then
      errors.raise { kind = "usage", message = string.format("%s: %q is no name of a header", who, name) }
    elseif FRAMING[name:lower()] then
      errors.raise { kind = "usage", message = string.format("%s: the header %s is not a script's to give", who, name),
        hint = "take it out: the client frames the message and keeps the connection by itself" }
    end
  end
  return headers
end

return M
