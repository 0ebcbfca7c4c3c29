--- Errors: one shape for all of them, and how a person reads one.
local interrupt = require "almanac.base.interrupt"
local lines = require "almanac.base.lines"
local trace = require "native.trace"

local M = {}

---@class almanac.Error
---@field kind string      the word that code may branch on
---@field message string   what went wrong and why, for people
---@field hint? string     what to do next
---@field where? string    "file:line" in a script
---@field traceback? string
---@field step? string     path of the step in which it was raised

--- Raises an error table.
function M.raise(err)
  error(trace.error(err), 0)
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

-- Lua runs out of memory without asking the message handler.
local function settle(ok, ...)
  if ok or type((...)) == "table" then return ok, ... end
  return false, trace.decorate { kind = "memory", message = tostring((...)),
    hint = "the script, or what a step returned, is too big: keep large output in a file" }
end

--- Calls a function; on failure returns the error as a table. It may wait.
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

local function add_output(out, name, text)
  local all = {}
  for line in text:gmatch "[^\n]+" do all[#all + 1] = line end
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

--- The error in full, as it is shown once at the top: what others wrote in it is marked from its second line on.
---@param err almanac.Error
---@param before? string  stands before the message
---@return string[] lines
function M.lines(err, before)
  local message = tostring(err.message or err)
  local out = lines.marked((before or "") .. shown(message), "  ")
  if err.step then out[#out + 1] = label("step") .. shown(err.step) end
  add_place(out, err)
  for _, field in ipairs { "logs", "stdout", "stderr" } do
    local text = err[field]
    local is_new = type(text) == "string" and text ~= "" and not message:find((text:gsub("%s+$", "")), 1, true)
    if is_new then add_output(out, field, shown(text)) end
  end
  for _, line in ipairs(err.hint and lines.marked(label("next") .. shown(err.hint), BELOW) or {}) do out[#out + 1] = line end
  return out
end

--- The same as one text.
---@param err almanac.Error
---@return string text  no newline at its end
function M.format(err)
  return table.concat(M.lines(err), "\n")
end

return M
