--- Calls of helm.* in tests, without a journal: against a simulated cluster, with the real helm 3 and helm 4.
local fs = require "native.fs"
local k8s_client = require "almanac.k8s.client"
local process = require "native.process"
local execute = require "almanac.run.mode.execute"
local runs = require "almanac.journal.run"
local settings = require "almanac.config.settings"
local step = require "almanac.run.step"
local t = require "tests.harness"
local task = require "native.task"

local M = { release = "animica-devnet", bin = t.getenv "ALMANAC_TEST_BIN" or ".deps/bin" }

local build = (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"
local slow_file

--- Whether the upgrades of helm go at a pace that lets a test step in.
---@param slow boolean
function M.slowly(slow)
  if slow then t.write_file(slow_file, "") else fs.remove(slow_file) end
end

--- A simulated cluster, and the settings that lead there until the case ends.
---@param binary "helm3"|"helm4"
---@param ... string more words for the simulator
---@return string dir
---@return string api URL
function M.cluster(binary, ...)
  local dir = t.tmpdir()
  local sim = t.spawn { build, "sim", "--kubeconfig", dir .. "/kubeconfig", "--with-namespace", M.release, ... }
  local _, api = sim:wait_line "^api=(%S+)"
  t.write_file(dir .. "/helm", string.format([[#!/bin/sh
case $1 in upgrade) [ -e "%s/slow" ] && set -- "$@" --qps 5 --burst-limit 1 ;; esac
exec "%s" "$@"
]], dir, process.cwd() .. "/" .. M.bin .. "/" .. binary))
  t.must { "chmod", "+x", dir .. "/helm" }
  slow_file = dir .. "/slow"
  settings.kubeconfig, settings.helm = dir .. "/kubeconfig", dir .. "/helm"
  k8s_client.forget()
  t.defer(function() settings.kubeconfig, settings.helm = nil, nil end)
  return dir, api
end

local ids = 0

--- A run whose effects have ids of their own.
function M.new_run()
  ids = ids + 1
  local run = runs.unrecorded({ runbook = "test" }, execute)
  run.id = "helm-test-" .. task.wall_ms() .. "-" .. ids
  return run
end

--- Runs fn as a step; its intents and notes are kept.
---@param fn fun(): any
---@param run? almanac.Run
---@return table seen  ok, result or err; intents, recovered, notes, run
function M.in_step(fn, run)
  run = run or M.new_run()
  run.seen = {}
  local seen = { intents = {}, recovered = {}, notes = {}, run = run }
  run:observe(function(event)
    if event.kind == "effect.intent" then seen.intents[#seen.intents + 1] = event.data.op end
    if event.kind == "effect.recovered" then seen.recovered[#seen.recovered + 1] = event.data.state end
    if event.kind == "note" then seen.notes[#seen.notes + 1] = event.data.text end
  end)
  local handle = task.spawn(function()
    return task.with({ context = { run = run } }, step.run, "it", {}, fn)
  end)
  local ok, result = handle:join()
  seen.ok, seen.result = ok, result
  if not ok then seen.err = result end
  return seen
end

--- The same; it must succeed.
---@return any result
---@return table seen
function M.must(fn, run)
  local seen = M.in_step(fn, run)
  if not seen.ok then error(seen.err, 0) end
  return seen.result, seen
end

--- A case for each of the two helms.
---@param name string
---@param fn fun(binary: string, dir: string, api: string)
function M.both(name, fn)
  for _, binary in ipairs { "helm3", "helm4" } do
    t.test(binary .. ": " .. name, function() fn(binary, M.cluster(binary)) end)
  end
end

return M
