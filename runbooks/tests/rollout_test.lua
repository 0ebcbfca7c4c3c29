-- rollout: the release is upgraded, its workloads are ready, the gates hold.
local devnet = require "lib.devnet"

describe("rollout", function()
  it("upgrades, and is done when all gates held", function()
    local w = devnet.world()
    local run = w:run("rollout", { tag = devnet.new, observe = "2m" })
    assert.equal("done", run.status)
    expect_effects(run, { "helm.upgrade" })
    assert.equal("pass", run.gates["RPC errors"].verdict)
    assert.contains(devnet.new, w:get("statefulset/animica-node", "animica-devnet").spec.template.spec.containers[1].image)
  end)

  it("plans the upgrade, and what becomes of each workload", function()
    local plan = devnet.world():plan("rollout", { tag = devnet.new })
    expect_plan(plan, { "helm.upgrade" })
    assert.contains("statefulset/animica-node", plan.text)
    assert.equal(2, plan.code)
  end)

  it("fails at once where RPC errors become critical", function()
    local bad = function(t) return t < 60 and 0 or 0.3 end
    local w = devnet.world { prom = devnet.prometheus { ["animica_rpc_requests_total{status"] = bad } }
    local run = w:run("rollout", { tag = devnet.new, observe = "2m" })
    assert.equal("failed", run.status)
    assert.contains('gate "RPC errors"', run.error.message)
  end)

  it("says why a node that crashes is not ready, and the way back heals it", function()
    local w = devnet.world { faults = { "crash=animica-node:" .. devnet.bad } }
    local run = w:run("rollout", { tag = devnet.bad, observe = "2m" })
    assert.equal("failed", run.status)
    assert.matches("animica%-node", run.error.message)
    run:rollback()
    assert.contains(devnet.old, w:get("statefulset/animica-node", "animica-devnet").spec.template.spec.containers[1].image)
    assert.equal(1, w:get("statefulset/animica-node", "animica-devnet").status.readyReplicas)
  end)

  it("says in the plan that a chart ignores the tag", function()
    local image = '{{- define "devnet.image" -}}ghcr.io/animica/{{ index . 1 }}:' .. devnet.old .. "{{- end -}}\n"
    local labels = '{{- define "devnet.labels" -}}app.kubernetes.io/part-of: animica-devnet{{- end -}}\n'
    local w = devnet.world { files = { ["ops/helm/animica-devnet/templates/_helpers.tpl"] = image .. labels } }
    local plan = w:plan("rollout", { tag = devnet.new })
    assert.matches("no rendered image", plan.text)
  end)

  it("ends with one new revision, wherever it is killed", function()
    local killed = kill_at_every_effect(devnet.world(), "rollout", { tag = devnet.new, observe = "1m" })
    assert.equal(4, killed.kills)
    assert.equal(0, #killed.asked)
  end)
end)
