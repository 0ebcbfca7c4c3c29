--- A run that is killed before and behind each of its effects, in a fresh world each time, and gone on with: what it did
--- must be what it does undisturbed, once.
local assertion = require "almanac.testing.assertion"
local contents = require "almanac.sim.contents"
local errors = require "almanac.base.errors"
local handle = require "almanac.testing.handle"
local json = require "native.json"
local questions = require "almanac.testing.questions"
local runs = require "almanac.testing.run"
local stage = require "almanac.testing.stage"

local M = {}

--- Where a run is killed, in the order of an effect's life, and whether it took place by then.
local POINTS = {
  { name = "effect.begins", words = "before its intent is journalled", happened = false },
  { name = "effect.intended", words = "behind its intent, before it is begun", happened = false },
  { name = "effect.applied", words = "when it took place, before that is journalled", happened = true },
  { name = "effect.ended", words = "behind its outcome", happened = true },
}

local RESUMES_MAX = 10

local CHANGES = { uid = true, resourceVersion = true, creationTimestamp = true, managedFields = true, status = true,
  annotations = true, volumeName = true, time = true, renewTime = true, acquireTime = true }

--- An object without what differs from world to world.
local function plain(value)
  if type(value) ~= "table" then return value end
  local out = {}
  for key, item in pairs(value) do
    if not CHANGES[key] then out[key] = plain(item) end
  end
  return out
end

local function objects_of(world)
  local out = {}
  for _, object in ipairs(contents.of(world.served.cluster.store)) do
    if not contents.is_made(object) and object.kind ~= "Namespace" then
      local name = string.format("%s %s/%s", object.kind, object.metadata.namespace or "", object.metadata.name)
      out[name] = object.type == "helm.sh/release.v1" and { labels = { status = object.metadata.labels.status } } or plain(object)
    end
  end
  return out
end

local function count(into, key) into[key] = (into[key] or 0) + 1 end

--- What a world has of a run: what was called, what was asked to change, and what is in the cluster.
local function traces_of(world)
  local called = {}
  for _, command in ipairs(world.commands) do
    if world.effects_of[command.line] then count(called, "sh " .. command.line) end
  end
  for _, request in ipairs(world.requests) do
    if request.method ~= "GET" and request.method ~= "HEAD" then count(called, request.method .. " " .. request.url) end
  end
  return { called = called, objects = objects_of(world) }
end

--- The lines of commands that are effects, not reads.
local function effect_lines(run)
  local sh, out = require "almanac.testing.world.sh", {}
  for _, effect in ipairs(run.effects) do
    local argv = type(effect.input) == "table" and effect.input.argv
    if type(argv) == "table" then out[sh.line(argv)] = true end
  end
  return out
end

--- Goes on with a killed run until it is over. What nobody can tell is answered with the truth: the test knows it.
local function go_on(run, options, happened, asked)
  runs.again(run, "resume")
  for _ = 1, RESUMES_MAX do
    questions.answer_all(run, options)
    if not questions.is_in_doubt(run) then return end
    asked[#asked + 1] = run.error.message
    runs.again(run, "resume", { "--in-doubt", happened and "done" or "redo" })
  end
end

local function differences(want, got)
  local out = {}
  for key, n in pairs(want.called) do
    if got.called[key] ~= n then
      out[#out + 1] = string.format("%s: %d times, not %s", key, got.called[key] or 0, n == 1 and "once" or n .. " times")
    end
  end
  for key, n in pairs(got.called) do
    if not want.called[key] then out[#out + 1] = string.format("%s: %d times, not at all without the kill", key, n) end
  end
  table.sort(out)
  local ok, err = errors.try(assertion.words().same, want.objects, got.objects)
  if not ok then out[#out + 1] = "the cluster is another: " .. (err.message:match "at: ([^\n]*)" or err.message) end
  return out
end

--- Answers that are functions are the test's own: what they keep is not made anew with each world.
local function remembered(world)
  for _, name in ipairs { "sh", "http", "prom", "alerts", "loki" } do
    local answers = world.spec[name]
    for _, one in pairs(type(answers) == "table" and answers or { answers }) do
      if type(one) == "function" then
        return "\n  (" .. name .. " answers by a function: what it keeps from run to run is forgotten in prepare = function() … end)"
      end
    end
  end
  return ""
end

local function fresh(world, options)
  local other = stage.world(world.spec)
  if options.prepare then other:call(options.prepare, handle.of_world(other)) end
  return other
end

local function fail(where, what, run)
  assertion.fail(string.format("%s:\n  %s\n  almanac status %s --store %s/.almanac", where, what, run.id or "", run.world.cwd))
end

--- A run that is killed at an effect, wherever that is: a process begins to count anew, and behind a question it is another.
---@return table run
---@return boolean was_killed
local function killed_run(world, name, params, options, point, i)
  local run
  local function fault()
    local begun = run and #run.effects or 0
    return { ALMANAC_FAULT = string.format("%s:%d:kill", point.name, i - begun) }
  end
  run = runs.start(world, name, params, { environment = options.environment, words = options.words, env = fault() })
  questions.answer_all(run, options, fault)
  return run, run.signal ~= nil or run.code == -1
end

--- One kill, and what became of it.
local function kill_once(world, reference, name, params, options, point, i)
  local effect = reference.run.effects[i]
  local where = string.format("killed at effect %d, %s: %s", i, effect.title, point.words)
  local other = fresh(world, options)
  other.effects_of = reference.lines
  local run, was_killed = killed_run(other, name, params, options, point, i)
  if not was_killed then fail(where, "the run did not get there; it ended " .. run.status, run) end
  if run.id then go_on(run, options, point.happened, reference.asked) end
  if run.status ~= reference.run.status then
    local why = run.error and ": " .. run.error.message or ""
    fail(where, string.format("the run ends %s, not %s%s", run.status, reference.run.status, why) .. remembered(world), run)
  end
  local found = differences(reference.traces, traces_of(other))
  if found[1] then fail(where, table.concat(found, "\n  ") .. remembered(world), run) end
  stage.drop(other)
end

--- Kills a run of a world at each of its effects.
---@param world almanac.testing.World  the kind of world: each run has a fresh one
---@param name string
---@param params? table<string, any>
---@param options { environment?: string, words?: string[], prepare?: fun(world: table), approve?: boolean, answers?: table }
---@return { kills: integer, effects: table[], asked: string[] }
function M.at_every_effect(world, name, params, options)
  local first = fresh(world, options)
  local run = runs.start(first, name, params, options)
  questions.answer_all(run, options)
  local why = run.error and ": " .. run.error.message or "\n  " .. run.output
  if #run.effects == 0 then
    assertion.fail(string.format("%s has no effect at which it could be killed; it ended %s%s", name, run.status, why))
  elseif run.status == "failed" then -- and wherever it is killed: that would show nothing
    fail("undisturbed", "the run fails" .. why, run)
  end
  local reference = { run = run, lines = effect_lines(run), asked = {} }
  first.effects_of = reference.lines
  reference.traces = traces_of(first)
  stage.drop(first)
  local kills = 0
  for i = 1, #run.effects do
    for _, point in ipairs(POINTS) do
      kill_once(world, reference, name, params, options, point, i)
      kills = kills + 1
    end
  end
  return { kills = kills, effects = run.effects, asked = json.array(reference.asked) }
end

return M
