-- The parts of k8s that decide without a cluster, and its reads against a simulated one: revisions, waits,
-- quantities, top, discovery of old servers, lists that expire, wrong arguments.
local discovery = require "almanac.k8s.discovery"
local http = require "native.http"
local httpd = require "native.httpd"
local json = require "native.json"
local jsonpath = require "almanac.base.jsonpath"
local k8s = require "almanac.public.k8s"
local k8s_claims = require "almanac.k8s.claims"
local k8s_client = require "almanac.k8s.client"
local k8s_errors = require "almanac.k8s.errors"
local k8s_undo = require "almanac.k8s.undo"
local k8s_write = require "almanac.k8s.write"
local definitions = require "almanac.run.definitions"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local waits = require "almanac.k8s.wait"
local written = require "almanac.k8s.written"

local build = (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"

local function values(path, object)
  return jsonpath.values(jsonpath.parse(path), object)
end

t.test("JSONPath: what kubectl takes, and what is no path", function()
  local pod = {
    metadata = { annotations = { ["a.b/c"] = "x" } },
    status = { phase = "Running", n = 3, none = json.null,
      conditions = { { type = "Ready", status = "True" }, { type = "Other", status = "False" } } },
  }
  t.eq(values("{.status.phase}", pod), { "Running" })
  t.eq(values("status.phase", pod), { "Running" })
  t.eq(values(".metadata.annotations.a\\.b/c", pod), { "x" })
  t.eq(values(".metadata.annotations['a.b/c']", pod), { "x" })
  t.eq(values(".status.conditions[0].type", pod), { "Ready" })
  t.eq(values(".status.conditions[-1].type", pod), { "Other" })
  t.eq(values(".status.conditions[*].status", pod), { "True", "False" })
  t.eq(values('{.status.conditions[?(@.type=="Ready")].status}', pod), { "True" })
  t.eq(values('{.status.conditions[?(@.type!="Ready")].status}', pod), { "False" })
  t.eq(values(".status.none", pod), {})
  t.eq(values(".status.phase.deeper", pod), {})
  t.eq(values(".nothing[3].x", pod), {})
  for _, wrong in ipairs { "", "{}", "{.a[}", ".a[x]", ".a[?(@.x)]", ".a..b", ".a b", '.a[?(@.x==nothing)]' } do
    t.has(t.raises("usage", jsonpath.parse, wrong).message, "is no path")
  end
end)

t.test("quantities", function()
  for text, number in pairs {
    ["250m"] = 0.25, ["1"] = 1, ["1.5"] = 1.5, ["1Gi"] = 1073741824, ["1.5Ki"] = 1536, ["129e6"] = 129000000,
    ["12E"] = 12e18, ["100k"] = 100000, ["7n"] = 7e-9, ["-2"] = -2,
  } do
    t.eq(k8s.quantity(text), number, text)
  end
  t.eq(math.type(k8s.quantity "1.5Ki"), "integer")
  for _, wrong in ipairs { "", "x", "1x", "1 Gi", "Gi", "--1" } do t.raises("usage", k8s.quantity, wrong) end
end)

t.test("a condition of an older generation does not count, as for kubectl wait", function()
  local object = { metadata = { generation = 3 }, status = { observedGeneration = 2,
    conditions = { { type = "Available", status = "True" } } } }
  t.eq(k8s.has_condition(object, "Available"), false)
  object.status.observedGeneration = 3
  t.eq(k8s.has_condition(object, "available"), true)
  t.eq(k8s.has_condition(object, "Available", "false"), false)
  object.status.conditions[1].observedGeneration = 2
  t.eq(k8s.has_condition(object, "Available"), false)
  t.eq(waits.is_observed(object), true)
  t.eq(waits.is_observed { metadata = { generation = 3 }, status = { observedGeneration = "2" } }, false)
  t.eq(waits.is_observed { metadata = { generation = 1 }, status = {} }, false)
  t.eq(waits.is_observed(nil), false)
end)

t.test("a state from before our own write is known as such", function()
  local function state(version, uid) return { metadata = { uid = uid or "u1", resourceVersion = version } } end
  t.eq(written.is_stale(state "5"), false)
  written.note(state "7")
  written.note(state "6")
  t.eq(written.is_stale(state "6"), true)
  t.eq(written.is_stale(state "7"), false)
  t.eq(written.is_stale(state("1", "u2")), false)
  written.note { kind = "Status" }
end)

local function owned(kind, name, revision, image, extra)
  local template = { metadata = { labels = { app = "web", ["pod-template-hash"] = kind == "ReplicaSet" and name or nil } },
    spec = { containers = { { name = "c", image = image } } } }
  local out = { kind = kind, metadata = { name = name, creationTimestamp = "2026-01-01T00:00:00Z", annotations = extra or {},
    ownerReferences = { { uid = "w", controller = true } } } }
  if kind == "ReplicaSet" then
    out.spec = { template = template }
    out.metadata.annotations["deployment.kubernetes.io/revision"] = tostring(revision)
  else
    template["$patch"] = "replace"
    out.revision, out.data = revision, { spec = { template = template } }
  end
  return out
end

t.test("revisions: which there are, which is meant, and the patch that goes there", function()
  local web = { kind = "Deployment", metadata = { uid = "w", name = "web", annotations = {
    ["deployment.kubernetes.io/revision"] = "3", ["kubernetes.io/change-cause"] = "now", mine = "x",
  } }, spec = { template = { metadata = { labels = { app = "web" } }, spec = { containers = { { name = "c", image = "v3" } } } } } }
  local stranger = owned("ReplicaSet", "other", 9, "v9")
  stranger.metadata.ownerReferences[1].uid = "another"
  local list = k8s_undo.revisions(web, { owned("ReplicaSet", "c", 3, "v3"), stranger,
    owned("ReplicaSet", "a", 1, "v1", { ["kubernetes.io/change-cause"] = "first" }), owned("ReplicaSet", "b", 2, "v2") })
  t.eq({ #list, list[1].revision, list[1].images[1], list[1].change_cause }, { 3, 1, "v1", "first" })
  t.eq({ list[1].current, list[3].current }, { false, true })
  t.eq({ k8s_undo.choose(list).revision, k8s_undo.choose(list, 1).revision, k8s_undo.choose(list, 7) }, { 2, 1, nil })
  t.eq(k8s_undo.choose { list[1] }, nil)
  local patch = k8s_undo.patch(web, list[1], "id")
  t.eq(patch.metadata, { uid = "w", annotations = {
    mine = json.null, ["kubernetes.io/change-cause"] = "first", [k8s_write.annotation] = "id",
  } })
  t.eq(patch.spec.template, { ["$patch"] = "replace", metadata = { labels = { app = "web" } },
    spec = { containers = { { name = "c", image = "v1" } } } })
  web.kind = "StatefulSet"
  list = k8s_undo.revisions(web, { owned("ControllerRevision", "x", 4, "v3"), owned("ControllerRevision", "y", 2, "v2") })
  t.eq({ list[2].current, k8s_undo.choose(list).revision }, { true, 2 })
  t.eq(k8s_undo.patch(web, list[1], "id").metadata.annotations, { [k8s_write.annotation] = "id" })
end)

t.test("a set's claims are those of its templates; a stranger that holds one is seen", function()
  local set = { metadata = { name = "n.o", uid = "s" }, spec = { volumeClaimTemplates = { { metadata = { name = "data" } } } } }
  local names = {}
  local claims = {}
  for i, name in ipairs { "data-n.o-10", "data-n.o-0", "data-nxo-0", "data-n.o-0-x", "xdata-n.o-0", "data-n.o-" } do
    claims[i] = { metadata = { name = name } }
  end
  for i, claim in ipairs(k8s_claims.claims_of(set, claims)) do names[i] = claim.metadata.name end
  t.eq(names, { "data-n.o-0", "data-n.o-10" })
  local function pod(name, owner, phase)
    return { metadata = { name = name, ownerReferences = { { uid = owner, controller = true } } }, status = { phase = phase },
      spec = { volumes = { { persistentVolumeClaim = { claimName = "data-n.o-0" } } } } }
  end
  t.eq(k8s_claims.stranger(set, { claims[2] }, { pod("n.o-0", "s", "Running"), pod("done", "x", "Succeeded") }), nil)
  t.eq(k8s_claims.stranger(set, { claims[2] }, { pod("look", "x", "Running") }).metadata.name, "look")
end)

t.test("a budget's refusal is no overload: its words, and no try more", function()
  local err = k8s_errors.of({ who = "k8s.evict", method = "POST", path = "/x" }, 429, json.encode {
    kind = "Status", message = "Cannot evict pod as it would violate the pod's disruption budget.", reason = "TooManyRequests",
    details = { causes = { { reason = "DisruptionBudget",
      message = "The disruption budget b needs 2 healthy pods and has 2 currently" } } },
  }, { ["retry-after"] = "10" })
  t.eq({ err.status, err.retry_after, err.budget },
    { 429, "10", "The disruption budget b needs 2 healthy pods and has 2 currently" })
  t.has(err.hint, "k8s.delete asks no budget")
  err = k8s_errors.of({ who = "k8s.get", method = "GET", path = "/x" }, 429, "slow down")
  t.eq(err.budget, nil)
  t.has(err.hint, "overloaded")
end)

t.test("names with version and group, also where a group looks like a version", function()
  local list = {
    { group = "apps", version = "v1", kind = "Deployment", resource = "deployments", singular = "deployment", short = { "deploy" } },
    { group = "v2ray.example.com", version = "v1alpha1", kind = "Node", resource = "nodes", singular = "node", short = {} },
    { group = "autoscaling", version = "v1", kind = "HPA", resource = "hpas", singular = "hpa", short = {} },
  }
  t.eq(discovery.find(list, "deploy.apps").kind, "Deployment")
  t.eq(discovery.find(list, "Deployment.v1.apps").kind, "Deployment")
  t.eq(discovery.find(list, "deployments.v2.apps"), nil)
  t.eq(discovery.find(list, "nodes.v2ray.example.com").group, "v2ray.example.com")
  t.eq(discovery.find(list, "nodes.v1alpha1.v2ray.example.com").group, "v2ray.example.com")
end)

t.test("wrong arguments name the function and the argument", function()
  for _, case in ipairs {
    { "k8s.get: its second argument is a table of options, not 5", k8s.get, "a", 5 },
    { "k8s.get: its first argument names no object: nil", k8s.get },
    { 'k8s.list: no option "namespce"; did you mean namespace?', k8s.list, "pods", { namespce = "x" } },
    { 'k8s.logs: tail must be a whole number from 0, not "5"', k8s.logs, "pod/x", { tail = "5" } },
    { 'k8s.logs: since must be a duration', k8s.logs, "pod/x", { since = "soon" } },
    { "a selector goes with a kind", k8s.wait, "pod/x", { selector = "app=x", deleted = true } },
    { "a uid is of one object", k8s.wait, "pods", { selector = "app=x", deleted = "uid" } },
    { "k8s.drain: its first argument names a node", k8s.drain, "pod/x" },
    { "k8s.wait: give one of condition, jsonpath, deleted, observed or check", k8s.wait, "pod/x" },
    { "not condition and deleted", k8s.wait, "pod/x", { condition = "a", deleted = true } },
    { "k8s.images: its first argument is a table of options", k8s.images, "x" },
    { "k8s.rollout: its second argument is a table of options", k8s.rollout, "deployment/x", 5 },
    { "k8s.top: its first argument names no object: 5", k8s.top, 5 },
  } do
    t.has(t.raises("usage", table.unpack(case, 2)).message, case[1])
  end
  local function input(name, raw) return t.raises("usage", definitions.find(name).input, raw).message end
  t.has(input("k8s.patch", { ref = "cm/x", patch = { 1 } }), 'needs type = "json"')
  t.has(input("k8s.patch", { ref = "cm/x", patch = { a = 1 }, opts = { type = "json" } }), "a list of operations")
  t.has(input("k8s.patch", { ref = "cm/x", patch = {}, opts = 7 }), "third argument")
  t.has(input("k8s.patch", { ref = "cm/x", patch = { data = { color = nil } } }), "this patch holds no value")
  t.has(input("k8s.patch", { ref = "cm/x", patch = {}, opts = { type = "merge" } }), "this patch holds no value")
  t.eq(definitions.find("k8s.patch").input { ref = "cm/x", patch = { data = { color = json.null } } }.patch,
    { data = { color = json.null } })
  t.has(input("k8s.cordon", { node = "pod/x" }), "k8s.cordon: its first argument names a node")
  t.has(input("k8s.undo", { ref = "deploy/x", opts = { to = -1 } }), "to must be a whole number from 0, not -1")
  t.has(input("k8s.evict", { ref = "pods" }), "pods/NAME")
end)

-- Against a simulated cluster ----------------------------------------------------------------------

local WORLD = [[
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web, namespace: team }, spec: { replicas: 2,
  selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } },
  spec: { containers: [ { name: web, image: "x/web:v1" } ] } } } }
]]

--- A cluster with WORLD in it; `front(request, forward, response)` may stand before it.
local function cluster(front)
  local dir = t.tmpdir()
  local sim = t.spawn { build, "sim", "--kubeconfig", dir .. "/kubeconfig", "--with-namespace", "team", "--ready-time", "0.05" }
  local _, url = sim:wait_line "api=(%S+)"
  if front then
    local server = httpd.listen { handler = function(request, response)
      local function forward(accept)
        return http.request { method = request.method, body = request.body,
          url = url .. request.raw_path .. "?" .. (request.raw_query or ""),
          headers = { Accept = accept or request.headers.accept, ["Content-Type"] = request.headers["content-type"] } }
      end
      local answer = front(request, forward) or forward()
      response:send(answer.status, { ["Content-Type"] = answer.headers and answer.headers["content-type"] }, answer.body)
    end }
    t.defer(function() server:close() end)
    t.write_file(dir .. "/kubeconfig", (t.read_file(dir .. "/kubeconfig"):gsub(url, "http://127.0.0.1:" .. server:port())))
  end
  settings.kubeconfig = dir .. "/kubeconfig"
  k8s_client.forget()
  t.defer(function() settings.kubeconfig = nil end)
  local definition = definitions.find "k8s.apply"
  local input = definition.input { manifest = WORLD }
  definition.apply(input, { id = "0", before = definition.observe(input) })
end

t.test("reads: waits by path, top, images, history, events newest first, diff", function()
  cluster()
  local function with(more)
    more = more or {}
    more.namespace = "team"
    return more
  end
  t.ok(k8s.wait("deploy/web", with { jsonpath = "{.status.readyReplicas}", equals = 2, timeout = "10s" }))
  t.ok(k8s.wait("deploy/web", with { condition = "Available=True" }))
  t.ok(k8s.wait("deploy/web", with { observed = true }))
  t.ok(k8s.wait("deploy/web", with { jsonpath = ".metadata.uid" }))
  local err = t.raises("timeout", k8s.wait, "deploy/web", with { jsonpath = "{.spec.replicas}", equals = 3, timeout = 0.05 })
  t.has(err.message, "still not so that deployment/web has 3 at {.spec.replicas}")
  t.has(t.raises("usage", k8s.wait, "deploy/web", with { jsonpath = "{.spec.selector}", equals = 3 }).message, "a list or an object")

  local pods = k8s.top("pods", with())
  t.eq(#pods, 2)
  t.ok(pods[1].name < pods[2].name and pods[1].cpu > 0 and math.type(pods[1].memory) == "integer")
  t.has(pods[1].memory_text, "Mi")
  t.eq({ #k8s.top("deployment/web", with()), #k8s.top("pods", with { selector = "app=other" }) }, { 2, 0 })
  t.eq(k8s.top("pod/" .. pods[1].name, with())[1].containers[1].name, "web")
  local node = k8s.top("nodes")[1]
  t.ok(node.cpu_share > 0 and node.cpu_share < 1 and node.memory_share < 1)
  t.eq(t.raises("api", k8s.top, "pod/nope", with()).reason, "NotFound")
  t.raises("usage", k8s.top, "configmaps", with())

  t.eq(k8s.images(with())[1].workload, "deployment/web")
  local history = k8s.history("deploy/web", with())
  t.eq({ #history, history[1].revision, history[1].current, history[1].images[1] }, { 1, 1, true, "x/web:v1" })
  t.raises("usage", k8s.history, "cm/kube-root-ca.crt", with())
  local events = k8s.events(nil, with())
  for i = 2, #events do t.ok(events[i - 1].time >= events[i].time or #events[i].time ~= #events[i - 1].time, "newest first") end
  t.eq(#k8s.events(nil, with { limit = 1 }), 1)
  t.eq(#k8s.events(nil, with { type = "Warning" }), 0)

  t.eq(k8s.diff(WORLD)[1].action, "unchanged")
  local change = k8s.diff((WORLD:gsub("web:v1", "web:v2")))[1]
  t.eq({ change.object, change.action, change.fields[1].new }, { "deployment/web", "change", "x/web:v2" })
  t.eq(k8s.diff((WORLD:gsub("replicas: 2", "replicaz: 2")))[1].action, "reject")
  t.has(t.raises("timeout", k8s.wait, "deploy/none", with { condition = "Ready", timeout = 0.05 }).message, "does not exist")
end)

t.test("a server without aggregated discovery and without metrics: kinds of every version, and clear words", function()
  local asked = {}
  cluster(function(request, forward)
    asked[#asked + 1] = request.path
    if request.path:find("^/apis/metrics.k8s.io") then return { status = 404, body = "404 page not found\n" } end
    return forward "application/json"
  end)
  t.eq(#k8s.list("storageclasses.storage.k8s.io"), 0)
  t.eq(#k8s.list("hpa", { namespace = "team" }), 0)
  t.eq(#k8s.list("pdb.v1.policy", { namespace = "team" }), 0)
  t.eq(k8s.find({ apiVersion = "scheduling.k8s.io/v1", kind = "PriorityClass", name = "none" }), nil)
  local roots = 0
  for _, path in ipairs(asked) do roots = roots + (path == "/apis" and 1 or 0) end
  t.eq(roots, 1, "asked once")
  t.has(t.raises("not_found", k8s.list, "pdb.v9.policy").message, 'no kind "pdb.v9.policy"')
  local err = t.raises("api", k8s.top, "pods", { namespace = "team" })
  t.has(err.message, 'k8s.top: the cluster of context "sim" measures nothing: it does not serve metrics.k8s.io (404)')
  t.has(err.hint, "metrics-server")
end)

t.test("a list whose rest expired is listed again, whole, as client-go's pager does", function()
  local lists, expire = {}, 1
  cluster(function(request)
    if request.path:find "namespaces$" then lists[#lists + 1] = { request.query.limit, request.query.continue ~= nil } end
    if request.query.continue and expire > 0 then
      expire = expire - 1
      return { status = 410, headers = { ["content-type"] = "application/json" }, body = json.encode {
        kind = "Status", status = "Failure", reason = "Expired", code = 410, message = "The provided continue parameter is too old" } }
    end
  end)
  local all = k8s.list "namespaces"
  lists, expire = {}, 1
  t.eq(#k8s.list("namespaces", { limit = 2 }), #all)
  t.eq(lists, { { "2", false }, { "2", true }, { nil, false } })
end)
