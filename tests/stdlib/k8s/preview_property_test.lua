-- What a plan says changes is what the server makes of the apply: for random manifests, edits and hands
-- of others in between, server-side and client-side, with the simulated server in this process.
local diff = require "almanac.base.diff"
local json = require "native.json"
local merge = require "almanac.helm.merge"
local manifests = require "almanac.helm.manifest"
local owners = require "almanac.k8s.owners"
local previews = require "almanac.k8s.preview"
local support = require "tests.stdlib.sim.support"
local t = require "tests.harness"

local ROUNDS = 150
local seed = tonumber(t.getenv "SEED" or "") or 20240517
local target = { release = "web", namespace = "ns" }

-- Random manifests ---------------------------------------------------------------------------------

local function one_of(list) return list[math.random(#list)] end

local function maybe(fn, ...)
  if math.random() < 0.5 then return fn(...) end
end

local texts = { "", "1", "x", 'say "hi"', "a]b[c", "two\nlines", "back\\slash", "ünï", "~", "null" }
local function text() return one_of(texts) end

--- nil when it would be empty: the server keeps no empty map.
local function map_of(keys, value)
  local out = {}
  for _, key in ipairs(keys) do out[key] = maybe(value) end
  return next(out) and out or nil
end

--- A list of named items, in random order; nil when it would be empty.
local function items_of(names, make)
  local out = json.array {}
  for _, name in ipairs(names) do
    if math.random() < 0.6 then table.insert(out, math.random(#out + 1), make(name)) end
  end
  return #out > 0 and out or nil
end

local label_keys = { "app", "tier", "example.com/part-of", "a.b-c" }
local function labels() return map_of(label_keys, function() return one_of { "a", "b", "c-d", "1" } end) end
local function annotations() return map_of({ "note", "example.com/what.is", "A_b" }, text) end

local function env_item(name)
  if math.random() < 0.3 then
    return { name = name, valueFrom = { configMapKeyRef = { name = one_of { "a", "b" }, key = "k" } } }
  end
  return { name = name, value = text() }
end

local numbers = { http = 80, metrics = 9103, rpc = 8545 }

local function container(name, volumes)
  local mounts = json.array {}
  for _, volume in ipairs(volumes) do
    mounts[#mounts + 1] = maybe(function() return { name = volume.name, mountPath = "/" .. volume.name } end)
  end
  return {
    name = name, image = "ghcr.io/x/" .. name .. ":v" .. math.random(3),
    env = maybe(items_of, { "A", "B", "C_1" }, env_item),
    ports = maybe(items_of, { "http", "metrics", "rpc" }, function(port) return { name = port, containerPort = numbers[port] } end),
    args = maybe(function() return json.array { text(), "--" .. one_of { "a", "b" } } end),
    resources = maybe(function() return { limits = map_of({ "cpu", "memory" }, function() return one_of { "1", "2" } end) } end),
    volumeMounts = #mounts > 0 and mounts or nil,
  }
end

local function volume(name)
  if math.random() < 0.5 then return { name = name, emptyDir = {} } end
  return { name = name, configMap = { name = one_of { "a", "b" } } }
end

local function deployment()
  local volumes = items_of({ "data", "tmp" }, volume) or {}
  local function make(name) return container(name, volumes) end
  local containers = items_of({ "main", "side", "proxy" }, make) or json.array { make "main" }
  local pod_labels = labels() or {}
  pod_labels.app = "web"
  return {
    apiVersion = "apps/v1", kind = "Deployment",
    metadata = { name = "web", namespace = "ns", labels = labels(), annotations = maybe(annotations) },
    spec = {
      replicas = maybe(math.random, 4), selector = { matchLabels = { app = "web" } },
      strategy = maybe(function()
        return { type = "RollingUpdate", rollingUpdate = { maxSurge = math.random(3), maxUnavailable = 0 } }
      end),
      template = {
        metadata = { labels = pod_labels, annotations = maybe(annotations) },
        spec = {
          containers = containers, volumes = #volumes > 0 and volumes or nil,
          nodeSelector = maybe(labels), terminationGracePeriodSeconds = maybe(math.random, 60),
          tolerations = maybe(function() return json.array { { key = one_of { "a", "b" }, operator = "Exists" } } end),
        },
      },
    },
  }
end

local function config_map()
  return {
    apiVersion = "v1", kind = "ConfigMap", metadata = { name = "web", namespace = "ns", labels = labels() },
    data = map_of({ "a", "b.yaml", "C-1_x" }, text),
  }
end

local function service()
  local ports = items_of({ "http", "metrics", "rpc" }, function(port)
    return { name = port, port = numbers[port], targetPort = maybe(function() return one_of { "http", 8080 } end) }
  end) or json.array { { name = "http", port = 80 } }
  return {
    apiVersion = "v1", kind = "Service", metadata = { name = "web", namespace = "ns", labels = labels() },
    spec = { selector = { app = one_of { "a", "b" } }, ports = ports },
  }
end

local kinds = {
  { make = deployment, path = "/apis/apps/v1/namespaces/ns/deployments" },
  { make = config_map, path = "/api/v1/namespaces/ns/configmaps" },
  { make = service, path = "/api/v1/namespaces/ns/services" },
}

-- The server -----------------------------------------------------------------------------------------

local function must(response, what)
  t.ok(response.status == 200 or response.status == 201, what .. ": " .. response.status .. " " .. tostring(response.body))
  return response.json
end

local function decoded(object) return json.decode(json.encode(object)) end

local methods = {}

function methods.server_side(server, kind, _, new, _, dry)
  local response = server.call("PATCH", kind.path .. "/web?fieldManager=helm&force=true" .. (dry and "&dryRun=All" or ""),
    { ["content-type"] = "application/apply-patch+yaml" }, json.encode(new))
  return must(response, "apply")
end

function methods.client_side(server, kind, old, new, live, dry)
  if not live then
    return must(server.call("POST", kind.path .. "?fieldManager=helm" .. (dry and "&dryRun=All" or ""), nil, json.encode(new)), "create")
  end
  local patch, content_type = merge.patch(old, new, live)
  return must(server.call("PATCH", kind.path .. "/web?fieldManager=helm" .. (dry and "&dryRun=All" or ""),
    { ["content-type"] = content_type }, json.encode(patch)), "patch")
end

--- Somebody else changes something.
local function meddle(server, kind)
  local patch = { metadata = { annotations = { meddler = text() }, labels = maybe(labels) } }
  if kind.make == deployment then patch.spec = { replicas = maybe(math.random, 9) } end
  if kind.make == config_map then patch.data = { theirs = text(), a = maybe(text) } end
  return must(server.call("PATCH", kind.path .. "/web?fieldManager=meddler",
    { ["content-type"] = "application/strategic-merge-patch+json" }, json.encode(patch)), "meddle")
end

local function each_round(fn)
  for method, send in pairs(methods) do
    for round = 1, ROUNDS do
      math.randomseed(seed + round)
      local kind = kinds[round % #kinds + 1]
      local ok, err = pcall(fn, send, kind, support.server { namespaces = { "ns" } })
      if not ok then
        local why = type(err) == "table" and (err.assertion or err.message) or tostring(err)
        error({ assertion = string.format("%s, SEED=%d round %d: %s", method, seed, round, why) }, 0)
      end
    end
  end
end

t.test("the changes of a plan, put on the live object, give what the server has after the apply", function()
  each_round(function(send, kind, server)
    local old, new = kind.make(), kind.make()
    local live = send(server, kind, nil, manifests.owned(old, target))
    if math.random() < 0.5 then live = meddle(server, kind) end
    local owned = manifests.owned(new, target)
    local dry = send(server, kind, old, owned, live, true)
    local still = must(server.call("GET", kind.path .. "/web"), "get")
    t.eq(still.metadata.resourceVersion, live.metadata.resourceVersion, "a dry run changes nothing")
    local change = decoded(previews.change("it", live, dry)) -- as it comes back from a plan's file
    local after = send(server, kind, old, owned, live, false)
    local predicted = diff.apply(previews.clean(live), change.fields or {})
    t.eq(diff.diff(predicted, previews.clean(after)), {})
    t.eq(change.action, #diff.diff(previews.clean(live), previews.clean(after)) > 0 and "change" or "unchanged")
  end)
end)

t.test("where nobody meddled, an apply leads to what a fresh creation gives; a second one changes nothing", function()
  each_round(function(send, kind, server)
    local old, new = kind.make(), kind.make()
    local live = send(server, kind, nil, manifests.owned(old, target))
    local owned = manifests.owned(new, target)
    local after = send(server, kind, old, owned, live)
    local fresh = methods.client_side(support.server { namespaces = { "ns" } }, kind, nil, owned, nil)
    for _, object in ipairs { after, fresh } do
      if kind.make == service then object.spec.clusterIP, object.spec.clusterIPs = nil, nil end
    end
    t.eq(diff.diff(previews.clean(fresh), previews.clean(after)), {})
    local again = send(server, kind, new, owned, after, true)
    if kind.make == service then again.spec.clusterIP, again.spec.clusterIPs = nil, nil end
    t.eq(previews.change("it", after, again).action, "unchanged")
  end)
end)

t.test("client-side: a strategy's other members go with its type, lists lose what the manifest lost", function()
  local server = support.server { namespaces = { "ns" } }
  local kind, old = kinds[1], deployment()
  old.spec.strategy = { type = "RollingUpdate", rollingUpdate = { maxSurge = 2, maxUnavailable = 0 } }
  old.spec.template.spec.containers = json.array {
    { name = "main", image = "x:1", env = json.array { { name = "A", value = "1" }, { name = "B", value = "2" } } },
    { name = "side", image = "y:1" },
  }
  methods.client_side(server, kind, nil, manifests.owned(old, target))
  must(server.call("PATCH", kind.path .. "/web?fieldManager=injector",
    { ["content-type"] = "application/strategic-merge-patch+json" },
    '{"spec":{"template":{"spec":{"containers":[{"name":"injected","image":"z:1"}]}}}}'), "inject")
  local new = diff.copy(old)
  new.spec.strategy = { type = "Recreate" }
  new.spec.template.spec.containers = json.array { { name = "main", image = "x:2", env = json.array { { name = "B", value = "3" } } } }
  local live = must(server.call("GET", kind.path .. "/web"), "get")
  local after = methods.client_side(server, kind, old, manifests.owned(new, target), live)
  t.eq(after.spec.strategy, { type = "Recreate" })
  local seen = {}
  for _, c in ipairs(after.spec.template.spec.containers) do seen[c.name] = c.image end
  t.eq(seen, { main = "x:2", injected = "z:1" })
  for _, c in ipairs(after.spec.template.spec.containers) do
    if c.name == "main" then t.eq(c.env, { { name = "B", value = "3" } }) end
  end
end)

t.test("who set a field is found by its path", function()
  math.randomseed(seed)
  local server = support.server { namespaces = { "ns" } }
  local kind = kinds[1]
  local manifest = deployment()
  manifest.spec.template.spec.containers = json.array { { name = "main", image = "x:1", ports = json.array {
    { name = "http", containerPort = 80, protocol = "TCP" } } } }
  methods.client_side(server, kind, nil, manifests.owned(manifest, target))
  local live = must(server.call("PATCH", kind.path .. "/web?fieldManager=kubectl-set",
    { ["content-type"] = "application/strategic-merge-patch+json" },
    '{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"x:hotfix"}]}}}}'), "set image")
  t.eq(owners.of(live, '.spec.template.spec.containers[name="main"].image'), { "kubectl-set" })
  t.eq(owners.of(live, '.spec.template.spec.containers[name="main"].ports[name="http"].containerPort'), {})
  t.eq(owners.of(live, '.spec.template.spec.containers[name="other"].image'), {})
  t.eq(owners.of(live, '.metadata.labels["app.kubernetes.io/managed-by"]'), { "helm" })
end)

t.test("changes undo and redo: random plain values", function()
  local function value(depth)
    local pick = math.random(depth > 0 and 8 or 5)
    if pick == 1 then return text() end
    if pick == 2 then return math.random(9) end
    if pick == 3 then return math.random() < 0.5 end
    if pick == 4 then return json.array {} end
    if pick == 5 then return {} end
    if pick == 6 then return json.array { value(depth - 1), value(depth - 1) } end
    local out = {}
    for _, key in ipairs { "a", "b.c", 'q"uote', "brack]et", "-", "env" } do
      if key == "env" then
        out.env = maybe(items_of, { "A", 'x"]y', "back\\" }, function(name) return { name = name, value = value(0) } end)
      else
        out[key] = maybe(value, depth - 1)
      end
    end
    return out
  end
  for round = 1, 2000 do
    math.randomseed(seed + round)
    local a, b = { v = value(4) }, { v = value(4) }
    local left = diff.diff(diff.apply(a, decoded(json.array(diff.diff(a, b)))), b)
    if #left > 0 then error({ assertion = "SEED=" .. seed .. " round " .. round .. ": " .. json.encode(json.array(left)) }, 0) end
  end
end)
