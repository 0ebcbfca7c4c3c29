-- The images of an object: of every container, wherever its pod's template is, and by every way of writing one.
local brought_images = require "almanac.base.brought_images"
local json = require "native.json"
local secret = require "almanac.base.secret"
local t = require "tests.harness"

local function names(targets)
  local out = {}
  for i, target in ipairs(targets) do
    t.eq({ target.category, target.access, target.where_named }, { "images", "change", true })
    out[i] = target.names[1]
  end
  return out
end

local POD = {
  containers = { { name = "a", image = "ghcr.io/org/a:v1", env = { { name = "image", value = "x" } } } },
  initContainers = { { name = "b", image = "b" } }, ephemeralContainers = { { name = "c", image = "org/c@sha256:" .. ("0"):rep(64) } },
  volumes = { { name = "v", image = { reference = "ghcr.io/org/models:1", pullPolicy = "Always" } } },
}
local OF_POD = { "docker.io/library/b:latest", "ghcr.io/org/a:v1", "ghcr.io/org/models:1",
  "docker.io/org/c@sha256:" .. ("0"):rep(64) }

t.test("of a pod, and of each template that a pod comes from", function()
  for _, object in ipairs {
    { kind = "Pod", spec = POD }, { kind = "Deployment", spec = { template = { spec = POD } } },
    { kind = "CronJob", spec = { jobTemplate = { spec = { template = { spec = POD } } } } },
    { kind = "PodTemplate", template = { spec = POD } },
    { kind = "List", items = { { kind = "Job", spec = { template = { spec = POD } } } } },
    { kind = "Toy", spec = { deep = { { podTemplate = { spec = POD } } } } },
    { kind = "ControllerRevision", data = { spec = { template = { spec = POD } } } },
  } do t.eq(names(brought_images.of(object)), OF_POD, object.kind) end
end)

t.test("of a custom resource what is called an image, in one text or in parts", function()
  t.eq(names(brought_images.of { kind = "Prometheus", spec = {
    image = "quay.io/prometheus/prometheus:v2", initImage = "evil/init:1", sidecar = { image = { repository = "org/app", tag = "v2" } },
    other = { image = { registry = "ghcr.io", repository = "org/x", digest = "sha256:" .. ("1"):rep(64) } }, version = "v2",
  } }), { "docker.io/evil/init:1", "ghcr.io/org/x@sha256:" .. ("1"):rep(64), "docker.io/org/app:v2", "quay.io/prometheus/prometheus:v2" })
end)

t.test("not of data, of what a server writes, of secrets and of nulls", function()
  t.eq(brought_images.of { kind = "ConfigMap", data = { image = "x" } }, {})
  t.eq(brought_images.of { kind = "Node", status = { images = { { image = "x" } } } }, {})
  t.eq(brought_images.of { kind = "Pod", metadata = { annotations = { image = "x" } }, status = { containerStatuses = { { image = "x" } } },
    spec = { image = json.null, x = secret.new("x", "xxxx") } }, {})
  t.eq(brought_images.of_change({ data = { image = "x" } }, "configmaps"), {})
  t.eq(brought_images.of_change(nil, "pods"), {})
end)

t.test("of a patch: what it sets, and what it takes from elsewhere", function()
  t.eq(names(brought_images.of_change({ spec = { template = { spec = { containers = { { name = "a", image = "evil" } } } } } },
    "deployments")), { "docker.io/library/evil:latest" })
  t.eq(names(brought_images.of_change({
    { op = "replace", path = "/spec/template/spec/containers/0/image", value = "evil" },
    { op = "add", path = "/spec/template/spec/initContainers", value = { { image = "worse" } } },
    { op = "copy", from = "/metadata/annotations/x", path = "/spec/template/spec/containers/1/image" },
    { op = "add", path = "/spec/volumes/0/image/reference", value = "volume" },
    { op = "test", path = "/metadata/name", value = "x" },
  }, "deployments")), { "docker.io/library/evil:latest", "docker.io/library/volume:latest", "what is at /metadata/annotations/x",
    "docker.io/library/worse:latest" })
end)

t.test("a name that is none is asked for as it stands", function()
  t.eq(names(brought_images.of { kind = "Pod", spec = { containers = { { image = "UPPER/../x" } } } }), { "UPPER/../x" })
  t.eq(brought_images.named("ghcr.io/org/a:v1").names, { "ghcr.io/org/a:v1", "ghcr.io/org/a" })
end)
