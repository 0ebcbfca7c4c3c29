-- Under `allow`, an overlay names nothing of this machine that the runbook may not read: no base, file of a generator, patch or
-- plugin's configuration, at any depth or behind a link; and nobody is told whether it is there.
local fs = require "native.fs"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local KUBECTL = process.cwd() .. "/" .. (t.getenv "ALMANAC_TEST_BIN" or ".deps/bin") .. "/kubectl34"

local BOOK = [[return runbook { allow = { k8s = { "web" }, read = { fs = { "ov", "ov/**", "near/**", "near" } } }, run = function()
  step("x", function() return kustomize.build "ov" end) end }]]

local CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: %s }\ndata: { text: %s }\n"

local function new()
  local p = project.new { book = BOOK }
  t.write_file(p.dir .. "/almanac.yaml", "kustomize: " .. KUBECTL .. "\n")
  for _, dir in ipairs { "ov", "ov/inner", "near", "other", "other/base" } do fs.mkdir(p.dir .. "/" .. dir) end
  for _, dir in ipairs { "near", "other/base", "ov/inner" } do
    t.write_file(p.dir .. "/" .. dir .. "/kustomization.yaml", "resources: [objects.yaml]\n")
    t.write_file(p.dir .. "/" .. dir .. "/objects.yaml", CONFIG_MAP:format(dir:gsub("/", "-"), dir == "near" and "NEAR" or "ELSEWHERE"))
  end
  t.write_file(p.dir .. "/other/secret.txt", "ELSEWHERE\n")
  t.must { "ln", "-s", "../other/base", p.dir .. "/ov/link" }
  t.must { "ln", "-s", "../other/secret.txt", p.dir .. "/ov/link.txt" }
  return p
end

--- Kustomizations of the overlay, and the path that is refused.
local REFUSED = {
  { "resources: [../other/base]", "other/base" },
  { "Resources: [../other/base]", "other/base" },
  { "re\u{17f}ource\u{17f}: [../other/base]", "other/base" }, -- which Go takes for an s
  { "bases: [link]", "other/base" },
  { "resources: ['x:/../../other/base']", "other/base" },
  { "components: [../other/./base]", "other/base" },
  { "resources: [near/../../other/base/objects.yaml]", "other/base/objects.yaml" },
  { "configMapGenerator: [{ name: x, files: [/etc/passwd] }]", "/etc/passwd" },
  { "configMapGenerator: [{ name: x, files: [/etc/not-there] }]", "/etc/not-there" },
  { "secretGenerator: [{ name: x, files: [key=../other/secret.txt] }]", "other/secret.txt" },
  { "secretGenerator: [{ name: x, envs: [link.txt] }]", "other/secret.txt" },
  { "configMapGenerator: [{ name: x, env: ../other/not-there }]", "other/not-there" },
  { "patches: [{ path: ../other/secret.txt }]", "other/secret.txt" },
  { "patchesStrategicMerge: [../other/secret.txt]", "other/secret.txt" },
  { "openapi: { path: ../other/secret.txt }", "other/secret.txt" },
  { "replacements: [{ path: ../other/secret.txt }]", "other/secret.txt" },
  { "crds: [../other/not-there]", "other/not-there" },
  { "generators: [generator.yaml]", "other/secret.txt" },
  { "transformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: { name: x }\n  path: ../other/secret.txt\n",
    "other/secret.txt" },
  { "resources: [inner]", "other/base", inner = "resources: [../../other/base]" },
  { "resources: [../near]", "other/secret.txt", near = "configMapGenerator: [{ name: x, files: [../other/secret.txt] }]" },
}

t.test("what is named elsewhere is refused before kustomize runs, in a plan as in a run", function()
  local p = new()
  t.write_file(p.dir .. "/ov/generator.yaml",
    "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: { name: x }\nfiles: [../other/secret.txt]\n")
  for i, case in ipairs(REFUSED) do
    t.write_file(p.dir .. "/ov/kustomization.yaml", case[1] .. "\n")
    for name, dir in pairs { inner = "ov/inner", near = "near" } do
      t.write_file(p.dir .. "/" .. dir .. "/kustomization.yaml", (case[name] or "resources: [objects.yaml]") .. "\n")
    end
    local command = i % 2 == 0 and "plan" or "run"
    local code, out, err = p:run { command, "book", command == "run" and "--no-ask" or nil }
    t.eq(code, 1, case[1] .. out .. err)
    t.has(out .. err, string.format('kustomize.build: this runbook may not read fs "%s"', case[2]), case[1])
    t.lacks(out .. err, "ELSEWHERE", case[1])
  end
end)

t.test("one that nobody can read is refused; and what is allowed is rendered, a base beside it, too", function()
  local p = new()
  t.write_file(p.dir .. "/ov/kustomization.yaml", "resources: [../near]\nresources: [../other/base]\n")
  local _, out, err = p:run { "run", "book", "--no-ask" }
  t.has(out .. err, "nobody can tell which files")
  t.write_file(p.dir .. "/ov/kustomization.yaml", [[
resources: [../near]
configMapGenerator: [{ name: x, files: [a=value.txt], literals: [path=/etc/passwd] }]
patches: [{ target: { kind: ConfigMap, name: near }, patch: '[{ "op": "add", "path": "/data/more", "value": "/etc" }]' }]
]])
  t.write_file(p.dir .. "/ov/value.txt", "VALUE\n")
  p:edit("book", (BOOK:gsub("return kustomize.build \"ov\"", "note(kustomize.build \"ov\")")))
  local code
  code, out, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 0, out .. err)
  for _, text in ipairs { "NEAR", "VALUE", "more: /etc" } do t.has(err, text) end
end)
