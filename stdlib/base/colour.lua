--- Colours of our own: a mark that only this process knows tells them from what others wrote, and is taken away where
--- text is written.
local digest = require "native.digest"

local MARK = digest.random_hex(4)

local M = {
  MARK = MARK,
  --- A Lua pattern for one selection of a colour.
  PATTERN = "\27" .. MARK .. "%[[%d;]*m",
  --- The end of a line that was cut inside a colour.
  RESET = "\27" .. MARK .. "[0m",
}

--- Text in a colour; what the text itself holds of the kind is shown, not obeyed.
---@param text string
---@param code string SGR, "1;31"
---@param color boolean false: as it is
---@return string
function M.paint(text, code, color)
  return color and "\27" .. MARK .. "[" .. code .. "m" .. text .. M.RESET or text
end

return M
