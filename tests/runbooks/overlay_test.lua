-- rollout method=kustomize: the overlay with the release's tag in its images, and nothing else of it changed.
local devnet = require "tests.devnet"
local fs = require "native.fs"
local sandbox = require "almanac.script.sandbox"
local t = require "tests.harness"

local overlay = sandbox.load("runbooks/any.lua", 'return require "lib.overlay"').result

t.test("the tag goes into the release's images, wherever containers are, and into no others", function()
  local function pod(...)
    local containers = {}
    for i, image in ipairs { ... } do containers[i] = { name = "c" .. i, image = image } end
    return containers
  end
  local objects = {
    { kind = "Deployment", spec = { template = { spec = {
      containers = pod("r:5/x/a:v1", "r:5/x/other:v1"), initContainers = pod "r:5/x/a" } } } },
    { kind = "Pod", spec = { containers = pod("r:5/x/b@sha256:0123", "docker.io/a:v1") } },
    { kind = "ConfigMap", data = { image = "r:5/x/a:v1" } },
  }
  t.eq(overlay.set_tag(objects, { registry = "r:5/x", images = { "a", "b" } }, "v2"), 3)
  t.eq(objects[1].spec.template.spec.containers[1].image, "r:5/x/a:v2")
  t.eq(objects[1].spec.template.spec.containers[2].image, "r:5/x/other:v1")
  t.eq(objects[1].spec.template.spec.initContainers[1].image, "r:5/x/a:v2")
  t.eq(objects[2].spec.containers[1].image, "r:5/x/b:v2")
  t.eq(objects[2].spec.containers[2].image, "docker.io/a:v1")
  t.eq(objects[3].data.image, "r:5/x/a:v1")
  t.eq(overlay.set_tag(objects, { registry = "r:5/x", images = { "a", "b" } }, "v2"), 0)
end)

t.test("planned, applied, and taken back", function()
  local world = devnet.start { prometheus = true, history = 600 }
  local manifest = world:run_helm { "template", devnet.release, "ops/helm/animica-devnet" }
  fs.mkdir(world.dir .. "/ops/k8s/base")
  t.write_file(world.dir .. "/ops/k8s/base/all.yaml", manifest)
  t.write_file(world.dir .. "/ops/k8s/base/kustomization.yaml", "resources: [all.yaml]\n")
  world:configure { kustomize = devnet.root .. "/.deps/bin/kubectl34", vars = { devnet = { kustomize = "ops/k8s/base" } } }
  local ROLLOUT = { "run", "rollout", "method=kustomize", "conflicts=take", "observe=2s", "tag=" .. devnet.new }
  local plan = world:almanac(2, { "plan", table.unpack(ROLLOUT, 2) })
  t.has(plan, ":" .. devnet.old .. " → ")
  world:almanac(0, ROLLOUT)
  t.eq(world:node_tag(), devnet.new)
  world:almanac(0, { "rollback", world:last_run() })
  t.eventually("the node is back", function() return world:node_tag() == devnet.old end)
end)
