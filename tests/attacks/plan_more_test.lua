-- A run that keeps to a plan changes nothing besides what was planned: not what a chart has come to render beside it.
local devnet = require "tests.devnet"
local fs = require "native.fs"
local httpd = require "native.httpd"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  step("upgrade", function() helm.upgrade { release = "c", namespace = "animica-devnet", chart = "c", install = true } end)
end }]]

local FINE = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: fine }\ndata: { text: x }\n"

local MORE = {
  ["templates/more.yaml"] = { "configmap/evil", FINE:gsub("fine", "evil") },
  ["templates/role.yaml"] = { "clusterrole",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: evil }\nrules: []\n" },
  ["templates/elsewhere.yaml"] = { "configmap/evil", FINE:gsub("name: fine", "name: evil, namespace: default") },
  ["templates/hook.yaml"] = { "hook job/evil", [[
apiVersion: batch/v1
kind: Job
metadata: { name: evil, annotations: { helm.sh/hook: "pre-install,post-upgrade" } }
spec: { template: { spec: { restartPolicy: Never, containers: [ { name: e, image: evil } ] } } }
]] },
  ["crds/evil.yaml"] = { "customresourcedefinition", [[
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: evils.example.org }
spec:
  group: example.org
  scope: Namespaced
  names: { plural: evils, singular: evil, kind: Evil }
  versions: [ { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } } ]
]] },
}

local function is_refused(world, name, what)
  local _, err = world:almanac(3, { "run", "--plan", "plan.json", "--no-ask" })
  t.has(err:lower(), what, name)
  t.has(err, "is not in the plan", name)
end

local WITHIN = [[
effect.define("x.up", { input = function() return {} end, preview = function() return { summary = "would" } end,
  apply = function() helm.upgrade { release = "c", namespace = "animica-devnet", chart = "c", install = true } %s return {} end })
return runbook { run = function() step("upgrade", function() effect.perform("x.up", {}) end) end }]]

t.test("nor does one that an effect of the script's own makes; its plan has its objects", function()
  local world = devnet.start { helm = "helm4", install = false }
  for _, dir in ipairs { "runbooks", "c", "c/templates" } do fs.mkdir(world.dir .. "/" .. dir) end
  t.write_file(world.dir .. "/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n")
  t.write_file(world.dir .. "/c/templates/fine.yaml", FINE)
  for name, goes_on in pairs { ["templates/role.yaml"] = "", ["templates/hook.yaml"] = "sleep('w', '0s')" } do
    t.write_file(world.dir .. "/runbooks/book.lua", WITHIN:format(goes_on)) -- a wait, where what it does is known no further
    local out = world:almanac(2, { "plan", "book", "-o", "plan.json" })
    t.has(out, "makes: helm upgrade c to chart c")
    t.has(out, "+ configmap/fine")
    t.write_file(world.dir .. "/c/" .. name, MORE[name][2])
    is_refused(world, name, MORE[name][1])
    os.remove(world.dir .. "/c/" .. name)
  end
  world:almanac(2, { "plan", "book", "-o", "plan.json" })
  world:almanac(0, { "run", "--plan", "plan.json", "--no-ask" })
end)

t.test("a chart of elsewhere that is another when it is asked for again is not installed", function()
  local world = devnet.start { helm = "helm4", install = false }
  for _, dir in ipairs { "runbooks", "c", "c/templates" } do fs.mkdir(world.dir .. "/" .. dir) end
  local function pack(name)
    t.must { "sh", "-ec", string.format('cd "%s" && tar czf "%s.tgz" c', world.dir, name) }
    return t.read_file(world.dir .. "/" .. name .. ".tgz")
  end
  t.write_file(world.dir .. "/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n")
  t.write_file(world.dir .. "/c/templates/fine.yaml", FINE)
  local fine = pack "fine"
  t.write_file(world.dir .. "/c/templates/more.yaml", MORE["templates/more.yaml"][2])
  local evil, good, asked = pack "evil", 1000, 0
  local server = httpd.listen { port = 0, handler = function(_, response)
    asked = asked + 1
    response:send(200, { ["Content-Type"] = "application/gzip" }, asked <= good and fine or evil)
  end }
  t.defer(function() server:close() end)
  local chart = "http://127.0.0.1:" .. server:port() .. "/c-0.1.0.tgz"
  t.write_file(world.dir .. "/runbooks/book.lua", (BOOK:gsub('chart = "c"', string.format("chart = %q", chart))))
  world:almanac(2, { "plan", "book", "-o", "plan.json" })
  good, asked = 1, 0 -- what is compared with the plan is as it was, and what is fetched again is not
  world:almanac(0, { "run", "--plan", "plan.json", "--no-ask" })
  local list = world:get "/api/v1/namespaces/animica-devnet/configmaps"
  for _, item in ipairs(list.items) do t.ok(item.metadata.name ~= "evil", "the other chart was installed") end
  t.eq(asked, 1)
end)

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": an object, a hook or a definition more than was planned stops the run before it", function()
    local world = devnet.start { helm = helm, install = false }
    for _, dir in ipairs { "runbooks", "c", "c/templates", "c/crds" } do fs.mkdir(world.dir .. "/" .. dir) end
    t.write_file(world.dir .. "/runbooks/book.lua", BOOK)
    t.write_file(world.dir .. "/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n")
    t.write_file(world.dir .. "/c/templates/fine.yaml", FINE)
    for name, more in pairs(helm == "helm4" and MORE or { ["crds/evil.yaml"] = MORE["crds/evil.yaml"] }) do
      world:almanac(2, { "plan", "book", "-o", "plan.json" })
      t.write_file(world.dir .. "/c/" .. name, more[2])
      is_refused(world, name, more[1])
      os.remove(world.dir .. "/c/" .. name)
    end
    world:almanac(2, { "plan", "book", "-o", "plan.json" })
    world:almanac(0, { "run", "--plan", "plan.json", "--no-ask" })
    world:almanac(0, { "plan", "book", "-o", "plan.json" }) -- nothing would change
    t.write_file(world.dir .. "/c/templates/more.yaml", MORE["templates/more.yaml"][2])
    is_refused(world, "on top of nothing", "configmap/evil")
  end)
end
