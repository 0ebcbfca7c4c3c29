-- canary: a release is tried beside the devnet, and taken away when it is bad.
local devnet = require "lib.devnet"

describe("canary", function()
  it("plans a copy in a namespace of its own", function()
    local plan = devnet.world():plan("canary", { tag = devnet.new })
    assert.contains("animica-canary", plan.text)
  end)

  it("rolls the stateless workloads one by one, the gates between them", function()
    local w = devnet.world()
    local run = w:run("canary", { tag = devnet.new, strategy = "surge" })
    assert.equal("done", run.status)
    assert.contains(devnet.new, w:get("deployment/animica-explorer", "animica-devnet").spec.template.spec.containers[1].image)
    assert.contains(devnet.old, w:get("statefulset/animica-node", "animica-devnet").spec.template.spec.containers[1].image)
  end)

  it("puts back what ran before where a gate fails", function()
    local bad = devnet.prometheus { ["explorer_http_requests_total"] = function(t) return t < 60 and 0 or 0.5 end }
    local w = devnet.world { prom = bad }
    local run = w:run("canary", { tag = devnet.new, strategy = "surge" })
    assert.equal(4, run.code) -- failed and undone
    assert.contains(devnet.old, w:get("deployment/animica-explorer", "animica-devnet").spec.template.spec.containers[1].image)
  end)
end)
