--- almanac help: the commands there are.
local commands = require "almanac.cli.commands"
local options = require "almanac.cli.options"
local prose = require "almanac.base.prose"

local M = {}

---@return string[]
function M.lines()
  local out = {
    "usage: almanac [--stdlib DIR] COMMAND [words…]",
    "",
    "Runs operational runbooks written in Lua: journalled, resumable, nothing twice.",
  }
  local rows, group = {}, nil
  for _, command in ipairs(commands.all) do
    if command.group then
      rows[#rows + 1] = { command.name, command.summary, heading = command.group ~= group and command.group .. ":" or nil }
      group = command.group
    end
  end
  prose.add_rows(out, rows, "  ", options.help_width())
  out[#out + 1] = ""
  out[#out + 1] = "almanac help COMMAND says what a command takes, almanac doc what a runbook can call."
  return out
end

return M
