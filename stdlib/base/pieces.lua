--- Lines of a program as they come, and pieces of those that are longer than a buffer: what of them may be handed
--- on already. A secret may lie across the end of a piece, or in base64 across that of a line, and neither half
--- would be known for one.
local redaction = require "almanac.base.redaction"

local M = {}

--- Bytes that are held at most: of a program that writes nothing but the beginning of a secret.
local HELD_MAX = 65536

---@class almanac.Stream
---@field shown string  what was handed on already of what may be the beginning of a secret
---@field held string   what was not

local Pieces = {}
Pieces.__index = Pieces

---@param say fun(stream: string, text: string)  is given redacted text, a line or a piece of one
function M.new(say)
  return setmetatable({ say = say, streams = {} }, Pieces)
end

--- Hands on what is behind the shown part of a text, line by line.
function Pieces:say_lines(name, text, shown)
  if #text == shown then return end
  local rest = redaction.rest(text, shown):gsub("\n$", "")
  for line in (rest .. "\n"):gmatch "([^\n]*)\n" do self.say(name, line) end
end

--- Takes a line, or a piece of one.
---@param name string of the stream
---@param text string
---@param more boolean  the line goes on
function Pieces:take(name, text, more)
  local stream = self.streams[name] or { shown = "", held = "" }
  local shown = #stream.shown
  text = stream.shown .. stream.held .. text .. (more and "" or "\n")
  local last = #text > HELD_MAX and not more and #text or math.max(shown, redaction.settled(text, more))
  self:say_lines(name, text:sub(1, last), shown)
  local open = last - shown > HELD_MAX and last + 1 or redaction.open_at(text:sub(1, last))
  self.streams[name] = { shown = text:sub(open, last), held = text:sub(last + 1) }
end

--- What is held back of lines that nothing follows.
function Pieces:finish()
  for _, name in ipairs { "stdout", "stderr" } do
    local stream = self.streams[name]
    self.streams[name] = nil
    if stream then self:say_lines(name, stream.shown .. stream.held, #stream.shown) end
  end
end

return M
