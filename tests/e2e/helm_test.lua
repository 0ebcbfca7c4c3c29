-- helm.* against the simulated cluster with the real helm 3 and helm 4: what is read, what an
-- upgrade and a rollback do, and what a recovery makes of a helm that was killed.
local calls = require "tests.helm_calls"
local definitions = require "almanac.run.definitions"
local helm = require "almanac.helm.release"
local http = require "native.http"
local native = require "native.sh"
local records = require "almanac.helm.records"
local settings = require "almanac.config.settings"
local step = require "almanac.run.step"
local t = require "tests.harness"
local task = require "native.task"

local NS, TAGS = calls.release, { "v0.5.0-a1b2c3d", "v0.5.1-b2c3d4e", "v0.5.2-c3d4e5f" }
local CHART = "tests/fixtures/devnet/ops/helm/animica-devnet"
local bin = calls.bin
local target = { release = NS, namespace = NS }
local cluster, new_run, in_step, must, both = calls.cluster, calls.new_run, calls.in_step, calls.must, calls.both
local slowly = calls.slowly

local function upgrade(tag, more)
  local options = { release = NS, namespace = NS, chart = CHART, install = true, set = { ["global.imageTag"] = tag } }
  for key, value in pairs(more or {}) do options[key] = value end
  return function() return helm.upgrade(options) end
end

local function history()
  return (must(function() return helm.history(target) end))
end

--- Starts an upgrade in a task of its own, slowed down, and kills its helm while the new revision
--- is pending. Gives the run, as a resume would find it.
local function kill_midway(tag)
  local run = new_run()
  local before = #records.list(target)
  slowly(true)
  local handle = task.spawn(function()
    return in_step(function()
      return helm.upgrade { release = NS, namespace = NS, chart = CHART, set = { ["global.imageTag"] = tag } }
    end, run)
  end)
  local id
  t.eventually("the new revision is pending", function()
    local known = run.effects["it#0"]
    id = known and known.intent.id
    local list = records.list(target)
    return id and #list == before + 1 and list[#list].status:find "^pending"
  end)
  for _, pid in ipairs(native.find_by_env("ALMANAC_EFFECT", id)) do
    native.exec { argv = { "kill", "-KILL", tostring(pid) } }
  end
  local ok, seen = handle:join()
  slowly(false)
  t.ok(ok, seen)
  t.eq(seen.ok, false)
  t.eq(seen.err.in_doubt, true)
  t.has(seen.err.message, "was ended by SIGKILL; it left the release at revision " .. before + 1 .. " (pending-")
  return run
end

both("install, upgrade, history, previous good, rollback", function(binary, _, api)
  -- As a real server has it: an empty list that is asked for as metadata holds null.
  local empty = http.request { url = api .. "/api/v1/namespaces/" .. NS .. "/secrets?labelSelector=owner%3Dhelm", who = "test",
    headers = { Accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" } }
  t.has(empty.body:gsub("%s", ""), '"items":null')
  t.eq(must(function() return helm.version().major end), binary == "helm3" and 3 or 4)
  t.eq(must(function() return helm.current(target) end), nil)
  t.eq(history(), {})
  local first, seen = must(upgrade(TAGS[1]))
  t.eq(first.revision, 1)
  t.eq(first.status, "deployed")
  t.has(first.description, "[almanac " .. seen.run.effects["it#0"].intent.id .. "]")
  t.eq(must(upgrade(TAGS[2], { description = "to the second" })).revision, 2)
  t.has(must(function() return helm.current(target) end).description, "to the second [almanac ")
  t.eq(must(function() return helm.previous_good(target) end).revision, 1)
  t.has(must(function() return helm.manifest(target) end), TAGS[2])
  t.eq(must(function() return helm.values(target) end), { global = { imageTag = TAGS[2] } })
  local back = must(function() return helm.rollback { release = NS, namespace = NS, revision = 1 } end)
  t.eq(back.revision, 3)
  t.eq(back.description, "Rollback to 1")
  t.eq(must(function() return helm.uninstall(target) end), { removed = true, revision = 3 })
  t.eq(must(function() return helm.uninstall(target) end), { removed = false })
end)

both("killed midway: the pending revision is repaired, and exactly one is new", function()
  must(upgrade(TAGS[1]))
  local run = kill_midway(TAGS[2])
  t.has(history()[2].status, "pending")
  local result, seen = must(upgrade(TAGS[2], { install = false }), run)
  t.eq(seen.recovered, { "again" })
  t.eq(seen.intents, { "helm.repair", "helm.upgrade" })
  t.eq(result.revision, 2)
  local list = history()
  t.eq(#list, 2)
  t.eq({ list[1].status, list[2].status }, { "superseded", "deployed" })
  t.has(must(function() return helm.manifest(target) end), TAGS[2])
end)

both("killed twice: repaired twice", function()
  must(upgrade(TAGS[1]))
  local run = kill_midway(TAGS[2])
  -- The second attempt of the same run dies the same way.
  slowly(true)
  local handle = task.spawn(function() return in_step(upgrade(TAGS[2], { install = false }), run) end)
  local id = run.effects["it#0"].intent.id
  t.eventually("it is repaired and pending again", function()
    local list = records.list(target)
    local repaired = run.effects["it#0.1000"]
    return repaired and repaired.outcome and #list == 2 and list[2].status:find "^pending"
  end)
  for _, pid in ipairs(native.find_by_env("ALMANAC_EFFECT", id)) do
    native.exec { argv = { "kill", "-KILL", tostring(pid) } }
  end
  handle:join()
  slowly(false)
  local result, seen = must(upgrade(TAGS[2], { install = false }), run)
  t.eq(seen.intents, { "helm.repair", "helm.upgrade" })
  t.eq(result.revision, 2)
  t.eq(#history(), 2)
end)

both("an outcome that was lost is found by the mark", function()
  local _, seen = must(upgrade(TAGS[1]))
  seen.run.effects["it#0"].outcome = nil
  local result, again = must(upgrade(TAGS[1]), seen.run)
  t.eq(again.recovered, { "done" })
  t.eq(again.intents, {})
  t.eq(result.revision, 1)
  t.eq(#history(), 1)
end)

both("a rollback whose outcome was lost is found by its number and words", function()
  must(upgrade(TAGS[1]))
  must(upgrade(TAGS[2]))
  local function back() return helm.rollback { release = NS, namespace = NS, revision = 1 } end
  local _, seen = must(back)
  seen.run.effects["it#0"].outcome = nil
  local result, again = must(back, seen.run)
  t.eq(again.recovered, { "done" })
  t.eq(result.revision, 3)
  t.eq(#history(), 3)
end)

both("a pending revision that a dead run of ours left is repaired by the next upgrade", function()
  must(upgrade(TAGS[1]))
  kill_midway(TAGS[2])
  local result, seen = must(upgrade(TAGS[3]))
  t.eq(seen.intents, { "helm.upgrade", "helm.repair" })
  t.eq(result.revision, 2)
  t.eq(#history(), 2)
end)

both("a pending revision of somebody else is left alone", function()
  must(upgrade(TAGS[1]))
  slowly(true)
  local theirs = native.start {
    argv = { settings.helm, "upgrade", NS, CHART, "--namespace", NS, "--set", "global.imageTag=" .. TAGS[2] },
    env = { KUBECONFIG = settings.kubeconfig },
  }
  t.eventually("theirs is pending", function()
    local list = records.list(target)
    return #list == 2 and list[2].status:find "^pending"
  end)
  theirs:kill "KILL"
  theirs:wait()
  slowly(false)
  local seen = in_step(upgrade(TAGS[3]))
  t.eq(seen.err.kind, "busy")
  t.has(seen.err.message, "revision 2 is pending-upgrade since ")
  t.has(seen.err.message, "made by another helm")
  t.has(seen.err.hint, "helm rollback " .. NS)
  t.eq(#history(), 2)
  -- A rollback is what cures it.
  t.eq(must(function() return helm.rollback { release = NS, namespace = NS, revision = 1 } end).revision, 3)
end)

both("a cancelled upgrade leaves no helm behind and is in doubt", function()
  must(upgrade(TAGS[1]))
  local run = new_run()
  slowly(true)
  local handle = task.spawn(function()
    return task.with({ context = { run = run } }, step.run, "it", {}, upgrade(TAGS[2]))
  end)
  t.eventually("it is pending", function()
    local list = records.list(target)
    return #list == 2 and list[2].status:find "^pending"
  end)
  handle:cancel()
  local ok, err = handle:join()
  t.eq(ok, false)
  t.eq(err.kind, "cancelled")
  t.eq(err.in_doubt, true)
  slowly(false)
  t.eq(native.find_by_env("ALMANAC_EFFECT", run.effects["it#0"].intent.id), {})
  -- A helm that is told to end marks its revision failed: nothing to repair, and the next try is another.
  t.eq(history()[2].status, "failed")
  local result, seen = must(upgrade(TAGS[2]), run)
  t.eq(seen.recovered, { "again" })
  t.eq(seen.intents, { "helm.upgrade" })
  t.eq({ result.revision, result.status }, { 3, "deployed" })
end)

both("undo goes back to what was good before, and uninstalls what was installed", function()
  local _, first = must(upgrade(TAGS[1]))
  local _, second = must(upgrade(TAGS[2]))
  local function undo(seen)
    local known = seen.run.effects["it#0"]
    must(function()
      definitions.find("helm.upgrade").undo(known.intent.input, known.outcome.result, { undo_to = known.intent.before })
    end)
  end
  undo(second)
  t.eq(history()[3].description, "Rollback to 1")
  undo(first)
  t.eq(history(), {})
end)

both("errors say what, where and what to do", function()
  local function fails(more, kind, words)
    local seen = in_step(upgrade(TAGS[1], more))
    t.eq(seen.ok, false)
    t.eq(seen.err.kind, kind)
    t.has(seen.err.message, words)
    return seen.err
  end
  fails({ chart = "ops/helm/nothing" }, "not_found", "there is no chart at ops/helm/nothing (in /")
  local err = fails({ chart = "tests/fixtures/charts/no-render" }, "helm", "parse error at")
  t.eq(err.template, { file = "animica-devnet/templates/node.yaml", line = 6 })
  fails({ values = "nothing.yaml" }, "helm", "open nothing.yaml: no such file")
  fails({ timeout = "soon" }, "usage", "must be a duration")
  fails({ wait = true }, "usage", 'no option "wait"')
  t.eq(history(), {})
  local kubeconfig = settings.kubeconfig
  settings.kubeconfig = t.tmpdir() .. "/none"
  fails({}, "not_found", "/none")
  settings.kubeconfig, settings.helm = kubeconfig, "no-such-helm"
  err = fails({}, "not_found", "helm cannot be run: ")
  t.has(err.hint, "almanac.yaml names no-such-helm")
end)

t.test("helm 4: a field somebody took is a conflict with manager and field", function()
  cluster "helm4"
  must(upgrade(TAGS[1]))
  t.must({ bin .. "/kubectl34", "--namespace", NS, "set", "image", "deployment/animica-explorer",
    "explorer=ghcr.io/animica/animica-explorer:v9.9.9-hotfix0" }, { env = { KUBECONFIG = settings.kubeconfig } })
  local seen = in_step(upgrade(TAGS[2]))
  t.eq(seen.err.kind, "helm")
  t.eq(seen.err.in_doubt, false)
  t.eq(#seen.err.conflicts, 1)
  local conflict = seen.err.conflicts[1]
  t.has(conflict.manager, "kubectl")
  t.eq({ conflict.kind, conflict.namespace, conflict.name }, { "Deployment", NS, "animica-explorer" })
  t.eq(conflict.field, '.spec.template.spec.containers[name="explorer"].image')
  t.has(seen.err.hint, "force_conflicts")
  local list = history()
  t.eq(list[2].status, "failed")
  -- The same call in the same run is a new try, and a forced one goes through.
  t.eq(must(upgrade(TAGS[2], { force_conflicts = true })).revision, 3)
end)

t.test("force_conflicts is refused where nothing is applied server-side", function()
  cluster "helm3"
  local seen = in_step(upgrade(TAGS[1], { force_conflicts = true }))
  t.eq(seen.err.kind, "usage")
  t.has(seen.err.message, "needs helm 4")
  must(upgrade(TAGS[1]))
  settings.helm = bin .. "/helm4"
  seen = in_step(upgrade(TAGS[2], { force_conflicts = true }))
  t.eq(seen.err.kind, "usage")
  t.has(seen.err.message, "client-side (by helm 3)")
  t.eq(#history(), 1)
end)

both("a preview shows the images that change, and warns of a tag nobody uses", function()
  must(upgrade(TAGS[1]))
  local definition = definitions.find "helm.upgrade"
  local function preview(options)
    local seen -- what it foresees is no plain data, as the result of a step must be
    must(function()
      local input = definition.input(options)
      seen = definition.preview(input, definition.observe(input))
    end)
    return seen
  end
  local seen = preview { release = NS, chart = CHART, set = { ["global.imageTag"] = TAGS[2] } }
  local changed = {}
  for _, change in ipairs(seen.changes) do
    if change.action ~= "unchanged" then changed[#changed + 1] = change end
  end
  t.eq({ #seen.changes, #changed }, { 13, 6 })
  t.eq(seen.warnings, {})
  t.eq(seen.result.revision, 2)
  for _, change in ipairs(changed) do
    t.eq({ change.action, #change.fields }, { "change", 1 })
    t.has(change.fields[1].path, "].image")
    t.has(change.fields[1].old, TAGS[1])
    t.has(change.fields[1].new, TAGS[2])
  end
  seen = preview { release = NS, chart = CHART, set = { ["global.imageTag"] = TAGS[1] } }
  t.eq(seen.nothing, true)
  seen = preview { release = NS, chart = "tests/fixtures/charts/ignores-tag", set = { ["global.imageTag"] = TAGS[2] } }
  t.has(seen.warnings[1], "ignores global.imageTag: no rendered image has the tag " .. TAGS[2])
  t.eq(#history(), 1)
end)
