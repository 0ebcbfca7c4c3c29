-- An API server, or what stands before it, that answers a read in a form that no server writes: each value of each answer taken
-- away, or replaced. It is refused in words, or taken; it is no error of Almanac's own.
local claims = require "almanac.k8s.claims"
local definitions = require "almanac.run.definitions"
local diagnosis = require "almanac.k8s.rollout.diagnosis"
local drain = require "almanac.k8s.drain"
local discovery = require "almanac.k8s.discovery"
local errors = require "almanac.base.errors"
local form = require "almanac.k8s.form"
local json = require "native.json"
local k8s = require "almanac.public.k8s"
local k8s_client = require "almanac.k8s.client"
local logs = require "almanac.k8s.logs"
local mutations = require "tests.mutations"
local settings = require "almanac.config.settings"
local stuck = require "almanac.k8s.rollout.stuck"
local t = require "tests.harness"
local verdicts = require "almanac.k8s.rollout.verdict"
local waits = require "almanac.k8s.wait"

local build = (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"

local WORLD = [[
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web, namespace: team, labels: { app: web }, annotations: { a: b } },
  spec: { replicas: 1, selector: { matchLabels: { app: web }, matchExpressions: [ { key: app, operator: In, values: [ web ] } ] },
    template: { metadata: { labels: { app: web } }, spec: { initContainers: [ { name: i, image: "x/i:v1" } ],
      containers: [ { name: web, image: "x/web:v2", readinessProbe: { httpGet: { path: /, port: 80 } } } ],
      volumes: [ { name: tmp, emptyDir: {} } ] } } } }
---
{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: db, namespace: team }, spec: { replicas: 1, serviceName: db,
  selector: { matchLabels: { app: db } }, template: { metadata: { labels: { app: db } },
  spec: { containers: [ { name: db, image: "x/db:v1" } ] } },
  volumeClaimTemplates: [ { metadata: { name: data }, spec: { accessModes: [ ReadWriteOnce ],
    resources: { requests: { storage: 1Gi } } } } ] } }
---
{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: each, namespace: team }, spec: { selector: { matchLabels: { app: each } },
  template: { metadata: { labels: { app: each } }, spec: { containers: [ { name: each, image: "x/each:v1" } ] } } } }
---
{ apiVersion: batch/v1, kind: Job, metadata: { name: once, namespace: team }, spec: { template: {
  spec: { restartPolicy: Never, containers: [ { name: once, image: "x/once:v1" } ] } } } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: conf, namespace: team }, data: { a: b } }
]]

--- A cluster with WORLD in it, and its client, in which answers can be put into the place of those that it gave.
local function cluster()
  local dir = t.tmpdir()
  local sim = t.spawn { build, "sim", "--kubeconfig", dir .. "/kubeconfig", "--with-namespace", "team", "--ready-time", "0.01" }
  sim:wait_line "api=(%S+)"
  settings.kubeconfig = dir .. "/kubeconfig"
  k8s_client.forget()
  t.defer(function()
    settings.kubeconfig = nil
    k8s_client.forget()
  end)
  local definition = definitions.find "k8s.apply"
  for _, manifest in ipairs { (WORLD:gsub("web:v2", "web:v1")), WORLD } do
    local input = definition.input { manifest = manifest }
    definition.apply(input, { id = "0", before = definition.observe(input) })
    k8s.rollout("deployment/web", { namespace = "team", timeout = "20s" })
  end
  k8s_client.request(k8s_client.open {}, { who = "test", method = "POST", path = "/api/v1/namespaces/team/secrets",
    body = { apiVersion = "v1", kind = "Secret", metadata = { name = "key" }, data = { password = "czNjcjN0LXZhbHVl" } } })
  for _, ref in ipairs { "statefulset/db", "daemonset/each" } do
    k8s.rollout(ref, { namespace = "team", timeout = "20s" })
  end
  return k8s_client.open {}
end

local function key_of(request)
  return string.format("%s %s?%s", request.method, request.path, json.encode(request.query or {}, { canonical = true }))
end

--- What stands in the place of a stream: it says nothing more.
local SILENT = {
  status = function() return 200 end, headers = function() return {} end, close = function() end,
  read_line = function() return nil, "timeout" end,
}

--- An answer with two objects for many, and without who set which field: that is most of it.
local function shortened(response, is_whole)
  local is_json, answer = pcall(json.decode, response.body, { null = "absent" })
  if not is_json or is_whole then return response end
  if json.is_array(answer.items) and answer.kind ~= "APIGroupDiscoveryList" then
    answer.items = json.array { answer.items[1], answer.items[2] }
  end
  for _, object in ipairs(answer.items or { answer }) do
    if type(object.metadata) == "table" then object.metadata.managedFields = nil end
  end
  return { status = response.status, headers = response.headers, body = json.encode(answer) }
end

--- Stands in the place of a client's connection: asks the cluster each thing once, and answers with that from then on.
local function recorded(client)
  local real = client.native
  local tape = { answers = {}, order = {} }
  client.native = {
    identity = function() return real:identity() end, exec = function() return real:exec() end,
    secrets = function() return real:secrets() end,
    stream = function() return SILENT end,
    request = function(_, request)
      local key = key_of(request)
      if tape.odd_key == key then return { status = 200, headers = {}, body = tape.odd } end
      if not tape.answers[key] then
        tape.answers[key] = shortened(real:request(request), tape.is_whole)
        tape.order[#tape.order + 1] = key
      end
      return tape.answers[key]
    end,
  }
  return tape
end

--- Runs a read with each malformed form of each answer that it goes by.
---@param is_whole? boolean  who set which field is malformed, too: it is most of an object
local function attack(tape, what, read, is_whole)
  tape.order, tape.answers, tape.odd_key, tape.is_whole = {}, {}, nil, is_whole
  local ok, err = errors.try(read)
  t.ok(ok, what .. ": " .. (ok and "" or tostring(err.message)))
  local keys, count, faults = tape.order, 0, {}
  for _, key in ipairs(keys) do
    local body = tape.answers[key].body
    local is_json, answer = pcall(json.decode, body, { null = "absent" })
    if is_json and tape.answers[key].status == 200 then
      tape.odd_key = key
      count = count + mutations.each(answer, function(text, how)
        tape.odd = text
        local fault = mutations.fault(errors.try(read))
        if fault then faults[#faults + 1] = string.format("%s, %s: %s: %s", what, key, how, fault) end
      end)
    end
  end
  t.eq(faults, {}, what)
  return count
end

local function team(more)
  local out = { namespace = "team" }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

--- The look of an effect before it happens.
local function previewed(name, raw)
  return function()
    local definition = definitions.find(name)
    local input = definition.input(raw)
    local before = definition.observe and definition.observe(input)
    if definition.preview then definition.preview(input, before) end
  end
end

local READS = {
  { "get", function() k8s.get("deployment/web", team { managed_fields = true }) end, is_whole = true },
  { "get a Secret", function() k8s.get("secret/key", team()) end },
  { "list", function() k8s.list("configmaps", team { limit = 500 }) end },
  { "pods", function() k8s.pods("deployment/web", team()) end },
  { "events", function() k8s.events(nil, team()) end },
  { "images", function() k8s.images(team()) end },
  { "history", function() k8s.history("deployment/web", team()) end },
  { "history of a StatefulSet", function() k8s.history("statefulset/db", team()) end },
  { "top of pods", function() k8s.top("pods", team()) end },
  { "top of nodes", function() k8s.top "nodes" end },
  { "diff", function() k8s.diff((WORLD:match("^(.-)%-%-%-\n"):gsub("web:v2", "web:v3"))) end },
  { "patch", previewed("k8s.patch", { ref = "configmap/conf", patch = { data = { a = "c" } }, opts = team() }) },
  { "scale", previewed("k8s.scale", { ref = "deployment/web", replicas = 2, opts = team() }) },
  { "restart", previewed("k8s.restart", { ref = "statefulset/db", opts = team() }) },
  { "delete", previewed("k8s.delete", { ref = "configmap/conf", opts = team() }) },
  { "evict", previewed("k8s.evict", { ref = "pod/db-0", opts = team() }) },
  { "logs", function() k8s.logs("deployment/web", team()) end },
  { "kinds", function() discovery.all(k8s_client.open {}) end },
  { "wipe_claims", previewed("k8s.wipe_claims", { ref = "statefulset/db", opts = team() }) },
}

--- What a rollout and a wait make of objects that they were told of.
local function judge(given)
  local workload = given.workload
  verdicts.verdict(workload)
  waits.has_condition(workload, "Available")
  waits.is_observed(workload)
  stuck.find(given)
  for _, finding in ipairs(diagnosis.diagnose(given) or {}) do diagnosis.describe(finding) end
  for _, pod in ipairs(given.pods) do
    logs.container(pod)
    drain.fate(pod, {})
  end
  claims.claims_of(workload, given.claims)
  claims.stranger(workload, given.claims, given.pods)
end

--- The objects around a workload as lists, by the field of what is given to judge them.
local function around(client, workload)
  local given = { workload = k8s.get(workload, team()), now = 2e9, late = true }
  given.workload.metadata.managedFields = nil
  for field, resource in pairs { pods = "/api/v1/namespaces/team/pods", replicasets = "/apis/apps/v1/namespaces/team/replicasets",
    events = "/api/v1/namespaces/team/events", claims = "/api/v1/namespaces/team/persistentvolumeclaims" } do
    given[field] = k8s_client.request(client, { who = "test", path = resource, query = { limit = 3 } }).items
  end
  return given
end

local PATHS = { pods = "/api/v1/namespaces/team/pods/x", events = "/api/v1/namespaces/team/events/x",
  claims = "/api/v1/namespaces/team/persistentvolumeclaims/x", replicasets = "/apis/apps/v1/namespaces/team/replicasets/x" }

--- Has each object that is let in, in each of its malformed forms, judged among the others.
local function attack_judges(given, path, object, put)
  object.metadata.managedFields = nil
  local faults = {}
  mutations.each(object, function(text, how)
    local odd = json.decode(text, { null = "absent" })
    if form.wrong({ path = path }, odd) then return end
    odd.kind = odd.kind or object.kind -- as it is put into what comes without
    put(odd)
    local fault = mutations.fault(errors.try(judge, given))
    if fault then faults[#faults + 1] = string.format("%s: %s: %s", path, how, fault) end
  end)
  put(object)
  t.eq(faults, {}, path)
end

t.test("what is let in is judged: rollouts, waits, drains and claims go by what no judge of theirs trips over", function()
  local client = cluster()
  for workload, path in pairs { ["deployment/web"] = "/apis/apps/v1/namespaces/team/deployments/web",
    ["statefulset/db"] = "/apis/apps/v1/namespaces/team/statefulsets/db",
    ["daemonset/each"] = "/apis/apps/v1/namespaces/team/daemonsets/each",
    ["job/once"] = "/apis/batch/v1/namespaces/team/jobs/once" } do
    local given = around(client, workload)
    judge(given)
    attack_judges(given, path, given.workload, function(odd) given.workload = odd end)
    for field, at in pairs(PATHS) do
      if given[field][1] then attack_judges(given, at, given[field][1], function(odd) given[field][1] = odd end) end
    end
  end
end)

t.test("an object of a kind that is known to nobody has conditions of any form", function()
  local object = { apiVersion = "x.example/v1", kind = "Thing", metadata = { name = "a", generation = 2 },
    status = { observedGeneration = 2, conditions = json.array {
      { type = "Ready", status = "True", observedGeneration = 2, reason = "r", message = "m" },
    } } }
  local faults = {}
  mutations.each(object, function(text, how)
    local odd = json.decode(text, { null = "absent" })
    if form.wrong({ path = "/apis/x.example/v1/namespaces/team/things/a" }, odd) then return end
    odd.kind = odd.kind or "Thing" -- as it is put into what comes without
    for _, wanted in ipairs { "Ready", false } do
      local fault = mutations.fault(errors.try(verdicts.verdict, odd, wanted or nil))
        or mutations.fault(errors.try(waits.has_condition, odd, "Ready"))
      if fault then faults[#faults + 1] = how .. ": " .. fault end
    end
  end)
  t.eq(faults, {})
end)

t.test("each answer to a read, with each of its values malformed", function()
  if build:find "asan" then
    print "skipped: these are ten thousand reads of Lua alone, without a line of C that other tests do not run"
    return
  end
  local client = cluster()
  local tape = recorded(client)
  local count = attack(tape, "cordon", previewed("k8s.cordon", { node = k8s.list("nodes")[1].metadata.name }))
  for _, case in ipairs(READS) do count = count + attack(tape, case[1], case[2], case.is_whole) end
  t.ok(count > 5000, tostring(count))
end)
