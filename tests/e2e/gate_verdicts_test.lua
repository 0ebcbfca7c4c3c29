-- What a gate says that has nothing to go by.
local devnet = require "tests.devnet"
local t = require "tests.harness"

local runbook = [[
local gates = require "lib.gates"
return runbook {
  summary = "one gate",
  run = function()
    parallel("gates", gates.branches(nil, { hold = "2s", only = { "fairness" } }))
  end,
}
]]

local function run_gate(world, query)
  t.must { "mkdir", "-p", world.dir .. "/runbooks" }
  local text = runbook
  if query then
    text = text:gsub("parallel.-}%)%)", 'gate("one", { query = "' .. query .. '", op = ">=", limit = 0, hold = "2s" })')
  end
  t.write_file(world.dir .. "/runbooks/one.lua", text)
  return world:spawn { "run", "one" }
end

t.test("a metric that is gone is no data, and does not pass", function()
  local world = devnet.start { prometheus = true, install = false, sim = { "--fault", "no-data=animica_poies_fairness_index" } }
  local code, _, err = run_gate(world):wait()
  t.eq(code, 1, err)
  t.has(err, "no data")
end)

t.test("a query that matches several series says so", function()
  local world = devnet.start { prometheus = true, install = false, sim = { "--fault", "series=animica_poies_fairness_index" } }
  local code, _, err = run_gate(world, "animica_poies_fairness_index"):wait()
  t.eq(code, 1, err)
  t.has(err, "series")
end)
