--- The command line: finds the command, hands it its words, turns what it returns into an exit code.
--- Exit codes, of all commands: 0 done, 1 failed, 2 refused before it began, 130 interrupted; of those that drive a run
--- also 3 paused and waiting, 4 failed and undone. `plan` has 2 for changes, and 1 for whatever kept it from being made.
local children = require "almanac.config.children"
local commands = require "almanac.cli.commands"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local operators = require "almanac.run.operator"
local process = require "native.process"
local project = require "almanac.config.project"
local task = require "native.task"
local terminal = require "almanac.base.terminal"

local M = {}

--- Makes the effects of the standard library known, before a runbook is loaded.
local function use_effects()
  require("almanac.run.definitions").use_catalogue(require "almanac.session.catalogue")
end

--- What was probably meant by a word that is no command: a runbook is run, or the command of nearly that name.
local function meant(name)
  use_effects()
  local ok, runbooks = errors.try(require("almanac.script.runbook").all)
  for _, book in ipairs(ok and runbooks or {}) do
    if book.name == name then return "run " .. name end
  end
  return require("almanac.base.nearest").find(name, commands.names())
end

--- The exit code, when a command returned. Results that could not be written are a failure, also those of a run
--- that is done; what else a run did is told by its own code.
local function settle(name, code, operator, drives)
  if not operator.lost then return code end
  operator:say("almanac " .. name .. ": standard output could not be written: " .. operator.lost)
  return drives and code ~= 0 and code or 1
end

--- What stands before an error. How a command is called names the command.
local function before(name, err)
  local is_usage = type(err.message) == "string" and err.message:find "^usage: "
  return is_usage and "" or "almanac " .. name .. ": "
end

local function run(command, words, operator)
  local name = command.name
  children.apply()
  if not command.alone then use_effects() end
  if command.looks then
    task.forbid_effects()
    task.permit "read"
  end
  local ok, code = errors.try(function()
    if not command.here then project.enter() end
    return commands.module(command).run(words, operator)
  end)
  if ok then return settle(name, code or 0, operator, command.drives) end
  local err = code
  settle(name, 1, operator)
  operator:say(errors.lines(err, before(name, err)))
  if err.kind == "script" and err.traceback and process.getenv "ALMANAC_DEBUG" then operator:say(err.traceback) end
  if interrupt.of(err) then return 130 end
  local refused = err.kind == "usage" or err.kind == "refused"
  if command.drives then refused = not operator.begun end
  return refused and not command.detailed and 2 or 1
end

--- Refuses a word that is no command.
local function refuse(name, operator)
  local guess = meant(name)
  operator:say {
    string.format("almanac: no %s '%s'%s", name:find "^%-" and "option" or "command", terminal.one_line(name),
      guess and "; did you mean 'almanac " .. guess .. "'?" or ""),
    "  next:    almanac help lists the commands",
  }
  return 2
end

--- almanac help: the commands; almanac help WORD: what a command takes, or a runbook.
local function say_help(words, operator)
  local name = words[1]
  if not name then
    operator:result(terminal.lines(require("almanac.cli.help").lines()))
    return settle("help", 0, operator)
  end
  words[#words + 1] = "--help"
  local command = commands.find(name)
  if command then return run(command, table.move(words, 2, #words, 1, {}), operator) end
  if meant(name) == "run " .. name then return run(commands.find "run", words, operator) end
  return refuse(name, operator)
end

local OPTIONS = { ["--help"] = "help", ["-h"] = "help", ["--version"] = "version", ["-V"] = "version" }

--- Performs the command of a name, in the place of the one that the program was called with.
---@param name string
---@param words string[]
---@param operator almanac.Operator
---@return integer exit code
function M.perform(name, words, operator)
  local command = commands.find(name)
  if not command then errors.usage("no command '%s'", name) end
  return run(command, words, operator)
end

--- The program: returns its exit code.
---@return integer
function M.main()
  task.permit "effect"
  local operator = operators.new()
  local words = { table.unpack(process.argv, 1, #process.argv) }
  local name = table.remove(words, 1)
  if not name then
    operator:say(require("almanac.cli.help").lines())
    return 2
  end
  name = OPTIONS[name] or name
  if name == "help" then return say_help(words, operator) end
  local command = commands.find(name)
  if command then return run(command, words, operator) end
  return refuse(name, operator)
end

return M
