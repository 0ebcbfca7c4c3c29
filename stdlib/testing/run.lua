--- Runs of a test: `almanac run` and its like, each a process of its own in the test's world, and what their journals say.
local clock = require "native.clock"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local json = require "native.json"
local process = require "native.process"
local sh = require "native.sh"
local folder = require "almanac.testing.world.folder"
local variables = require "almanac.testing.world.variables"
local words_of = require "almanac.testing.words"

local M = {}

---@class almanac.testing.Outcome  how a process ended
---@field code integer       128 and more: a signal ended it
---@field signal? string
---@field stdout string
---@field stderr string

--- Of the operator's environment what programs need anywhere, and nothing that leads elsewhere.
local KEPT = { "PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TZDIR", "USER", "LOGNAME" }

local function environment(world, more)
  local env = {
    HOME = world.dir .. "/home", TMPDIR = world.dir .. "/tmp", KUBECONFIG = world.dir .. "/kubeconfig", NO_COLOR = "1", TERM = "dumb",
    [folder.SECRET] = world.secret,
    http_proxy = "http://" .. world.address, https_proxy = "http://" .. world.address, no_proxy = "127.0.0.1",
  }
  for name, value in pairs(variables.check("world", world.spec.env)) do env[name] = value end
  for name, value in pairs(more or {}) do env[name] = value end
  return env
end

local function description(world, seat)
  return json.encode {
    dir = world.dir, address = world.address, api = world.served.api:match "^%a+://(.*)$", stand_in = world.stand_in,
    real = world.real, helm = world.helm and json.array(world.helm), clock = world.clock, seat = seat, parent = process.pid(),
  }
end

--- The line that somebody has to add where the test had no answer.
local function raise_unanswered(world)
  local first = world.unanswered[1]
  if not first then return end
  world.unanswered = {}
  errors.raise { kind = "no_answer", message = "the test gives no answer for " .. first.what, hint = "in its world: " .. first.line }
end

--- Performs a command of almanac in a world, to its end.
---@param world almanac.testing.World
---@param words string[]
---@param env? table<string, string>
---@return almanac.testing.Outcome
function M.perform(world, words, env)
  env = environment(world, env) -- refused before there is a seat for it
  local seat = clock.seat()
  local file = string.format("%s/seat-%d.json", world.dir, seat)
  clock.excuse(1) -- it is a child of ours, and goes by the clock by itself
  local ok, result = errors.try(function()
    fs.write(file, description(world, seat), { mode = 0x180 })
    return sh.exec {
      argv = { world.exe, "under-test", file, table.unpack(words) }, cwd = world.cwd, env = env, keep_env = KEPT,
      who = "almanac test", max_output = 4 << 20, grace = 1,
    }
  end)
  clock.excuse(-1)
  clock.leave(seat)
  if not ok then error(result, 0) end
  return { code = result.code or -1, signal = result.signal, stdout = result.stdout, stderr = result.stderr }
end

--- What the journal says of a run: the report as JSON; nil: there is none.
---@param world almanac.testing.World
---@param id? string  nil: the newest
---@return table?
function M.report(world, id)
  if not fs.exists(world.cwd .. "/.almanac") then return nil end
  local words = { "report", "--format", "json" }
  if id then table.insert(words, 2, id) end
  local told = M.perform(world, words)
  if told.code ~= 0 then return nil end
  return json.decode(told.stdout, { null = "absent", max_bytes = 256 << 20 })
end

local function gates_of(report)
  local out = {}
  for _, gate in ipairs(report.gates) do
    local name = gate.path:match "([^/]+)$"
    out[gate.path], out[name] = gate, gate
  end
  return out
end

local function by_path(list)
  local out = {}
  for _, one in ipairs(list) do out[one.path] = one end
  return out
end

--- Puts what the journal says of a run into a table.
local function put(run, report)
  run.id, run.status, run.error, run.report = report.run.id, report.run.status, report.error, report
  run.effects, run.gates, run.steps = report.effects, gates_of(report), by_path(report.steps)
  run.seconds = report.run.ended_ms and (report.run.ended_ms - report.run.started_ms) / 1000 or nil
  run.params = {}
  for _, one in ipairs(report.params) do run.params[one.name] = one.value end
end

--- The runs that took a run back, newest first: what the journal says of each.
local function rollbacks_of(world, report)
  local out = {}
  for i, id in ipairs(report.rollbacks) do
    out[i] = {}
    put(out[i], assert(M.report(world, id)))
  end
  return out
end

--- Puts what the journal says into the run that the test holds.
local function take(run, report)
  put(run, report)
  run.rollbacks = rollbacks_of(run.world, report)
end

local function params_file(world, params)
  if not params or next(params) == nil then return nil end
  world.files = (world.files or 0) + 1
  local path = string.format("%s/params-%d.json", world.dir, world.files)
  fs.write(path, json.encode(params), { mode = 0x180 })
  return path
end

local function more_words(words, options, plan)
  local more = words_of.check("world." .. words[1], words[1], options.words, plan)
  if options.environment then
    local name = words_of.name("world." .. words[1], "an environment", options.environment)
    table.move({ "-e", name }, 1, 2, #words + 1, words)
  end
  return table.move(more, 1, #more, #words + 1, words)
end

local function told_by(run, outcome)
  run.code, run.signal, run.stdout, run.output = outcome.code, outcome.signal, outcome.stdout, outcome.stderr
end

--- The report of the run that was begun: what it made, and what took it back at once after a failure, are runs, too, and newer.
local function own_report(world, report)
  while report.run.undoes or report.run.caller do report = assert(M.report(world, report.run.undoes or report.run.caller)) end
  return report
end

--- Runs a runbook.
---@param world almanac.testing.World
---@param name string
---@param params? table<string, any>
---@param options? { environment?: string, words?: string[], env?: table<string, string> }
---@return table run
function M.start(world, name, params, options)
  options = options or {}
  local words = { "run", words_of.name("world.run", "a runbook", name), "--plain" }
  local file = params_file(world, params)
  if file then table.move({ "--params", file }, 1, 2, #words + 1, words) end
  local outcome = M.perform(world, more_words(words, options, world.planned), options.env)
  local run = {
    world = world, runbook = name, effects = {}, gates = {}, steps = {}, params = params or {}, status = "refused", given = file,
  }
  told_by(run, outcome)
  local report = M.report(world)
  if report and not world.known[report.run.id] then
    world.known[report.run.id] = true
    take(run, own_report(world, report))
  end
  table.insert(world.runs, run)
  raise_unanswered(world)
  return run
end

--- What a command that did not do it said.
---@return string
---@return string? hint
local function said_by(run)
  return run.output:match "^almanac %l+: ([^\n]*)" or run.output, run.output:match "\n  next: +([^\n]*)"
end

--- Why a rollback of a run stopped, which is a run of its own: the run's error is why that ended.
local function rollback_error(run)
  local newest = run.report.rollbacks[1]
  local report = newest and M.report(run.world, newest)
  return report and report.error or nil
end

--- Commands whose exit code is the run's; of others it says whether they did it.
local DRIVES = { resume = true, rollback = true }

--- Performs a command about a run that is there, such as resume or approve; raises kind "usage" where an answer was refused.
---@param run table
---@param verb string
---@param more? string[]
---@param env? table<string, string>
---@return table run
function M.again(run, verb, more, env)
  local words = { verb, run.id }
  more = words_of.check("run." .. verb, verb, more)
  table.move(more, 1, #more, 3, words)
  if DRIVES[verb] then words[#words + 1] = "--plain" end
  if DRIVES[verb] and run.given then table.move({ "--params", run.given }, 1, 2, #words + 1, words) end
  told_by(run, M.perform(run.world, words, env))
  take(run, assert(M.report(run.world, run.id)))
  run.rollback_stopped = verb == "rollback" and run.code ~= 0
  if run.rollback_stopped then run.error = rollback_error(run) or { kind = "refused", message = (said_by(run)) } end
  raise_unanswered(run.world)
  if run.code ~= 0 and not DRIVES[verb] then
    local said, hint = said_by(run)
    errors.raise { kind = "usage", message = string.format("run.%s: %s", verb, said), hint = hint }
  end
  return run
end

--- Plans a runbook.
---@param world almanac.testing.World
---@param name string
---@param params? table<string, any>
---@param options? { environment?: string, words?: string[] }
---@return table plan  code, text, output; and what is in its file: effects, gates, asks, steps, counts
function M.plan(world, name, params, options)
  world.files = (world.files or 0) + 1
  local out = string.format("%s/plan-%d.json", world.dir, world.files)
  local words = { "plan", words_of.name("world.plan", "a runbook", name), "-o", out }
  local file = params_file(world, params)
  if file then table.move({ "--params", file }, 1, 2, #words + 1, words) end
  local told = M.perform(world, more_words(words, options or {}))
  local plan = fs.exists(out) and json.decode(fs.read(out), { null = "absent", max_bytes = 256 << 20 }).plan or { effects = {}, gates = {} }
  world.planned = out
  plan.code, plan.text, plan.output, plan.file = told.code, told.stdout, told.stderr, out
  raise_unanswered(world)
  return plan
end

return M
