-- The simulated API against what a real Kubernetes answered.
local t = require "tests.harness"
local support = require "tests.stdlib.sim.support"
local value = require "almanac.sim.model.value"
local base64 = require "almanac.base.base64"
local protobuf = require "almanac.sim.model.protobuf"
local resources = require "almanac.sim.model.resources"
local router = require "almanac.sim.api.router"

local function same(server, exchange)
  local got = support.replay(server, exchange)
  local what = exchange.request.method .. " " .. exchange.request.path
  t.eq(got.status, exchange.response.status, what)
  if (exchange.response.body or ""):match("^%s*{") then
    t.eq(support.normal(got.json), support.recorded(exchange), what)
  else
    t.eq(got.body, exchange.response.body, what)
  end
end

t.test("server-side apply: dry run, apply, conflict, force, unknown field (23)", function()
  local server = support.server { namespaces = { "animica-devnet" } }
  for _, exchange in ipairs(support.exchanges "23-ssa") do same(server, exchange) end
end)

t.test("errors: 404, 409, 422, an unknown group, a body that does not parse (21)", function()
  local server = support.server { namespaces = { "animica-devnet" } }
  for _, exchange in ipairs(support.exchanges "21-errors") do same(server, exchange) end
end)

t.test("leases: create, a stale update, delete (27)", function()
  local server = support.server { namespaces = { "animica-devnet" } }
  for _, exchange in ipairs(support.exchanges "27-lease") do same(server, exchange) end
end)

t.test("helm 4 installs: every write is answered as recorded (18)", function()
  local server = support.server()
  local seen = { PATCH = 0, POST = 0, PUT = 0 }
  server.store:create("v1/namespaces", { kind = "Namespace", metadata = { name = "second" } })
  server.store:delete("v1/namespaces", nil, "second")
  for _, exchange in ipairs(support.exchanges "18-helm4-install") do
    local request = exchange.request
    if request.method ~= "GET" or exchange.response.status == 404 then
      if request.headers["content-type"] == "application/vnd.kubernetes.protobuf" then
        t.eq(support.replay(server, exchange).status, exchange.response.status, request.path)
      else
        same(server, exchange)
      end
      seen[request.method] = (seen[request.method] or 0) + 1
    end
  end
  t.eq(seen.PATCH, 13)
  local secret = server.store:get("v1/secrets", "second", "sh.helm.release.v1.second.v1")
  t.eq(secret.type, "helm.sh/release.v1")
  t.eq(secret.metadata.labels.status, "deployed")
  t.ok(base64.decode(secret.data.release):match("^H4sI"), "the release is base64 of gzip, as helm writes it")
end)

t.test("helm 4 uninstalls: every delete is answered as recorded (19)", function()
  local server = support.server()
  for _, exchange in ipairs(support.exchanges "18-helm4-install") do
    if exchange.request.method ~= "GET" then support.replay(server, exchange) end
  end
  local deletes = 0
  for _, exchange in ipairs(support.exchanges "19-helm4-uninstall") do
    if exchange.request.method == "DELETE" then
      deletes = deletes + 1
      if exchange.response.body then
        same(server, exchange)
      else
        t.eq(support.replay(server, exchange).status, 200)
      end
    end
  end
  t.eq(deletes, 13)
  t.eq(#server.store:list("apps/v1/deployments"), 0)
  t.eq(#server.store:list("v1/secrets"), 0)
end)

t.test("namespaces: created in protobuf, refused a second time, deleted (26)", function()
  local server = support.server()
  for _, exchange in ipairs(support.exchanges "26-namespace") do
    if exchange.request.method == "POST" then
      t.eq(support.replay(server, exchange).status, exchange.response.status)
    elseif exchange.request.method == "DELETE" then
      server.store:create("v1/configmaps", { metadata = { name = "held", namespace = "animica-canary",
        finalizers = value.array { "example/hold" } } })
      same(server, exchange)
    end
  end
end)

t.test("kubectl apply, server-side and on top of it client-side (31)", function()
  local server = support.server { namespaces = { "animica-devnet" } }
  for _, exchange in ipairs(support.exchanges "31-kubectl-apply-ssa-diff") do
    if exchange.request.path:match("^/api") and not exchange.request.path:match("timeout") then
      server.clock.at = server.clock.at + 1
      same(server, exchange)
    end
  end
end)

t.test("scale and restart leave generation, managers and the scale as recorded (24)", function()
  local exchanges = support.exchanges "24-scale-restart"
  local server = support.server { namespaces = { "animica-devnet" } }
  local live = value.json.decode(exchanges[1].response.body)
  live.metadata.generation = nil
  t.ok(server.store:create("apps/v1/deployments", live))
  server.store:modify("apps/v1/deployments", "animica-devnet", "animica-miner", function(o)
    o.spec.replicas = 1
  end)
  server.store:set_status("apps/v1/deployments", "animica-devnet", "animica-miner",
    value.json.decode(exchanges[1].response.body).status)
  same(server, exchanges[2])
  local restarted
  for _, exchange in ipairs(exchanges) do
    if exchange.request.path:match("kubectl%-rollout") then
      local got = support.replay(server, exchange)
      t.eq(got.status, 200)
      local want = support.recorded(exchange)
      t.eq(support.normal(got.json).spec, (function() want.spec.replicas = 2; return want.spec end)())
      for _, m in ipairs(got.json.metadata.managedFields) do
        if m.manager == "kubectl-rollout" then
          restarted = true
          for _, w in ipairs(want.metadata.managedFields) do
            if w.manager == "kubectl-rollout" then t.eq(m.fieldsV1, w.fieldsV1) end
          end
        end
      end
    end
  end
  t.ok(restarted, "the restart is kubectl-rollout's")
end)

t.test("paging: a limit, its continue token, a token that is none (28)", function()
  local server = support.server { namespaces = { "animica-devnet" } }
  for i = 1, 8 do
    server.store:create("v1/events", { metadata = { name = "e" .. i, namespace = "animica-devnet" }, reason = "Test" })
  end
  local base = "/api/v1/namespaces/animica-devnet/events?limit=3"
  local first = server.call("GET", base)
  t.eq(#first.json.items, 3)
  t.eq(first.json.metadata.remainingItemCount, 5)
  t.eq(first.json.items[1].kind, nil, "items of a list do not say their kind")
  server.store:create("v1/events", { metadata = { name = "e10", namespace = "animica-devnet" } })
  local second = server.call("GET", base .. "&continue=" .. first.json.metadata.continue)
  t.eq(second.json.items[1].metadata.name, "e4", "the list is the one that was begun")
  t.eq(second.json.metadata.resourceVersion, first.json.metadata.resourceVersion)
  t.eq(second.json.metadata.remainingItemCount, 2)
  local last = server.call("GET", base .. "&continue=" .. second.json.metadata.continue)
  t.eq(#last.json.items, 2)
  t.eq(last.json.metadata.continue, nil)
  server.clock.at = server.clock.at + 301
  local late = server.call("GET", base .. "&continue=" .. first.json.metadata.continue)
  t.eq(late.status, 410)
  t.eq(late.json.reason, "Expired")
  local exchanges = support.exchanges "28-paging"
  same(server, exchanges[#exchanges])
  local token = exchanges[1].response.body:match('"continue": "([^"]+)"')
  t.eq(base64.decode(token):match('^{"v":"meta.k8s.io/v1","rv":2683,"start":"'), '{"v":"meta.k8s.io/v1","rv":2683,"start":"')
  t.eq(base64.decode(first.json.metadata.continue):match('^{"v":"meta.k8s.io/v1","rv":%d+,"start":"e3\\u0000"}$') ~= nil, true)
end)

-- Each line of patches.jsonl: an object as it was, a patch of it, and the answer (from 02, 06, 16, 24, 30).
t.test("patches: strategic merges and applies of helm and kubectl, with their managed fields", function()
  for _, exchange in ipairs(support.exchanges "patches") do
    local route = router.parse(resources.builtin, exchange.request.path:match("^[^?]*"))
    local server = support.server { namespaces = { route.ns } }
    -- Managed fields are ordered by time: the patch comes after what it finds.
    server.clock.at = 1796000000
    server.place(route.res.key, exchange.live)
    same(server, exchange)
  end
end)

local function first_lines(response, n)
  local out = {}
  for line in response.body:gmatch("[^\n]+") do
    out[#out + 1] = value.json.decode(line)
    if #out == n then break end
  end
  return out
end

t.test("a watch from before what is kept ends with 410 in its stream; initial events end with a bookmark (22)", function()
  local server = support.server { namespaces = { "animica-devnet" }, history = 1 }
  local exchanges = support.exchanges "22-watch-bookmarks"
  local expired = server.call("GET", exchanges[2].request.path)
  local want = value.json.decode(exchanges[2].response.stream[1].line)
  local got = first_lines(expired, 1)[1]
  t.eq(expired.status, 200)
  t.eq(got.type, want.type)
  t.eq(got.object.message:gsub("%d+", "N"), want.object.message:gsub("%d+", "N"))
  got.object.message, want.object.message = nil, nil
  t.eq(got.object, want.object)
  t.ok(expired.finished, "the stream is closed")
end)

t.test("the plain list of the core group's resources has what the real server's has (33)", function()
  local server = support.server()
  for _, exchange in ipairs(support.exchanges "33-drain-budget") do
    if exchange.request.path == "/api/v1" then
      local real = {}
      for _, res in ipairs(value.json.decode(exchange.response.body).resources) do
        res.storageVersionHash = nil -- of the storage's own making
        real[res.name] = res
      end
      for _, res in ipairs(server.call("GET", "/api/v1").json.resources) do t.eq(res, real[res.name]) end
    end
  end
end)

t.test("what is read from protobuf is written to protobuf again, in every recorded answer", function()
  local kinds = {}
  for _, name in ipairs { "02-helm4-upgrade-ok", "13-helm4-upgrade-wait-ok", "18-helm4-install", "32-statefulset-not-ready",
    "33-drain-budget" } do
    for _, exchange in ipairs(support.exchanges(name)) do
      if exchange.response.body_base64 then
        local object = t.ok(protobuf.decode(base64.decode(exchange.response.body_base64)))
        kinds[object.kind] = true
        local bytes, why
        if object.items then
          bytes, why = protobuf.encode_list(object.apiVersion, object.kind:match "^(%w+)List$", object.items, object.metadata)
        else
          bytes, why = protobuf.encode(object)
        end
        t.eq(protobuf.decode(t.ok(bytes, why)), object)
      end
    end
  end
  for _, kind in ipairs { "SecretList", "Secret", "Status", "PodList", "Node", "StatefulSet", "ControllerRevisionList" } do
    t.ok(kinds[kind], kind)
  end
end)

t.test("an object with a field that no message has is answered in JSON; one that has, in protobuf", function()
  local server = support.server { namespaces = { "ns" } }
  local accept = { accept = "application/vnd.kubernetes.protobuf,application/json" }
  server.store:create("v1/pods", { metadata = { name = "a", namespace = "ns" },
    spec = { containers = value.array { { name = "main", image = "x:1" } } } })
  local list = server.call("GET", "/api/v1/namespaces/ns/pods", accept)
  t.eq(list.headers["content-type"], "application/vnd.kubernetes.protobuf")
  t.eq(protobuf.decode(list.body).items[1].spec.containers[1].image, "x:1")
  server.store:create("v1/pods", { metadata = { name = "b", namespace = "ns" }, spec = {
    hostAliases = value.array { { ip = "192.0.2.1" } }, containers = value.array { { name = "main", image = "x:1" } } } })
  local mixed = server.call("GET", "/api/v1/namespaces/ns/pods", accept)
  t.eq(mixed.headers["content-type"], "application/json")
  t.eq(#mixed.json.items, 2)
  local missing = server.call("GET", "/api/v1/namespaces/ns/pods/c", accept)
  t.eq({ missing.status, protobuf.decode(missing.body).reason }, { 404, "NotFound" })
end)

t.test("discovery has what the real server has, for every resource it lists (01)", function()
  local server = support.server()
  local accept = { accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json" }
  for _, exchange in ipairs(support.exchanges "01-discovery") do
    local real = {}
    for _, group in ipairs(value.json.decode(exchange.response.body).items) do
      for _, version in ipairs(group.versions) do
        for _, res in ipairs(version.resources) do
          real[(group.metadata.name or "") .. "/" .. version.version .. "/" .. res.resource] = res
        end
      end
    end
    local got = server.call("GET", exchange.request.path, accept)
    t.eq(got.headers["content-type"], exchange.response.headers["content-type"])
    for _, group in ipairs(got.json.items) do
      -- metrics-server is an addition, and was not installed on the recorded cluster.
      for _, version in ipairs(group.metadata.name ~= "metrics.k8s.io" and group.versions or {}) do
        for _, res in ipairs(version.resources) do
          local want = t.ok(real[(group.metadata.name or "") .. "/" .. version.version .. "/" .. res.resource], res.resource)
          local subs = {}
          for _, s in ipairs(want.subresources or {}) do subs[s.subresource] = s end
          for _, s in ipairs(res.subresources or {}) do t.eq(s, subs[s.subresource], res.resource) end
          res.subresources, want.subresources = nil, nil
          t.eq(res, want)
        end
      end
    end
    local again = server.call("GET", exchange.request.path, { accept = accept.accept, ["if-none-match"] = got.headers.etag })
    t.eq(again.status, 304)
    t.eq(again.headers["content-type"], nil)
  end
end)
