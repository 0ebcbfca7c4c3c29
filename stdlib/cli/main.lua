--- The command line: finds the command, hands it its words, turns what it returns into an exit code.
--- Exit codes, of all commands: 0 done, 1 failed, 2 refused before it began, 130 interrupted; of those that drive a run
--- also 3 paused and waiting, 4 failed and undone. `plan` has 2 for changes, and 1 for whatever kept it from being made.
local children = require "almanac.config.children"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local operators = require "almanac.run.operator"
local process = require "native.process"
local task = require "native.task"
local terminal = require "almanac.base.terminal"

local M = {}

--- Name, what it does, and the module whose run(words, operator) does it; whether it drives a run, only
--- looks, says by exit code 2 that there is something to do, or has nothing to do with runbooks. The order is that of --help.
local commands = {
  { "list", "list the runbooks there are", "almanac.cli.list", looks = true },
  { "show", "show a runbook: parameters, what it may touch, its source", "almanac.cli.show", looks = true },
  { "plan", "show what a run would change, and change nothing", "almanac.cli.plan", looks = true, detailed = true },
  { "run", "run a runbook", "almanac.cli.run", drives = true },
  { "resume", "go on with a run that was stopped", "almanac.cli.resume", drives = true },
  { "rollback", "undo the done steps of a run, newest first", "almanac.cli.rollback", drives = true },
  { "abandon", "give up a run that was stopped, and the lock that it holds", "almanac.cli.abandon" },
  { "approve", "answer yes to what a run waits for", "almanac.cli.approve" },
  { "reject", "answer no to it", "almanac.cli.reject" },
  { "answer", "answer a question that has other words than yes and no", "almanac.cli.answer_with" },
  { "runs", "list the runs in the journal", "almanac.cli.runs", looks = true },
  { "status", "show the tree of a run", "almanac.cli.status", looks = true },
  { "verify", "check that a journal is whole, and who signed what", "almanac.cli.verify", looks = true },
  { "log", "print the journal of a run", "almanac.cli.log", looks = true },
  { "check", "check runbooks for mistakes without running them", "almanac.cli.check", looks = true },
  { "doc", "say what a runbook can call, and how", "almanac.cli.doc", looks = true },
  { "meta", "write what editors know of it: stubs for the Lua language server", "almanac.cli.meta" },
  { "sim", "serve a simulated Kubernetes cluster and devnet", "almanac.cli.sim" },
  { "version", "print the version", "almanac.cli.version", alone = true },
  { "lua", "run a Lua file on the runtime, unsandboxed (for Almanac's own tests)", "almanac.cli.lua" },
}

--- Makes the effects of the standard library known, before a runbook is loaded.
local function use_effects()
  require("almanac.run.definitions").use_catalogue(require "almanac.session.catalogue")
end

local function help()
  local out = {
    "usage: almanac [--stdlib DIR] COMMAND [words…]",
    "",
    "Runs operational runbooks written in Lua: journalled, resumable, nothing twice.",
    "",
  }
  for _, command in ipairs(commands) do
    out[#out + 1] = string.format("  %-10s %s", command[1], command[2])
  end
  out[#out + 1] = ""
  out[#out + 1] = "almanac COMMAND --help says what a command takes."
  return table.concat(out, "\n") .. "\n"
end

--- What was probably meant by a word that is no command: a runbook is run, or the command of nearly that name.
local function meant(name)
  use_effects()
  local ok, runbooks = errors.try(require("almanac.script.runbook").all)
  for _, book in ipairs(ok and runbooks or {}) do
    if book.name == name then return "run " .. name end
  end
  local names = {}
  for _, command in ipairs(commands) do names[command[1]] = true end
  return require("almanac.base.nearest").find(name, names)
end

--- The exit code, when a command returned. Results that could not be written are a failure, also those of a run
--- that is done; what else a run did is told by its own code.
local function settle(name, code, operator, drives)
  if not operator.lost then return code end
  operator:say("almanac " .. name .. ": standard output could not be written: " .. operator.lost)
  return drives and code ~= 0 and code or 1
end

local function run(command, words, operator)
  local name = command[1]
  children.apply()
  if not command.alone then use_effects() end
  if command.looks then
    task.forbid_effects()
    task.permit "read"
  end
  local ok, code = errors.try(function() return require(command[3]).run(words, operator) end)
  if ok then return settle(name, code or 0, operator, command.drives) end
  local err = code
  settle(name, 1, operator)
  operator:say("almanac " .. name .. ": " .. errors.format(err))
  if err.kind == "script" and err.traceback and process.getenv "ALMANAC_DEBUG" then operator:say(err.traceback) end
  if interrupt.of(err) then return 130 end
  local refused = err.kind == "usage" or err.kind == "refused"
  if command.drives then refused = not operator.begun end
  return refused and not command.detailed and 2 or 1
end

--- The program: returns its exit code.
---@return integer
function M.main()
  task.permit "effect"
  local operator = operators.new()
  local words = { table.unpack(process.argv, 1, #process.argv) }
  local name = table.remove(words, 1)
  if name == "help" or name == "--help" or name == "-h" then
    operator:result(help())
    return settle("help", 0, operator)
  elseif not name then
    operator:say((help():gsub("\n$", "")))
    return 2
  end
  if name == "--version" then name = "version" end
  for _, command in ipairs(commands) do
    if command[1] == name then return run(command, words, operator) end
  end
  local guess = meant(name)
  operator:say(string.format("almanac: no command '%s'%s\n  next: almanac --help lists the commands", terminal.one_line(name),
    guess and "; did you mean 'almanac " .. guess .. "'?" or ""))
  return 2
end

return M
