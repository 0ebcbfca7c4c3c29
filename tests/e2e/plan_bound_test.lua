-- A run that is bound to a plan does what was planned or stops before it, and says what moved.
local devnet = require "tests.devnet"
local plans = require "tests.plans"
local t = require "tests.harness"

local function kubectl(world, ...)
  t.must({ devnet.root .. "/.deps/bin/kubectl34", "--namespace", devnet.release, ... }, { cwd = world.dir, env = world.env })
end

local function edit(path, from, to)
  local text = t.read_file(path)
  local at, stop = text:find(from, 1, true)
  t.ok(at, from)
  t.write_file(path, text:sub(1, at - 1) .. to .. text:sub(stop + 1))
end

local function bound(world, code, ...)
  local _, err = world:almanac(code, { "run", "--plan", "plan.json", "--no-ask", ... })
  return err
end

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": a hand in the cluster after the plan stops the run, with object and field", function()
    local world = plans.start { helm = helm }
    plans.plan(world, 2, { "upgrade.lua" })
    kubectl(world, "scale", "deployment/animica-miner", "--replicas", "3")
    local err = bound(world, 3)
    t.has(err, "deployment/animica-miner in animica-devnet has changed since the plan was made: .spec.replicas")
    t.has(err, "planned on: 1")
    t.has(err, "now:        3")
    t.has(err, "this effect was not begun; make a new plan")
    t.has(err, "upgrade the release")
    t.eq(#world:history(), 1, "nothing was done")
    kubectl(world, "scale", "deployment/animica-miner", "--replicas", "1")
    world:almanac(0, { "resume", "--no-ask" }) -- put right, it goes on within its plan
    t.eq(#world:history(), 2)
    plans.plan(world, 2, { "upgrade.lua", "tag=" .. devnet.old })
    world:run_helm { "rollback", devnet.release, "1" }
    t.has(bound(world, 3), "release animica-devnet in animica-devnet has changed since the plan was made: .revision")
    world:almanac(0, { "resume", "--without-plan", "--no-ask" })
    t.eq(#world:history(), 4)
  end)
end

t.test("a chart that was edited after the plan stops the run too", function()
  local world = plans.start {}
  plans.plan(world, 2, { "upgrade.lua" })
  edit(world.dir .. "/ops/helm/animica-devnet/values.yaml", "blockTargetSeconds: 6", "blockTargetSeconds: 7")
  local err = bound(world, 3)
  t.has(err, "configmap/chain-params as release animica-devnet renders it has changed since the plan was made")
  t.has(err, '.data.block-target-seconds')
  t.has(err, 'planned on: "6"')
  edit(world.dir .. "/ops/helm/animica-devnet/values.yaml", "blockTargetSeconds: 7", "blockTargetSeconds: 6")
  t.eq(#world:history(), 1)
end)

t.test("an edited script, another parameter and a tampered plan are refused before anything", function()
  local world = plans.start {}
  plans.plan(world, 2, { "upgrade.lua" })
  t.has(bound(world, 2, "tag=v9.9.9-aaaaaaa"), "parameter tag is v9.9.9-aaaaaaa now; the plan has " .. devnet.new)
  edit(world.dir .. "/upgrade.lua", 'release = "animica-devnet"', 'release = "animica-canary"')
  local err = bound(world, 2)
  t.has(err, "upgrade.lua:15 was edited after the plan was made, in the step upgrade the release")
  t.has(err, 'planned:       return helm.upgrade { release = "animica-devnet"')
  t.has(err, 'now:           return helm.upgrade { release = "animica-canary"')
  edit(world.dir .. "/upgrade.lua", 'release = "animica-canary"', 'release = "animica-devnet"')
  local sound = t.read_file(world.dir .. "/plan.json")
  edit(world.dir .. "/plan.json", devnet.old, devnet.new)
  t.has(bound(world, 2), "plan.json was changed after it was made")
  t.write_file(world.dir .. "/plan.json", sound)
  t.eq(#world:history(), 1)
  t.eq((t.run({ "ls", ".almanac" }, { cwd = world.dir })), 2, "no run was begun")
  bound(world, 0)
  t.eventually("the node's pod is replaced", function() return world:node_tag() == devnet.new end)
  t.eq(#world:history(), 2)
end)

t.test("show --plan sets what was planned beside what happened", function()
  local world = plans.start {}
  plans.plan(world, 2, { "upgrade.lua" })
  bound(world, 0)
  local text = world:almanac(0, { "show", "--plan" })
  t.has(text, world:last_run() .. ": done; planned by ")
  t.has(text, "✓ upgrade the release: helm upgrade animica-devnet to chart ops/helm/animica-devnet")
  t.has(text, "  as planned")
  t.has(text, "planned: revision 1 to 2 of chart animica-devnet-0.5.0, server-side apply: 6 changed")
  plans.plan(world, 2, { "upgrade.lua", "tag=" .. devnet.old })
  kubectl(world, "scale", "deployment/animica-miner", "--replicas", "2")
  bound(world, 3)
  t.has(world:almanac(0, { "show", "--plan" }), "· upgrade the release: helm upgrade animica-devnet")
  world:almanac(0, { "run", "upgrade.lua", "set=workloads.miner.replicas=2", "--no-ask" })
  local _, err = world:almanac(2, { "show", "--plan" })
  t.has(err, "was started without a plan")
end)

t.test("killed in its upgrade, a run goes on within its plan; what it did itself is no moved ground", function()
  local world = plans.start {}
  t.write_file(world.dir .. "/both.lua", [[
return runbook { run = function()
  step("up", function()
    return helm.upgrade { release = "animica-devnet", chart = "ops/helm/animica-devnet", set = { ["global.imageTag"] = "v0.5.0-a1b2c3d" } }
  end)
  step("back", function() return helm.rollback { release = "animica-devnet", revision = 1 } end)
end }
]])
  plans.plan(world, 2, { "both.lua" })
  world:configure { helm = world:wrap_helm [[
case "$1 $*" in
*dry-run*) ;;
upgrade*) [ -e once ] || { touch once; "$HELM" "$@" >/dev/null; kill -9 $$; } ;;
esac
exec "$HELM" "$@"
]] }
  t.has(bound(world, 1), "ended by SIGKILL")
  world:configure()
  world:almanac(0, { "resume", "--no-ask" })
  local history = world:history()
  t.eq(history[#history].description, "Rollback to 1")
  local shown = world:almanac(0, { "show", "--plan" })
  local _, kept = shown:gsub("  as planned", "")
  t.eq(kept, 2, shown)
end)

t.test("an edited script is told by its line, also below a secret, which the plan does not hold", function()
  local world = devnet.start { install = false }
  local book = [[
return runbook { run = function()
  step("apply", function()
    k8s.apply("{ apiVersion: v1, kind: Secret, metadata: { name: s }, stringData: { pw: hunter-two } }", { namespace = "animica-devnet" })
  end)
  step("say", function() sh.run { argv = { "true" } } end)
end }
]]
  t.write_file(world.dir .. "/book.lua", book)
  world:almanac(2, { "plan", "-o", "plan.json", "book.lua" })
  t.lacks(t.read_file(world.dir .. "/plan.json"), "hunter-two")
  edit(world.dir .. "/book.lua", '"true"', '"false"')
  local err = bound(world, 2)
  t.has(err, "book.lua:5 was edited after the plan was made, in the step say")
  t.lacks(err, "hunter-two")
  t.write_file(world.dir .. "/book.lua", (book:gsub("hunter%-two", "hunter-three")))
  err = bound(world, 2)
  t.has(err, "book.lua was edited after the plan was made, in a line that holds a secret")
  t.lacks(err, "hunter-three")
end)

t.test("the uid of what the run creates is not known to the plan, and may be used by it", function()
  local world = devnet.start { install = false }
  t.write_file(world.dir .. "/book.lua", [[
return runbook { run = function()
  local opts = { namespace = "animica-devnet" }
  local made = step("make", function()
    return k8s.create({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "mark" } }, opts)
  end)
  step("note", function() fs.write("mark.txt", made.name .. " " .. made.uid) end)
end }
]])
  t.has(world:almanac(2, { "plan", "-o", "plan.json", "book.lua" }), "its input is known when it runs")
  bound(world, 0)
  local uid = world:get("/api/v1/namespaces/animica-devnet/configmaps/mark").metadata.uid
  t.eq(t.read_file(world.dir .. "/mark.txt"), "mark " .. uid)
end)

t.test("a patch of a Secret: its values are neither in the plan nor in the journal", function()
  local world = devnet.start { install = false }
  kubectl(world, "create", "secret", "generic", "door", "--from-literal=key=first", "--from-literal=bell=first")
  t.write_file(world.dir .. "/values.json", [[{ "key": "second-key", "bell": "c2Vjb25kLWJlbGw=" }]])
  t.write_file(world.dir .. "/book.lua", [[
return runbook { run = function()
  local opts = { namespace = "animica-devnet" }
  step("patch", function()
    opts.values = json.decode(fs.read "values.json")
    k8s.patch("secret/door", { stringData = { key = opts.values.key } }, { namespace = opts.namespace })
    k8s.patch("secret/door", { { op = "replace", path = "/data/bell", value = opts.values.bell } },
      { namespace = opts.namespace, type = "json" })
  end)
end }
]])
  world:almanac(2, { "plan", "-o", "plan.json", "book.lua" })
  bound(world, 0)
  t.eq(world:get("/api/v1/namespaces/animica-devnet/secrets/door").data, { key = "c2Vjb25kLWtleQ==", bell = "c2Vjb25kLWJlbGw=" })
  local kept = t.read_file(world.dir .. "/plan.json") .. world:almanac(0, { "log", world:last_run(), "--json" })
  for _, text in ipairs { "second-key", "c2Vjb25kLWtleQ", "c2Vjb25kLWJlbGw" } do t.lacks(kept, text) end
end)
