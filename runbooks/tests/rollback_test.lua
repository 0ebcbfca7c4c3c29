-- rollback: the newest revision that is proven good, the node healed.
local devnet = require "lib.devnet"

describe("rollback", function()
  it("goes back to the revision before a bad one, and the node is ready again", function()
    local w = devnet.world { faults = { "notready=animica-node:" .. devnet.bad } }
    local bad = w:run("rollout", { tag = devnet.bad })
    assert.equal("failed", bad.status)
    assert.equal("refused", w:run("rollback").status) -- the failed rollout holds the lock
    bad:abandon("goes back by hand")
    local run = w:run("rollback")
    assert.equal("done", run.status)
    assert.contains(devnet.old, w:get("statefulset/animica-node", "animica-devnet").spec.template.spec.containers[1].image)
  end)

  it("refuses two ways back at once", function()
    local run = devnet.world():run("rollback", { to = devnet.old, revision = 1 })
    assert.equal("failed", run.status)
    assert.contains("are two ways back", run.error.message)
    expect_effects(run, {})
  end)
end)
