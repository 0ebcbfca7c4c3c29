--- Names that are journalled and shown: steps, locks, parameters. Pure.
local M = {}

--- Why a text cannot be such a name; nil when it can.
---@param text any
---@param max integer  bytes
---@return string? why  "cannot hold …"
function M.fault(text, max)
  if type(text) ~= "string" then return "must be text, not a " .. type(text) end
  if text == "" then return "must not be empty" end
  if text:find "%c" then return "cannot hold a newline or another control character" end
  if #text > max then return string.format("cannot be longer than %d bytes", max) end
  if not utf8.len(text) then return "must be valid UTF-8" end
end

return M
