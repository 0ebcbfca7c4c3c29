--- Lines of a program that come in pieces, since they are longer than a buffer: what of them may be handed on
--- already. A secret may lie across the end of a piece, and neither half would be known for one.
local redaction = require "almanac.base.redaction"

local M = {}

local Pieces = {}
Pieces.__index = Pieces

---@param say fun(stream: string, text: string)  is given redacted text
function M.new(say)
  return setmetatable({ say = say, held = {} }, Pieces)
end

--- Takes a line, or a piece of one.
---@param stream string
---@param text string
---@param more boolean  the line goes on
function Pieces:take(stream, text, more)
  local held = self.held[stream]
  if held then text = held .. text end
  local last = more and redaction.settled(text) or #text
  self.held[stream] = more and text:sub(last + 1) or nil
  if last > 0 or not held and not more then self.say(stream, redaction.text(text:sub(1, last))) end
end

--- What is held of lines that have no end.
function Pieces:finish()
  for _, stream in ipairs { "stdout", "stderr" } do
    if self.held[stream] then self:take(stream, "", false) end
  end
end

return M
