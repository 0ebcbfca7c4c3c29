-- A plan is for one cluster and one environment: what was planned on A is not done on B.
local json = require "native.json"
local t = require "tests.harness"

local ALMANAC = require("native.process").exe()

local book = [[
return runbook {
  summary = "a config map",
  run = function()
    step("apply", function()
      return k8s.apply({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c" }, data = { a = "1" } }, { namespace = "team" })
    end)
  end,
}
]]

local function start_sim(dir, name)
  local sim = t.spawn({ ALMANAC, "sim", "--kubeconfig", dir .. "/" .. name, "--with-namespace", "team" }, { cwd = dir })
  sim:wait_line "^api="
end

--- Two clusters, one environment each, and a plan that was made for the first.
local function planned()
  local dir = t.tmpdir()
  for _, name in ipairs { "a", "b" } do start_sim(dir, name) end
  t.write_file(dir .. "/almanac.yaml", json.encode { environments = { a = { kubeconfig = "a" }, b = { kubeconfig = "b" } } })
  t.write_file(dir .. "/book.lua", book)
  local function almanac(...) return t.run({ ALMANAC, ... }, { cwd = dir, env = { HOME = dir, PATH = t.getenv "PATH" } }) end
  local code, _, err = almanac("plan", "-e", "a", "-o", "plan.json", "book.lua")
  t.eq(code, 2, err)
  return almanac, dir
end

t.test("the plan names its cluster, and the run takes the environment from it", function()
  local almanac, dir = planned()
  local plan = json.decode(t.read_file(dir .. "/plan.json")).plan
  t.eq(plan.environment, "a")
  t.eq(#plan.clusters, 1)
  t.ok(plan.clusters[1].server:find "^http" and plan.clusters[1].uid:find "^%x+%-")
  local code, _, err = almanac("run", "--plan", "plan.json")
  t.eq(code, 0, err)
  code = almanac("plan", "-e", "a", "book.lua")
  t.eq(code, 0, "it was done there")
end)

t.test("another environment is refused before anything, with what to do", function()
  local almanac = planned()
  local code, _, err = almanac("run", "-e", "b", "--plan", "plan.json")
  t.eq(code, 2, err)
  t.has(err, "plan.json was made for environment a, not for b")
  t.has(err, "almanac plan book -e b")
  t.eq((almanac("plan", "-e", "b", "book.lua")), 2, "nothing was done on b")
end)

t.test("another cluster behind the same name is refused", function()
  local almanac, dir = planned()
  t.must { "cp", dir .. "/b", dir .. "/a" } -- what the name a leads to is another cluster now
  local code, _, err = almanac("run", "--plan", "plan.json")
  t.eq(code, 2, err)
  t.has(err, "the plan was made for the cluster http")
  t.has(err, "; this would be http")
  t.eq((almanac("plan", "-e", "b", "book.lua")), 2, "nothing was done on b")
  t.eq((almanac("runs")), 2, "and there is no journal: no run was begun")
end)
