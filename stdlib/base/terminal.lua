--- What is shown: the one way to standard output and standard error. Secrets are hidden, and text of
--- others cannot steer the terminal: the write itself spells control characters, and colours pass only by
--- a mark that nobody else knows.
local colour = require "almanac.base.colour"
local columns = require "almanac.base.columns"
local lines = require "almanac.base.lines"
local native = require "native.terminal"
local process = require "native.process"
local redaction = require "almanac.base.redaction"

local M = { isatty = native.isatty, size = native.size, edit = native.edit, spelt = native.spelt, continued = native.continued,
  paint = colour.paint }

--- Where a terminal breaks a line: what follows begins with this, so that it is none of ours, however long the blanks
--- before it are.
local BROKEN = "  ↳ "

local function shown_line(line, width)
  if #line <= width and not line:find "[^ -~]" then return line end
  return columns.wrap(columns.map(line, native.spelt):gsub("\t", "    "), width, BROKEN)
end

--- A text as a terminal of so many columns gets it: it breaks no line by itself.
---@param text string
---@param width integer
---@return string
function M.within(text, width)
  if width <= 2 * #BROKEN then return text end
  return (text:gsub("[^\n]+", function(line) return (shown_line(line, width)) end))
end

local terminals = {} ---@type table<integer, boolean>  by descriptor: each line that is shown asks

local function fitted(fd, text)
  if terminals[fd] == nil then terminals[fd] = native.isatty(fd) end
  return terminals[fd] and M.within(text, (native.size())) or text
end

--- One line stays one line: newlines in what others wrote are spelt.
---@param text string
---@return string
function M.one_line(text)
  if not text:find("\n", 1, true) then return text end
  return (text:gsub("\r?\n", "\\n"))
end

--- What is said, as text: a line of ours, or several. What others wrote in one is marked from its second line on, and is
--- redacted before: a mark within a secret would hide it from those who look for it.
---@param said string|string[]
---@return string text  no newline at its end
function M.said(said)
  if type(said) == "string" then said = { said } end
  local out = {}
  for i, line in ipairs(said) do
    out[i] = line:find("\n", 1, true) and lines.hanging(redaction.text(line)) or line
  end
  return table.concat(out, "\n")
end

--- Lines of ours, as text.
---@param list string[]
---@return string text with a newline at the end of each
function M.lines(list)
  return #list == 0 and "" or M.said(list) .. "\n"
end

local function put(fd, text)
  return native.write(fd, text, colour.MARK)
end

--- Writes to standard output (1) or standard error (2).
---@param fd integer
---@param text string
---@return boolean ok
---@return string? why
function M.write(fd, text)
  return put(fd, fitted(fd, redaction.text(text)))
end

--- Writes what is redacted already: JSON, whose syntax a secret that is `true` would break.
---@param fd integer
---@param text string  of redaction.encode
function M.write_redacted(fd, text)
  return put(fd, text)
end

--- Writes data as one line of JSON, keys in the order of the alphabet.
---@param fd integer
---@param value any
function M.json(fd, value)
  return M.write_redacted(fd, redaction.encode(value, { canonical = true }) .. "\n")
end

--- Prints a prompt on standard error and reads a line of standard input; waits.
---@param prompt string
---@param hidden? boolean  the terminal does not show what is typed
---@param anew? boolean    what was typed before the prompt is no answer to it, and thrown away
---@return string? line nil at the end of input
function M.ask(prompt, hidden, anew)
  return native.read_line(fitted(2, redaction.text(prompt)), hidden, anew)
end

--- Whether lines on standard error can be drawn over: not in a pipe, and not where the terminal says of itself
--- that it only prints (Emacs' shell, many a CI).
---@return boolean
function M.can_redraw()
  local kind = process.getenv "TERM"
  return native.isatty(2) and kind ~= nil and kind ~= "" and kind ~= "dumb"
end

--- Whether this process may draw and ask now: not while it runs in the background of its terminal.
---@return boolean
function M.foreground()
  return native.foreground(2)
end

--- Draws a frame over the one before, of so many rows, below which the cursor is.
---@param rows integer           of the frame before
---@param frame (string|false)[] none wider than the terminal; false: that one stays as it is
---@param above string           whole lines that stay, where the frame began; then no line may stay as it is
function M.draw(rows, frame, above)
  local shown = {}
  for i, line in ipairs(frame) do shown[i] = line and M.one_line(redaction.text(line)) end
  return native.draw(2, rows, shown, fitted(2, redaction.text(above)), colour.MARK)
end

return M
