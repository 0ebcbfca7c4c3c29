-- The traps that a real cluster sets for the devnet's procedure, each beside the runbook that gets past it.
local devnet = require "lib.devnet"

local NS = "animica-devnet"
local NODE = "statefulset/animica-node"

--- A runbook of the project in the place of one that the devnet has not.
local function book(body)
  return "return runbook { summary = 'of a test', run = function()\n" .. body .. "\nend }\n"
end

describe("a claim that is in use", function()
  -- kubectl delete pvc hangs on its finalizer, and what should follow is never reached.
  it("is gone with the pod that used it, and the node begins anew on another", function()
    local w = devnet.world { releases = devnet.history(devnet.old, devnet.new) }
    w:pass "10s"
    local before = w:get("persistentvolumeclaim/data-animica-node-0", NS).metadata.uid
    local run = w:run("rollback", { wipe = "node", typed = NS .. "/animica-node" })
    assert.equal("done", run.status)
    assert.not_equal(before, w:get("persistentvolumeclaim/data-animica-node-0", NS).metadata.uid)
    assert.equal(devnet.old, devnet.serving(w))
    assert.is_true(run.seconds < 120)
  end)
end)

describe("a helm that dies", function()
  it("by a signal halfway leaves the release pending, and the run that is resumed makes one revision", function()
    local w = devnet.world()
    w:before("PATCH */statefulsets/animica-node", function() w:kill_helm() end)
    local run = w:run("rollout", { tag = devnet.new, observe = "1s" })
    assert.equal("failed", run.status)
    assert.contains("SIGKILL", run.error.message)
    assert.equal("deployed pending-upgrade", devnet.revisions(w))
    run:resume()
    assert.equal("done", run.status)
    assert.equal("superseded deployed", devnet.revisions(w))
    assert.equal(devnet.new, devnet.serving(w))
  end)

  it("and was another's is not touched until somebody says that it is dead", function()
    local w = devnet.world { releases = devnet.history(devnet.old, { tag = devnet.new, status = "pending-upgrade" }) }
    local run = w:run("rollout", { tag = devnet.new, observe = "1s" })
    assert.equal("failed", run.status)
    assert.contains("almanac run repair release=animica-devnet", run.error.hint)
    run:abandon()
    assert.equal("failed", w:run("repair", { release = NS }).status) -- it may be alive
    w:pass "20m"
    local repair = w:run("repair", { release = NS })
    repair:approve()
    repair:resume()
    assert.equal("done", repair.status)
    assert.equal("done", w:run("rollout", { tag = devnet.new, observe = "1s" }).status)
    assert.equal("superseded deployed", devnet.revisions(w))
  end)
end)

describe("an image that somebody set by hand", function()
  local w
  before_each(function()
    w = devnet.world()
    local patch = { spec = { template = { spec = { containers = { { name = "explorer", image = "ghcr.io/animica/hotfix:1" } } } } } }
    w:patch("deployment/animica-explorer", NS, patch, "kubectl-set")
  end)

  -- helm 4 stops halfway: some objects are changed, some are not, and the release is failed.
  it("is in the plan, with the manager that set it", function()
    local plan = w:plan("rollout", { tag = devnet.new })
    assert.contains("kubectl-set", plan.text)
    assert.equal(1, plan.code)
  end)

  it("stops the rollout, and its way back leaves no half of it", function()
    local run = w:run("rollout", { tag = devnet.new, observe = "1s" })
    assert.equal("failed", run.status)
    assert.contains("kubectl-set", run.error.message)
    run:rollback()
    for _, ref in ipairs { NODE, "deployment/animica-miner", "deployment/animica-services" } do
      assert.equal(devnet.old, devnet.tag(w, ref))
    end
  end)

  it("is taken back where the operator says so", function()
    local run = w:run("rollout", { tag = devnet.new, observe = "1s", conflicts = "take" })
    assert.equal("done", run.status)
    assert.equal(devnet.new, devnet.tag(w, "deployment/animica-explorer"))
  end)
end)

-- helm 4 keeps the method of the last revision, and forcing a conflict is an error where there can be none.
it("a release that helm 3 applied is taken over by the client", function()
  local w = devnet.world { releases = devnet.history { tag = devnet.old, server_side = false } }
  local run = w:run("rollout", { tag = devnet.new, observe = "1s", conflicts = "take" })
  assert.equal("done", run.status)
  assert.equal(devnet.new, devnet.serving(w))
end)

describe("the revision to go back to", function()
  it("is not simply the one before: that one failed", function()
    local history = devnet.history(devnet.old, { tag = devnet.bad, status = "failed" }, devnet.new)
    local w = devnet.world { releases = history }
    local run = w:run "rollback"
    assert.equal("done", run.status)
    assert.equal(devnet.old, devnet.serving(w))
  end)

  -- helm rollback takes no description: the rollback is known by what the run meant to do.
  it("is gone to once, wherever the run is killed", function()
    local killed = kill_at_every_effect(devnet.world { releases = devnet.history(devnet.old, devnet.new) }, "rollback")
    assert.equal(4, killed.kills)
    assert.equal(0, #killed.asked)
  end)
end)

describe("a release whose pods are not there yet", function()
  -- What the smoke check would find, were it asked too early.
  local function checked(w, found)
    return { ["*smoke_devnet.sh*"] = function()
      found[#found + 1] = devnet.serving(w())
      return "smoke: ok\n"
    end }
  end

  -- Without --wait helm is done when it has sent the objects.
  it("is waited for, though helm says that it is deployed", function()
    local w, found = nil, {}
    w = devnet.world { faults = { "slow=animica-node:" .. devnet.new }, sh = checked(function() return w end, found) }
    local run = w:run("rollout", { tag = devnet.new, observe = "1s" })
    assert.equal("done", run.status)
    assert.same({ devnet.new }, found)
  end)

  -- Right after the upgrade the status is still that of the generation before.
  it("is not believed to be done while its controller has not seen it", function()
    local w, found = nil, {}
    w = devnet.world { faults = { "unobserved=animica-node:" .. devnet.new }, sh = checked(function() return w end, found) }
    local run = w:run("rollout", { tag = devnet.new, observe = "1s" })
    assert.equal("done", run.status)
    assert.same({ devnet.new }, found)
  end)

  -- kstatus takes a pod that was restarted once for a failed one.
  it("is done when a pod recovers that had crashed before", function()
    local w = devnet.world { faults = { "crash=animica-miner:" .. devnet.new } }
    local run = w:run("rollout", { tag = devnet.new, observe = "1s" })
    assert.equal("failed", run.status)
    w:fault({}, { "crash=animica-miner:" .. devnet.new })
    w:pass "2m"
    assert.equal("failed", run.steps["workloads are ready"].status)
    run:resume()
    assert.equal("done", run.steps["workloads are ready"].status)
    assert.contains("panic: configuration is invalid", run.error.message) -- what it said stays in the logs of this rollout
  end)
end)

describe("a node that does not come up", function()
  local WHY = {
    crash = "CrashLoopBackOff", missing = "ImagePullBackOff", unschedulable = "Unschedulable",
  }
  -- kubectl rollout status would wait its ten minutes out, and say nothing of why.
  for fault, why in pairs(WHY) do
    it("is told at once, and why: " .. fault, function()
      local w = devnet.world { faults = { fault .. "=animica-node:" .. devnet.bad } }
      local run = w:run("rollout", { tag = devnet.bad, observe = "1s" })
      assert.equal("failed", run.status)
      assert.contains(why, run.error.message)
      assert.is_true(run.seconds < 180)
    end)
  end
end)

describe("the pods of two revisions side by side", function()
  -- kubectl exec deploy/… takes one of them, and may find the program of yesterday.
  it("the database is taken down by the program of the revision that goes", function()
    local down = { "sh", "-c", "echo down to {tag}" }
    local w = devnet.world { faults = { "notready=animica-services:" .. devnet.bad }, config = { vars = { devnet = { db_down = down } } } }
    local bad = w:run("rollout", { tag = devnet.bad, observe = "1s" })
    assert.contains("animica-services", bad.error.message)
    bad:abandon()
    local run = w:run("rollback", { db = "down" })
    assert.equal("done", run.status)
    local ran_in = run.steps["take the database down"].result.pod
    assert.contains(ran_in, bad.error.message)
  end)
end)

-- In a list of metadata that is empty, items is null.
for name, params in pairs { rollout = { tag = devnet.new }, rollback = {} } do
  it(name .. " finds no release in a namespace that has none", function()
    local run = world({ namespaces = { NS, "animica-canary" } }):run(name, params)
    assert.equal("failed", run.status)
    assert.contains(name == "rollback" and "no revision of" or "there is no release", run.error.message)
  end)
end

describe("a hook that fails", function()
  local HOOK = [[
{{- if eq .Values.global.imageTag "TAG" }}
apiVersion: batch/v1
kind: Job
metadata: { name: migrate, annotations: { helm.sh/hook: pre-upgrade } }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [ { name: migrate, image: busybox, command: [sh, -c, "echo no such table; exit 3"] } ]
{{- end }}
]]

  it("is told in the words of its pod, and nothing is changed", function()
    local w = devnet.world { files = { ["ops/helm/animica-devnet/templates/migrate.yaml"] = (HOOK:gsub("TAG", devnet.new)) } }
    local run = w:run("rollout", { tag = devnet.new, observe = "1s" })
    assert.equal("failed", run.status)
    assert.contains("no such table", run.error.message .. tostring(run.error.logs))
    assert.equal("deployed failed", devnet.revisions(w))
    assert.equal(devnet.old, devnet.serving(w))
  end)
end)

describe("an API that dies in the middle of helm's upgrade", function()
  for _, request in ipairs { "GET /openapi/*", "POST */secrets", "PATCH */statefulsets/animica-node" } do
    it("costs no second revision: " .. request, function()
      local w = devnet.world()
      w:before(request, function()
        w:fault { "api-down" }
        w:after("5m", function() w:fault({}, { "api-down" }) end)
      end)
      local run = w:run("rollout", { tag = devnet.new, observe = "1s" })
      assert.equal("failed", run.status)
      w:pass "6m"
      run:resume()
      assert.equal("done", run.status)
      assert.equal("superseded deployed", devnet.revisions(w))
      assert.equal(devnet.new, devnet.serving(w))
    end)
  end
end)

describe("a node that is drained", function()
  local BUDGET = { apiVersion = "policy/v1", kind = "PodDisruptionBudget", metadata = { name = "explorer", namespace = NS },
    spec = { minAvailable = 1, selector = { matchLabels = { app = "animica-explorer" } } } }

  -- The API refuses an eviction with 429 for as long as the budget does not allow it.
  it("waits for a disruption budget, says which, and goes on when it allows the eviction", function()
    local drain = book [[step("drain", function()
      k8s.drain(k8s.list("nodes")[1].metadata.name, { selector = "app=animica-explorer", timeout = "2m" })
    end)]]
    local w = devnet.world { objects = { BUDGET }, files = { ["runbooks/drain.lua"] = drain } }
    w:pass "10s"
    w:after("40s", function() w:patch("pdb/explorer", NS, { spec = { minAvailable = 0 } }) end)
    local run = w:run "drain"
    assert.equal("done", run.status)
    assert.contains("disruption budget explorer", run.output)
    assert.is_true(run.seconds >= 40)
  end)
end)

-- The API server's proxy answers 503 for a port that a service does not have, and 404 where there is no service.
it("a service is not there, or not at that port, in words", function()
  local get = book 'step("get", function() return http.get("svc://animica-devnet/SERVICE").body end)'
  local w = devnet.world { files = {
    ["runbooks/port.lua"] = get:gsub("SERVICE", "animica-node:99/healthz"), ["runbooks/gone.lua"] = get:gsub("SERVICE", "gone:80/"),
  } }
  assert.contains('no service port 99 found for service "animica-node" (503', w:run("port").error.message)
  assert.contains('services "gone" not found (404', w:run("gone").error.message)
end)
