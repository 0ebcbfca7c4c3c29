--- The command line: finds the command, hands it its words, turns what it returns into an exit code.
--- Exit codes of run and resume: 0 done, 1 failed, 2 refused before it began, 3 paused and waiting,
--- 4 failed and undone, 130 interrupted.
local errors = require "almanac.base.errors"
local process = require "native.process"
local terminal = require "native.terminal"

local M = {}

--- Name, what it does, and the module whose run(words) does it. The order is that of --help.
local commands = {
  { "list", "list the runbooks there are", "almanac.cli.list" },
  { "show", "show a runbook: parameters, what it may touch, its source", "almanac.cli.show" },
  { "plan", "show what a run would change, and change nothing", "almanac.cli.plan" },
  { "run", "run a runbook", "almanac.cli.run" },
  { "resume", "go on with a run that was stopped", "almanac.cli.resume" },
  { "rollback", "undo the done steps of a run, newest first", "almanac.cli.rollback" },
  { "approve", "answer yes to what a run waits for", "almanac.cli.approve" },
  { "reject", "answer no to it", "almanac.cli.reject" },
  { "runs", "list the runs in the journal", "almanac.cli.runs" },
  { "status", "show the tree of a run", "almanac.cli.status" },
  { "log", "print the journal of a run", "almanac.cli.log" },
  { "check", "check runbooks for mistakes without running them", "almanac.cli.check" },
  { "sim", "serve a simulated Kubernetes cluster and devnet", "almanac.cli.sim" },
  { "version", "print the version", "almanac.cli.version" },
  { "lua", "run a Lua file on the runtime, unsandboxed (for Almanac's own tests)", "almanac.cli.lua" },
}

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

local function nearest(name)
  for _, command in ipairs(commands) do
    if command[1]:sub(1, 2) == name:sub(1, 2) then return command[1] end
  end
end

--- Results that could not be written are a failure; a reader that wants no more of them is none. What
--- a run did is told by its own code.
local function watch_results()
  local write, lost = terminal.write, nil
  terminal.write = function(fd, text)
    local ok, why = write(fd, text)
    if fd == 1 and not ok and why ~= "Broken pipe" then lost = why end
    return ok, why
  end
  return function() return lost end
end

local drives = { run = true, resume = true, rollback = true }

--- The program: returns its exit code.
---@return integer
function M.main()
  require("native.task").permit "effect"
  require("almanac.run.definitions").use_catalogue(require "almanac.session.catalogue")
  local words = { table.unpack(process.argv, 1, #process.argv) }
  local name = table.remove(words, 1)
  if not name or name == "help" or name == "--help" or name == "-h" then
    terminal.write(name and 1 or 2, help())
    return name and 0 or 2
  end
  if name == "--version" then name = "version" end
  for _, command in ipairs(commands) do
    if command[1] == name then
      local lost = watch_results()
      local ok, code = errors.try(function() return require(command[3]).run(words) end)
      if lost() then
        terminal.write(2, "almanac " .. name .. ": standard output could not be written: " .. lost() .. "\n")
        if ok and not drives[name] then return 1 end
      end
      if ok then return code or 0 end
      local err = code
      terminal.write(2, "almanac " .. name .. ": " .. errors.format(err) .. "\n")
      if err.kind == "script" and err.traceback and process.getenv "ALMANAC_DEBUG" then
        terminal.write(2, err.traceback .. "\n")
      end
      if errors.is_interrupt(err) then return 130 end
      local refused = err.kind == "usage" or err.kind == "refused"
      if drives[name] then refused = not require("almanac.session.drive").begun end
      return refused and 2 or 1
    end
  end
  local guess = nearest(name)
  terminal.write(2, string.format("almanac: no command '%s'%s\n  next: almanac --help lists the commands\n", name,
    guess and "; did you mean '" .. guess .. "'?" or ""))
  return 2
end

return M
