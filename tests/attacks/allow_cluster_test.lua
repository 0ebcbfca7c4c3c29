-- A runbook with `allow` reaches nothing of a cluster outside of it: neither objects by any name, nor other namespaces and
-- contexts, nor what a chart brings along.
local cluster = require "tests.attacks.cluster"
local escapes = require "tests.attacks.escapes"
local t = require "tests.harness"

--- A cluster of the namespaces ns1 to ns3, with a Deployment in the first.
local function world()
  local p = cluster.world { "ns1", "ns2", "ns3" }
  p:edit("setup", [[return runbook { run = function() step("x", function()
    k8s.apply { apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web", namespace = "ns1" }, spec = {
      selector = { matchLabels = { app = "web" } }, template = { metadata = { labels = { app = "web" } },
        spec = { containers = { { name = "web", image = "x/web:v1" } } } } } }
    k8s.rollout("deployment/web", { namespace = "ns1", timeout = "20s" })
  end) end }]])
  local code, out, err = p:run({ "run", "setup", "--no-ask" }, p.env)
  t.eq(code, 0, out .. err)
  return p
end

t.test("k8s: every way out is refused in words, and nothing is done", function()
  local p = world()
  local before = cluster.state_of(p)
  escapes.try(p, escapes.of "k8s", function(text) return (text:gsub("DIR", p.dir)) end, p.env)
  t.eq(cluster.state_of(p), before, "the cluster was changed")
end)

t.test("k8s: who may look into a namespace may look at it: its labels say what applies to what is there", function()
  local p = world()
  for _, allow in ipairs { '{ k8s = { "ns1" } }', '{ read = { k8s = { "ns1" } } }', '{ k8s = { "namespace/ns1" } }' } do
    p:edit("book", "return runbook { allow = " .. allow .. [[, run = function() step("x", function()
      note("it is " .. k8s.get("namespace/ns1").metadata.name) end) end }]])
    local code, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
    t.eq(code, 0, out .. err)
    t.has(out .. err, "it is ns1")
  end
end)

t.test("helm: every way out is refused in words, and nothing is done", function()
  local p = world()
  cluster.add_charts(p)
  local before = cluster.state_of(p)
  escapes.try(p, escapes.of "helm", function(text) return text end, p.env)
  t.eq(cluster.state_of(p), before, "the cluster was changed")
  p:edit("book", [[return runbook { allow = { helm = { "ns1" }, read = { fs = { "charts/**" } } }, run = function()
    step("up", function() helm.upgrade { release = "ns1", chart = "charts/mine", install = true } end) end }]])
  local code, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
  t.eq(code, 0, "what it may do it does: " .. out .. err)
end)

t.test("helm: what a kept revision has outside is neither gone back to nor taken away", function()
  local p = world()
  cluster.add_charts(p)
  local function run(code, allow, call)
    p:edit("book", string.format('return runbook { %s run = function() step("x", function() %s end) end }', allow, call))
    local got, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
    t.eq(got, code, out .. err)
    return out .. err
  end
  local allow = 'allow = { helm = { "ns1" }, read = { fs = { "charts/**" } } },'
  run(0, "", [[helm.upgrade { release = "ns1", chart = "charts/role", install = true }]])
  local before = cluster.state_of(p)
  for _, call in ipairs { [[helm.uninstall { release = "ns1" }]], [[helm.upgrade { release = "ns1", chart = "charts/mine" }]] } do
    t.has(run(1, allow, call), 'this runbook may not touch k8s "clusterrole/pwned"')
    t.eq(cluster.state_of(p), before, call)
  end
  run(0, "", [[helm.upgrade { release = "ns1", chart = "charts/mine" }]])
  before = cluster.state_of(p)
  t.has(run(1, allow, [[helm.rollback { release = "ns1", revision = 1 }]]), 'this runbook may not touch k8s "clusterrole/pwned"')
  t.eq(cluster.state_of(p), before, "rollback")

  -- Of what goes the images are not asked for; of what comes back they are.
  local images = 'allow = { helm = { "ns1" }, images = { "ghcr.io/org/*" }, read = { fs = { "charts/**" } } },'
  local evil = [[helm.upgrade { release = "ns1", chart = "charts/pod", set = { image = "evil/x" } }]]
  run(0, "", evil)
  run(0, images, [[helm.upgrade { release = "ns1", chart = "charts/mine" }]])
  t.has(run(1, images, [[helm.rollback { release = "ns1", revision = 3 }]]), 'this runbook may not touch images "docker.io/evil/x:latest"')
  run(0, "", evil)
  run(0, images, [[helm.uninstall { release = "ns1" }]])
end)
