-- Plans of releases that are not all Deployments: custom resources, a chart's crds/, the YAML of helm.
local devnet = require "tests.devnet"
local fs = require "native.fs"
local t = require "tests.harness"

local BOOK = [[
return runbook {
  params = {
    namespace = param.string { default = "animica-devnet" }, size = param.integer { default = 1 },
    enabled = param.string { default = "yes" },
  },
  run = function(p)
    step("up", function()
      helm.upgrade { release = "w", namespace = p.namespace, chart = "custom", install = true,
        set = { size = p.size, enabled = p.enabled } }
    end)
  end,
}]]

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": a custom resource is planned as everything else, from its definition on", function()
    local world = devnet.start { helm = helm, install = false }
    t.must { "cp", "-r", "tests/fixtures/charts/custom", world.dir .. "/custom" }
    fs.mkdir(world.dir .. "/runbooks")
    t.write_file(world.dir .. "/runbooks/book.lua", BOOK)

    local nowhere = world:almanac(1, { "plan", "book", "namespace=nowhere" })
    t.has(nowhere, "there is no namespace nowhere: helm cannot keep the release's record there")

    local text = world:almanac(2, { "plan", "book" })
    t.has(text, "widget/w")
    t.has(text, "customresourcedefinition/widgets.example.org")
    world:almanac(0, { "run", "book", "--plain" })
    local path = "/apis/example.org/v1/namespaces/animica-devnet/widgets/w"
    t.eq(world:get(path).spec, { size = 1, enabled = true })

    t.has(world:almanac(0, { "plan", "book" }), "nothing would change")
    text = world:almanac(2, { "plan", "book", "size=3", "enabled=off" })
    t.has(text, ".spec.size")
    t.has(text, ".spec.enabled")
    t.has(world:almanac(1, { "plan", "book", "size=12" }), "WOULD STOP THE RUN: widget/w")
    t.has(world:almanac(1, { "plan", "book", "enabled=maybe" }), "WOULD STOP THE RUN: widget/w")
    t.eq(world:get(path).spec, { size = 1, enabled = true }, "plans change nothing")
  end)
end
