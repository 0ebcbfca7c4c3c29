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

local HOOK = [[
apiVersion: v1
kind: ConfigMap
metadata: { name: hook, namespace: %s, annotations: { helm.sh/hook: "post-install" } }
]]

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

  t.test(helm .. ": a hook of a chart that brings its own definitions is planned, bound, and asked allow for", function()
    local world = devnet.start { helm = helm, install = false }
    t.must { "cp", "-r", "tests/fixtures/charts/custom", world.dir .. "/custom" }
    fs.mkdir(world.dir .. "/runbooks")
    local hook = world.dir .. "/custom/templates/hook.yaml"
    t.write_file(hook, HOOK:format "kube-system")
    t.write_file(world.dir .. "/runbooks/book.lua", BOOK)
    t.write_file(world.dir .. "/runbooks/walled.lua", (BOOK:gsub("return runbook {", [[%0
  allow = { helm = { "animica-devnet/w" }, k8s = { "customresourcedefinition/*" }, read = { fs = { "custom", "custom/**" } } },]])))
    t.has(world:almanac(2, { "plan", "book", "-o", "plan.json" }), "configmap/hook")
    local refused = 'helm.upgrade: this runbook may not touch k8s "kube-system"'
    t.has(world:almanac(1, { "plan", "walled" }), refused)
    t.has(select(2, world:almanac(1, { "run", "walled", "--plain", "--no-ask" })), refused)
    world:almanac(0, { "abandon", world:last_run(), "--reason", "it is walled" })
    t.write_file(hook, HOOK:format "default")
    local _, err = world:almanac(3, { "run", "--plan", "plan.json", "--no-ask" })
    t.has(err, "configmap/hook")
    for _, namespace in ipairs { "kube-system", "default" } do
      t.eq(#world:get("/api/v1/namespaces/" .. namespace .. "/configmaps?fieldSelector=metadata.name=hook").items, 0)
    end
    t.write_file(hook, HOOK:format "kube-system")
    world:almanac(0, { "abandon", world:last_run(), "--reason", "its hook is another one" })
    world:almanac(2, { "plan", "book", "-o", "plan.json" })
    world:almanac(0, { "run", "--plan", "plan.json", "--no-ask" })
    t.eq(world:get("/api/v1/namespaces/kube-system/configmaps/hook").metadata.name, "hook")
  end)
end
