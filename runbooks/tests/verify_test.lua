-- verify: the checklist, by evidence where there is some, by a person where there is none.
local devnet = require "lib.devnet"

local URLS = { vars = { devnet = { urls = { rpc = "https://rpc.devnet.example/rpc" } } } }

describe("verify", function()
  it("asks a person for what no metric says, and is done when he ticked it", function()
    local w = devnet.world { config = URLS }
    local run = w:run("verify")
    assert.equal("waiting", run.status)
    assert.contains("acceptance is near its target", run.error.message)
    run:approve()
    run:resume()
    assert.equal("waiting", run.status)
    run:approve()
    run:resume()
    assert.equal("done", run.status)
    expect_effects(run, {})
  end)

  it("does not tick what is not so", function()
    local w = devnet.world { prom = devnet.prometheus { ["fairness_index"] = 0.31 } }
    local run = w:run("verify")
    assert.equal("failed", run.status)
    assert.contains("fairness was 0.31", run.error.message)
  end)
end)
