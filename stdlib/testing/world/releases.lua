--- Releases of helm in the world of a test: installed once by the real helm, and restored from what it made in every
--- further world of the same kind.
local base64 = require "almanac.base.base64"
local contents = require "almanac.sim.contents"
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local json = require "native.json"
local records = require "almanac.helm.records"
local sh = require "native.sh"

local M = {}

local made = {} ---@type table<string, table[]>  objects, by what was installed

local function key_of(world)
  local spec = world.spec
  return digest.sha256(json.encode({ world.project, json.array(spec.releases), spec.files or {} }, { canonical = true }))
end

--- What installing the world's releases made, where another world did that before.
---@param world almanac.testing.World
---@return table[]? objects
function M.known(world)
  return world.spec.releases and made[key_of(world)]
end

--- helm's words for a release. Where it is there already, what is installed is its next revision.
local function words_of(world, one, is_next)
  local namespace = one.namespace or one.release
  local words = table.move(world.helm, 1, #world.helm, 1, {})
  table.move({ "upgrade", "--install", one.release, one.chart, "--namespace", namespace }, 1, 6, #words + 1, words)
  if not is_next then words[#words + 1] = "--create-namespace" end
  if one.server_side ~= nil then words[#words + 1] = "--server-side=" .. tostring(one.server_side) end
  for _, file in ipairs(one.values or {}) do table.move({ "--values", file }, 1, 2, #words + 1, words) end
  local names = {}
  for name in pairs(one.set or {}) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    table.move({ "--set", name .. "=" .. tostring(one.set[name]) }, 1, 2, #words + 1, words)
  end
  return words
end

-- How a revision ended ----------------------------------------------------------------------------

local SECRETS = "v1/secrets"

--- The records of a release, the newest first.
local function records_of(store, one)
  local out = {}
  for _, secret in ipairs((store:list(SECRETS, one.namespace or one.release))) do
    local labels = secret.metadata.labels or {}
    if labels.owner == "helm" and labels.name == one.release then out[#out + 1] = secret end
  end
  table.sort(out, function(a, b) return tonumber(a.metadata.labels.version) > tonumber(b.metadata.labels.version) end)
  return out
end

--- Writes into a record how its revision stands.
local function mark(store, secret, status, description)
  store:modify(SECRETS, secret.metadata.namespace, secret.metadata.name, function(object)
    local release = records.unpack(object.data.release, true)
    release.info.status, release.info.description = status, description or release.info.description
    object.data.release = base64.encode(base64.encode(json.encode(release)))
    object.metadata.labels.status = status
  end)
end

local DESCRIPTIONS = { failed = "Upgrade failed: timed out waiting for the condition", ["pending-upgrade"] = "Preparing upgrade",
  ["pending-rollback"] = "Preparing rollback", ["pending-install"] = "Initial install underway" }

--- Leaves the newest revision as a helm does that did not get to its end: the one that was deployed before still is.
local function leave(store, one)
  local list = records_of(store, one)
  mark(store, list[1], one.status, DESCRIPTIONS[one.status])
  for i = 2, #list do
    if list[i].metadata.labels.status == "superseded" then return mark(store, list[i], "deployed") end
  end
end

local function all_objects(store)
  local out = {}
  for i, object in ipairs(contents.of(store)) do out[i] = json.decode(json.encode(object)) end
  return out
end

--- Installs the releases of a world, unless they are in it.
---@param world almanac.testing.World
---@param settle fun(world: almanac.testing.World)  waits until what was installed is up
function M.install(world, settle)
  if not world.spec.releases or made[key_of(world)] then return end
  if not world.helm then
    errors.raise { kind = "usage", message = "world: releases are installed by helm, and there is none on PATH",
      hint = "install helm 3 or 4, or name it: almanac test --helm PATH" }
  end
  local seen, store = {}, world.served.cluster.store
  for _, one in ipairs(world.spec.releases) do
    local key = one.release .. "/" .. (one.namespace or one.release)
    local ok, result = errors.try(sh.exec, {
      argv = words_of(world, one, seen[key]), cwd = world.cwd, who = "world", keep_env = { "PATH" },
    })
    if not ok or result.code ~= 0 then
      errors.raise { kind = "usage", message = string.format("world: helm could not install %s: %s", one.release,
        ok and result.stderr or result.message) }
    end
    seen[key] = true
    if one.status then leave(store, one) end
  end
  settle(world)
  made[key_of(world)] = all_objects(store)
end

return M
