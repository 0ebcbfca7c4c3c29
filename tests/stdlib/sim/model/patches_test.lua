-- JSON, merge and strategic merge patches, and the outside bytes the simulated API reads.
local t = require "tests.harness"
local value = require "almanac.sim.model.value"
local patches = require "almanac.sim.model.patches"
local strategic = require "almanac.sim.model.strategic"
local schema = require "almanac.sim.model.schema"
local protobuf = require "almanac.sim.model.protobuf"
local body = require "almanac.sim.api.body"
local selectors = require "almanac.sim.model.selectors"
local columns = require "almanac.sim.api.columns"
local timestamp = require "almanac.base.timestamp"

local array, null = value.array, value.null
local DEPLOYMENT = schema.root("apps/v1", "Deployment")

t.test("JSON patch: the operations of RFC 6902", function()
  local doc = { a = { b = 1 }, list = array { "x", "y" }, ["k/e~y"] = 1 }
  local out = patches.json(doc, array {
    { op = "test", path = "/a/b", value = 1 }, { op = "add", path = "/list/1", value = "m" },
    { op = "add", path = "/list/-", value = "z" }, { op = "replace", path = "/k~1e~0y", value = 2 },
    { op = "copy", from = "/a", path = "/c" }, { op = "move", from = "/a/b", path = "/moved" },
    { op = "remove", path = "/list/0" },
  })
  t.eq(out, { a = {}, list = { "m", "y", "z" }, ["k/e~y"] = 2, c = { b = 1 }, moved = 1 })
  t.eq(doc, { a = { b = 1 }, list = { "x", "y" }, ["k/e~y"] = 1 }, "the original is not changed")
  for _, op in ipairs {
    { op = "test", path = "/a/b", value = 2 }, { op = "remove", path = "/nope" }, { op = "replace", path = "/x", value = 1 },
    { op = "add", path = "/list/9", value = 1 }, { op = "add", path = "/no/where", value = 1 },
  } do
    local none, status = patches.json(doc, array { op })
    t.eq(none, nil)
    t.eq(status.code, 422)
  end
  t.eq(select(2, patches.json(doc, array { { op = "jump", path = "/a" } })).code, 400)
end)

t.test("merge patch: the examples of RFC 7386", function()
  for _, case in ipairs {
    { { a = "b" }, { a = "c" }, { a = "c" } }, { { a = "b" }, { b = "c" }, { a = "b", b = "c" } },
    { { a = "b" }, { a = null }, {} }, { { a = array { "b" } }, { a = "c" }, { a = "c" } },
    { { a = { b = "c" } }, { a = { b = "d", c = null } }, { a = { b = "d" } } },
    { { a = array { { b = "c" } } }, { a = array { 1 } }, { a = { 1 } } },
    { {}, { a = { bb = { ccc = null } } }, { a = { bb = {} } } },
  } do
    t.eq(patches.merge(case[1], case[2]), case[3])
  end
end)

local function pod_template(containers)
  return { spec = { template = { spec = { containers = array(containers) } } } }
end

t.test("strategic merge: containers by name, env in them by name", function()
  local live = pod_template {
    { name = "a", image = "1", env = array { { name = "X", value = "1" }, { name = "Y", value = "2" } } },
    { name = "b", image = "2" },
  }
  local out = strategic.merge(DEPLOYMENT, live, pod_template {
    { name = "a", image = "9", env = array { { name = "Y", value = null, valueFrom = { fieldRef = { fieldPath = "f" } } } } },
    { name = "c", image = "3" },
  })
  t.eq(out.spec.template.spec.containers, {
    { name = "a", image = "9", env = { { name = "X", value = "1" }, { name = "Y", valueFrom = { fieldRef = { fieldPath = "f" } } } } },
    { name = "b", image = "2" }, { name = "c", image = "3" },
  })
end)

t.test("strategic merge: $patch, $retainKeys, $setElementOrder, $deleteFromPrimitiveList", function()
  local live = pod_template { { name = "a", image = "1" }, { name = "b", image = "2" }, { name = "c", image = "3" } }
  local out = strategic.merge(DEPLOYMENT, live, { spec = { template = { spec = {
    ["$setElementOrder/containers"] = array { { name = "c" }, { name = "a" } },
    containers = array { { ["$patch"] = "delete", name = "b" } } } } } })
  t.eq(out.spec.template.spec.containers, { { name = "c", image = "3" }, { name = "a", image = "1" } })
  out = strategic.merge(DEPLOYMENT, live, pod_template { { ["$patch"] = "replace" }, { name = "z", image = "9" } })
  t.eq(out.spec.template.spec.containers, { { name = "z", image = "9" } })
  local rolling = { spec = { strategy = { type = "RollingUpdate", rollingUpdate = { maxSurge = 1 } } } }
  out = strategic.merge(DEPLOYMENT, rolling, { spec = { strategy = { ["$retainKeys"] = array { "type" }, type = "Recreate" } } })
  t.eq(out.spec.strategy, { type = "Recreate" })
  local held = { metadata = { finalizers = array { "a", "b" } } }
  t.eq(strategic.merge(DEPLOYMENT, held, { metadata = { ["$deleteFromPrimitiveList/finalizers"] = array { "a" } } }).metadata,
    { finalizers = { "b" } })
  t.eq(strategic.merge(DEPLOYMENT, held, { metadata = { finalizers = array { "c" } } }).metadata.finalizers, { "a", "b", "c" })
  t.eq(strategic.merge(DEPLOYMENT, { metadata = { labels = { a = "1" } } }, { metadata = { labels = null } }).metadata, {})
end)

local function field(number, bytes)
  return string.char(number << 3 | 2, #bytes) .. bytes
end

local function envelope(kind, raw)
  return "k8s\0" .. field(1, field(1, "v1") .. field(2, kind)) .. field(2, raw)
end

t.test("protobuf: a Secret, a Namespace, delete options; a kind that is not read", function()
  local meta = field(1, "s") .. field(3, "ns") .. field(11, field(1, "owner") .. field(2, "helm")) .. field(2, "")
  local secret = protobuf.decode(envelope("Secret", field(1, meta) .. field(2, field(1, "release") .. field(2, "abc"))
    .. field(3, "helm.sh/release.v1")))
  t.eq(secret, { apiVersion = "v1", kind = "Secret", metadata = { name = "s", namespace = "ns", labels = { owner = "helm" } },
    data = { release = "YWJj" }, type = "helm.sh/release.v1" })
  local options = protobuf.decode(envelope("DeleteOptions", "\8\5" .. field(4, "Background")))
  t.eq(options.gracePeriodSeconds, 5)
  t.eq(options.propagationPolicy, "Background")
  local none, why = protobuf.decode(envelope("Gadget", ""))
  t.eq(none, nil)
  t.ok(why:match("kind Gadget"), why)
end)

t.test("protobuf and JSON: no bytes make the reader raise or hang", function()
  local seed = envelope("Secret", field(1, field(1, "name") .. field(11, field(1, "a") .. field(2, "b")))
    .. field(2, field(1, "k") .. field(2, ("v"):rep(40))) .. "\40\1")
  local json = '{"a":[1,true,null,"x\\"y"],"b":{"c":-1.5e3}}'
  math.randomseed(7)
  for _ = 1, 3000 do
    local n = math.random(#seed)
    local bytes = seed:sub(1, n - 1) .. string.char(math.random(0, 255)) .. seed:sub(n + 1)
    if math.random(3) == 1 then bytes = bytes:sub(1, math.random(#bytes)) end
    protobuf.decode(bytes)
    local m = math.random(#json)
    local text = json:sub(1, m - 1) .. string.char(math.random(32, 126)) .. json:sub(m + math.random(0, 1))
    body.object(text, "application/json", "Secret")
  end
end)

t.test("what Go says of JSON that is none", function()
  for text, want in pairs {
    ["{broken"] = "invalid character 'b' looking for beginning of object key string ({broken)",
    ["{"] = "unexpected end of JSON input ({)", ['{"a" 1}'] = "invalid character '1' after object key ({\"a\" 1})",
    ['{"a":1 "b"}'] = "invalid character '\"' after object key:value pair ({\"a\":1 \"b\"})",
    ['{"a":[1 2]}'] = "invalid character '2' after array element ({\"a\":[1 2]})",
    ['{"a":nope}'] = "invalid character 'n' looking for beginning of value ({\"a\":nope})",
    [""] = "unexpected end of JSON input (<empty>)",
  } do
    local _, status = body.object(text, "application/json", "Pod")
    t.eq(status.message,
      "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: " .. want)
  end
end)

t.test("label selectors", function()
  local labels = { app = "a", tier = "web", empty = "" }
  for text, want in pairs {
    ["app=a"] = true, ["app==a"] = true, ["app!=a"] = false, ["app in (b, a)"] = true, ["app notin (a)"] = false,
    ["app"] = true, ["!app"] = false, ["!gone"] = true, ["gone!=x"] = true, ["gone notin (x)"] = true, ["gone in (x)"] = false,
    ["app=a,tier=web,!gone"] = true, ["app=a,tier=db"] = false, ["empty="] = true, ["app in (a),tier in (web,db)"] = true,
  } do
    t.eq(selectors.labels(text)(labels), want, text)
  end
  t.eq(selectors.labels(""), nil)
  t.eq(selectors.labels("a b"), false)
end)

t.test("ages as kubectl prints them", function()
  for seconds, want in pairs { [0] = "0s", [119] = "119s", [120] = "2m", [199] = "3m19s", [600] = "10m", [10800] = "3h",
    [12000] = "3h20m", [172800] = "2d", [700000] = "8d", [-3] = "0s" } do
    t.eq(columns.duration(seconds), want)
  end
  t.eq(timestamp.epoch("2023-11-14T22:13:20Z"), 1700000000)
  t.eq(timestamp.epoch("2026-11-23T18:01:46.123456Z"), 1795456906.123456)
end)
