-- What is read from helm's records is what helm says: helm 3 and helm 4, Secrets and ConfigMaps. The reads
-- run in a process of their own in which there is no helm.
local json = require "native.json"
local process = require "native.process"
local t = require "tests.harness"

local build = process.cwd() .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"
local bin = process.cwd() .. "/" .. (t.getenv "ALMANAC_TEST_BIN" or ".deps/bin")
local NS = "animica-devnet"
local CHART = process.cwd() .. "/tests/fixtures/devnet/ops/helm/animica-devnet"

local READER = [[
local helm, json, settings = require "almanac.helm.release", require "native.json", require "almanac.config.settings"
local errors = require "almanac.base.errors"
settings.helm = "/no/helm/here"
local target = { release = "animica-devnet" }
local function at(revision, all) return { release = target.release, revision = revision, all = all } end
local out = {
  history = helm.history(target), current = helm.current(target), good = helm.previous_good(target),
  status = helm.status(target), notes = helm.notes(target),
  manifest = { helm.manifest(at(1)), helm.manifest(target) },
  values = { helm.values(at(1)), helm.values(at(2)) }, all = { helm.values(at(1, true)), helm.values(at(2, true)) },
}
local ok, err = errors.try(helm.manifest, at(9))
out.missing = not ok and { err.kind, err.message, err.hint }
ok, err = errors.try(helm.status, { release = "nothing", namespace = target.release })
out.none = not ok and { err.kind, err.message }
print(json.encode(out))
]]

local function world(driver)
  local w = { dir = t.tmpdir() }
  local sim = t.spawn { build, "sim", "--kubeconfig", w.dir .. "/kubeconfig", "--with-namespace", NS }
  sim:wait_line "^api="
  w.env = { KUBECONFIG = w.dir .. "/kubeconfig", HELM_DRIVER = driver, HELM_NAMESPACE = "default" }
  t.must { "cp", "-r", CHART, w.dir .. "/chart" }
  t.write_file(w.dir .. "/chart/templates/NOTES.txt", "The tag is {{ .Values.global.imageTag }}.\n")
  t.write_file(w.dir .. "/read.lua", READER)
  t.write_file(w.dir .. "/values.yaml", [[
global: { imageTag: v2, registry: null, extra: { a: [], b: {}, n: 9007199254740993 } }
unknown: null
workloads: null
]])
  return w
end

for _, case in ipairs { { "helm3", "configmap" }, { "helm4", "secret" } } do
  t.test(table.concat(case, ", ") .. ": history, status, values, manifest and notes as helm has them", function()
    local w = world(case[2])
    local function helm(...)
      return t.must({ bin .. "/" .. case[1], ... }, { cwd = w.dir, env = w.env })
    end
    local function data(...) return json.decode(helm(...), { big = "text" }) end
    helm("install", NS, "chart", "--namespace", NS, "--set", "global.imageTag=v1", "--description", 'the "first"')
    helm("upgrade", NS, "chart", "--namespace", NS, "--values", "values.yaml")
    helm("rollback", NS, "1", "--namespace", NS)

    local seen = json.decode(t.must({ build, "lua", "read.lua" }, { cwd = w.dir, env = w.env }), { big = "text" })
    local history = data("history", NS, "--namespace", NS, "--output", "json")
    for _, revision in ipairs(seen.history) do revision.server_side = nil end
    t.eq(seen.history, history)
    t.eq(seen.current, history[3])
    t.eq({ seen.good.revision, seen.good.rule, seen.good.updated }, { 2, "not known bad", history[2].updated })
    local status = data("status", NS, "--namespace", NS, "--output", "json")
    t.eq({ seen.status.release, seen.status.namespace, seen.status.revision, seen.status.status, seen.status.first_deployed,
      seen.status.updated, seen.status.description, seen.status.notes },
      { status.name, status.namespace, status.version, status.info.status, status.info.first_deployed,
        status.info.last_deployed, status.info.description, status.info.notes })
    t.eq(seen.status.server_side, case[1] == "helm4")
    t.eq("NOTES:\n" .. seen.notes, helm("get", "notes", NS, "--namespace", NS))
    t.has(seen.notes, "The tag is v1.")
    t.eq(seen.manifest[1], helm("get", "manifest", NS, "--namespace", NS, "--revision", "1"))
    t.eq(seen.manifest[2], helm("get", "manifest", NS, "--namespace", NS))
    for revision = 1, 2 do
      local function values(...)
        return json.encode(data("get", "values", NS, "--namespace", NS, "--revision", tostring(revision), "--output",
          "json", ...), { canonical = true })
      end
      t.eq(json.encode(seen.values[revision], { canonical = true }), values())
      t.eq(json.encode(seen.all[revision], { canonical = true }), values "--all")
    end
    t.eq(seen.missing, { "not_found", "helm.manifest: release animica-devnet has no revision 9",
      "helm keeps these revisions: 1, 2, 3" })
    t.eq(seen.none, { "not_found", "helm.status: there is no release nothing in namespace animica-devnet" })
    local kind = case[2] == "secret" and "configmap" or "secret"
    local code, _, err = t.run({ build, "lua", "read.lua" }, { cwd = w.dir, env = { KUBECONFIG = w.env.KUBECONFIG,
      HELM_DRIVER = kind } })
    t.eq(code ~= 0, true)
    t.has(err, "there is no release animica-devnet in namespace animica-devnet")
  end)
end

t.test("another HELM_DRIVER, and a record that is damaged, are named", function()
  local w = world "secret"
  t.must({ bin .. "/helm4", "install", NS, "chart", "--namespace", NS }, { cwd = w.dir, env = w.env })
  t.must { bin .. "/kubectl34", "--kubeconfig", w.env.KUBECONFIG, "--namespace", NS, "patch", "secret",
    "sh.helm.release.v1.animica-devnet.v1", "--type", "merge", "--patch", '{"data":{"release":"JSUl"}}' }
  local code, _, err = t.run({ build, "lua", "read.lua" }, { cwd = w.dir, env = w.env })
  t.eq(code ~= 0, true)
  t.has(err, "Secret sh.helm.release.v1.animica-devnet.v1 in animica-devnet is no record of helm: ")
  t.has(err, "is no base64")
  w.env.HELM_DRIVER = "sql"
  code, _, err = t.run({ build, "lua", "read.lua" }, { cwd = w.dir, env = w.env })
  t.eq(code ~= 0, true)
  t.has(err, 'HELM_DRIVER is "sql"')
end)
