--- A release's new manifest tried against the cluster, object by object. What is already known, or was
--- tried ahead with the very same object, is not asked again: so a trial can begin while helm still renders.
local diff = require "almanac.base.diff"
local dry_run = require "almanac.helm.dry_run"
local errors = require "almanac.base.errors"
local fingerprints = require "almanac.journal.fingerprint"
local json = require "native.json"
local manifests = require "almanac.helm.manifest"
local objects = require "almanac.k8s.objects"
local pool = require "almanac.base.pool"
local previews = require "almanac.k8s.preview"
local scopes = require "almanac.helm.scope"
local step = require "almanac.run.step"

local M = {}

---@class almanac.HelmTrial
---@field plan almanac.HelmPlan
---@field private targets table<string, almanac.k8s.Target> by key of the object
---@field private missing table<string, boolean>            by namespace: whether it is not there (yet)
---@field private live table<string, table|false>           by key; false: it is not there
---@field private judge fun(object: table, goes: boolean?): string?  why `allow` would refuse an object
---@field private tried table<string, { entry: almanac.HelmObject, result: almanac.HelmTry }> by key
local Trial = {}
Trial.__index = Trial

---@param plan almanac.HelmPlan
---@return almanac.HelmTrial
function M.new(plan)
  return setmetatable({ plan = plan, targets = {}, missing = {}, live = {}, tried = {} }, Trial)
end

--- What helm applies by decides what is sent: with another method nothing that was tried holds.
---@param server_side boolean
function Trial:set_method(server_side)
  if self.plan.server_side ~= server_side then self.tried = {} end
  self.plan.server_side = server_side
end

-- Which objects ------------------------------------------------------------------------------------

local function given(value)
  return value ~= nil and value ~= json.null
end

local function group_kind(object)
  return ((object.apiVersion or ""):match "^(.-)/?[^/]+$" or "") .. "/" .. tostring(object.kind)
end

--- The place of an object in the cluster; nil and why when its kind comes with the release itself.
function Trial:target_of(key, object, defined)
  if self.targets[key] then return self.targets[key] end
  local namespace = given(object.metadata.namespace) and object.metadata.namespace or nil
  local ref = { kind = object.kind, apiVersion = object.apiVersion, name = object.metadata.name, namespace = namespace }
  local ok, target = errors.try(objects.one, self.plan.who, ref, { namespace = namespace or self.plan.namespace })
  if ok then
    self.targets[key] = target
    return target
  end
  if target.kind ~= "not_found" then error(target, 0) end
  if defined[group_kind(object)] then return nil, "with its custom resource definition; cannot be tried before" end
  return nil, target.message, true
end

function Trial:label_of(object, target)
  local label = target and target.label or tostring(object.kind):lower() .. "/" .. tostring(object.metadata.name)
  local namespace = target and target.namespace
  if namespace and namespace ~= self.plan.namespace then label = label .. " in " .. namespace end
  return label
end

function Trial:entry_of(key, object, defined, goes)
  local forbidden = self.judge(object, goes)
  if forbidden then return { key = key, untried = forbidden, refused = true, forbidden = true, label = self:label_of(object) } end
  local target, why, refused = self:target_of(key, object, defined)
  return { key = key, target = target, untried = why, refused = refused, label = self:label_of(object, target) }
end

--- The new objects and, behind them, those that only the old manifest has.
---@return almanac.HelmObject[]
function Trial:entries_of(old, new)
  local defined, before, out = manifests.defined_kinds(new), {}, {}
  self.judge = scopes.judge(self.plan.who, self.plan, manifests.join(old, new))
  for _, object in ipairs(old) do before[manifests.key(object, self.plan.namespace)] = object end
  for _, object in ipairs(new) do
    local key = manifests.key(object, self.plan.namespace)
    local entry = self:entry_of(key, object, defined)
    entry.new, entry.old = manifests.owned(object, self.plan), before[key]
    before[key] = nil
    out[#out + 1] = entry
  end
  for _, object in ipairs(old) do
    local key = manifests.key(object, self.plan.namespace)
    if before[key] then
      local entry = self:entry_of(key, object, defined, true)
      entry.old = object
      if entry.target or entry.refused then out[#out + 1] = entry end -- a kind that is gone took its objects along
    end
  end
  return out
end

-- What is there ------------------------------------------------------------------------------------

function Trial:find_namespaces(entries)
  local names, asked = {}, {}
  local function add(name)
    if not name or asked[name] or self.missing[name] ~= nil then return end
    asked[name] = true
    names[#names + 1] = name
  end
  add(self.plan.namespace)
  for _, entry in ipairs(entries) do add(entry.target and entry.target.namespace) end
  pool.map(names, pool.REQUESTS, function(name)
    -- Whoever may change a namespace's objects may not read the namespace itself everywhere.
    local ok, found = errors.try(objects.find, self.plan.who, objects.one(self.plan.who, "namespace/" .. name))
    if not ok and found.status ~= 403 then error(found, 0) end
    self.missing[name] = ok and not found
  end)
end

function Trial:is_missing(entry)
  return entry.target ~= nil and self.missing[entry.target.namespace or ""] == true
end

function Trial:find_live(entries)
  local targets, wanted = {}, {}
  for _, entry in ipairs(entries) do
    if entry.target and self.live[entry.key] == nil and not self:is_missing(entry) then
      targets[#targets + 1], wanted[#wanted + 1] = entry.target, entry
    end
  end
  local found = objects.find_many(self.plan.who, targets, { managed_fields = true })
  for i, entry in ipairs(wanted) do self.live[entry.key] = found[i] or false end
end

--- Whether an entry was tried just so.
function Trial:is_tried(entry)
  local known = self.tried[entry.key]
  return known ~= nil and entry.target ~= nil and diff.equal(known.entry.new, entry.new) and diff.equal(known.entry.old, entry.old)
end

--- Looks at every object and tries it, unless that was done.
function Trial:try(entries)
  self:find_namespaces(entries)
  self:find_live(entries)
  local left = {}
  for _, entry in ipairs(entries) do
    if not self:is_tried(entry) then left[#left + 1] = entry end
  end
  pool.map(left, pool.REQUESTS, function(entry)
    local result = dry_run.try(self.plan, entry, self:is_missing(entry), self.live[entry.key] or nil)
    self.tried[entry.key] = { entry = entry, result = result }
  end)
end

--- Tries what the new manifest may turn out to be. What of it comes true is not tried again.
---@param old table[]  objects of the release's last manifest
---@param new table[]  objects that are expected
function Trial:anticipate(old, new)
  self:try(self:entries_of(old, new))
end

-- What it comes to ---------------------------------------------------------------------------------

--- What the chart renders to is part of the ground: a chart that is edited after the plan is another one.
local function rendered_ground(plan, entry)
  local ref = string.format("%s as release %s renders it", entry.label, plan.release)
  if entry.new.kind == "Secret" then
    local digest = fingerprints.of_secrets(step.current().run, json.encode(entry.new, { canonical = true }))
    return { ref = ref, digest = digest, is_made = true }
  end
  return { ref = ref, object = entry.new, is_made = true }
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

--- Says in the plan that `allow` refuses an object.
local function add_refused(preview, label)
  preview.refused = preview.refused or json.array {}
  table.insert(preview.refused, { category = "k8s", target = label, access = "change" })
end

--- What the new manifest would do.
---@param old table[]    objects of the release's last manifest; none for a first install
---@param new table[]    objects of the new one
---@param hooks table[]  changes, of almanac.helm.manifest.hook_changes
---@return almanac.Preview  changes, ground, warnings, nothing, would_fail
function Trial:preview(old, new, hooks)
  local entries = self:entries_of(old, new)
  self:try(entries)
  local preview = { changes = {}, ground = {}, warnings = {}, nothing = #hooks == 0 or nil }
  local release = { name = self.plan.release, namespace = self.plan.namespace }
  for _, entry in ipairs(entries) do
    local result = self.tried[entry.key].result
    if result.change then
      previews.name_keeper(result.change, self.live[entry.key] or nil, release)
      preview.changes[#preview.changes + 1] = result.change
      if result.change.action ~= "unchanged" then preview.nothing = nil end
    end
    if entry.forbidden then add_refused(preview, entry.label) end
    preview.ground[#preview.ground + 1] = result.ground
    if entry.new then preview.ground[#preview.ground + 1] = rendered_ground(self.plan, entry) end
    for _, warning in ipairs(result.warnings or {}) do preview.warnings[#preview.warnings + 1] = warning end
  end
  for _, hook in ipairs(hooks) do
    preview.changes[#preview.changes + 1] = hook
    if hook.action == "reject" then add_refused(preview, hook.object) end
  end
  preview.would_fail = stop_of(preview.changes)
  return preview
end

--- Whether the release's own namespace is there.
---@return boolean
function Trial:has_namespace()
  return not self.missing[self.plan.namespace]
end

return M
