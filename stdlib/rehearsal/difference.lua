--- What a rehearsal made of its cluster: the objects before and after it, side by side, as a plan shows changes. What only
--- controllers make or write is counted. Pure.
local contents = require "almanac.sim.contents"
local diff = require "almanac.base.diff"
local json = require "native.json"

local M = {}

---@class almanac.rehearsal.Difference  in the journal of a run that is a rehearsal
---@field changes table[]   { action, object, why, fields }, as those of a plan
---@field folded { objects: integer, fields: integer }  that controllers made, or wrote
---@field waiting string[]  workloads that are not ready in the end

--- Fields that say who wrote when, and how it is now.
local ABOUT = { uid = true, resourceVersion = true, generation = true, creationTimestamp = true, managedFields = true }

--- Annotations and fields that controllers write into what somebody else made.
local WRITTEN = {
  ['.metadata.annotations["deployment.kubernetes.io/revision"]'] = true,
  ['.metadata.annotations["deprecated.daemonset.template.generation"]'] = true,
  ['.metadata.annotations["pv.kubernetes.io/bind-completed"]'] = true,
  ['.metadata.annotations["pv.kubernetes.io/bound-by-controller"]'] = true, [".spec.volumeName"] = true,
}

local function is_record(object)
  local labels = object.metadata.labels or {}
  return labels.owner == "helm" and labels.version ~= nil and labels.status ~= nil
end

--- What an object is called; records of helm by what they are of.
local function title_of(object)
  local meta = object.metadata
  if is_record(object) then return string.format("release %s revision %s", meta.labels.name, meta.labels.version) end
  return string.format("%s/%s", object.kind:lower(), meta.name)
end

--- An object without what every write changes.
local function plain(object)
  if is_record(object) then return { status = object.metadata.labels.status } end
  local out, meta = {}, {}
  for key, value in pairs(object) do out[key] = value end
  for key, value in pairs(object.metadata) do
    if not ABOUT[key] then meta[key] = value end
  end
  out.metadata, out.status = meta, nil
  return out
end

--- Values of a Secret are compared, and not shown.
local function hidden(object, field)
  if object.kind ~= "Secret" or not field.path:find "^%.data" then return field end
  return { path = field.path, kind = field.kind, old = field.old and "(secret)", new = field.new and "(another secret)" }
end

--- Fields that are otherwise, and how many of them a controller wrote.
local function fields_of(before, after)
  local out, folded = {}, 0
  for _, field in ipairs(diff.diff(plain(before), plain(after))) do
    if WRITTEN[field.path] then folded = folded + 1 else out[#out + 1] = hidden(after, field) end
  end
  if not diff.equal(before.status, after.status) then folded = folded + 1 end
  return out, folded
end

local function key_of(object)
  local meta = object.metadata
  return table.concat({ (object.apiVersion:gsub("/[^/]*$", "/")), object.kind, meta.namespace or "", meta.name }, "\0")
end

local function by_key(objects)
  local out = {}
  for _, object in ipairs(objects) do out[key_of(object)] = object end
  return out
end

--- What became of one object; nil: nothing that is not a controller's.
local function change_of(before, after)
  local object = title_of(after or before)
  if not before then return { action = "create", object = object, why = is_record(after) and after.metadata.labels.status or nil }, 0 end
  if not after then return { action = "delete", object = object }, 0 end
  local fields, folded = fields_of(before, after)
  local is_new = before.metadata.uid ~= after.metadata.uid
  if not is_new and not fields[1] then return nil, folded end
  return { action = "change", object = object, why = is_new and "deleted, and made anew" or nil, fields = fields }, folded
end

local function wanted_of(object)
  local spec, status = object.spec or {}, object.status or {}
  if object.kind == "Deployment" or object.kind == "StatefulSet" then
    return spec.replicas or 1, status.availableReplicas or status.readyReplicas or 0
  elseif object.kind == "DaemonSet" then
    return status.desiredNumberScheduled or 0, status.numberAvailable or 0
  end
  return 0, 0
end

local function waiting_of(objects)
  local out = {}
  for _, object in ipairs(objects) do
    local wanted, ready = wanted_of(object)
    if ready < wanted then out[#out + 1] = string.format("%s: %d of %d ready", title_of(object), ready, wanted) end
  end
  table.sort(out)
  return out
end

--- The namespace stands before an object's name where there are several.
local function place(changes)
  local first, several
  for _, change in ipairs(changes) do
    first = first or change.namespace
    several = several or change.namespace ~= first
  end
  for _, change in ipairs(changes) do
    if several and change.namespace then change.object = change.namespace .. "  " .. change.object end
    change.namespace = nil
  end
end

--- The difference of two times of a cluster.
---@param before table[] objects
---@param after table[]
---@return almanac.rehearsal.Difference
function M.of(before, after)
  local old, new, keys = by_key(before), by_key(after), {}
  local out = { changes = json.array {}, folded = { objects = 0, fields = 0 }, waiting = json.array(waiting_of(after)) }
  for key in pairs(old) do keys[#keys + 1] = key end
  for key in pairs(new) do keys[#keys + 1] = not old[key] and key or nil end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local was, is = old[key], new[key]
    local change, folded = change_of(was, is)
    if contents.is_made(is or was) then
      out.folded.objects = out.folded.objects + ((change or folded > 0) and 1 or 0)
    else
      out.folded.fields = out.folded.fields + folded
      if change then change.namespace = (is or was).metadata.namespace end
      out.changes[#out.changes + 1] = change
    end
  end
  place(out.changes)
  return out
end

--- What was folded, in words; nil: nothing was.
---@param difference almanac.rehearsal.Difference
---@return string?
function M.folded(difference)
  local folded, parts = difference.folded, {}
  if folded.objects > 0 then parts[#parts + 1] = folded.objects .. " objects" end
  if folded.fields > 0 then parts[#parts + 1] = "fields of " .. folded.fields .. " others" end
  return parts[1] and table.concat(parts, " and ") .. " that controllers make" or nil
end

return M
