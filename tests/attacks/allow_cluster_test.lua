-- A runbook with `allow` reaches nothing of a cluster outside of it: neither objects by any name, nor other namespaces and
-- contexts, nor what a chart brings along.
local escapes = require "tests.attacks.escapes"
local http = require "native.http"
local json = require "native.json"
local project = require "tests.project"
local process = require "native.process"
local t = require "tests.harness"

local ALMANAC = process.cwd() .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"

--- A project with a cluster: namespaces ns1 to ns3, a victim in each, and a second context.
local function world()
  local p = project.new {}
  local sim = t.spawn { ALMANAC, "sim", "--kubeconfig", p.dir .. "/kubeconfig", "--with-namespace", "ns1", "--ready-time", "0.05" }
  local _, api = sim:wait_line "^api=(%S+)"
  p.api, p.env = api, { KUBECONFIG = p.dir .. "/kubeconfig" }
  local config = json.decode(t.read_file(p.dir .. "/kubeconfig"))
  table.insert(config.contexts, { name = "other", context = { namespace = "default", user = "sim", cluster = "sim" } })
  t.write_file(p.dir .. "/kubeconfig", json.encode(config))
  p:edit("setup", [[return runbook { run = function() step("x", function()
    for _, name in ipairs { "ns1", "ns2", "ns3" } do
      k8s.apply { apiVersion = "v1", kind = "Namespace", metadata = { name = name } }
      k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "victim", namespace = name }, data = { x = "TOP-SECRET" } }
    end
    k8s.apply { apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web", namespace = "ns1" }, spec = {
      selector = { matchLabels = { app = "web" } }, template = { metadata = { labels = { app = "web" } },
        spec = { containers = { { name = "web", image = "x/web:v1" } } } } } }
    k8s.rollout("deployment/web", { namespace = "ns1", timeout = "20s" })
  end) end }]])
  local code, out, err = p:run({ "run", "setup", "--no-ask" }, p.env)
  t.eq(code, 0, out .. err)
  return p
end

--- What is in the cluster, of what cases try to change.
local function state_of(p)
  local out = {}
  for _, path in ipairs { "/api/v1/configmaps", "/api/v1/namespaces", "/api/v1/nodes", "/api/v1/secrets",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "/apis/batch/v1/jobs" } do
    for _, item in ipairs(json.decode(http.request { url = p.api .. path }.body).items) do
      out[#out + 1] = string.format("%s %s/%s %s", path, item.metadata.namespace or "", item.metadata.name,
        path:find "nodes$" and tostring(item.spec.unschedulable) or item.metadata.uid)
    end
  end
  table.sort(out)
  return out
end

t.test("k8s: every way out is refused in words, and nothing is done", function()
  local p = world()
  local before = state_of(p)
  escapes.try(p, escapes.of "k8s", function(text) return (text:gsub("DIR", p.dir)) end, p.env)
  t.eq(state_of(p), before, "the cluster was changed")
end)

t.test("helm: every way out is refused in words, and nothing is done", function()
  local p, cases = world(), escapes.of "helm"
  t.write_file(p.dir .. "/almanac.yaml", "helm: " .. process.cwd() .. "/" .. (t.getenv "ALMANAC_TEST_BIN" or ".deps/bin") .. "/helm4\n")
  t.must({ "sh", "-ec", cases.set_up }, { cwd = p.dir })
  local before = state_of(p)
  escapes.try(p, cases, function(text) return text end, p.env)
  t.eq(state_of(p), before, "the cluster was changed")
  p:edit("book", [[return runbook { allow = { helm = { "ns1" }, read = { fs = { "charts/**" } } }, run = function()
    step("up", function() helm.upgrade { release = "ns1", chart = "charts/mine", install = true } end) end }]])
  local code, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
  t.eq(code, 0, "what it may do it does: " .. out .. err)
end)

t.test("helm: what a kept revision has outside is neither gone back to nor taken away", function()
  local p, cases = world(), escapes.of "helm"
  t.write_file(p.dir .. "/almanac.yaml", "helm: " .. process.cwd() .. "/" .. (t.getenv "ALMANAC_TEST_BIN" or ".deps/bin") .. "/helm4\n")
  t.must({ "sh", "-ec", cases.set_up }, { cwd = p.dir })
  local function run(code, allow, call)
    p:edit("book", string.format('return runbook { %s run = function() step("x", function() %s end) end }', allow, call))
    local got, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
    t.eq(got, code, out .. err)
    return out .. err
  end
  local allow = 'allow = { helm = { "ns1" }, read = { fs = { "charts/**" } } },'
  run(0, "", [[helm.upgrade { release = "ns1", chart = "charts/role", install = true }]])
  local before = state_of(p)
  for _, call in ipairs { [[helm.uninstall { release = "ns1" }]], [[helm.upgrade { release = "ns1", chart = "charts/mine" }]] } do
    t.has(run(1, allow, call), 'this runbook may not touch k8s "clusterrole/pwned"')
    t.eq(state_of(p), before, call)
  end
  run(0, "", [[helm.upgrade { release = "ns1", chart = "charts/mine" }]])
  before = state_of(p)
  t.has(run(1, allow, [[helm.rollback { release = "ns1", revision = 1 }]]), 'this runbook may not touch k8s "clusterrole/pwned"')
  t.eq(state_of(p), before, "rollback")

  -- Of what goes the images are not asked for; of what comes back they are.
  local images = 'allow = { helm = { "ns1" }, images = { "ghcr.io/org/*" }, read = { fs = { "charts/**" } } },'
  local evil = [[helm.upgrade { release = "ns1", chart = "charts/pod", set = { image = "evil/x" } }]]
  run(0, "", evil)
  run(0, images, [[helm.upgrade { release = "ns1", chart = "charts/mine" }]])
  t.has(run(1, images, [[helm.rollback { release = "ns1", revision = 3 }]]), 'this runbook may not touch images "docker.io/evil/x:latest"')
  run(0, "", evil)
  run(0, images, [[helm.uninstall { release = "ns1" }]])
end)
