--- almanac test [FILE…]
local clock = require "native.clock"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local junit = require "almanac.testing.junit"
local moment = require "almanac.base.moment"
local nearest = require "almanac.base.nearest"
local options = require "almanac.cli.options"
local process = require "native.process"
local project = require "almanac.config.project"
local quantity = require "almanac.base.quantity"
local runner = require "almanac.testing.runner"
local sandbox = require "almanac.script.sandbox"
local screen = require "almanac.cli.screen"
local signals = require "native.signals"
local task = require "native.task"
local tell = require "almanac.testing.tell"
local terminal = require "almanac.base.terminal"

local M = {}

M.usage = [[test [FILE…] [options]

Runs tests of runbooks: files that end with _test.lua, in runbooks/tests/ or named. Each case has a world of its own: a
simulated cluster, answers that the file gives for everything else, and a clock that jumps, so that gates and waits take
no time. Nothing real is reached, whatever a test or a runbook says, but for --real: no cluster, no service, no file but
those of a copy of the project, no journal of yours, and no program but helm, which gets charts of the copy and the
simulated cluster. The world of a run that failed is kept and named.
Exit codes: 0 all passed, 1 some did not, 2 usage.]]

M.options = {
  { "--filter", "TEXT", "only cases whose names hold it" },
  { "--list", nil, "the cases there are, and run none" },
  { "--junit", "FILE", "the results as JUnit's XML as well" },
  { "--real", "MODULE", "sh: the programs that the tests name in real_sh are run for real, with your rights", many = true },
  { "--helm", "PATH", "the helm binary (default: helm on PATH)" },
  { "--timeout", "DURATION", "real time that a case may take (default 60s)" },
  { "--memory", "SIZE", "that each process of a test may take, 512Mi or 4Gi (default 2Gi)" },
  { "--at", "TIME", "when the simulated clock begins (default 2026-01-14 10:00 UTC, a Wednesday)" },
}

local PATTERNS = { "runbooks/tests/*_test.lua", "runbooks/tests/*/*_test.lua" }

local START = "2026-01-14T10:00:00Z"

--- The runbooks that have tests.
local function tested()
  local out = {}
  for _, path in ipairs(fs.list(PATTERNS[1])) do out[path:match "([^/]+)_test%.lua$"] = true end
  return out
end

local function files_of(words)
  local out = {}
  for _, word in ipairs(words) do
    local path = project.path(word)
    if not path:find "_test%.lua$" then
      local named = "runbooks/tests/" .. path .. "_test.lua"
      if not fs.exists(named) then
        errors.raise { kind = "usage",
          message = string.format("%s is no file of tests: its name must end with _test.lua%s", word, nearest.suffix(path, tested())),
          hint = "almanac test runbooks/tests/NAME_test.lua, or the name of the runbook: almanac test NAME" }
      end
      path = named
    elseif not fs.exists(path) then
      errors.raise { kind = "usage", message = "there is no file " .. path }
    end
    out[#out + 1] = path
  end
  if words[1] then return out end
  for _, pattern in ipairs(PATTERNS) do
    for _, path in ipairs(fs.list(pattern)) do out[#out + 1] = path end
  end
  if not out[1] then
    errors.raise { kind = "usage", message = "there is nothing to test: no runbooks/tests/*_test.lua here",
      hint = "almanac new NAME writes a runbook with a test beside it; docs/how-to/test-a-runbook.md" }
  end
  return out
end

local function list(files, filter, operator)
  local patience = sandbox.patience()
  for _, path in ipairs(files) do
    for _, case in ipairs(runner.cases(path, runner.text(path), patience)) do
      if not filter or case.name:find(filter, 1, true) then
        operator:result(string.format("%s: %s%s\n", terminal.one_line(path), terminal.one_line(case.name), case.fn and "" or " (pending)"))
      end
    end
  end
  return 0
end

local MEMORY = "2Gi" -- a run that never ends takes all there is otherwise, and the machine stands still
local MEMORY_MIN <const> = 64 << 20

--- Limits what this process, and all that it starts, may take.
local function limit_memory(given)
  local ok, bytes = errors.try(quantity.parse, given or MEMORY)
  if not ok or math.type(bytes) ~= "integer" or bytes < MEMORY_MIN then
    errors.usage("--memory %s: takes a size of 64Mi at least, such as 512Mi or 4Gi", given)
  end
  process.limit_memory(bytes)
end

--- When the clock begins, in milliseconds.
local function beginning(given)
  if not given.at then return math.floor(require("almanac.base.timestamp").epoch(START) * 1000) end
  return math.floor(moment.parse("--at", given.at, task.wall_ms() / 1000) * 1000)
end

--- What who runs the tests allows them.
local function granted_by(given)
  local real = {}
  for _, module in ipairs(given.real or {}) do
    if module ~= "sh" then errors.usage("--real %s: tests can run programs of sh for real, and nothing else", module) end
    real[module] = true
  end
  return { real = real, helm = given.helm }
end

local function run_all(files, given, operator)
  local dir = fs.tmpdir "almanac-test"
  local results, kept = {}, false
  local voice = tell.new { color = screen.color(), write = function(text) operator:result(text) end }
  clock.simulate(dir .. "/clock", beginning(given))
  local granted = granted_by(given)
  local limit = given.timeout and duration.parse(given.timeout) or 60
  local patience = sandbox.patience()
  local ok, err = errors.try(function()
    for _, path in ipairs(files) do
      runner.run(path, {
        patience = patience,
        dir = dir, project = process.cwd(), clock = dir .. "/clock", granted = granted, limit = limit, filter = given.filter,
        told = function(result)
          results[#results + 1] = result
          kept = kept or result.kept ~= nil and #result.kept > 0
          voice:result(result)
        end,
      })
    end
  end)
  if not kept then task.with({ shield = "cancel" }, fs.remove_tree, dir) end
  if not ok then error(err, 0) end
  voice:summary(results)
  return results
end

local function perform(files, given, operator)
  local results = run_all(files, given, operator)
  if given.junit then fs.keep(project.path(given.junit), junit.text(results)) end
  if #results == 0 then errors.usage("no case of these files has %q in its name", given.filter or "") end
  for _, result in ipairs(results) do
    if result.status == "failed" or result.status == "error" then return 1 end
  end
  return 0
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  local files = files_of(rest)
  if given.list then return list(files, given.filter, operator) end
  limit_memory(given.memory)
  local handle = task.spawn(perform, files, given, operator)
  signals.guard(handle)
  local ok, result = handle:join()
  if not ok then error(errors.wrap(result), 0) end
  return result
end

return M
