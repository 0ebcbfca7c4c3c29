--- What a helm upgrade or rollback would do to the objects of its release: each is sent to the server as
--- helm would send it, as a dry run, and the answer compared with the live object. helm's own dry run
--- never asks the server about them.
local errors = require "almanac.base.errors"
local json = require "native.json"
local k8s_client = require "almanac.k8s.client"
local manifests = require "almanac.helm.manifest"
local merge = require "almanac.helm.merge"
local objects = require "almanac.k8s.objects"
local owners = require "almanac.k8s.owners"
local pool = require "almanac.base.pool"
local previews = require "almanac.k8s.preview"
local sys = require "native.sys"

local M = {}

local MANAGER = "helm"

---@class almanac.HelmPlan
---@field who string          "helm.upgrade", for errors
---@field release string
---@field namespace string
---@field server_side boolean
---@field force? boolean      take fields from other managers
---@field may_adopt boolean   an object that is there already may come into the release

---@class almanac.HelmObject
---@field new table?      as helm sends it
---@field old table?      in the manifest before
---@field target almanac.k8s.Target?
---@field label string
---@field untried? string why it cannot be tried

-- Which objects ----------------------------------------------------------------------------------

local function group_kind(object)
  return ((object.apiVersion or ""):match "^(.-)/?[^/]+$" or "") .. "/" .. tostring(object.kind)
end

--- The place of an object in the cluster; nil and why when its kind comes with the release itself.
local function target_of(plan, object, defined)
  local namespace = object.metadata.namespace
  if namespace == json.null then namespace = nil end
  local ref = { kind = object.kind, apiVersion = object.apiVersion, name = object.metadata.name, namespace = namespace }
  local ok, target = errors.try(objects.one, plan.who, ref, { namespace = namespace or plan.namespace })
  if ok then return target end
  if target.kind ~= "not_found" then error(target, 0) end
  if defined[group_kind(object)] then return nil, "with its custom resource definition; cannot be tried before" end
  return nil, target.message, true
end

local function label_of(plan, object, target)
  local label = target and target.label or tostring(object.kind):lower() .. "/" .. tostring(object.metadata.name)
  local namespace = target and target.namespace
  if namespace and namespace ~= plan.namespace then label = label .. " in " .. namespace end
  return label
end

local function entry_of(plan, object, defined)
  local target, why, refused = target_of(plan, object, defined)
  return { target = target, untried = why, refused = refused, label = label_of(plan, object, target) }
end

--- The objects of the new manifest and, behind them, those that only the old one has.
local function entries_of(plan, old_manifest, new_manifest)
  local old = manifests.objects(old_manifest, "the manifest of " .. plan.release)
  local new = manifests.objects(new_manifest, "the new manifest of " .. plan.release)
  local defined, before, out = manifests.defined_kinds(new), {}, {}
  for _, object in ipairs(old) do before[manifests.key(object, plan.namespace)] = object end
  for _, object in ipairs(new) do
    local key = manifests.key(object, plan.namespace)
    local entry = entry_of(plan, object, defined)
    entry.new, entry.old = manifests.owned(object, plan), before[key]
    before[key] = nil
    out[#out + 1] = entry
  end
  for _, object in ipairs(old) do
    if before[manifests.key(object, plan.namespace)] then
      local entry = entry_of(plan, object, defined)
      entry.old = object
      if entry.target then out[#out + 1] = entry end -- a kind that is gone took its objects along
    end
  end
  return out
end

--- The namespaces that are not there (yet).
local function missing_namespaces(plan, entries)
  local names, seen = { plan.namespace }, { [plan.namespace] = true }
  for _, entry in ipairs(entries) do
    local name = entry.target and entry.target.namespace
    if name and not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  local missing = {}
  pool.map(names, pool.REQUESTS, function(name)
    -- Whoever may change a namespace's objects may not read the namespace itself everywhere.
    local ok, found = errors.try(objects.find, plan.who, objects.one(plan.who, "namespace/" .. name))
    if ok and not found then missing[name] = true end
    if not ok and found.status ~= 403 then error(found, 0) end
  end)
  return missing
end

-- One object -------------------------------------------------------------------------------------

--- What the server says about an object besides: `299 - "unknown field \"spec.x\""`.
local function warnings_of(label, response)
  local out = {}
  local header = response.headers and response.headers.warning
  for text in (header or ""):gmatch '299 %S+ "(.-[^\\])"' do
    out[#out + 1] = string.format("%s: the server says: %s", label, (text:gsub("\\(.)", "%1")))
  end
  return out
end

local function send(plan, entry, request)
  request.who, request.object = plan.who, entry.label
  request.query = request.query or {}
  request.query.dryRun, request.query.fieldManager = "All", MANAGER
  local after, response = k8s_client.request(entry.target.client, request)
  return after, warnings_of(entry.label, response)
end

local function apply_request(entry, force)
  return {
    method = "PATCH", path = objects.path(entry.target), body = entry.new, content_type = "application/apply-patch+yaml",
    query = { force = force and true or nil, fieldValidation = "Strict" },
  }
end

--- A server-side apply. What an older helm set client-side is helm's own, not somebody else's.
local function apply_server_side(plan, entry)
  local ok, after, warnings = errors.try(send, plan, entry, apply_request(entry, plan.force))
  if ok then return after, warnings end
  local err, others = after, {}
  for _, conflict in ipairs(err.conflicts or {}) do
    if conflict.manager ~= MANAGER then others[#others + 1] = conflict end
  end
  if err.kind ~= "conflict" or #others > 0 then
    if err.conflicts then err.conflicts = others end
    error(err, 0)
  end
  return send(plan, entry, apply_request(entry, true))
end

local function apply(plan, entry, live)
  if plan.server_side then return apply_server_side(plan, entry) end
  if not live then
    local r = entry.target.resource
    local path = require("almanac.k8s.discovery").path(r, entry.target.namespace)
    return send(plan, entry, { method = "POST", path = path, body = entry.new })
  end
  local patch, content_type = merge.patch(entry.old or entry.new, entry.new, live)
  return send(plan, entry, { method = "PATCH", path = objects.path(entry.target), body = patch, content_type = content_type })
end

local function delete(plan, entry, live)
  if not live then return nil end
  if manifests.is_kept(live) then
    return { object = entry.label, action = "unchanged", why = "stays, though the chart has it no more (helm.sh/resource-policy: keep)" }
  end
  return (previews.try(entry.label, live, function()
    send(plan, entry, { method = "DELETE", path = objects.path(entry.target) })
  end))
end

--- Names the managers, besides helm, that set what would be changed.
local function name_owners(change, live)
  for _, field in ipairs(change.fields or {}) do
    local others = {}
    for _, manager in ipairs(field.kind ~= "added" and owners.of(live, field.path) or {}) do
      if manager ~= MANAGER then others[#others + 1] = manager end
    end
    if #others > 0 then field.set_by = others end
  end
end

---@return { change: table?, ground: table, warnings: string[]? }
local function try_entry(plan, entry, missing, live)
  local namespace = entry.target and entry.target.namespace or plan.namespace
  local function untried(action, why)
    return { change = { object = entry.label, action = action, why = why }, ground = previews.ground(entry.label, namespace) }
  end
  if not entry.target then return untried(entry.refused and "reject" or "create", entry.untried) end
  if missing[entry.target.namespace or ""] then
    return entry.new and untried("create", "with its namespace") or untried("unchanged")
  end
  local ground = previews.ground(entry.target.label, entry.target.namespace, live)
  if not entry.new then return { change = delete(plan, entry, live), ground = ground } end
  if live and not entry.old and not plan.may_adopt then
    local why = "it exists, and the current revision does not have it: helm refuses to take it over"
    return { change = { object = entry.label, action = "reject", why = why }, ground = ground }
  end
  local warnings
  local change = previews.try(entry.label, live, function()
    local after
    after, warnings = apply(plan, entry, live)
    return after
  end)
  if change.action == "conflict" then -- what it would come to all the same
    local ok, forced = errors.try(send, plan, entry, apply_request(entry, true))
    change.fields = ok and previews.change(entry.label, live, forced).fields or nil
  end
  if change.action == "reject" and entry.old then -- the server does not always say which field
    change.fields = previews.change(entry.label, manifests.owned(entry.old, plan), entry.new).fields
  end
  if live then name_owners(change, live) end
  return { change = change, ground = ground, warnings = warnings }
end

-- All of them ------------------------------------------------------------------------------------

--- What the chart renders to is part of the ground: a chart that is edited after the plan is another one.
local function rendered_ground(plan, entry)
  local ref = string.format("%s as release %s renders it", entry.label, plan.release)
  if entry.new.kind == "Secret" then
    return { ref = ref, digest = sys.sha256(json.encode(entry.new, { canonical = true })) }
  end
  return { ref = ref, object = entry.new }
end

local function stop_of(changes)
  local refused = {}
  for _, change in ipairs(changes) do
    if change.action == "conflict" or change.action == "reject" then refused[#refused + 1] = change end
  end
  local first = refused[1]
  if not first then return nil end
  return string.format("%s%s: %s", first.object, #refused > 1 and string.format(" (and %d more)", #refused - 1) or "", first.why)
end

--- Tries a release's new manifest against the cluster.
---@param plan almanac.HelmPlan
---@param old_manifest string  "" for a first install
---@param new_manifest string
---@param hooks table[]        changes, of almanac.helm_manifest.hook_changes
---@return almanac.Preview  changes, ground, warnings, nothing, would_fail
function M.preview(plan, old_manifest, new_manifest, hooks)
  local entries = entries_of(plan, old_manifest, new_manifest)
  local missing = missing_namespaces(plan, entries)
  local targets = {}
  for i, entry in ipairs(entries) do
    targets[i] = entry.target and not missing[entry.target.namespace or ""] and entry.target or false
  end
  local live = objects.find_many(plan.who, targets, { managed_fields = true })
  local tried = pool.map(entries, pool.REQUESTS, function(entry, i) return try_entry(plan, entry, missing, live[i]) end)
  local preview = { changes = {}, ground = {}, warnings = {}, missing = missing, nothing = #hooks == 0 or nil }
  for i, entry in ipairs(entries) do
    local result = tried[i]
    if result.change then
      preview.changes[#preview.changes + 1] = result.change
      if result.change.action ~= "unchanged" then preview.nothing = nil end
    end
    preview.ground[#preview.ground + 1] = result.ground
    if entry.new then preview.ground[#preview.ground + 1] = rendered_ground(plan, entry) end
    for _, warning in ipairs(result.warnings or {}) do preview.warnings[#preview.warnings + 1] = warning end
  end
  for _, hook in ipairs(hooks) do preview.changes[#preview.changes + 1] = hook end
  preview.would_fail = stop_of(preview.changes)
  return preview
end

return M
