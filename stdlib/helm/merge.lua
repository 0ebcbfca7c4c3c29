--- The patch with which helm applies an object client-side: of the manifest before, the manifest now
--- and the live object. helm's kubeClient.createPatch; the three-way merge is apimachinery's
--- strategicpatch.CreateThreeWayMergePatch (https://github.com/kubernetes/apimachinery, pkg/util/strategicpatch),
--- the whole manifest in the place of its difference to the live object: it merges to the same. Pure.
local diff = require "almanac.base.diff"
local json = require "native.json"

local M = {}

--- API groups that helm knows the types of; objects of others it patches by JSON merge patch.
local known_groups = {
  [""] = true, apps = true, batch = true, autoscaling = true, policy = true, extensions = true,
  ["networking.k8s.io"] = true, ["rbac.authorization.k8s.io"] = true, ["storage.k8s.io"] = true,
  ["scheduling.k8s.io"] = true, ["coordination.k8s.io"] = true, ["discovery.k8s.io"] = true, ["node.k8s.io"] = true,
  ["admissionregistration.k8s.io"] = true, ["certificates.k8s.io"] = true, ["events.k8s.io"] = true,
  ["flowcontrol.apiserver.k8s.io"] = true, ["authentication.k8s.io"] = true, ["authorization.k8s.io"] = true,
  ["resource.k8s.io"] = true, ["internal.apiserver.k8s.io"] = true,
}

--- The merge keys of the API's types (struct tag patchMergeKey), by the name of the list.
local merge_keys = {
  containers = "name", initContainers = "name", ephemeralContainers = "name", volumes = "name", env = "name",
  volumeMounts = "mountPath", volumeDevices = "devicePath", imagePullSecrets = "name", secrets = "name",
  hostAliases = "ip", topologySpreadConstraints = "topologyKey", ownerReferences = "uid", conditions = "type",
  webhooks = "name", resourceClaims = "name",
}

--- Fields whose other members go when one is set (patchStrategy retainKeys).
local retained = { strategy = true }

local function is_map(value)
  return type(value) == "table" and #value == 0 and not json.is_array(value)
end

local function key_of(field, kind)
  if field == "ports" then return kind == "Service" and "port" or "containerPort" end
  return merge_keys[field]
end

local function absent(value)
  return value == nil or value == json.null
end

local function by_key(list, key)
  local out = {}
  for _, item in ipairs(list) do
    if type(item) ~= "table" or absent(item[key]) then return nil end
    out[item[key]] = item
  end
  return out
end

local merge_maps

--- Items that the old list has and the new has not are deleted by their keys; others stay.
local function merge_lists(patch, old, live, key, kind)
  local old_items = type(old) == "table" and by_key(old, key) or {}
  local live_items = type(live) == "table" and by_key(live, key) or {}
  local new_items = by_key(patch, key)
  if not new_items then return end
  for value, item in pairs(new_items) do
    merge_maps(item, old_items[value] or {}, live_items[value] or {}, kind)
  end
  local gone = {}
  for value in pairs(old_items) do
    if not new_items[value] then gone[#gone + 1] = value end
  end
  table.sort(gone, function(a, b) return tostring(a) < tostring(b) end)
  for _, value in ipairs(gone) do patch[#patch + 1] = { [key] = value, ["$patch"] = "delete" } end
end

--- Whether new sets what live has not: only then helm's patch says which members to retain.
local function sets_more(new, live)
  for key, value in pairs(new) do
    if not is_map(value) and not diff.equal(value, live[key]) or is_map(value) and absent(live[key]) then return true end
  end
  return false
end

local function retain(patch, live)
  local keys = {}
  for key, value in pairs(patch) do
    if not absent(value) then keys[#keys + 1] = key end
  end
  table.sort(keys)
  if sets_more(patch, live) then patch["$retainKeys"] = json.array(keys) end
end

function merge_maps(patch, old, live, kind)
  for field, value in pairs(patch) do
    local was, is = old[field], live[field]
    local key = key_of(field, kind)
    if is_map(value) then
      if retained[field] and is_map(is) then retain(value, is) end
      merge_maps(value, is_map(was) and was or {}, is_map(is) and is or {}, kind)
    elseif type(value) == "table" and key then
      if field == "volumes" and type(is) == "table" then
        local live_items = by_key(is, key) or {}
        for _, item in ipairs(value) do
          if live_items[item[key]] then retain(item, live_items[item[key]]) end
        end
      end
      merge_lists(value, was, is, key, kind)
    end
  end
  for field in pairs(old) do
    if patch[field] == nil then patch[field] = json.null end
  end
end

--- JSON merge patch of two values: what helm sends for custom resources, whatever the live one is.
local function merge_patch(old, new)
  local patch = {}
  for field, value in pairs(new) do
    if is_map(value) and is_map(old[field]) then
      local inner = merge_patch(old[field], value)
      if next(inner) then patch[field] = inner end
    elseif not diff.equal(value, old[field]) then
      patch[field] = diff.copy(value)
    end
  end
  for field in pairs(old) do
    if new[field] == nil then patch[field] = json.null end
  end
  return patch
end

--- The patch that helm would send, and its content type.
---@param old table the object in the release's last manifest
---@param new table in the new one, with helm's marks
---@param live table in the cluster
---@return table patch
---@return string content_type
function M.patch(old, new, live)
  local group = (new.apiVersion or ""):match "^(.-)/?[^/]+$" or ""
  if not known_groups[group] then return merge_patch(old, new), "application/merge-patch+json" end
  local patch = diff.copy(new)
  merge_maps(patch, old, live, new.kind)
  return patch, "application/strategic-merge-patch+json"
end

return M
