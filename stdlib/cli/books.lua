--- What the command line says of a runbook that was named.
local parameters = require "almanac.render.parameters"
local project = require "almanac.config.project"
local runbook = require "almanac.script.runbook"
local terminal = require "almanac.base.terminal"

local M = {}

--- What --help says behind a runbook's name: what it is for, and its parameters.
---@param word string
---@return string
function M.about(word)
  local book = runbook.look(project.word(word))
  local out = { book.name .. ": " .. book.summary }
  local lines = parameters.lines(book.params)
  table.move(lines, 1, #lines, #out + 1, out)
  return (terminal.lines(out):gsub("\n$", ""))
end

return M
