-- What a release's record holds: what helm writes, null where it has nothing; anything else is refused, with the field.
local base64 = require "almanac.base.base64"
local errors = require "almanac.base.errors"
local json = require "native.json"
local records = require "almanac.helm.records"
local t = require "tests.harness"

local function unpack_of(release)
  return records.unpack(base64.encode(json.encode(release)), false)
end

local function release(more)
  local out = {
    name = "web", version = 3, manifest = "", info = { status = "deployed" }, chart = { metadata = { name = "web", version = "1.0.0" } },
    config = { a = json.null }, hooks = json.array { { name = "h", kind = "Job", manifest = "", events = json.array { "pre-install" } } },
  }
  for field, value in pairs(more or {}) do out[field] = value end
  return out
end

t.test("null stands for nothing, and a value of the configuration that is null stays", function()
  local got = unpack_of(release { hooks = json.null, manifest = json.null, chart = { metadata = json.null } })
  t.eq({ got.hooks, got.manifest, got.chart.metadata }, {})
  t.eq(got.config.a, json.null)
  t.eq(unpack_of(release { config = json.null }).config, nil)
end)

t.test("a field of another type is named", function()
  for field, value in pairs {
    manifest = 3, version = "3", name = true, config = "x", chart = "x", hooks = { a = 1 },
    ["chart.metadata.version"] = { chart = { metadata = { version = 1 } } }, ["info.status"] = { info = { status = json.array {} } },
    ["hooks.1.events"] = { hooks = json.array { { events = "x" } } }, ["hooks.1"] = { hooks = json.array { "x" } },
  } do
    local more = (field:find(".", 1, true)) and value or { [field] = value }
    local ok, err = errors.try(unpack_of, release(more))
    t.eq(ok, false, field)
    t.eq({ err.kind, err.message }, { "corrupt", "it holds no release: " .. field .. " is missing or of another type" })
  end
  for _, whole in ipairs { json.null, "x", json.array {}, { info = json.null } } do
    local ok, err = errors.try(unpack_of, whole)
    t.eq({ ok, ok or err.message }, { false, "it holds no release" })
  end
end)
