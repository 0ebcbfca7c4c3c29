-- An overlay, rendered by the real kubectl, planned and applied object by object; Secrets stay secret.
local devnet = require "tests.devnet"
local fs = require "native.fs"
local json = require "native.json"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  step("apply", function() kustomize.apply("overlay", { namespace = "animica-devnet" }) end)
end }]]

local BASE = [[
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { level: info }
---
apiVersion: v1
kind: Secret
metadata: { name: keys }
stringData: { token: open-sesame-1 }
]]

local function world()
  local w = devnet.start { install = false }
  for _, dir in ipairs { "/base", "/overlay", "/runbooks" } do fs.mkdir(w.dir .. dir) end
  t.write_file(w.dir .. "/runbooks/book.lua", BOOK)
  t.write_file(w.dir .. "/base/objects.yaml", BASE)
  t.write_file(w.dir .. "/base/kustomization.yaml", "resources: [objects.yaml]\n")
  t.write_file(w.dir .. "/overlay/kustomization.yaml", [[
resources: [../base]
namePrefix: canary-
patches:
  - target: { kind: ConfigMap, name: settings }
    patch: '[{ "op": "replace", "path": "/data/level", "value": "debug" }]'
]])
  w:configure { kustomize = devnet.root .. "/.deps/bin/kubectl34" }
  return w
end

t.test("kustomize: an overlay is planned object by object, applied, and bound to its rendering", function()
  local w = world()
  local text = w:almanac(2, { "plan", "book", "-o", "plan.json" })
  t.has(text, "configmap/canary-settings")
  t.has(text, "secret/canary-keys")
  t.eq(fs.list(w.dir .. "/.almanac/*"), { w.dir .. "/.almanac/key" }, "a plan leaves no journal, and what its Secrets are told apart by")
  t.write_file(w.dir .. "/base/objects.yaml", (BASE:gsub("sesame%-1", "sesame-2")))
  local _, moved = w:almanac(3, { "run", "--plan", "plan.json", "--plain" })
  t.has(moved, "has another input than in the plan")
  w:almanac(2, { "plan", "book", "-o", "plan.json" })
  w:almanac(0, { "run", "--plan", "plan.json", "--plain" })
  t.eq(w:get "/api/v1/namespaces/animica-devnet/configmaps/canary-settings".data, { level = "debug" })
  t.eq(w:get "/api/v1/namespaces/animica-devnet/secrets/canary-keys".data, { token = "b3Blbi1zZXNhbWUtMg==" })
  t.has(w:almanac(0, { "plan", "book" }), "nothing would change")
  for what, output in pairs { plan = t.read_file(w.dir .. "/plan.json"), log = w:almanac(0, { "log", "--json" }) } do
    t.lacks(output, "sesame", what)
    t.lacks(output, "b3Blbi1zZXNhbWU", what)
  end
  t.ok(json.decode(t.read_file(w.dir .. "/plan.json")).plan, "a plan")
end)

t.test("kustomize: what it cannot render is said in its own words", function()
  local w = world()
  t.write_file(w.dir .. "/overlay/kustomization.yaml", "resources: [../nowhere]\n")
  local out, err = w:almanac(1, { "plan", "book" })
  t.has(out .. err, "nowhere")
  t.write_file(w.dir .. "/overlay/kustomization.yaml", "commonLabels: { a: b }\nresources: [../nowhere]\n")
  out, err = w:almanac(1, { "plan", "book" })
  local said = out .. err
  local failure, warning = said:find("nowhere", 1, true), said:find("Warning", 1, true)
  t.ok(failure and warning and failure < warning, "the failure comes before the warnings: " .. said)
  t.eq(select(2, said:gsub("commonLabels", "")), 1, "its words are said once: " .. said)
  w:configure { kustomize = "/no/such/kubectl" }
  local out2, err2 = w:almanac(1, { "plan", "book" })
  t.has(out2 .. err2, "almanac.yaml (kustomize: PATH)")
end)

t.test("kustomize: a table in the place of the directory is refused in words", function()
  local kustomize = require "almanac.k8s.kustomize"
  local calls = require "tests.helm_calls"
  local seen = calls.in_step(function() return kustomize.apply { path = "overlay" } end)
  t.eq({ seen.err.kind, seen.err.message }, { "usage", "kustomize.apply: its first argument is the overlay's directory, not a table" })
  t.has(seen.err.hint, 'kustomize.apply("overlays/staging"')
  seen = calls.in_step(function() return kustomize.build "--enable-helm" end)
  t.has(seen.err.message, "must not begin with a dash")
end)
