-- first, tried: a run works in a copy of the project, and nothing of yours is written. Run by: almanac test first
describe("first", function()
  it("writes the text, and keeps what was there", function()
    local w = world { files = { ["greeting.txt"] = "before\n" } }
    local run = w:run("first", { text = "hello" })
    assert.equal("done", run.status)
    expect_effects(run, { "write greeting.txt.old", "write greeting.txt" })
    run:rollback()
    assert.equal("undone", run.status)
  end)

  it("would write two files", function()
    expect_plan(world {}:plan("first", { text = "hello" }), { "write greeting.txt.old", "write greeting.txt" })
  end)

  it("does so once, wherever it is killed", function()
    kill_at_every_effect(world {}, "first", { text = "hello" })
  end)
end)
