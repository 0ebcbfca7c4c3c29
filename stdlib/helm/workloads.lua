--- Which objects of a release have a rollout that can be waited for.
local errors = require "almanac.base.errors"
local objects = require "almanac.k8s.objects"
local pool = require "almanac.base.pool"
local verdicts = require "almanac.k8s.rollout.verdict"

local M = {}

---@class almanac.HelmWorkload
---@field ref string        "deployment/animica-miner"; "widgets.example.org/x" of a custom resource
---@field namespace string?

-- The conditions by which k8s.rollout judges a custom resource where none is named.
local USUAL = { Ready = true, Available = true, Complete = true, Succeeded = true }

local function group_of(object)
  return (object.apiVersion or ""):match "^(.-)/[^/]+$" or ""
end

local function is_custom(object)
  local group = group_of(object)
  return group:find(".", 1, true) ~= nil and not group:find "%.k8s%.io$"
end

local function schema_of(definition, version)
  for _, served in ipairs((definition.spec or {}).versions or {}) do
    if served.name == version then return (served.schema or {}).openAPIV3Schema end
  end
end

--- Whether the definition of a custom resource has a status.conditions: one without is never said to be ready.
---@param definition table? the CustomResourceDefinition
---@param version string
---@return boolean
function M.declares_conditions(definition, version)
  local schema = definition and schema_of(definition, version)
  local status = schema and (schema.properties or {}).status
  return status ~= nil and (status.properties or {}).conditions ~= nil
end

--- Whether an object says itself that it is ready, or not.
---@param live table?
---@return boolean
function M.says_ready(live)
  for _, condition in ipairs(live and (live.status or {}).conditions or {}) do
    if USUAL[condition.type] then return true end
  end
  return false
end

local function definition_of(who, target)
  local r = target.resource
  local ok, found = errors.try(function()
    return objects.find(who, objects.one(who, string.format("customresourcedefinition/%s.%s", r.resource, r.group)))
  end)
  if not ok and errors.is_interrupt(found) then error(found, 0) end
  return ok and found or nil -- who may not read it is told by the object itself
end

local function has_rollout(who, object, target)
  if object.kind == "Job" then return objects.find(who, target) ~= nil end -- it may have been taken away after its end
  if verdicts.is_workload(object) then return true end
  if not is_custom(object) then return false end
  if M.declares_conditions(definition_of(who, target), object.apiVersion:match "[^/]+$") then return true end
  return M.says_ready(objects.find(who, target))
end

local function ref_of(object, target)
  if verdicts.is_workload(object) then return target.label end
  local r = target.resource
  return string.format("%s.%s/%s", r.resource, r.group, target.name)
end

--- Those among a release's objects that can be followed: Deployments, StatefulSets, DaemonSets, Jobs, and
--- custom resources that say whether they are ready.
---@param who string public function, for errors
---@param list table[] objects of its manifest
---@param namespace string of the release
---@return almanac.HelmWorkload[] in the manifest's order
function M.of(who, list, namespace)
  local found = pool.map(list, pool.REQUESTS, function(object)
    if not verdicts.is_workload(object) and not is_custom(object) then return nil end
    local own = type(object.metadata.namespace) == "string" and object.metadata.namespace or namespace
    local ref = { kind = object.kind, apiVersion = object.apiVersion, name = object.metadata.name, namespace = own }
    local target = objects.one(who, ref, { namespace = own })
    if not has_rollout(who, object, target) then return nil end
    return { ref = ref_of(object, target), namespace = target.namespace }
  end)
  local out = {}
  for i = 1, #list do out[#out + 1] = found[i] end
  return out
end

return M
