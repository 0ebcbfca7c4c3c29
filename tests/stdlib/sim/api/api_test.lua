-- What the simulated API refuses, defaults and lists, beyond the recordings.
local t = require "tests.harness"
local api = require "tests.stdlib.sim.api.support"
local support = require "tests.stdlib.sim.support"
local value = require "almanac.sim.model.value"

local DEPLOYMENTS = api.DEPLOYMENTS
local MERGE = { ["content-type"] = "application/merge-patch+json" }
local APPLY = { ["content-type"] = "application/apply-patch+yaml" }

local server, deployment = api.server, api.deployment

t.test("defaults of a deployment, a pod and a service are the real ones", function()
  local s = server()
  local d = s.call("POST", DEPLOYMENTS, {}, deployment("a")).json
  t.eq(d.spec.strategy, { type = "RollingUpdate", rollingUpdate = { maxSurge = "25%", maxUnavailable = "25%" } })
  t.eq(d.spec.revisionHistoryLimit, 10)
  t.eq(d.spec.progressDeadlineSeconds, 600)
  t.eq(d.spec.template.spec.containers[1].imagePullPolicy, "IfNotPresent")
  t.eq(d.spec.template.spec.dnsPolicy, "ClusterFirst")
  t.eq(d.metadata.generation, 1)
  local pod = s.call("POST", "/api/v1/namespaces/ns/pods", {}, { metadata = { name = "p" },
    spec = { containers = value.array { { name = "c", image = "busybox" } } } }).json
  t.eq(pod.spec.containers[1].imagePullPolicy, "Always")
  t.eq(pod.status, { phase = "Pending", qosClass = "BestEffort" })
  t.eq(#pod.spec.tolerations, 2)
  t.eq(pod.spec.enableServiceLinks, true)
  local one = s.call("POST", "/api/v1/namespaces/ns/services", {}, { metadata = { name = "one" },
    spec = { ports = value.array { { port = 80 } } } }).json
  t.eq(one.spec.ports[1].targetPort, 80)
  t.eq(one.spec.ports[1].protocol, "TCP")
  t.ok(one.spec.clusterIP:match("^10%.0%."))
  local two = s.call("POST", "/api/v1/namespaces/ns/services", {}, { metadata = { name = "two" },
    spec = { type = "NodePort", ports = value.array { { port = 80 } } } }).json
  t.ok(two.spec.clusterIP ~= one.spec.clusterIP)
  t.eq(two.spec.ports[1].nodePort, 30000)
  local secret = s.call("POST", "/api/v1/namespaces/ns/secrets", {}, { metadata = { name = "s" },
    stringData = { user = "root" } }).json
  t.eq(secret.data, { user = "cm9vdA==" })
  t.eq(secret.type, "Opaque")
  t.eq(secret.stringData, nil)
end)

t.test("unknown fields and wrong types, by fieldValidation", function()
  local s = server()
  local bad = deployment("a")
  bad.spec.replica = 3
  local strict = s.call("POST", DEPLOYMENTS .. "?fieldValidation=Strict", {}, bad)
  t.eq(strict.status, 400)
  t.eq(strict.json.message,
    'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica"')
  local warned = s.call("POST", DEPLOYMENTS, {}, bad)
  t.eq(warned.status, 201)
  t.eq(warned.headers.warning, '299 - "unknown field \\"spec.replica\\""')
  t.eq(warned.json.spec.replica, nil)
  local wrong = deployment("b")
  wrong.spec.replicas = "two"
  t.eq(s.call("POST", DEPLOYMENTS, {}, wrong).json.message, 'Deployment in version "v1" cannot be handled as a Deployment: '
    .. "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32")
  local wrong_apply = s.call("PATCH", DEPLOYMENTS .. "/c?fieldManager=m", APPLY, wrong)
  t.eq(wrong_apply.status, 400, "the name of the object is not the URL's")
  wrong.metadata.name = "c"
  wrong_apply = s.call("PATCH", DEPLOYMENTS .. "/c?fieldManager=m", APPLY, wrong)
  t.eq(wrong_apply.status, 500)
  t.eq(wrong_apply.json.message, "failed to create typed patch object (/c; apps/v1, Kind=Deployment): "
    .. ".spec.replicas: expected numeric (int or float), got string")
end)

t.test("422: required, unmatched, immutable, negative", function()
  local s = server()
  local none = deployment("a")
  none.spec.selector = nil
  local refused = s.call("POST", DEPLOYMENTS, {}, none)
  t.eq(refused.status, 422)
  t.eq(refused.json.message, 'Deployment.apps "a" is invalid: [spec.selector: Required value, '
    .. 'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`]')
  t.eq(refused.json.details.causes[1], { reason = "FieldValueRequired", message = "Required value", field = "spec.selector" })
  s.call("POST", DEPLOYMENTS, {}, deployment("a"))
  local moved = s.call("PATCH", DEPLOYMENTS .. "/a", MERGE, { spec = { selector = { matchLabels = { app = "a", b = "c" } },
    template = { metadata = { labels = { b = "c" } } } } })
  t.eq(moved.json.message,
    'Deployment.apps "a" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"a","b":"c"}}: field is immutable')
  t.eq(s.call("PATCH", DEPLOYMENTS .. "/a", MERGE, { spec = { replicas = -1 } }).json.message,
    'Deployment.apps "a" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0')
  local sets = "/apis/apps/v1/namespaces/ns/statefulsets"
  local set = deployment("n")
  set.kind, set.spec.serviceName = "StatefulSet", "n"
  t.eq(s.call("POST", sets, {}, set).status, 201)
  local frozen = s.call("PATCH", sets .. "/n", MERGE, { spec = { volumeClaimTemplates = value.array { {
    metadata = { name = "data" }, spec = { accessModes = value.array { "ReadWriteOnce" } } } } } })
  t.eq(frozen.status, 422)
  t.eq(frozen.json.message, 'StatefulSet.apps "n" is invalid: spec: Forbidden: updates to statefulset spec for fields other '
    .. "than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
    .. "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")
  t.eq(s.call("PATCH", DEPLOYMENTS .. "/a/scale", MERGE, { spec = { replicas = -1 } }).json.message,
    'Scale.autoscaling "a" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0')
end)

t.test("dryRun=All answers as if and leaves nothing", function()
  local s = server()
  local rv = s.store.rv
  t.eq(s.call("POST", DEPLOYMENTS .. "?dryRun=All", {}, deployment("a")).status, 201)
  t.eq(s.call("GET", DEPLOYMENTS .. "/a").status, 404)
  t.eq(s.store.rv, rv)
  s.call("POST", DEPLOYMENTS, {}, deployment("a"))
  local dry = s.call("PATCH", DEPLOYMENTS .. "/a?dryRun=All&fieldManager=m", MERGE, { spec = { replicas = 7 } })
  t.eq(dry.json.spec.replicas, 7)
  t.eq(dry.json.metadata.generation, 2)
  t.eq(s.call("GET", DEPLOYMENTS .. "/a").json.spec.replicas, 2)
  t.eq(s.call("DELETE", DEPLOYMENTS .. "/a?dryRun=All").status, 200)
  t.eq(s.call("GET", DEPLOYMENTS .. "/a").status, 200)
  t.eq(s.call("PATCH", DEPLOYMENTS .. "/a/scale?dryRun=All", MERGE, { spec = { replicas = 9 } }).json.spec.replicas, 9)
  t.eq(s.call("GET", DEPLOYMENTS .. "/a").json.spec.replicas, 2)
end)

t.test("apply takes back what it no longer says, and only that", function()
  local s = server()
  local config = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c", labels = { mine = "1" } },
    data = { a = "1", b = "2" } }
  local path = "/api/v1/namespaces/ns/configmaps/c"
  t.eq(s.call("PATCH", path .. "?fieldManager=one", APPLY, config).status, 201)
  s.call("PATCH", path .. "?fieldManager=two", MERGE, { data = { other = "x" } })
  config.data.b, config.metadata.labels = nil, nil
  local after = s.call("PATCH", path .. "?fieldManager=one", APPLY, config).json
  t.eq(after.data, { a = "1", other = "x" })
  t.eq(after.metadata.labels, nil)
  config.data.other = "y"
  local conflict = s.call("PATCH", path .. "?fieldManager=one", APPLY, config)
  t.eq(conflict.status, 409)
  t.eq(conflict.json.message, 'Apply failed with 1 conflict: conflict with "two" using v1: .data.other')
  t.eq(conflict.json.details.causes, { { reason = "FieldManagerConflict", message = 'conflict with "two" using v1',
    field = ".data.other" } })
  local forced = s.call("PATCH", path .. "?fieldManager=one&force=true", APPLY, config).json
  t.eq(forced.data.other, "y")
  t.eq(#forced.metadata.managedFields, 1)
  local yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: \"1\"}\n"
  t.eq(s.call("PATCH", path .. "?fieldManager=one", APPLY, yaml).json.data, { a = "1" })
  t.eq(s.call("PATCH", path, APPLY, yaml).json.message,
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch')
  t.eq(s.call("PATCH", path .. "?force=true", MERGE, { data = {} }).status, 422)
end)

t.test("a container's image set by another manager is a conflict of exactly that field", function()
  local s = server()
  s.call("PATCH", DEPLOYMENTS .. "/a?fieldManager=helm", APPLY, deployment("a"))
  s.call("PATCH", DEPLOYMENTS .. "/a?fieldManager=kubectl-set",
    { ["content-type"] = "application/strategic-merge-patch+json" },
    { spec = { template = { spec = { containers = value.array { { name = "main", image = "reg/app:fix" } } } } } })
  local conflict = s.call("PATCH", DEPLOYMENTS .. "/a?fieldManager=helm", APPLY, deployment("a", "reg/app:v2"))
  t.eq(conflict.json.message, 'Apply failed with 1 conflict: conflict with "kubectl-set" using apps/v1: '
    .. '.spec.template.spec.containers[name="main"].image')
  t.eq(s.call("GET", DEPLOYMENTS .. "/a").json.spec.template.spec.containers[1].image, "reg/app:fix")
  s.call("PATCH", DEPLOYMENTS .. "/a/scale?fieldManager=kubectl", MERGE, { spec = { replicas = 5 } })
  local two = s.call("PATCH", DEPLOYMENTS .. "/a?fieldManager=helm", APPLY, deployment("a", "reg/app:v2")).json
  t.eq(two.message, 'Apply failed with 2 conflicts: conflicts with "kubectl" with subresource "scale" using apps/v1:\n'
    .. '- .spec.replicas\nconflicts with "kubectl-set" using apps/v1:\n'
    .. '- .spec.template.spec.containers[name="main"].image')
  t.eq(#two.details.causes, 2)
  s.call("PATCH", DEPLOYMENTS .. "/a/scale", MERGE, { spec = { replicas = 2 } })
  -- The same value is agreed on: both own it.
  t.eq(s.call("PATCH", DEPLOYMENTS .. "/a?fieldManager=helm", APPLY, deployment("a", "reg/app:fix")).status, 200)
end)

t.test("an apply that changes nothing leaves version and times", function()
  local s = server()
  local first = s.call("PATCH", DEPLOYMENTS .. "/a?fieldManager=helm", APPLY, deployment("a")).json
  s.clock.at = s.clock.at + 100
  local second = s.call("PATCH", DEPLOYMENTS .. "/a?fieldManager=helm", APPLY, deployment("a")).json
  t.eq(second, first)
end)

t.test("a stale resourceVersion in a patch or apply is a conflict", function()
  local s = server()
  local made = s.call("POST", DEPLOYMENTS, {}, deployment("a")).json
  s.call("PATCH", DEPLOYMENTS .. "/a", MERGE, { spec = { replicas = 5 } })
  local stale = { metadata = { resourceVersion = made.metadata.resourceVersion }, spec = { replicas = 6 } }
  t.eq(s.call("PATCH", DEPLOYMENTS .. "/a", MERGE, stale).status, 409)
  local gone = { metadata = { uid = "another" }, spec = { replicas = 6 } }
  t.eq(s.call("PATCH", DEPLOYMENTS .. "/a", MERGE, gone).status, 409)
  t.eq(s.call("GET", DEPLOYMENTS .. "/a").json.spec.replicas, 5)
end)

t.test("status is its own: an update of one leaves the other", function()
  local s = server()
  local d = s.call("POST", DEPLOYMENTS, {}, deployment("a")).json
  t.eq(d.status, {})
  local st = s.call("PATCH", DEPLOYMENTS .. "/a/status", MERGE, { spec = { replicas = 9 }, status = { replicas = 2 } }).json
  t.eq(st.spec.replicas, 2)
  t.eq(st.status.replicas, 2)
  t.eq(st.metadata.generation, 1)
  local main = s.call("PATCH", DEPLOYMENTS .. "/a", MERGE, { spec = { replicas = 3 }, status = { replicas = 7 } }).json
  t.eq(main.status.replicas, 2)
  t.eq(main.metadata.generation, 2)
end)

t.test("tokens: a known one, an unknown one, none; a client certificate", function()
  local s = server { tokens = { good = "alice" } }
  t.eq(s.call("GET", "/api/v1/namespaces", { authorization = "Bearer good" }).status, 200)
  local bad = s.call("GET", "/api/v1/namespaces", { authorization = "Bearer old" })
  t.eq(bad.status, 401)
  t.eq(bad.json, { kind = "Status", apiVersion = "v1", metadata = {}, status = "Failure", message = "Unauthorized",
    reason = "Unauthorized", code = 401 })
  t.eq(s.call("GET", "/api/v1/namespaces").status, 401)
  t.eq(s.call("GET", "/healthz").body, "ok")
  local response = support.response()
  local request = support.request("GET", "/api/v1/namespaces", {})
  request.client_cn = "admin"
  s.handler(request, response)
  t.eq(response.status, 200)
  local who = s.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", { authorization = "Bearer good" }, {})
  t.eq(who.json.status.userInfo.username, "alice")
end)

t.test("what a user may not do is forbidden in the real words", function()
  local s = server { tokens = { t = "bob" }, authorize = function(user, verb, route)
    return not (user == "bob" and (verb == "list" or verb == "patch") and route.res.resource == "deployments")
  end }
  local as = { authorization = "Bearer t" }
  local list = s.call("GET", DEPLOYMENTS, as)
  t.eq(list.status, 403)
  t.eq(list.json.message,
    'deployments.apps is forbidden: User "bob" cannot list resource "deployments" in API group "apps" in the namespace "ns"')
  local patch = s.call("PATCH", DEPLOYMENTS .. "/a", { authorization = "Bearer t", ["content-type"] = MERGE["content-type"] }, {})
  t.eq(patch.json.message, 'deployments.apps "a" is forbidden: User "bob" cannot patch resource "deployments" in API group '
    .. '"apps" in the namespace "ns"')
  t.eq(s.call("GET", "/api/v1/namespaces", as).status, 200)
end)

t.test("fields that nothing can be selected by; data that is not base64; a version on a create", function()
  local s = server()
  t.eq(s.call("GET", DEPLOYMENTS .. "?fieldSelector=spec.replicas%3D1").json.message, "field label not supported: spec.replicas")
  local secret = { metadata = { name = "s" }, data = { a = "not base64!" } }
  t.eq(s.call("POST", "/api/v1/namespaces/ns/secrets", {}, secret).json.message,
    'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0')
  local again = deployment("a")
  again.metadata.resourceVersion = "7"
  t.eq(s.call("POST", DEPLOYMENTS, {}, again).json.message, "resourceVersion should not be set on objects to be created")
end)

t.test("the request log sees every request with its status", function()
  local log = {}
  local s = server { request_log = function(method, path, query, status)
    log[#log + 1] = ("%s %s %s %d"):format(method, path, query.dryRun or "-", status)
  end }
  s.call("POST", DEPLOYMENTS .. "?dryRun=All", {}, deployment("a"))
  s.call("GET", DEPLOYMENTS .. "/a")
  s.call("GET", "/nope")
  t.eq(log, { "POST " .. DEPLOYMENTS .. " All 201", "GET " .. DEPLOYMENTS .. "/a - 404", "GET /nope - 404" })
end)

t.test("tables and metadata-only forms", function()
  local s = server()
  s.call("POST", DEPLOYMENTS, {}, deployment("a"))
  s.clock.at = s.clock.at + 200
  local as_table = { accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" }
  local list = s.call("GET", DEPLOYMENTS, as_table).json
  t.eq(list.kind, "Table")
  local names = {}
  for i, c in ipairs(list.columnDefinitions) do names[i] = c.name end
  t.eq(table.concat(names, " "), "Name Ready Up-to-date Available Age Containers Images Selector")
  t.eq(list.rows[1].cells, { "a", "0/2", 0, 0, "3m20s", "main", "reg/app:v1", "app=a" })
  t.eq(list.rows[1].object.kind, "PartialObjectMetadata")
  local partial = s.call("GET", DEPLOYMENTS .. "/a",
    { accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" }).json
  t.eq(partial.kind, "PartialObjectMetadata")
  t.eq(partial.spec, nil)
  t.eq(partial.metadata.name, "a")
  t.eq(s.call("GET", DEPLOYMENTS, { accept = "application/vnd.kubernetes.protobuf" }).status, 406)
end)

t.test("what a pod's log answers before there is one", function()
  local asked
  local s = server { logs = function(pod, container, options)
    asked = pod.metadata.name .. "/" .. container .. " tail " .. tostring(options.tail)
    return "one\ntwo\n"
  end }
  s.store:create("v1/pods", { metadata = { name = "p", namespace = "ns" }, spec = { nodeName = "n",
    containers = value.array { { name = "a", image = "x" }, { name = "b", image = "x" } } } })
  local base = "/api/v1/namespaces/ns/pods/p/log"
  t.eq(s.call("GET", base).json.message, "a container name must be specified for pod p, choose one of: [a b]")
  t.eq(s.call("GET", base .. "?container=z").json.message, "container z is not valid for pod p")
  t.eq(s.call("GET", base .. "?container=a").json.message, 'container "a" in pod "p" is waiting to start: ContainerCreating')
  s.store:set_status("v1/pods", "ns", "p", { containerStatuses = value.array {
    { name = "a", restartCount = 0, state = { running = {} } } } })
  local got = s.call("GET", base .. "?container=a&tailLines=2")
  t.eq(got.body, "one\ntwo\n")
  t.eq(got.headers["content-type"], "text/plain")
  t.eq(asked, "p/a tail 2")
  t.eq(s.call("GET", base .. "?container=a&previous=true").json.message,
    'previous terminated container "a" in pod "p" not found')
end)

t.test("events are one resource under two APIs", function()
  local s = server()
  s.call("POST", "/apis/events.k8s.io/v1/namespaces/ns/events", {}, { metadata = { name = "e" }, note = "hello",
    reason = "R", type = "Normal", regarding = { kind = "Pod", name = "p" }, reportingController = "c" })
  local old = s.call("GET", "/api/v1/namespaces/ns/events/e").json
  t.eq(old.message, "hello")
  t.eq(old.involvedObject, { kind = "Pod", name = "p" })
  t.eq(old.note, nil)
  local list = s.call("GET", "/api/v1/namespaces/ns/events?fieldSelector=involvedObject.name%3Dp,type!%3DWarning").json
  t.eq(#list.items, 1)
  t.eq(s.call("GET", "/apis/events.k8s.io/v1/namespaces/ns/events/e").json.note, "hello")
end)

t.test("deletecollection by label; methods that are not served", function()
  local s = server()
  for _, name in ipairs { "a", "b", "c" } do s.call("POST", DEPLOYMENTS, {}, deployment(name)) end
  local gone = s.call("DELETE", DEPLOYMENTS .. "?labelSelector=app%20in%20(a,b)").json
  t.eq(gone.kind, "DeploymentList")
  t.eq(#gone.items, 2)
  t.eq(#s.store:list("apps/v1/deployments"), 1)
  t.eq(s.call("DELETE", "/api/v1/namespaces").status, 405)
  t.eq(s.call("PUT", DEPLOYMENTS).status, 405)
  t.eq(s.call("GET", "/apis/apps/v1/namespaces/ns/nothings").body, "404 page not found\n")
end)

t.test("an eviction: the budget's word, the pods it does not ask for, uid, dry run", function()
  local s = server()
  local pods, budgets = "/api/v1/namespaces/ns/pods", "policy/v1/poddisruptionbudgets"
  local function pod(name, ready)
    local made = s.call("POST", pods, {}, { metadata = { name = name, labels = { app = "a" } },
      spec = { containers = value.array { { name = "c", image = "x" } } } }).json
    s.store:set_status("v1/pods", "ns", name, { phase = "Running",
      conditions = value.array { { type = "Ready", status = ready and "True" or "False" } } })
    return made
  end
  local function evict(name, options, query)
    return s.call("POST", pods .. "/" .. name .. "/eviction" .. (query or ""), {},
      { apiVersion = "policy/v1", kind = "Eviction", metadata = { name = name }, deleteOptions = options })
  end
  local function budget(status) s.store:set_status(budgets, "ns", "b", status) end
  local p = pod("p", true)
  pod("q", false)
  s.call("POST", "/apis/policy/v1/namespaces/ns/poddisruptionbudgets", {},
    { metadata = { name = "b" }, spec = { minAvailable = 1, selector = { matchLabels = { app = "a" } } } })
  local refused = evict "p"
  t.eq({ refused.status, refused.headers["retry-after"] }, { 429, "10" })
  t.eq(refused.json.details.causes[1].message, "The disruption budget b is still being processed by the server.")
  budget { observedGeneration = 1, disruptionsAllowed = 0, desiredHealthy = 1, currentHealthy = 1 }
  refused = evict "p"
  t.eq({ refused.status, refused.headers["retry-after"], refused.json.message },
    { 429, nil, "Cannot evict pod as it would violate the pod's disruption budget." })
  t.eq(refused.json.details.causes[1].message, "The disruption budget b needs 1 healthy pods and has 1 currently")
  t.eq(evict("q").status, 201, "one that is not ready takes nothing away")
  budget { observedGeneration = 1, disruptionsAllowed = 1, desiredHealthy = 0, currentHealthy = 1 }
  t.eq(evict("p", { preconditions = { uid = "another" } }).status, 409)
  t.eq(evict("p", nil, "?dryRun=All").status, 201)
  t.eq(s.call("GET", pods .. "/p").json.metadata.uid, p.metadata.uid)
  t.eq(evict("p").status, 201)
  t.eq(s.call("GET", pods .. "/p").status, 404)
  t.eq(s.store:get(budgets, "ns", "b").status.disruptionsAllowed, 0)
  t.eq(evict("p").status, 404)
end)
