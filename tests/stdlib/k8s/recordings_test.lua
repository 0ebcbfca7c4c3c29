-- The pure parts of k8s against what a real Kubernetes 1.36 answered.
local discovery = require "almanac.k8s.discovery"
local json = require "native.json"
local events = require "almanac.k8s.events"
local images = require "almanac.k8s.images"
local k8s_errors = require "almanac.k8s.errors"
local k8s_logs = require "almanac.k8s.logs"
local k8s_watch = require "almanac.k8s.watch"
local objects = require "almanac.k8s.objects"
local t = require "tests.harness"

local function recording(name)
  local out = {}
  for line in t.read_file("tests/fixtures/recordings/" .. name .. ".jsonl"):gmatch "[^\n]+" do
    out[#out + 1] = json.decode(line)
  end
  return out
end

local function refusal(exchange)
  local request, response = exchange.request, exchange.response
  return k8s_errors.of({
    who = "k8s.get", method = request.method, path = request.path, context = "devnet", user = "ops", source = "kc",
  }, response.status, response.body, response.headers)
end

t.test("errors of the server: status, reason, words, hint", function()
  local e = recording "21-errors"
  local err = refusal(e[1])
  t.eq({ err.kind, err.status, err.reason }, { "api", 404, "NotFound" })
  t.eq(err.message, 'k8s.get: pods "x" not found (404 NotFound)')
  t.eq(err.details.kind, "pods")
  err = refusal(e[3])
  t.eq({ err.status, err.reason, err.in_doubt }, { 409, "AlreadyExists", false })
  t.has(err.hint, "k8s.apply")
  err = refusal(e[4])
  t.eq({ err.status, err.reason }, { 422, "Invalid" })
  t.eq(err.details.causes[1].field, "metadata.name")
  err = refusal(e[5])
  t.eq({ err.status, err.reason }, { 404, nil })
  t.has(err.message, "404 page not found")
  t.has(err.hint, "no such API")
  t.eq(refusal(e[6]).reason, "BadRequest")
end)

t.test("a field conflict names manager and field; a misspelt field is called so", function()
  local e = recording "23-ssa"
  local conflict, strict
  for _, exchange in ipairs(e) do
    if exchange.response.status == 409 then conflict = refusal(exchange) end
    if exchange.response.status == 500 then strict = refusal(exchange) end
  end
  t.eq(conflict.kind, "conflict")
  t.eq(conflict.conflicts, { { manager = "almanac", field = ".data.chainId", message = 'conflict with "almanac"' } })
  t.has(strict.message, ".dat: field not declared in schema")
  t.has(strict.hint, "misspelt")
  t.eq(strict.in_doubt, false)
end)

t.test("an eviction that a disruption budget refuses names the budget; it is no overload", function()
  local refused
  for _, exchange in ipairs(recording "33-drain-budget") do
    if exchange.response.status == 429 then refused = refusal(exchange) end
  end
  t.eq(refused.budget, "The disruption budget explorer needs 1 healthy pods and has 1 currently")
  t.has(refused.message, "Cannot evict pod as it would violate the pod's disruption budget.")
  t.has(refused.hint, "k8s.rollout says what keeps them")
end)

t.test("discovery: names as kubectl takes them", function()
  local found = {}
  for _, exchange in ipairs(recording "01-discovery") do
    for _, r in ipairs(discovery.parse_aggregated(json.decode(exchange.response.body))) do found[#found + 1] = r end
  end
  t.ok(#found > 50)
  local function find(name)
    local r = discovery.find(found, name)
    return r and (r.group == "" and "core" or r.group) .. "/" .. r.version .. "/" .. r.resource
  end
  t.eq(find "po", "core/v1/pods")
  t.eq(find "Deployment", "apps/v1/deployments")
  t.eq(find "deployments.apps", "apps/v1/deployments")
  t.eq(find "deployments.v1.apps", "apps/v1/deployments")
  t.eq(find "sts", "apps/v1/statefulsets")
  t.eq(find "events.events.k8s.io", "events.k8s.io/v1/events")
  t.eq(find "hpa", "autoscaling/v2/horizontalpodautoscalers")
  t.eq(find "deployments.nowhere", nil)
  -- What is known without asking is what the server says.
  for _, builtin in ipairs(discovery.builtin) do
    local real = discovery.find(found, builtin.resource .. (builtin.group ~= "" and "." .. builtin.group or ""))
    t.eq({ real.group, real.version, real.kind, real.resource, real.singular, real.namespaced },
      { builtin.group, builtin.version, builtin.kind, builtin.resource, builtin.singular, builtin.namespaced })
    t.eq(real.short, json.array(builtin.short), builtin.resource)
  end
end)

t.test("discovery of servers before 1.27", function()
  local list = discovery.parse_legacy {
    groupVersion = "apps/v1",
    resources = {
      { name = "deployments", singularName = "", kind = "Deployment", namespaced = true, shortNames = { "deploy" } },
      { name = "deployments/scale", kind = "Scale", namespaced = true },
    },
  }
  t.eq(#list, 1)
  t.eq({ list[1].group, list[1].version, list[1].singular }, { "apps", "v1", "deployment" })
  t.eq(discovery.parse_legacy({ groupVersion = "v1", resources = { { name = "pods", kind = "Pod" } } })[1].group, "")
end)

t.test("paths", function()
  local function path(name, ...) return discovery.path(discovery.find(discovery.builtin, name), ...) end
  t.eq(path("pods", "ns", "x", "log"), "/api/v1/namespaces/ns/pods/x/log")
  t.eq(path("deploy", nil), "/apis/apps/v1/deployments")
  t.eq(path("nodes", "ns", "n1"), "/api/v1/nodes/n1")
end)

t.test("how objects are named", function()
  t.eq({ objects.parse_ref("x", "deployment/animica-node") }, { "deployment", "animica-node" })
  t.eq({ objects.parse_ref("x", "clusterrole/system:node") }, { "clusterrole", "system:node" })
  t.eq({ objects.parse_ref("x", "pods") }, { "pods" })
  t.eq({ objects.parse_ref("x", { kind = "Pod", apiVersion = "v1", metadata = { name = "a", namespace = "b" } }) },
    { "Pod", "a", "b", "v1" })
  for _, wrong in ipairs { "", "a/b/c", "a b", "/x", "x/" } do t.raises("usage", objects.parse_ref, "x", wrong) end
  t.eq(objects.selectors("x", { selector = { b = 2, a = "1" } }).labelSelector, "a=1,b=2")
  t.eq(objects.pod_selector { spec = { selector = {
    matchLabels = { app = "x" }, matchExpressions = { { key = "tier", operator = "In", values = { "a", "b" } } },
  } } }, "app=x,tier in (a,b)")
end)

t.test("a recorded watch: 410 at first, then what is there and a bookmark", function()
  local e = recording "22-watch-bookmarks"
  t.eq(k8s_watch.accept({}, json.decode(e[2].response.stream[1].line)), "expired")
  local known, kinds = {}, {}
  for _, line in ipairs(e[3].response.stream) do
    local what, version = k8s_watch.accept(known, json.decode(line.line))
    t.ok(tonumber(version))
    kinds[#kinds + 1] = type(what) == "table" and what.type or what
  end
  t.eq(kinds[1], "ADDED")
  t.eq(kinds[#kinds], "bookmark")
end)

t.test("events and images of a crash loop", function()
  local pods = json.decode(recording "08-pods-crash"[1].response.body)
  local found = images.images_of(pods.items)
  t.ok(#found >= 6)
  local broken = 0
  for _, image in ipairs(found) do broken = broken + (image.ready and 0 or 1) end
  t.ok(broken > 0)
  local line = events.event_line(json.decode(recording "09-events"[1].response.body).items[1])
  t.ok(line.time:find "^2026%-")
  t.ok(line.reason and line.object:find "^%a+/")
end)

t.test("which pod a log is taken from, and which container", function()
  local function pod(name, phase, created, deleted)
    return {
      metadata = { name = name, creationTimestamp = created, deletionTimestamp = deleted }, status = { phase = phase },
      spec = { containers = { { name = "main" }, { name = "proxy" } } },
    }
  end
  local pick = k8s_logs.pick
  t.eq(pick { pod("old", "Running", "1"), pod("new", "Running", "2"), pod("pending", "Pending", "3") }.metadata.name, "new")
  t.eq(pick { pod("going", "Running", "2", "now"), pod("staying", "Pending", "1") }.metadata.name, "staying")
  t.eq(pick {}, nil)
  local one = pod("a", "Running", "1")
  t.eq(k8s_logs.container(one), "main")
  one.metadata.annotations = { ["kubectl.kubernetes.io/default-container"] = "proxy" }
  t.eq(k8s_logs.container(one), "proxy")
  t.eq(k8s_logs.container(one, "main"), "main")
  t.has(t.raises("not_found", k8s_logs.container, one, "nope").hint, "main, proxy")
end)
