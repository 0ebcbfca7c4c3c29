-- Values of Secrets where a snapshot could leave them: in every field of objects and of helm's records, in parts, in keys.
local base64 = require "almanac.base.base64"
local cleaning = require "almanac.snapshot.cleaning"
local json = require "native.json"
local records = require "almanac.helm.records"
local t = require "tests.harness"

local VALUE = "secondPassword!33"
local PEM = "-----BEGIN KEY-----\nMIIabcdefghijklmnop1\nZZqrstuvwxyz0123456\nshort\n-----END KEY-----\n"

--- Longer than what is looked for as one text.
local LONG = (function()
  local out = {}
  for i = 1, 9000 do out[i] = ("%08x"):format(i * 2654435761 & 0xffffffff) end
  return table.concat(out)
end)()

local function secret(values, metadata)
  local data = {}
  for key, value in pairs(values) do data[key] = base64.encode(value) end
  metadata = metadata or {}
  metadata.name, metadata.namespace = metadata.name or "db", "web"
  return { apiVersion = "v1", kind = "Secret", metadata = metadata, data = data }
end

local function config_map(data, metadata)
  metadata = metadata or {}
  metadata.name, metadata.namespace = metadata.name or "settings", "web"
  return { apiVersion = "v1", kind = "ConfigMap", metadata = metadata, data = data }
end

--- A record of a release as helm keeps it.
local function record(release)
  release.name, release.version = "rel", 1
  if type(release.info) ~= "table" then release.info = { status = "deployed" } end
  return { apiVersion = "v1", kind = "Secret", type = "helm.sh/release.v1",
    metadata = { name = "sh.helm.release.v1.rel.v1", namespace = "web", labels = { owner = "helm", name = "rel", version = "1" } },
    data = { release = base64.encode(base64.encode(json.encode(release))) } }
end

--- All that is in objects once they are clean, records unpacked.
local function left(objects)
  local cleaned, out = cleaning.all(objects, { "web" }), {}
  for _, object in ipairs(cleaned.objects) do
    if object.type == "helm.sh/release.v1" and object.data.release ~= "" then
      local release = records.unpack(object.data.release, true)
      object.data = nil
      out[#out + 1] = release.manifest
      for _, hook in ipairs(release.hooks or {}) do out[#out + 1] = hook.manifest end
      out[#out + 1] = json.encode(release)
    end
    out[#out + 1] = json.encode(object)
  end
  out[#out + 1] = json.encode(cleaned.emptied)
  return table.concat(out, "\n"), cleaned
end

--- That nothing of some texts is left in objects, in any spelling.
local function lost(objects, texts, what)
  local known = require("native.needles").new()
  for _, text in ipairs(texts) do known:add(text) end
  local all = left(objects)
  local places = known:find(all)
  t.ok(not places, what .. ": " .. (places and all:sub(math.max(1, places[1] - 60), places[2] + 20) or ""))
end

t.test("a release's record: description, notes, annotations of hooks, comments, what is no YAML, the chart, keys, labels", function()
  local hook = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: h\n  annotations:\n    note: x-" .. VALUE
    .. "\nstringData:\n  p: \"" .. VALUE .. '"\n'
  lost({
    record {
      info = { description = "set password " .. VALUE, notes = "it is " .. VALUE, status = "deployed", other = { VALUE } },
      hooks = { { name = "h", path = "x/" .. VALUE, manifest = hook, events = { VALUE } } },
      manifest = "---\n# Source: ch/" .. VALUE .. ".yaml\n# " .. VALUE .. "\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n"
        .. "---\n# Source: ch/b.yaml\nkind: [ Secret, " .. VALUE .. "\n---\n{{ broken " .. VALUE .. "\n",
      config = { [VALUE] = VALUE, list = { { deep = "a" .. VALUE } } },
      chart = { metadata = { description = VALUE, annotations = { a = VALUE } }, values = { a = VALUE },
        schema = base64.encode(VALUE),
        files = { { name = VALUE, data = base64.encode(VALUE) } }, templates = { { name = "t", data = base64.encode(VALUE) } },
        dependencies = { { metadata = { name = "part", description = VALUE }, schema = base64.encode("ab" .. VALUE) } } },
      labels = { a = VALUE }, unknown = VALUE,
    },
  }, { VALUE }, "a value that the record alone has")
end)

t.test("what a record's own metadata say, and a revision that is not the last one", function()
  local one = record { manifest = "kind: Secret\nmetadata: { name: s }\nstringData: { p: '" .. VALUE .. "' }\n" }
  one.metadata.annotations, one.stringData = { a = VALUE }, { other = VALUE }
  lost({ one, config_map { old = "was " .. VALUE } }, { VALUE }, "the record's annotations")
end)

t.test("annotations, labels, keys and what was applied to a Secret; managed fields, numbers, finalizers, Secrets within objects", function()
  local applied = "kubectl.kubernetes.io/last-applied-configuration"
  lost({
    secret({ k = VALUE, n = "73019482" }, { annotations = { copy = VALUE, [applied] = json.encode(secret { k = "appliedBefore-1" }),
      other = json.encode(secret { k = VALUE }) }, labels = { l = VALUE }, finalizers = { VALUE },
      managedFields = { { manager = VALUE,
        fieldsV1 = { ["f:data"] = { ["f:" .. VALUE] = {} }, ['k:{"name":"' .. VALUE .. '"}'] = {} } } } }),
    config_map({ [VALUE] = "x", name = VALUE, image = VALUE, namespace = VALUE, labels = VALUE, before = "appliedBefore-1" },
      { labels = { l = VALUE }, annotations = { k = "x " .. VALUE, ["k." .. VALUE] = "" } }),
    { apiVersion = "example.com/v1", kind = "Work", metadata = { name = "w", namespace = "web" }, spec = { pin = 73019482,
      image = "x:" .. VALUE, deep = { json.array { { name = VALUE, image = VALUE, resources = { VALUE } } } },
      env = json.array { { name = VALUE, value = "a", valueFrom = { secretKeyRef = { name = "db", key = VALUE } } } },
      manifests = json.array { secret { k = "withinAnother-1" } }, copy = "withinAnother-1" } },
  }, { VALUE, "73019482", "appliedBefore-1", "withinAnother-1" }, "a value")
end)

t.test("a value that is somebody's label is a secret everywhere; labels and what selects by them stay the same", function()
  local _, cleaned = left { secret { k = "k3y-of-9-labels" },
    config_map({ a = "x k3y-of-9-labels" }, { labels = { l = "k3y-of-9-labels" } }),
    { apiVersion = "v1", kind = "Service", metadata = { name = "s", namespace = "web" },
      spec = { selector = { l = "k3y-of-9-labels" } } } }
  local map, service = cleaned.objects[2], cleaned.objects[3]
  t.eq(map.data.a, "x (secret db/k)")
  t.has(map.metadata.labels.l, "secret-")
  t.eq(service.spec.selector.l, map.metadata.labels.l)
end)

t.test("lines of a value, and what opens something in its URLs, configurations, JSON and base64", function()
  local cases = {
    { PEM, "MIIabcdefghijklmnop1", "ZZqrstuvwxyz0123456" },
    { "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n" .. PEM, "ZZqrstuvwxyz0123456" },
    { "postgres://u53r-of-db:p4ssw0rd-1@db/x", "p4ssw0rd-1", "u53r-of-db" },
    { "amqp://u:p%40ss-w%2Ford@mq", "p@ss-w/ord", "p%40ss-w%2Ford" },
    { "redis://:only-passw0rd@r", "only-passw0rd" },
    { "mysql://u:with/sl@sh3s@db/x", "with/sl@sh3s" },
    { "https://example.com/hook?token=abcdef&x=v4lue-of-x&X-Amz-Signature=s1gnature", "abcdef", "v4lue-of-x", "s1gnature" },
    { "https://hooks.example.com/services/T0/XyZabcdef0123456789", "XyZabcdef0123456789" },
    { "host=db user=u password=hunter connect_timeout=3", "hunter" },
    { "Server=db;User Id=u;Password='s3cr;et1';Port=1", "s3cr;et1" },
    { "A=1\nexport DB_PASSWORD='with space 1'\n", "with space 1" },
    { "password: \"quoted pa55\"\nuser: u", "quoted pa55" },
    { json.encode { auths = { r = { username = "u", password = "pa55word", auth = base64.encode "u:pa55word" } } }, "pa55word" },
    { json.encode { type = "x", private_key = PEM }, "ZZqrstuvwxyz0123456" },
    { base64.encode "within-base64-1", "within-base64-1" },
    { "Bearer eyabc.def", "eyabc.def" },
    { "admin:$apr1$abc$defghijk", "$apr1$abc$defghijk" },
    { ("long line 7 of it\n"):rep(5000) .. "and its last one\n", "long line 7 of it", "and its last one" },
    { LONG, LONG },
  }
  for _, case in ipairs(cases) do
    for i = 2, #case do
      local part = case[i]
      lost({ secret { k = case[1] }, config_map { one = part, two = "a " .. base64.encode("x" .. part) },
        record { chart = { values = { x = part } }, info = { notes = "n " .. part } } }, { part }, case[1]:sub(1, 40))
    end
  end
end)

t.test("what stays is what stayed: names, words in names, certificates, short values", function()
  local _, cleaned = left { secret { user = "postgres", host = "shop-db", ns = "web", pin = "1234" },
    config_map({ host = "shop-db", pin = "1234", port = "5432" }, { name = "shop-db", labels = { app = "postgres" } }),
    { apiVersion = "v1", kind = "Pod", metadata = { name = "p", namespace = "web" }, spec = { image = "postgres:16" } } }
  t.eq(cleaned.objects[2].data, { host = "shop-db", pin = "1234", port = "5432" })
  t.eq(cleaned.objects[2].metadata.labels, { app = "postgres" })
  t.eq(cleaned.objects[3].spec.image, "postgres:16")
end)

-- Any secret, anywhere -----------------------------------------------------------------------------

local SYMBOLS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz0123456789!$%&/()=?+*~#-_.:,;<>|@^ \\\"'"

local function random_text(random, min, max)
  local out = {}
  for i = 1, random(min, max) do
    local at = random(#SYMBOLS)
    out[i] = SYMBOLS:sub(at, at)
  end
  return table.concat(out)
end

--- A value that nobody takes for a word, and no space at its ends.
local function random_secret(random)
  return "Q7" .. random_text(random, 6, 60) .. "z9" .. (random(4) == 1 and "\nK3" .. random_text(random, 8, 20) .. "x" or "")
end

--- A text in which a secret is said in some way.
local function said(random, value)
  local ways = {
    function() return value end,
    function() return random_text(random, 0, 9) .. " " .. value .. " " .. random_text(random, 0, 9) end,
    function() return base64.encode(("abc"):sub(1, random(0, 3)) .. value) end,
    function() return json.encode { a = { value } } end,
    function() return (value:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end,
    function() return (value:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end)) end,
    function() return value:match "[^\n]+" end,
  }
  return ways[random(#ways)]()
end

local FIELDS = { "spec", "status", "data", "annotations", "labels", "env", "name", "image", "selector", "resources", "items", "values",
  "managedFields", "binaryData", "x", "f:x", "password", "metadata", "config", "kind" }

--- A tree of fields with secrets in texts and keys.
local function tree(random, values, depth)
  local out = {}
  for _ = 1, random(1, 4) do
    local key = random(6) == 1 and "k" .. said(random, values[random(#values)]) or FIELDS[random(#FIELDS)]
    if depth > 0 and random(3) > 1 then
      out[key] = random(3) == 1 and json.array { tree(random, values, depth - 1) } or tree(random, values, depth - 1)
    else
      out[key] = said(random, values[random(#values)])
    end
  end
  return out
end

t.test("any secrets in any fields of any objects and records: nothing of them remains", function()
  local seed = math.tointeger(tonumber(t.getenv "ALMANAC_TEST_SEED" or "")) or 20261129
  math.randomseed(seed)
  local random = math.random
  for turn = 1, 150 do
    local values, data, lines = {}, {}, {}
    for i = 1, random(1, 4) do
      values[i] = random_secret(random)
      data["k" .. i] = values[i]
      for line in values[i]:gmatch "[^\n]+" do lines[#lines + 1] = line:match "^%s*(.-)%s*$" end
    end
    local function metadata()
      return { annotations = tree(random, values, 1), labels = tree(random, values, 0),
        managedFields = json.array { tree(random, values, 2) } }
    end
    local release = tree(random, values, 3)
    release.info = tree(random, values, 1)
    release.manifest, release.hooks, release.kind, release.chart = nil,
      json.array { { manifest = json.encode(tree(random, values, 2)) } }, nil,
      { values = tree(random, values, 2), metadata = tree(random, values, 1) }
    local custom = tree(random, values, 3)
    custom.apiVersion, custom.kind, custom.metadata = "example.com/v1", "Work", metadata()
    custom.metadata.name = "w"
    lost({ secret(data, metadata()), custom, config_map(tree(random, values, 0), metadata()), record(release) }, lines,
      ("seed %d, turn %d"):format(seed, turn))
  end
end)
