--- almanac rehearsed FILE COMMAND words…: the inside of a rehearsal, started by almanac rehearse.
local errors = require "almanac.base.errors"
local task = require "native.task"

local M = { options = {} }

M.usage = "rehearsed FILE COMMAND [words…]\n\nThe inside of a rehearsal; almanac rehearse starts it."

local COMMANDS = { run = "almanac.cli.run", resume = "almanac.cli.resume", rollback = "almanac.cli.rollback", plan = "almanac.cli.plan" }

function M.run(words, operator)
  local module = COMMANDS[words[2]]
  if not module then errors.usage "almanac rehearsed is for almanac rehearse to start" end
  if words[2] == "plan" then
    task.forbid_effects()
    task.permit "read"
  end
  require("almanac.rehearsal.inside").enter(words[1]):accompany(operator)
  return require(module).run({ table.unpack(words, 3) }, operator)
end

return M
