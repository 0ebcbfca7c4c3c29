--- What helm 3.16 and 4.1 printed, read: recorded against Kubernetes 1.36 unless said otherwise.
local json = require "native.json"
local t = require "tests.harness"
local helm_rollback = require "almanac.helm.rollback"
local helm_upgrade = require "almanac.helm.upgrade"
local parse = require "almanac.helm.parse"
local proven = require "almanac.helm.proven"
local records = require "almanac.helm.records"
local values = require "almanac.helm.values"

local function recorded(name) return t.read_file("tests/fixtures/helm/" .. name) end
local function recorded_history(name) return json.decode(recorded(name)) end

t.test("versions", function()
  t.eq({ parse.version "v3.16.1+g5a5449d\n" }, { 3, "v3.16.1+g5a5449d" })
  t.eq({ parse.version "v4.1.4+g05fa379\n" }, { 4, "v4.1.4+g05fa379" })
  t.eq(parse.version "command not found", nil)
end)

local function release(statuses)
  local out = {}
  for i, status in ipairs(statuses) do out[i] = { revision = i, status = status, description = "" } end
  return out
end

t.test("the previous good revision is the newest deployed or superseded one below the current", function()
  t.eq(parse.previous_good(recorded_history "history4.json").revision, 18)
  local cases = {
    { { "superseded", "failed", "failed", "deployed" }, 1 }, { { "deployed", "failed" }, 1 },
    { { "superseded", "pending-upgrade", "superseded", "failed", "pending-upgrade" }, 3 },
    { { "deployed" }, nil }, { {}, nil }, { { "failed", "failed" }, nil }, { { "uninstalled", "deployed" }, nil },
  }
  for i, case in ipairs(cases) do
    local found = parse.previous_good(release(case[1]))
    t.eq(found and found.revision, case[2], "case " .. i)
  end
end)

local id = "0123456789abcdef"

t.test("what became of an upgrade", function()
  local function verdict(list) return (helm_upgrade.verdict(list, 1, id)) end
  local pending = recorded_history "history4-pending.json"
  local top = pending[#pending]
  t.eq({ top.status, top.description }, { "pending-upgrade", "Preparing upgrade" })
  t.eq(helm_upgrade.verdict(pending, top.revision - 1, id), "pending")
  t.eq(verdict(release { "deployed" }), "nothing")
  t.eq(verdict {}, "nothing")
  t.eq(verdict(release { "deployed", "failed" }), "failed")
  t.eq(verdict(release { "superseded", "deployed" }), "other")
  t.eq(verdict(release { "superseded", "superseded", "pending-upgrade" }), "other")
  local marked = release { "superseded", "superseded", "deployed" }
  marked[2].description = "Upgrade complete " .. parse.mark(id)
  local word, revision = helm_upgrade.verdict(marked, 1, id)
  t.eq({ word, revision.revision }, { "done", 2 })
end)

t.test("what became of a rollback", function()
  local function verdict(statuses, description)
    local list = release(statuses)
    if list[4] then list[4].description = description or "Rollback to 1" end
    return (helm_rollback.verdict(list, 3, 1))
  end
  t.eq(verdict { "superseded", "superseded", "deployed" }, "nothing")
  t.eq(verdict { "superseded", "superseded", "superseded", "deployed" }, "done")
  t.eq(verdict { "superseded", "superseded", "superseded", "superseded", "deployed" }, "done")
  t.eq(verdict { "superseded", "superseded", "deployed", "pending-rollback" }, "pending")
  t.eq(verdict { "superseded", "superseded", "deployed", "failed" }, "failed")
  t.eq(verdict({ "superseded", "superseded", "superseded", "deployed" }, "Upgrade complete"), "other")
end)

t.test("a conflict: object, manager and field; the warnings before it are dropped", function()
  local err = parse.failure('WARNING: Kubernetes configuration file is group-readable. This is insecure. Location: x\n'
    .. 'level=WARN msg="upgrade failed" name=animica-devnet\n'
    .. "Error: UPGRADE FAILED: conflict occurred while applying object animica-devnet/animica-explorer apps/v1, "
    .. 'Kind=Deployment: Apply failed with 1 conflict: conflict with "kubectl-1.34" using apps/v1: '
    .. '.spec.template.spec.containers[name="explorer"].image\n', "helm upgrade animica-devnet")
  t.eq(err.kind, "helm")
  t.eq(err.conflicts, { {
    kind = "Deployment", namespace = "animica-devnet", name = "animica-explorer", manager = "kubectl-1.34",
    api_version = "apps/v1", field = '.spec.template.spec.containers[name="explorer"].image',
  } })
  t.eq(err.message, 'helm upgrade animica-devnet failed: 1 field is in conflict\n  Deployment animica-explorer: '
    .. '.spec.template.spec.containers[name="explorer"].image is held by "kubectl-1.34"')
  t.has(err.hint, "kubectl-1.34 changed")
  t.lacks(err.stderr, "WARNING")
end)

-- The API server's words for several, from its source: managedfields' getConflictMessage.
t.test("several conflicts of several managers", function()
  local found = parse.conflicts("Error: UPGRADE FAILED: conflict occurred while applying object ns/web apps/v1, "
    .. "Kind=Deployment: Apply failed with 3 conflicts: conflicts with \"a:b\" using apps/v1 at 2026-11-23T18:04:29Z:\n"
    .. "- .spec.replicas\n- .spec.template.spec.containers[name=\"x\"].image\nconflicts with \"other\":\n- .metadata.labels.a\n")
  t.eq(#found, 3)
  t.eq({ found[1].manager, found[1].field, found[1].api_version }, { "a:b", ".spec.replicas", "apps/v1" })
  t.eq({ found[2].manager, found[2].field }, { "a:b", '.spec.template.spec.containers[name="x"].image' })
  t.eq({ found[3].manager, found[3].field }, { "other", ".metadata.labels.a" })
end)

t.test("the words behind a field are none of its name, and a conflict that a rollback meets again is one", function()
  local object = "conflict occurred while applying object default/a /v1, Kind=ConfigMap: Apply failed with 1 conflict: "
  -- as helm 4.1 says it with --rollback-on-failure
  local once = object .. 'conflict with "second: one": .data.other'
  local found = parse.conflicts("Error: UPGRADE FAILED: an error occurred while rolling back the release. original upgrade error: "
    .. once .. ": " .. once)
  t.eq(found, { { kind = "ConfigMap", namespace = "default", name = "a", manager = "second: one", field = ".data.other" } })
  for behind, field in pairs {
    [": context deadline exceeded"] = ".data.other", [", and more"] = ".data.other", ["\nwhat follows"] = ".data.other",
    ['.c[name="x: y]",port=80].image: timed out'] = '.data.other.c[name="x: y]",port=80].image', ["[0]: no"] = ".data.other[0]",
    ['[name="never closed'] = ".data.other",
  } do
    found = parse.conflicts("Error: UPGRADE FAILED: " .. once .. behind)
    t.eq({ #found, found[1].field }, { 1, field }, behind)
    local several = object:gsub("1 conflict", "2 conflicts") .. 'conflicts with "x" using v1:\n- .data.other' .. behind .. "\n- .data.b"
    found = parse.conflicts("Error: UPGRADE FAILED: " .. several)
    t.eq({ found[1].field, found[#found].field }, { field, ".data.b" }, behind)
  end
end)

t.test("the words of failures", function()
  local cases = {
    { "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress", "busy", "killed" },
    { 'Error: UPGRADE FAILED: kubernetes cluster unreachable: Get "http://localhost:8080/version": dial tcp '
      .. "127.0.0.1:8080: connect: connection refused", "network", "kubeconfig" },
    { 'Error: Kubernetes cluster unreachable: Get "https://x": x', "network", "kubeconfig" },
    { "Error: repo ops not found", "not_found", "neither a directory" },
    { "Error: non-absolute URLs should be in form of repo_name/path_to_chart, got: nope", "not_found", "repository" },
    { "Error: release: not found", "not_found", "helm list" },
    { 'Error: UPGRADE FAILED: "x" has no deployed releases', "helm", "uninstall" },
    { "Error: UPGRADE FAILED: invalid client update option(s): forceConflicts enabled when serverSideApply disabled",
      "helm", "leave force_conflicts out" },
    { "Error: open nofile.yaml: no such file or directory", "helm", nil },
  }
  for _, case in ipairs(cases) do
    local err = parse.failure(case[1] .. "\n", "helm upgrade x")
    t.eq(err.kind, case[2], case[1])
    if case[3] then t.has(err.hint, case[3]) else t.eq(err.hint, nil) end
  end
  t.eq(parse.failure("Error: UPGRADE FAILED: boom\n", "helm upgrade x").message, "helm upgrade x failed: boom")
  t.eq(parse.failure("", "helm upgrade x").message, "helm upgrade x failed and said nothing")
  local many = parse.failure(recorded "rollback-on-failure.txt", "helm upgrade x")
  t.has(many.message, "an error occurred while rolling back the release")
  t.has(many.message, "StatefulSet/animica-devnet/animica-node not ready")
  t.lacks(many.message, "level=WARN")
end)

t.test("where a template is wrong", function()
  local cases = {
    { 'parse error at (animica-devnet/templates/node.yaml:6): bad character U+002D \'-\'',
      { file = "animica-devnet/templates/node.yaml", line = 6 } },
    { 'Error: template: web/templates/d.yaml:12:20: executing "web/templates/d.yaml" at <.Values.a.b>: nil pointer',
      { file = "web/templates/d.yaml", line = 12, column = 20 } },
    { "Error: YAML parse error on web/templates/d.yaml: error converting YAML to JSON: yaml: line 9: did not find",
      { file = "web/templates/d.yaml", line = 9 } },
    { "Error: something else", nil },
  }
  for _, case in ipairs(cases) do t.eq(parse.template_place(case[1]), case[2], case[1]) end
end)

t.test("release records: revisions in order, strangers left out, their age", function()
  local function secret(name, labels)
    return { metadata = { name = name, uid = "u-" .. name, labels = labels, creationTimestamp = "2026-11-23T18:26:21Z" } }
  end
  local list = records.of_items {
    secret("b", { owner = "helm", version = "10", status = "deployed" }),
    secret("a", { owner = "helm", version = "9", status = "superseded" }),
    secret("x", { owner = "helm", version = "ten" }), secret("y", { version = "3" }), secret("z", nil),
  }
  t.eq(#list, 2)
  t.eq({ list[1].revision, list[2].revision, list[2].uid }, { 9, 10, "u-b" })
  t.eq(list[1].created, os.time { year = 2026, month = 11, day = 23, hour = 18, min = 26, sec = 21 }
    - os.difftime(os.time(os.date("!*t", 0)), 0))
end)

local GZIPPED = "H4sIAAAAAAACA6tWKi5JLCktVrJSqlDSUcrMS8tXsqpWSlSyMqytBQDFbkfBHQAAAA==" -- {"status":"x","info":{"a":1}}

t.test("a record that is none is refused, whatever is in it", function()
  t.raises("corrupt", function() records.unpack("%%%", true) end)
  t.raises("corrupt", function() records.unpack("JSUl", true) end) -- base64 of what is no base64
  t.raises("corrupt", function() records.unpack(GZIPPED:sub(1, 40), false) end) -- cut off
  t.eq(records.unpack(GZIPPED, false).info.a, 1)
  t.raises("parse", function() records.unpack("bm90IGpzb24=", false) end)
  t.raises("corrupt", function() records.unpack("W10=", false) end) -- []
  t.raises("corrupt", function() records.unpack("e30=", false) end) -- {}
  -- Without gzip, as helm's earliest releases were.
  t.eq(records.unpack("eyJpbmZvIjp7fSwidmVyc2lvbiI6M30=", false).version, 3)
end)

t.test("computed values: the operator's over the chart's, and a null takes a key out", function()
  local chart = json.decode '{"a":1,"b":{"c":2,"d":3,"n":null},"l":[1,2],"gone":5}'
  local given = json.decode '{"b":{"c":9,"x":null,"d":null},"l":[],"gone":null,"own":null,"new":{"y":null}}'
  t.eq(json.encode(values.computed(given, chart), { canonical = true }),
    '{"a":1,"b":{"c":9,"n":null,"x":null},"l":[],"new":{"y":null},"own":null}')
  t.eq(given.b.d, json.null, "what was given is not changed")
  t.eq(values.computed(nil, json.null), {})
end)

t.test("the way back prefers what a run proved, and passes over what a run saw fail", function()
  local list = release { "superseded", "superseded", "superseded", "failed", "superseded", "deployed" }
  for i, revision in ipairs(list) do revision.updated = "t" .. i end
  local function chosen(...)
    local proofs = {}
    for _, run in ipairs { ... } do proven.add(proofs, run, run.made) end
    local revision, why = proven.choose(list, proofs)
    return { revision.revision, why.rule, why.run }, why.why
  end
  local function run(name, status, ...)
    local outcomes = {}
    for i, revision in ipairs { ... } do
      outcomes[i] = { ok = true, op = "helm.upgrade", result = { updated = "t" .. revision } }
    end
    return { id = name, status = status, made = proven.made(outcomes) }
  end
  t.eq(chosen(), { 5, "not known bad" })
  t.eq(chosen(run("r6", "failed", 6), run("r5", "failed", 5)), { 3, "not known bad" })
  local got, why = chosen(run("r5", "undone", 5), run("r12", "done", 1, 2))
  t.eq(got, { 2, "proven", "r12" })
  t.eq(why, "revision 2: run r12 ended well with it; passed over: 5 (run r5 undone), 3 (of no run in this journal)")
  t.eq(chosen(run("r3", "failed", 1, 2, 3, 5)), { 5, "superseded" })
  t.eq(chosen(run("r", "running", 5)), { 5, "not known bad" }, "one that goes on has said nothing yet")
  list[5].description = "Rollback to 2"
  t.eq(chosen(run("r2", "done", 2)), { 5, "proven", "r2" }, "a rollback is as good as what it went back to")
  t.eq(chosen(run("r2", "failed", 2)), { 3, "not known bad" })
  t.eq(proven.choose(release { "deployed" }, {}), nil)
  t.eq(proven.made { { ok = false, op = "helm.upgrade" }, { ok = true, op = "k8s.scale", result = { updated = "t1" } } }, {})
end)
