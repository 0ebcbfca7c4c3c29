--- Errors: one shape for all of them, and how a person reads one.
local interrupt = require "almanac.base.interrupt"
local lines = require "almanac.base.lines"
local task = require "native.task"
local trace = require "native.trace"

local M = {}

---@class almanac.Error
---@field kind string      the word that code may branch on
---@field message string   what went wrong and why, for people; errors.raise takes lines, too
---@field hint? string     what to do next; the same
---@field where? string    "file:line" in a script
---@field traceback? string
---@field step? string     path of the step in which it was raised

--- The lines of messages and hints that are ours, each of them, by the error: a table that a script makes, or a text that it puts
--- into one of ours, has none.
local own_lines = setmetatable({}, { __mode = "k" }) ---@type table<table, table<string, string[]>>

--- Gives an error a message or a hint of several lines of ours: they are shown without the mark that lines of others have.
---@param err almanac.Error
---@param field "message"|"hint"
---@param said string[]  a newline in one is somebody else's
local function put_lines(err, field, said)
  own_lines[err] = own_lines[err] or {}
  own_lines[err][field], err[field] = said, table.concat(said, "\n")
end

--- The lines of ours in a field of an error; nil where it is one text, or was given another.
---@param err almanac.Error
---@param field "message"|"hint"
---@return string[]?
local function own_of(err, field)
  local said = own_lines[err] and own_lines[err][field]
  return said and table.concat(said, "\n") == err[field] and said or nil
end

--- Adds a line of ours to the hint of an error.
---@param err almanac.Error
---@param line string
function M.add_hint(err, line)
  local said = { table.unpack(own_of(err, "hint") or { err.hint }) }
  said[#said + 1] = line
  put_lines(err, "hint", said)
end

--- Raises an error table that a script made: no line in it is ours.
---@param err table
function M.raise_given(err)
  error(trace.error(err), 0)
end

--- An error of a table of ours, with its place. Its message and its hint are each a text, or a list of lines of ours.
---@param err table
---@return almanac.Error
function M.made(err)
  for _, field in ipairs { "message", "hint" } do
    if type(err[field]) == "table" then put_lines(err, field, err[field]) end
  end
  return trace.error(err)
end

--- Raises an error table, of which M.made says what is in it.
---@param err table
function M.raise(err)
  error(M.made(err), 0)
end

--- Raises kind "usage" from a format.
---@param fmt string
function M.usage(fmt, ...)
  M.raise { kind = "usage", message = string.format(fmt, ...) }
end

--- Any error value as an error table.
---@param value any
---@return almanac.Error
function M.wrap(value)
  return trace.decorate(value)
end

local function settle(ok, ...)
  if ok then return ok, ... end
  local halt = task.halted()
  if halt then return false, halt end
  if type((...)) == "table" then return ok, ... end
  -- Lua runs out of memory without asking the message handler.
  return false, trace.decorate { kind = "memory", message = tostring((...)),
    hint = "the script, or what a step returned, is too big: keep large output in a file" }
end

--- Calls a function; on failure returns the error as a table. It may wait. In a task that has halted that is its halt: code
--- that closes a variable may have put an error of its own in its place, by which a run would fail, or be tried again.
---@return boolean ok
---@return any ... results, or the error table
function M.try(fn, ...)
  return settle(xpcall(fn, trace.decorate, ...))
end

--- True for what ends a wait from outside: it is never retried or swallowed.
---@param err almanac.Error
---@return boolean
function M.is_interrupt(err)
  return interrupt.of(err) ~= nil
end

--- The place of an error and the source line there, when it can be read.
---@param err almanac.Error
---@return string? place "file:line"
---@return string? line
function M.place(err)
  local place = err.raised_at and not err.raised_at:find "^stdlib/" and err.raised_at or err.where
  if not place then return nil end
  local file, number = place:match "^(.*):(%d+)$"
  local line = file and require("almanac.base.source").line(file, tonumber(number))
  return place, line and line:match "^%s*(.-)%s*$"
end

--- Lines of a child or a container that are shown with its error: its last ones say why.
local OUTPUT_LINES = 20

--- A child's output: of a line that it overwrote (a progress bar) what stood there last, as on a terminal.
local function add_output(out, name, text)
  local all = {}
  for line in require("almanac.base.redaction").text(text):gmatch "[^\n]+" do all[#all + 1] = M.printable(lines.overwritten(line)) end
  local first = math.max(1, #all - OUTPUT_LINES + 1)
  out[#out + 1] = "  " .. name .. ":" .. (first > 1 and string.format(" (the last %d lines)", OUTPUT_LINES) or "")
  for i = first, #all do out[#out + 1] = "    | " .. all[i] end
end

--- Text of others (a child's output, a pod's log) as it may be shown on a terminal: colours and cursor
--- movements are left out, other control characters are spelt.
---@param text string
---@return string
function M.printable(text)
  if not text:find "%c" then return text end
  text = text:gsub("\27%[[%d;:?]*[ -/]*[@-~]", ""):gsub("\r+\n", "\n"):gsub("\r$", "")
  return (text:gsub("[^%C\t\n]", function(c) return string.format("\\x%02x", c:byte()) end))
end

--- Redacted before it is broken into marked lines: a mark within a secret would hide it from those who look for it.
local function shown(text)
  return M.printable(require("almanac.base.redaction").text(text))
end

--- What stands before a line of an error: as wide as "go back:", which follows on the lines of an error that ended a run.
local function label(word) return string.format("  %-9s", word .. ":") end
local BELOW = (" "):rep(9)

local function add_place(out, err)
  local place, line = M.place(err)
  if not place then return end
  out[#out + 1] = label("at") .. shown(place)
  if line and line ~= "" then out[#out + 1] = BELOW .. "| " .. shown(line) end
end

--- A message or a hint as lines. What others wrote is marked from its second line on; lines of ours stand below one another.
---@param err almanac.Error
---@param field "message"|"hint"
---@param before string  stands before the first
---@param below string   before the others
---@param mark_at string  before the mark of others' lines
---@return string[]
local function lines_of(err, field, before, below, mark_at)
  local text, out = tostring(err[field] or err), {}
  for i, line in ipairs(own_of(err, field) or { text }) do
    for _, one in ipairs(lines.marked((i == 1 and before or below) .. shown(line), mark_at)) do out[#out + 1] = one end
  end
  return out
end

--- The error in full, as it is shown once at the top: what others wrote in it is marked from its second line on.
---@param err almanac.Error
---@param before? string  stands before the message
---@return string[] lines
function M.lines(err, before)
  local message = tostring(err.message or err)
  local out = lines_of(err, "message", before or "", "  ", "  ")
  if err.step then out[#out + 1] = label("step") .. shown(err.step) end
  add_place(out, err)
  for _, field in ipairs { "logs", "stdout", "stderr" } do
    local text = err[field]
    local is_new = type(text) == "string" and text ~= "" and not message:find((text:gsub("%s+$", "")), 1, true)
    if is_new then add_output(out, field, text) end
  end
  for _, line in ipairs(err.hint and lines_of(err, "hint", label "next", BELOW .. "  ", BELOW) or {}) do out[#out + 1] = line end
  return out
end

--- The same as one text.
---@param err almanac.Error
---@return string text  no newline at its end
function M.format(err)
  return table.concat(M.lines(err), "\n")
end

return M
