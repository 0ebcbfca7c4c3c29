-- k8s against the simulated cluster: reads, lists in pages, watches, logs, and every write with its
-- recovery, as an effect would call them.
local definitions = require "almanac.run.definitions"
local execute = require "almanac.run.mode.execute"
local json = require "native.json"
local k8s = require "almanac.public.k8s"
local k8s_client = require "almanac.k8s.client"
local runs = require "almanac.journal.run"
local settings = require "almanac.config.settings"
local step = require "almanac.run.step"
local t = require "tests.harness"
local task = require "native.task"

local build = (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"

local DEPLOYMENT = [[
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: web, image: "ghcr.io/x/web:v1.0.0-abc1234" } ] }
]]

--- A cluster with the namespace "team", for the case that calls it.
local function cluster(...)
  local dir = t.tmpdir()
  local argv = { build, "sim", "--kubeconfig", dir .. "/kubeconfig", "--with-namespace", "team", "--ready-time", "0.05" }
  for _, word in ipairs { ... } do argv[#argv + 1] = word == "TLS" and dir .. "/tls" or word end
  local sim = t.spawn(argv)
  sim:wait_line "http"
  settings.kubeconfig = dir .. "/kubeconfig"
  k8s_client.forget()
  t.defer(function() settings.kubeconfig = nil end)
  return sim, dir
end

local function ctx_of(name, input, id)
  local definition = definitions.find(name)
  local before = definition.observe and definition.observe(input)
  return { id = id or "0123456789abcdef", run = "r", before = before, undo_to = before }
end

local run, calls = runs.unrecorded({}, execute), 0

--- The input of a call, as a step has it: what stands for a Secret's value is made with the key of its run.
local function input_of(definition, raw)
  local input
  calls = calls + 1
  task.with({ context = { run = run } }, step.run, "call " .. calls, {}, function() input = definition.input(raw) end)
  return input
end

--- Applies an effect without a run; gives its result, its input and its context.
local function perform(name, raw)
  local definition = definitions.find(name)
  local input = input_of(definition, raw)
  local ctx = ctx_of(name, input)
  return definition.apply(input, ctx), input, ctx
end

local function apply(manifest, opts)
  opts = opts or {}
  opts.namespace = opts.namespace or "team"
  return perform("k8s.apply", { manifest = manifest, opts = opts })
end

local function config_map(name, data)
  return { apiVersion = "v1", kind = "ConfigMap", metadata = { name = name }, data = data }
end

t.test("apply makes objects, says what it made, and is idempotent", function()
  cluster()
  local made, input, ctx = apply(DEPLOYMENT .. "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n")
  t.eq(#made, 2)
  t.eq({ made[1].kind, made[1].name, made[1].namespace, made[1].changed }, { "Deployment", "web", "team", true })
  local again = apply { config_map("c", { a = "b" }) }
  t.eq(again[1].changed, false)
  t.eq(definitions.find "k8s.apply".recover(input, ctx), "again")
  t.eq(definitions.find "k8s.apply".title(input), "apply deployment/web, configmap/c")
  t.eq(k8s.get("cm/c", { namespace = "team" }).data, { a = "b" })
end)

t.test("a conflict is data: manager and field; force takes it over", function()
  cluster()
  apply { config_map("c", { a = "1" }) }
  local client = k8s_client.open()
  k8s_client.request(client, {
    who = "test", method = "PATCH", path = "/api/v1/namespaces/team/configmaps/c",
    query = { fieldManager = "kubectl-edit", force = true }, content_type = "application/apply-patch+yaml",
    body = config_map("c", { a = "2" }),
  })
  local err = t.raises("conflict", apply, { config_map("c", { a = "3" }) })
  t.eq(err.conflicts[1].manager, "kubectl-edit")
  t.eq(err.conflicts[1].field, ".data.a")
  t.has(err.message, '.data.a is managed by "kubectl-edit"')
  apply({ config_map("c", { a = "3" }) }, { force = true })
  t.eq(k8s.get("configmap/c", { namespace = "team" }).data.a, "3")
end)

t.test("what is missing, unknown or misspelt is said", function()
  cluster()
  local err = t.raises("api", k8s.get, "deployment/nope", { namespace = "team" })
  t.eq({ err.status, err.reason }, { 404, "NotFound" })
  t.has(err.message, 'k8s.get: deployments.apps "nope" not found')
  t.eq(k8s.find("deployment/nope", { namespace = "team" }), nil)
  err = t.raises("not_found", k8s.list, "deploymints")
  t.has(err.message, 'no kind "deploymints"')
  t.has(err.hint, "deployments")
  t.raises("usage", k8s.get, "deployments")
  t.raises("usage", k8s.list, "deployment/web")
  t.raises("usage", k8s.get, "a/b/c")
  err = t.raises("api", apply, { { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c" }, dat = { a = "b" } } })
  t.has(err.hint, "misspelt")
end)

t.test("lists come in pages, with selectors", function()
  cluster()
  local list = {}
  for i = 1, 7 do
    local object = config_map("c" .. i, { a = "b" })
    object.metadata.labels = { odd = i % 2 == 1 and "yes" or "no" }
    list[i] = object
  end
  apply(list)
  local items, version = k8s.list("cm", { namespace = "team", limit = 3, selector = { odd = "yes" } })
  t.eq(#items, 4)
  t.ok(tonumber(version))
  t.eq(items[1].kind, "ConfigMap")
  t.eq(items[1].metadata.managedFields, nil)
  t.eq(#k8s.list("configmaps", { all_namespaces = true, limit = 2, selector = "odd in (no)" }), 3)
end)

t.test("a workload becomes ready; its pods, images, logs and events", function()
  cluster()
  apply(DEPLOYMENT)
  local done = k8s.wait("deploy/web", {
    namespace = "team", check = function(d) return d.status and d.status.readyReplicas == 2 end, what = "has two ready pods",
  })
  t.eq(done.status.readyReplicas, 2)
  t.ok(k8s.wait("deploy/web", { namespace = "team", condition = "Available" }))
  local newest, all = k8s.pods("deploy/web", { namespace = "team" })
  t.eq({ #newest, #all }, { 2, 2 })
  local images = k8s.images { ref = "deploy/web", namespace = "team" }
  t.eq(images[1].image, "ghcr.io/x/web:v1.0.0-abc1234")
  t.eq(images[1].ready, true)
  t.has(k8s.logs("deploy/web", { namespace = "team" }), "starting")
  t.has(t.raises("not_found", k8s.logs, "deploy/web", { namespace = "team", container = "sidecar" }).hint, "web")
  local events = k8s.events("deploy/web", { namespace = "team" })
  t.eq(events[1].reason, "ScalingReplicaSet")
  t.eq(events[1].object, "deployment/web")
end)

t.test("a watch tells what is there, then every change, once", function()
  cluster()
  apply { config_map("c1", { a = "1" }), config_map("c2", { a = "1" }) }
  local watch <close> = k8s.watch("cm", { namespace = "team", fields = "metadata.name!=kube-root-ca.crt" })
  local seen = {}
  local function take(n)
    for _ = 1, n do
      local event = watch:next(10)
      seen[#seen + 1] = event.type .. (event.object and " " .. event.object.metadata.name or "")
    end
  end
  take(3)
  apply { config_map("c1", { a = "2" }) }
  apply { config_map("c3", { a = "1" }) }
  perform("k8s.delete", { ref = "cm/c2", opts = { namespace = "team" } })
  take(3)
  t.eq(seen, { "ADDED c1", "ADDED c2", "SYNCED", "MODIFIED c1", "ADDED c3", "DELETED c2" })
  t.eq({ watch:next(0.02) }, { nil, "timeout" })
end)

t.test("scale sets the number, and says what it was", function()
  cluster()
  apply(DEPLOYMENT)
  local result = perform("k8s.scale", { ref = "deploy/web", replicas = 3, opts = { namespace = "team" } })
  t.eq({ result.replicas, result.before }, { 3, 2 })
  t.eq(k8s.get("deploy/web", { namespace = "team" }).spec.replicas, 3)
  t.raises("usage", perform, "k8s.scale", { ref = "deploy/web", replicas = 1.5 })
end)

t.test("a restart carries the effect's id, so that it is known after a crash", function()
  cluster()
  apply(DEPLOYMENT)
  local _, input, ctx = perform("k8s.restart", { ref = "deploy/web", opts = { namespace = "team" } })
  local template = k8s.get("deploy/web", { namespace = "team" }).spec.template
  t.eq(template.metadata.annotations["almanac/effect"], ctx.id)
  t.ok(template.metadata.annotations["kubectl.kubernetes.io/restartedAt"])
  local state, result = definitions.find "k8s.restart".recover(input, ctx)
  t.eq({ state, result.name }, { "done", "web" })
  ctx.id = "another"
  t.eq(definitions.find "k8s.restart".recover(input, ctx), "not_done")
end)

t.test("create: ours is recognised, another's is not taken for ours", function()
  cluster()
  local raw = { object = config_map("c", { a = "1" }), opts = { namespace = "team" } }
  local _, input, ctx = perform("k8s.create", raw)
  t.eq(definitions.find "k8s.create".recover(input, ctx), "done")
  t.eq(definitions.find "k8s.create".recover(input, { id = "other" }), "not_done")
  t.eq(t.raises("api", perform, "k8s.create", raw).reason, "AlreadyExists")
end)

t.test("delete knows the object by its uid", function()
  cluster()
  local recover = definitions.find "k8s.delete".recover
  local opts = { namespace = "team" }
  apply { config_map("c", { a = "1" }) }
  local input = definitions.find "k8s.delete".input { ref = "cm/c", opts = opts }
  local ctx = ctx_of("k8s.delete", input)
  t.eq(recover(input, ctx), "not_done", "it is still there")
  t.eq(definitions.find "k8s.delete".apply(input, ctx).deleted, true)
  t.eq(recover(input, ctx), "done")
  apply { config_map("c", { a = "1" }) }
  t.eq(recover(input, ctx), "done", "the new one of that name is another")
  local err = t.raises("api", definitions.find "k8s.delete".apply, input, ctx)
  t.eq(err.status, 409, "nor is it deleted")
  t.eq(perform("k8s.delete", { ref = "cm/nope", opts = { namespace = "team", missing_ok = true } }).deleted, false)
  t.eq(t.raises("api", perform, "k8s.delete", { ref = "cm/nope", opts = opts }).status, 404)
end)

t.test("a JSON patch in doubt is not done twice unasked; a merge patch may be", function()
  cluster()
  apply { config_map("c", { a = "1" }) }
  local raw = {
    ref = "cm/c", patch = { { op = "add", path = "/data/b", value = "2" } }, opts = { type = "json", namespace = "team" },
  }
  local result, input, ctx = perform("k8s.patch", raw)
  t.eq(result.changed, true)
  t.eq(k8s.get("cm/c", { namespace = "team" }).data, { a = "1", b = "2" })
  t.eq(definitions.find "k8s.patch".recover(input, ctx), "unknown")
  t.eq(definitions.find "k8s.patch".recover(input, ctx_of("k8s.patch", input)), "not_done")
  perform("k8s.patch", { ref = "cm/c", patch = { data = { a = "9" } }, opts = { type = "merge", namespace = "team" } })
  t.eq(k8s.get("cm/c", { namespace = "team" }).data.a, "9")
end)

t.test("a preview changes nothing, and needs no more than permit read", function()
  cluster()
  apply { config_map("c", { a = "1" }) }
  local before = k8s.get("cm/c", { namespace = "team" }).metadata.resourceVersion
  local permit = task.permit "read"
  local definition = definitions.find "k8s.apply"
  local seen = definition.preview(definition.input { manifest = config_map("c", { a = "2" }), opts = { namespace = "team" } })
  definition = definitions.find "k8s.delete"
  local input = definition.input { ref = "cm/c", opts = { namespace = "team" } }
  local gone = definition.preview(input, definition.observe(input))
  task.permit(permit)
  t.eq(seen.changes[1].action, "change")
  t.eq(seen.changes[1].fields, { { path = ".data.a", kind = "changed", old = "1", new = "2" } })
  t.eq(seen.ground[1].object.data.a, "1")
  t.eq(gone.changes[1].action, "delete")
  t.eq(k8s.get("cm/c", { namespace = "team" }).metadata.resourceVersion, before)
  permit = task.permit "read"
  t.raises("refused", apply, { config_map("c", { a = "2" }) })
  task.permit(permit)
end)

t.test("previews say created, unchanged, conflict and rejected", function()
  cluster()
  local definition = definitions.find "k8s.apply"
  local function preview(manifest)
    return definition.preview(definition.input { manifest = manifest, opts = { namespace = "team" } })
  end
  local seen = preview(DEPLOYMENT)
  t.eq({ seen.changes[1].action, seen.nothing }, { "create", nil })
  apply(DEPLOYMENT)
  seen = preview(DEPLOYMENT)
  t.eq({ seen.changes[1].action, seen.nothing }, { "unchanged", true })
  seen = preview(DEPLOYMENT:gsub("v1.0.0", "v1.1.0"), nil)
  t.eq(seen.changes[1].fields[1].path, '.spec.template.spec.containers[name="web"].image')
  t.eq(#seen.changes[1].fields, 1)
  seen = preview { { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c" }, dat = { a = "b" } } }
  t.eq(seen.changes[1].action, "reject")
  t.has(seen.would_fail, "field not declared in schema")
  apply { config_map("c", { a = "1" }) }
  k8s_client.request(k8s_client.open(), {
    who = "test", method = "PATCH", path = "/api/v1/namespaces/team/configmaps/c", body = config_map("c", { a = "2" }),
    query = { fieldManager = "kubectl-edit", force = true }, content_type = "application/apply-patch+yaml",
  })
  seen = preview { config_map("c", { a = "3" }) }
  t.eq({ seen.changes[1].action, seen.changes[1].conflicts[1].manager }, { "conflict", "kubectl-edit" })
  definition = definitions.find "k8s.scale"
  local input = definition.input { ref = "deploy/web", replicas = 5, opts = { namespace = "team" } }
  seen = definition.preview(input, definition.observe(input))
  t.eq(seen.changes[1].fields[1], { path = ".spec.replicas", kind = "changed", old = 2, new = 5 })
  t.eq(seen.result, { replicas = 5, before = 2 })
end)

t.test("a manifest may bring its own namespace; a Secret's values are never shown", function()
  cluster()
  local definition = definitions.find "k8s.apply"
  local manifest = [[
{apiVersion: v1, kind: Namespace, metadata: {name: new}}
---
{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: new}, stringData: {token: hunter2}}
]]
  local function preview(text) return definition.preview(input_of(definition, { manifest = text })) end
  local seen = preview(manifest)
  t.eq({ seen.changes[1].action, seen.changes[2].action, seen.would_fail }, { "create", "create", nil })
  perform("k8s.apply", { manifest = manifest })
  seen = preview(manifest)
  t.eq(seen.nothing, true)
  seen = preview((manifest:gsub("hunter2", "hunter3")))
  t.eq(seen.changes[2].action, "change")
  t.lacks(t.show(require("almanac.base.unknown").describe_all(seen)), "aHVudGVy")
  t.lacks(t.show(seen.changes), "hunter")
end)

t.test("a wait that is not fulfilled says what it waited for", function()
  cluster()
  apply { config_map("c", { a = "1" }) }
  local err = t.raises("timeout", k8s.wait, "cm/c", { namespace = "team", deleted = true, timeout = 0.05 })
  t.has(err.message, "still not so that configmap/c")
  t.has(err.message, "is gone")
end)

t.test("over TLS with a client certificate", function()
  cluster("--tls", "TLS")
  t.eq(k8s.info().context, "sim")
  t.eq(apply({ config_map("c", { a = "1" }) })[1].changed, true)
end)

t.test("a token that is refused: whose, from where, what to do", function()
  local _, dir = cluster("--tls", "TLS", "--token", "good") -- over plain HTTP no token is sent
  t.ok(k8s.list("pods", { namespace = "team" }))
  local config = json.decode(t.read_file(dir .. "/kubeconfig"))
  config.users[1].user = { token = "expired" }
  t.write_file(dir .. "/kubeconfig", json.encode(config))
  k8s_client.forget()
  local err = t.raises("api", k8s.list, "pods", { namespace = "team" })
  t.eq(err.status, 401)
  t.has(err.hint, 'user "sim"')
  t.has(err.hint, "expired")
end)

t.test("a dead server: which one, of which context, and how to go on", function()
  local sim = cluster()
  k8s.list("pods", { namespace = "team" })
  sim:kill "KILL"
  sim:wait()
  local err = t.raises("network", k8s.list, "pods", { namespace = "team" })
  t.has(err.message, "k8s.list: no answer from the API server http://127.0.0.1:")
  t.has(err.message, '(context "sim")')
  t.has(err.message, "connection refused")
  t.has(err.hint, "is the server up")
  local waited = t.raises("timeout", k8s.wait, "cm/c", { namespace = "team", deleted = true, timeout = 1 })
  t.has(waited.message, "nobody knows whether configmap/c is gone")
  t.has(waited.message, "connection refused")
end)
