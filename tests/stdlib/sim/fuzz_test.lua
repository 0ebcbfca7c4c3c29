-- Whatever a client sends, the simulated API answers: no handler raises, and what is stored can be shown.
local t = require "tests.harness"
local support = require "tests.stdlib.sim.support"
local value = require "almanac.sim.model.value"

local array, null = value.array, value.null

local SEEDS = {
  { "apps/v1", "Deployment", "/apis/apps/v1/namespaces/ns/deployments", { replicas = 1, selector = { matchLabels = { a = "b" } },
    strategy = { type = "RollingUpdate", rollingUpdate = { maxSurge = 1 } },
    template = { metadata = { labels = { a = "b" } }, spec = { volumes = array { { name = "v", emptyDir = {} } },
      containers = array { { name = "c", image = "i:1", ports = array { { containerPort = 80 } },
        env = array { { name = "X", value = "1" } }, volumeMounts = array { { name = "v", mountPath = "/v" } },
        readinessProbe = { httpGet = { path = "/", port = "http" } } } } } } } },
  { "v1", "Service", "/api/v1/namespaces/ns/services", { ports = array { { port = 80, name = "h" } }, selector = { a = "b" } } },
  { "v1", "Pod", "/api/v1/namespaces/ns/pods", { containers = array { { name = "c", image = "i" } } } },
  { "v1", "PersistentVolumeClaim", "/api/v1/namespaces/ns/persistentvolumeclaims",
    { accessModes = array { "ReadWriteOnce" }, resources = { requests = { storage = "1Gi" } } } },
  { "batch/v1", "Job", "/apis/batch/v1/namespaces/ns/jobs",
    { template = { spec = { restartPolicy = "Never", containers = array { { name = "c", image = "i" } } } } } },
  { "networking.k8s.io/v1", "NetworkPolicy", "/apis/networking.k8s.io/v1/namespaces/ns/networkpolicies",
    { podSelector = {}, egress = array { {} } } },
}

local JUNK = { null, true, false, 0, -1, 1.5, "", "x", "a=b", "none", {}, array {}, array { 1 }, array { {} }, { x = {} },
  array { { name = "c" }, { name = "c" } }, { ["$patch"] = "delete" }, ("y"):rep(300) }

local function junk() return value.copy(JUNK[math.random(#JUNK)]) end

--- Changes one place of `v`, at random.
local function spoil(v)
  if type(v) ~= "table" or next(v) == nil or math.random(6) == 1 then return junk() end
  local keys = value.sorted_keys(v)
  local k = keys[math.random(#keys)]
  local what = math.random(8)
  if what == 1 and type(k) == "string" then
    v[k .. "x"] = v[k]
  else
    v[k] = spoil(v[k])
  end
  return v
end

local TYPES = { "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
  "application/apply-patch+yaml", "text/plain" }

local function object(seed, name)
  return { apiVersion = seed[1], kind = seed[2], metadata = { name = name, labels = { a = "b" } },
    spec = value.copy(seed[4]) }
end

local function check(response, what)
  t.ok(type(response.status) == "number" and response.status >= 200 and response.status < 600, what)
  t.ok(response.json, what .. " answered " .. tostring(response.body))
  if response.status >= 400 then
    t.eq(response.json.kind, "Status", what)
    t.eq(response.json.code, response.status, what)
  end
end

local function round(s, n)
  local seed = SEEDS[math.random(#SEEDS)]
  local name = "o" .. math.random(5)
  local body = object(seed, name)
  for _ = 1, math.random(3) do body = spoil(body) end
  if type(body) ~= "table" then body = { body } end
  local text = value.json.encode(body)
  local strict = ({ "Strict", "Warn", "Ignore" })[math.random(3)]
  local path = seed[3] .. "/" .. name
  local type = TYPES[math.random(#TYPES)]
  check(s.call("POST", seed[3] .. "?fieldValidation=" .. strict, {}, text), n .. " POST " .. text)
  check(s.call("PATCH", path .. "?fieldManager=m" .. math.random(2), { ["content-type"] = type }, text), n .. " PATCH " .. text)
  check(s.call("PUT", path, {}, text), n .. " PUT " .. text)
  if n % 20 == 0 then
    check(s.call("GET", seed[3], { accept = "application/json;as=Table;v=v1;g=meta.k8s.io" }), n .. " GET table")
    check(s.call("GET", seed[3]), n .. " GET list")
    check(s.call("DELETE", path, {}, text), n .. " DELETE " .. text)
  end
end

t.test("spoilt objects and patches are refused or stored, never a failure of the server", function()
  local s = support.server { namespaces = { "ns" } }
  math.randomseed(41)
  for n = 1, 600 do round(s, n) end
end)

t.test("odd paths and queries are answered", function()
  local s = support.server { namespaces = { "ns" } }
  for _, target in ipairs { "/", "//", "/api/", "/apis/apps", "/apis/apps/v1/namespaces", "/api/v1/namespaces/ns/pods/p/log/x",
    "/api/v1/pods?limit=x", "/api/v1/pods?limit=-1", "/api/v1/pods?continue=e30", "/api/v1/pods?labelSelector=%00",
    "/api/v1/pods?watch=1&resourceVersion=x", "/api/v1/pods?fieldSelector=a", "/openapi/v3/apis/none", "/openapi/v3/",
    "/api/v1/namespaces/ns/pods/p/proxy", "/api/v1/namespaces/ns/services/:/proxy/", "/api/v1/watch/pods" } do
    for _, method in ipairs { "GET", "POST", "DELETE", "PATCH", "BREW" } do
      local got = s.call(method, target, {}, "")
      t.ok(got.status and got.status < 500, method .. " " .. target .. " " .. tostring(got.status))
    end
  end
end)
