-- The way back of a run: to a revision that a run proved, and nowhere when there is nothing to take back.
local devnet = require "tests.devnet"
local fs = require "native.fs"
local t = require "tests.harness"

local BOOK = [[
return runbook {
  params = { text = param.string { required = true }, fail = param.boolean { default = false } },
  on_failure = "stop",
  run = function(p)
    step("look", function()
      if p.text == "nothing" then error("there is nothing to look at") end
      return helm.current { release = "r", namespace = "animica-devnet" }
    end)
    step("upgrade", function()
      helm.upgrade { release = "r", namespace = "animica-devnet", chart = "hooked", install = true, set = { text = p.text, hook = "test" } }
    end)
    step("prove", function()
      if p.fail then error("it does not work") end
    end)
  end,
}]]

local function text_of(world)
  return world:get "/api/v1/namespaces/animica-devnet/configmaps/settings".data.text
end

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": a run that failed goes back to what a run proved, not to what nobody did", function()
    local world = devnet.start { helm = helm, install = false }
    t.must { "cp", "-r", "tests/fixtures/charts/hooked", world.dir .. "/hooked" }
    fs.mkdir(world.dir .. "/runbooks")
    t.write_file(world.dir .. "/runbooks/book.lua", BOOK)

    local _, err = world:almanac(1, { "run", "book", "text=nothing", "--no-ask" })
    t.has(err, "almanac resume")
    t.lacks(err, "almanac rollback", "it did nothing that could be taken back")
    t.lacks(world:almanac(0, { "status" }), "almanac rollback")

    world:almanac(0, { "run", "book", "text=proven", "--no-ask" })
    world:run_helm { "upgrade", "r", "hooked", "--set", "text=unproven" }
    _, err = world:almanac(1, { "run", "book", "text=bad", "fail=true", "--no-ask" })
    t.has(err, "go back: almanac rollback")
    t.has(world:almanac(0, { "status" }), "almanac rollback")
    t.eq(text_of(world), "bad")
    local run = world:last_run()
    local _, said = world:almanac(0, { "rollback", run, "--plain" })
    t.has(said, "revision 1: run book-")
    t.has(said, "ended well with it; passed over: 2 (of no run in this journal)")
    t.eq(text_of(world), "proven")
  end)
end
