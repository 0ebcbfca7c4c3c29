-- incident, tried: what people are told is seen, and what they tick is approved. Run by: almanac test incident
local PARAMS = { what = "the shop does not answer", lead = "Ada" }
local CONFIG = { channels = { ops = { kind = "webhook", url = "https://chat.example/hook" } } }

describe("incident", function()
  it("tells people first, and waits for the first tick", function()
    local w = world { config = CONFIG, http = { ["POST *"] = 200 } }
    local run = w:run("incident", PARAMS)
    assert.equal("waiting", run.status)
    expect_effects(run, { "notify.send" })
    assert.contains("the shop does not answer", w.requests[1].body)
  end)

  it("is not over while a critical alert fires", function()
    local w = world { config = CONFIG, http = { ["POST *"] = 200 }, alerts = { { name = "ShopDown" } } }
    local run = w:run("incident", PARAMS)
    for _ = 1, 10 do
      if run.status ~= "waiting" then break end
      run:approve()
      run:resume()
    end
    assert.equal("failed", run.status)
    assert.contains("ShopDown fires", run.error.message)
  end)
end)
