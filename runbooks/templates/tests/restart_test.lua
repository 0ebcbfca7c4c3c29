-- restart, tried on a simulated cluster, in no time. Run by: almanac test restart
local web = {
  apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web", namespace = "default" },
  spec = {
    replicas = 2, selector = { matchLabels = { app = "web" } },
    template = { metadata = { labels = { app = "web" } }, spec = { containers = { { name = "main", image = "web:1" } } } },
  },
}
local ERRORS = "rate(errors[5m])"
local PARAMS = { workload = "deployment/web", errors = ERRORS }

describe("restart", function()
  it("is done when the workload is ready and the gate held", function()
    local w = world { objects = { web }, prom = { [ERRORS] = 0.001 } }
    local run = w:run("restart", PARAMS)
    assert.equal("done", run.status)
    expect_effects(run, { "k8s.restart" })
    assert.equal("pass", run.gates["errors"].verdict)
  end)

  it("fails where errors rise", function()
    local w = world { objects = { web }, prom = { [ERRORS] = function(seconds) return seconds < 60 and 0 or 0.2 end } }
    assert.equal("failed", w:run("restart", PARAMS).status)
  end)

  it("restarts once, wherever it is killed", function()
    kill_at_every_effect(world { objects = { web }, prom = { [ERRORS] = 0 } }, "restart", PARAMS)
  end)
end)
