--- Releases of helm in the world of a test: installed once by the real helm, and restored from what it made in every
--- further world of the same kind.
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local json = require "native.json"
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

local function words_of(world, one)
  local namespace = one.namespace or one.release
  local words = table.move(world.helm, 1, #world.helm, 1, {})
  table.move({ "install", one.release, one.chart, "--namespace", namespace, "--create-namespace" }, 1, 6, #words + 1, words)
  for _, file in ipairs(one.values or {}) do table.move({ "--values", file }, 1, 2, #words + 1, words) end
  local names = {}
  for name in pairs(one.set or {}) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    table.move({ "--set", name .. "=" .. tostring(one.set[name]) }, 1, 2, #words + 1, words)
  end
  return words
end

local function all_objects(store)
  local out = {}
  for _, resource in ipairs(store.served.list) do
    if resource.key == resource.storage then
      for _, object in ipairs(store:list(resource.key) or {}) do out[#out + 1] = json.decode(json.encode(object)) end
    end
  end
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
  for _, one in ipairs(world.spec.releases) do
    local ok, result = errors.try(sh.exec, {
      argv = words_of(world, one), cwd = world.cwd, who = "world",
      keep_env = { "PATH" },
    })
    if not ok or result.code ~= 0 then
      errors.raise { kind = "usage", message = string.format("world: helm could not install %s: %s", one.release,
        ok and result.stderr or result.message) }
    end
  end
  settle(world)
  made[key_of(world)] = all_objects(world.served.cluster.store)
end

return M
