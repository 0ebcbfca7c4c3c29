-- What a rehearsal made of its cluster: objects before and after, with what only controllers do counted.
local differences = require "almanac.rehearsal.difference"
local t = require "tests.harness"

local function object(kind, name, more)
  local out = { apiVersion = "v1", kind = kind, metadata = { name = name, namespace = "ns", uid = "uid-" .. name, resourceVersion = "1" } }
  for key, value in pairs(more or {}) do
    if key == "metadata" then
      for k, v in pairs(value) do out.metadata[k] = v end
    else
      out[key] = value
    end
  end
  return out
end

local function words(before, after)
  local out = {}
  for _, change in ipairs(differences.of(before, after).changes) do
    out[#out + 1] = change.action .. " " .. change.object .. (change.why and ": " .. change.why or "")
    for _, field in ipairs(change.fields or {}) do
      out[#out + 1] = string.format("%s %s %s", field.path, tostring(field.old), tostring(field.new))
    end
  end
  return out
end

t.test("what came, what went, and what is otherwise, field by field", function()
  t.eq(words({ object("ConfigMap", "a", { data = { x = "1" } }), object("ConfigMap", "b") },
    { object("ConfigMap", "a", { data = { x = "2" }, metadata = { resourceVersion = "9" } }), object("ConfigMap", "c") }),
    { "change configmap/a", ".data.x 1 2", "delete configmap/b", "create configmap/c" })
end)

t.test("what was deleted and made anew is another one, though nothing in it is otherwise", function()
  t.eq(words({ object("PersistentVolumeClaim", "data") }, { object("PersistentVolumeClaim", "data", { metadata = { uid = "another" } }) }),
    { "change persistentvolumeclaim/data: deleted, and made anew" })
end)

t.test("what controllers make and write is counted", function()
  local owned = { metadata = { ownerReferences = { { controller = true, uid = "u" } } } }
  local before = { object("Deployment", "web", { apiVersion = "apps/v1", spec = { replicas = 1 }, status = { availableReplicas = 1 } }),
    object("Job", "by-cron", owned) }
  local after = { object("Deployment", "web", { apiVersion = "apps/v1", spec = { replicas = 1 }, status = { availableReplicas = 0 },
    metadata = { annotations = { ["deployment.kubernetes.io/revision"] = "2" } } }), object("Pod", "web-1", owned) }
  before[1].metadata.annotations = { ["deployment.kubernetes.io/revision"] = "1" }
  local found = differences.of(before, after)
  t.eq(found.changes, {})
  t.eq(found.folded, { objects = 2, fields = 2 })
  t.eq(found.waiting, { "deployment/web: 0 of 1 ready" })
end)

t.test("values of a Secret are compared and not shown, and helm's records are what they are of", function()
  local function record(status)
    local labels = { owner = "helm", name = "web", version = "1", status = status }
    return object("Secret", "sh.helm.release.v1.web.v1", { metadata = { labels = labels }, data = { x = status } })
  end
  local function secret(value) return object("Secret", "s", { data = { key = value, kept = "a" } }) end
  t.eq(words({ secret "b2xk", record "deployed" }, { secret "bmV3", record "superseded" }),
    { "change secret/s", ".data.key (secret) (another secret)", "change release web revision 1", ".status deployed superseded" })
end)

t.test("of several namespaces each is named", function()
  t.eq(words({}, { object("ConfigMap", "a"), object("ConfigMap", "b", { metadata = { namespace = "other" } }) }),
    { "create ns  configmap/a", "create other  configmap/b" })
end)
