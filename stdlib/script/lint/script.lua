--- Checks of one script: each rule in turn, over one syntax tree.
local arguments = require "almanac.script.lint.arguments"
local blocks = require "almanac.script.lint.blocks"
local calls = require "almanac.script.lint.calls"
local commands = require "almanac.script.lint.commands"
local declaration = require "almanac.script.lint.declaration"
local globals = require "almanac.script.lint.globals"
local libraries = require "almanac.script.lint.libraries"
local manifests = require "almanac.script.lint.manifests"
local options = require "almanac.script.lint.options"
local outside = require "almanac.script.lint.outside"
local parameters = require "almanac.script.lint.parameters"
local parser = require "almanac.script.lint.parser"
local public = require "almanac.script.lint.public"
local reach = require "almanac.script.lint.reach"
local results = require "almanac.script.lint.results"
local source = require "almanac.base.source"
local steps = require "almanac.script.lint.steps"
local text_lines = require "almanac.script.lint.text"
local undo_reach = require "almanac.script.lint.undo_reach"
local unknown_use = require "almanac.script.lint.unknown_use"
local unpacked = require "almanac.script.lint.unpacked"

local M = {}

--- Line and message of an error of load().
local function syntax_error(why)
  local line, message = why:match "^.-:(%d+): (.*)$"
  return tonumber(line) or 1, message or why
end

--- Reports that a text is not Lua: load() says why and in which line, the parser in which column.
local function report_syntax(lines, why, findings)
  local line, message = syntax_error(why)
  local _, err = parser.parse(lines.text)
  local column = lines:indent(line)
  if err then
    local err_line, err_column = lines:place(err.pos)
    if err_line == line then column = err_column end
  end
  local word, opened = blocks.unclosed(lines)
  findings:add {
    file = lines.file, line = line, column = column, kind = "error", rule = "syntax", message = "syntax: " .. message,
    hint = (word and string.format("by its indentation the '%s' in line %d has no end; ", word, opened) or "")
      .. "mend this line, or what it follows; nothing else in the file was checked", source = lines:line(line),
  }
end

--- Checks a script.
---@param path string
---@param text string
---@param findings almanac.lint.Findings
---@param load? fun(): any  loads it; for a runbook
---@return any loaded  what load returned
function M.check(path, text, findings, load)
  text = source.chunk(text)
  local lines = text_lines.new(path, text)
  -- load() is the judge of what Lua is; text only, as in the sandbox.
  local chunk, why = _G.load(text, "=script", "t")
  if type(why) == "table" then why = why.message end -- nested too deep
  if not chunk then
    report_syntax(lines, why, findings)
    return nil
  end
  local main, err = parser.parse(text)
  if not main then
    local line = lines:place(err.pos)
    error(string.format("%s:%d: the parser of almanac check refuses what Lua takes: %s", path, line, err.message))
  end
  local function report(pos, kind, rule, message, hint, mend)
    local line, column = lines:place(pos)
    findings:add {
      file = path, line = line, column = column, kind = kind, rule = rule, message = message, hint = hint,
      source = lines:line(line), mend = mend,
    }
  end
  -- What the tree has shown already, loading the script only repeats.
  local function report_new(pos, kind, rule, message, hint)
    if not findings:says(path, message) then report(pos, kind, rule, message, hint) end
  end
  local function report_at(file, line, rule, message, hint)
    if findings:has_error(file, line) or findings:says(file, message) then return end
    findings:drop_warnings(file, line)
    local known = file == path
    findings:add {
      file = file, line = line, column = known and lines:indent(line) or 1, kind = "error", rule = rule,
      message = message, hint = hint, source = known and lines:line(line) or "",
    }
  end
  local visible = public.new(path)
  globals.check(main, visible, report)
  options.check(main, report)
  arguments.check(main, report)
  steps.check(main, function(pos) return lines:line_of(pos) end, report)
  outside.check(main, report)
  parameters.check(main, report)
  calls.check(main, report)
  commands.check(main, report)
  libraries.check(main, path, report)
  manifests.check(main, report)
  results.check(main, report)
  undo_reach.check(main, visible, function(pos) return lines:line_of(pos) end, report)
  unknown_use.check(main, visible, report)
  unpacked.check(main, report)
  local loaded = load and declaration.check(main, path, load, report_new, report_at)
  reach.check(main, type(loaded) == "table" and loaded.allow or nil, report)
  return loaded
end

return M
