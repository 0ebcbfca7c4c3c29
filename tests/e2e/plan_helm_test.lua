-- What a plan of a helm upgrade catches before helm would stop halfway, or do nothing, or do too much.
local devnet = require "tests.devnet"
local plans = require "tests.plans"
local t = require "tests.harness"

local HOTFIX = "ghcr.io/animica/animica-explorer:v9.9.9-hotfix0"
local IMAGE = '.spec.template.spec.containers[name="explorer"].image'

local function kubectl(world, ...)
  t.must({ devnet.root .. "/.deps/bin/kubectl34", "--namespace", devnet.release, ... }, { cwd = world.dir, env = world.env })
end

local function change_of(plan, object)
  for _, change in ipairs(plan.effects[1].changes or {}) do
    if change.object == object then return change end
  end
  error({ assertion = "the plan has no " .. object }, 0)
end

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": a hotfix is named with its manager and field, as the run's error does", function()
    local world = plans.start { helm = helm }
    kubectl(world, "set", "image", "deployment/animica-explorer", "explorer=" .. HOTFIX)
    local server_side = helm == "helm4"
    local plan, text = plans.plan(world, server_side and 1 or 2, { "upgrade.lua" })
    local change = change_of(plan, "deployment/animica-explorer")
    t.eq(#change.fields, 1)
    local field = change.fields[1]
    t.eq({ field.path, field.old, field.set_by }, { IMAGE, HOTFIX, { "kubectl-set" } })
    t.has(text, 'now set by "kubectl-set"')
    if not server_side then return end -- helm 3 takes the field back without a word
    t.eq({ change.action, change.conflicts[1].manager, change.conflicts[1].field }, { "conflict", "kubectl-set", IMAGE })
    t.has(text, "WOULD STOP THE RUN: deployment/animica-explorer")
    t.has(text, "conflict: " .. IMAGE .. ' is managed by "kubectl-set"')
    local _, err = world:almanac(1, { "run", "upgrade.lua", "--no-ask" })
    t.has(err, IMAGE .. ' is held by "kubectl-set"')
  end)

  t.test(helm .. ": the rollout takes a hotfix back where the operator says so, and the plan shows it", function()
    local world = plans.start { helm = helm, prometheus = true, history = 600 }
    kubectl(world, "set", "image", "deployment/animica-explorer", "explorer=" .. HOTFIX)
    local words = { "rollout", "tag=" .. devnet.new, "observe=2s", "conflicts=take" }
    local plan, text = plans.plan(world, 2, words)
    local change = change_of(plan, "deployment/animica-explorer")
    t.eq({ change.action, change.fields[1].old }, { "change", HOTFIX })
    t.has(text, 'now set by "kubectl-set"')
    local forced = plan.effects[1].title:find("taking the fields that others set", 1, true) ~= nil
    t.eq(forced, helm == "helm4", "helm 3 needs no word for it")
    words[4] = nil
    plans.plan(world, helm == "helm4" and 1 or 2, words)
    words[4] = "conflicts=maybe"
    local _, err = world:almanac(2, { "run", table.unpack(words) })
    t.has(err, "stop, take")
  end)

  t.test(helm .. ": charts and values that do harm or nothing are caught, in words", function()
    local world = plans.start { helm = helm }
    local charts = devnet.root .. "/tests/fixtures/charts/"

    local plan, text = plans.plan(world, 1, { "upgrade.lua", "chart=" .. charts .. "ignores-tag" })
    t.has(text, "WARNING the chart " .. charts .. "ignores-tag ignores global.imageTag: no rendered image has the tag " .. devnet.new)
    t.eq(#plans.changes(plan, "delete"), 12)
    t.has(change_of(plan, "statefulset/animica-node").why, "spec: Forbidden", "the chart has no volumeClaimTemplates")
    t.has(text, "- .spec.volumeClaimTemplates:", "the server does not name the field")

    _, text = plans.plan(world, 1, { "upgrade.lua", "chart=" .. charts .. "no-render" })
    t.has(text, "WOULD STOP THE RUN: helm upgrade animica-devnet failed: parse error at (animica-devnet/templates/node.yaml:6)")
    t.has(text, "the chart does not render: look at animica-devnet/templates/node.yaml, line 6")

    _, text = plans.plan(world, 1, { "upgrade.lua", "set=workloads=two" })
    t.has(text, "range can't iterate over two")
    t.has(text, "the chart does not render: look at animica-devnet/templates/workloads.yaml, line 1")

    plan, text = plans.plan(world, 1, { "upgrade.lua", "set=workloads.miner.replicas=two" })
    t.eq(change_of(plan, "deployment/animica-miner").action, "reject")
    t.has(text, "deployment/animica-miner  would be rejected: ")
    t.has(text, "replicas")

    plan, text = plans.plan(world, 1, { "upgrade.lua", "set=node.storage=2Gi" })
    t.eq(change_of(plan, "statefulset/animica-node").action, "reject")
    t.has(text, "WOULD STOP THE RUN: statefulset/animica-node")
    t.has(text, "spec: Forbidden: updates to statefulset spec for fields other than")
    t.eq(#world:history(), 1)
  end)

  t.test(helm .. ": created, deleted, kept, hooks and secrets", function()
    local world = plans.start { helm = helm }
    t.write_file(world.dir .. "/ops/helm/animica-devnet/templates/more.yaml", [[
apiVersion: v1
kind: Secret
metadata: { name: token }
stringData: { token: "hunter2-old" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: going }
data: { a: "1" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: staying, annotations: { helm.sh/resource-policy: keep } }
data: { a: "1" }
]])
    world:run_helm { "upgrade", devnet.release, "ops/helm/animica-devnet", "--set", "global.imageTag=" .. devnet.old }
    t.write_file(world.dir .. "/ops/helm/animica-devnet/templates/more.yaml", [[
apiVersion: v1
kind: Secret
metadata: { name: token }
stringData: { token: "hunter2-new" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: coming }
data: { a: "1" }
---
apiVersion: batch/v1
kind: Job
metadata: { name: migrate, annotations: { helm.sh/hook: "pre-upgrade,post-install" } }
spec:
  template:
    spec: { restartPolicy: Never, containers: [ { name: migrate, image: "ghcr.io/animica/migrate:v1" } ] }
]])
    local plan, text = plans.plan(world, 2, { "upgrade.lua", "tag=" .. devnet.old })
    local created = plans.changes(plan, "create")
    t.eq({ #created, created[1].object, created[1].created.data, created[1].created.metadata.namespace },
      { 1, "configmap/coming", { a = "1" }, "animica-devnet" })
    t.eq(plans.changes(plan, "delete"), { { object = "configmap/going", action = "delete" } })
    local hooks = plans.changes(plan, "hook")
    t.eq({ #hooks, hooks[1].object, hooks[1].why, hooks[1].created.kind }, { 1, "job/migrate", "pre-upgrade", "Job" })
    t.eq(plans.changes(plan, "change"), { { object = "secret/token", action = "change", fields = {
      { path = ".data.token", kind = "changed", old = "(secret)", new = "(another secret)" },
    } } })
    t.has(change_of(plan, "configmap/staying").why, "helm.sh/resource-policy: keep")
    t.has(text, "configmap/staying  unchanged: stays")
    t.lacks(t.read_file(world.dir .. "/plan.json"), "hunter2")
    t.lacks(t.read_file(world.dir .. "/plan.json"), "aHVudGVy")
    world:almanac(0, { "run", "--plan", "plan.json", "--no-ask" })
    t.eq(world:get("/api/v1/namespaces/animica-devnet/secrets/token").data.token, "aHVudGVyMi1uZXc=")
  end)

  t.test(helm .. ": a first install and a way back", function()
    local world = plans.start { helm = helm, install = false }
    t.write_file(world.dir .. "/install.lua", [[
return runbook { run = function()
  step("install", function()
    return helm.upgrade { release = "web", namespace = "new", chart = "ops/helm/animica-devnet", install = true,
      create_namespace = true }
  end)
end }
]])
    local plan = plans.plan(world, 2, { "install.lua" })
    t.eq(#plans.changes(plan, "create"), 13)
    world:almanac(0, { "run", "--plan", "plan.json", "--no-ask" })
    world:run_helm { "upgrade", "web", "ops/helm/animica-devnet", "-n", "new", "--set", "global.imageTag=" .. devnet.new }
    t.write_file(world.dir .. "/back.lua", [[
return runbook { run = function()
  step("back", function() return helm.rollback { release = "web", namespace = "new", revision = 1 } end)
end }
]])
    local requests = plans.requests(world, function() plan = plans.plan(world, 2, { "back.lua" }) end)
    t.ok(plans.assert_harmless(requests) >= 13)
    local changed = plans.changes(plan, "change")
    t.eq(#changed, 6)
    for _, change in ipairs(changed) do
      t.eq(#change.fields, 1)
      t.has(change.fields[1].new, devnet.old)
    end
    world:almanac(0, { "run", "--plan", "plan.json", "--no-ask" })
    plan = plans.plan(world, 0, { "back.lua" })
    t.eq(plan.effects[1].nothing, true)
  end)
end
