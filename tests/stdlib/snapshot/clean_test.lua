-- What is taken out of the objects of a snapshot, and what stays.
local base64 = require "almanac.base.base64"
local clean = require "almanac.snapshot.clean"
local json = require "native.json"
local needles = require "almanac.snapshot.needles"
local t = require "tests.harness"

local CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

--- Cleans an object where a Secret holds these values.
local function cleaned(object, values, words)
  local known, data = needles.new(words or {}), {}
  for key, value in pairs(values or {}) do data[key] = base64.encode(value) end
  known:learn { kind = "Secret", metadata = { name = "db" }, data = data }
  local c = { needles = known, emptied = {} }
  clean.object(c, object)
  return object, c.emptied
end

t.test("a Secret keeps its keys, and loses what was applied last", function()
  local object, emptied = cleaned { kind = "Secret", metadata = { name = "a", annotations = {
    ["kubectl.kubernetes.io/last-applied-configuration"] = '{"data":{"k":"eA=="}}', other = "x" } }, data = { k = "eA==" } }
  t.eq(object.data, { k = "" })
  t.eq(object.metadata.annotations, { other = "x" })
  t.eq(emptied, { { object = "Secret/a", what = "data" } })
  t.eq(select(2, cleaned { kind = "Secret", metadata = { name = "b" }, data = {} }), {}, "it held nothing")
end)

t.test("its values are found elsewhere, however they are spelt", function()
  local object = cleaned({ kind = "ConfigMap", metadata = { name = "a", namespace = "hunter22" }, data = {
    plain = "password: hunter22", packed = base64.encode "a hunter22 z", url = "postgres://web@db/hunter22", other = "hello",
  }, binaryData = { blob = base64.encode "xhunter22x", rest = base64.encode "fine" } }, { password = "hunter22" })
  t.eq(object.data.plain, "password: (secret db/password)")
  t.lacks(object.data.packed, base64.encode "a hunter22 z")
  t.has(object.data.url, "(secret db/password)")
  t.eq(object.data.other, "hello")
  t.eq(object.binaryData, { blob = "", rest = base64.encode "fine" })
  t.eq(object.metadata.namespace, "hunter22", "where it is, is no secret")
end)

t.test("names of things, short values and certificates are none", function()
  local object = cleaned({ kind = "ConfigMap", metadata = { name = "a" }, data = { a = "the devnet-7", b = "12345", c = CERTIFICATE } },
    { namespace = "devnet-7", pin = "12345", ["tls.crt"] = CERTIFICATE }, { ["devnet-7"] = true })
  t.eq(object.data, { a = "the devnet-7", b = "12345", c = CERTIFICATE })
end)

t.test("what has the name of a secret is emptied, unless it says where one is", function()
  local env = json.array {
    { name = "API_TOKEN", value = "t" }, { name = "MODE", value = "live" }, { name = "DB_PASSWORD", value = "$(OTHER)" },
    { name = "TOKEN", valueFrom = { secretKeyRef = { name = "db", key = "token" } } }, { name = "TIMEOUT_TOKEN", value = "30" },
  }
  local object = cleaned({ kind = "Pod", metadata = { name = "a" }, spec = { containers = json.array { { name = "a", env = env } },
    clientSecret = "s", existingSecret = "db", image = "x/password:1" } }, nil, { db = true })
  t.eq(env[1].value, "")
  t.eq(env[2].value, "live")
  t.eq(env[3].value, "$(OTHER)")
  t.eq(env[4].valueFrom.secretKeyRef, { name = "db", key = "token" })
  t.eq(env[5].value, "30")
  t.eq(object.spec.clientSecret, "")
  t.eq(object.spec.existingSecret, "db")
  t.eq(object.spec.image, "x/password:1")
  for name, is in pairs {
    PASSWORD = true, db_password = true, clientSecret = true, ["api-key"] = true, tokenTTL = false, passwords_file = false,
    secretName = false,
  } do
    t.eq(needles.is_name(name), is, name)
  end
end)

t.test("what was applied last is cleaned as what it is", function()
  local object = cleaned { kind = "Deployment", metadata = { name = "a", annotations = {
    ["kubectl.kubernetes.io/last-applied-configuration"] = json.encode { spec = { password = "x", replicas = 2 } } } } }
  t.eq(json.decode(object.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]),
    { spec = { password = "", replicas = 2 } })
end)
