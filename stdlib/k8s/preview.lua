--- What a write would do to an object: the live one and the server's dry run compared, without what
--- the server changes by itself, and never with the values of a Secret. Pure.
local diff = require "almanac.base.diff"
local errors = require "almanac.base.errors"
local keepers = require "almanac.k8s.keeper"

local M = {}

local noise = {
  "managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink", "deletionTimestamp",
  "deletionGracePeriodSeconds",
}
local noisy_annotations = {
  ["kubectl.kubernetes.io/last-applied-configuration"] = true, ["deployment.kubernetes.io/revision"] = true,
  ["almanac/effect"] = true,
}

--- The part of an object that people decide about.
---@param object table?
---@return table?
function M.clean(object)
  if not object then return nil end
  local out = diff.copy(object)
  out.status = nil
  local meta = out.metadata or {}
  for _, field in ipairs(noise) do meta[field] = nil end
  for name in pairs(meta.annotations or {}) do
    if noisy_annotations[name] then meta.annotations[name] = nil end
  end
  if meta.annotations and next(meta.annotations) == nil then meta.annotations = nil end
  return out
end

local function values_of(object, field)
  return object and type(object[field]) == "table" and object[field] or {}
end

--- Puts marks in the place of a Secret's values, that differ where the values do.
local function mask(old, new)
  for _, field in ipairs { "data", "stringData" } do
    local a, b = values_of(old, field), values_of(new, field)
    for key, value in pairs(b) do b[key] = a[key] == nil and "(secret)" or a[key] == value and "(secret)" or "(another secret)" end
    for key in pairs(a) do a[key] = "(secret)" end
  end
end

--- An object that is not there yet, for who decides about it.
---@param object table
---@return table
function M.created(object)
  local out = M.clean(object)
  if out.kind == "Secret" then mask(nil, out) end
  return out
end

--- What becomes of an object.
---@param label string  "deployment/animica-node"
---@param live table?   nil: it is not there
---@param after table?  nil: it is deleted
---@return table change { object, action, fields, created }  created: the object that comes into being
function M.change(label, live, after)
  if not live and not after then return { object = label, action = "unchanged" } end
  if not live then return { object = label, action = "create", created = M.created(after) } end
  local old, new = M.clean(live), M.clean(after)
  if live.kind == "Secret" then mask(old, new) end
  if not after then return { object = label, action = "delete" } end
  local fields = diff.diff(old, new)
  return { object = label, action = #fields > 0 and "change" or "unchanged", fields = #fields > 0 and fields or nil }
end

--- What a plan rests on: the object as it is. Of a Secret only its version.
---@param label string
---@param namespace string?
---@param live table?
---@return table ground { ref, version, object | digest }
function M.ground(label, namespace, live)
  local ref = namespace and label .. " in " .. namespace or label
  if not live then return { ref = ref } end
  local version = live.metadata.resourceVersion
  if live.kind == "Secret" then return { ref = ref, version = version, digest = version } end
  return { ref = ref, version = version, object = M.clean(live) }
end

--- An object that the server refuses: what it said, as a change. Raises what is no refusal.
---@param label string
---@param err table
---@return table change
function M.refusal(label, err)
  if err.kind == "conflict" and err.conflicts then
    local lines = {}
    for i, c in ipairs(err.conflicts) do lines[i] = string.format("%s is managed by %q", c.field, c.manager) end
    return { object = label, action = "conflict", why = table.concat(lines, ", "), conflicts = err.conflicts }
  end
  if err.refused then return { object = label, action = "reject", why = err.message } end
  -- A server-side apply answers 500 to what it cannot read: a field that is unknown or of the wrong type.
  local unreadable = err.api_message and (err.api_message:find("field not declared in schema", 1, true)
    or err.api_message:find("failed to create typed patch object", 1, true))
  if err.kind == "api" and err.status ~= 401 and err.status < 500 or unreadable then
    return { object = label, action = "reject", why = err.api_message }
  end
  error(err, 0)
end

local function is_restart(change)
  for _, field in ipairs(change.fields or {}) do
    if not field.path:find("restartedAt", 1, true) then return false end
  end
  return change.fields ~= nil
end

--- Names who keeps the object that is changed, where that one would take the change back. A restart is nothing that
--- helm's next upgrade takes back.
---@param change table
---@param live table?
---@param release? { name: string, namespace: string }  of helm, that changes it
function M.name_keeper(change, live, release)
  local keeper = live and change.action ~= "unchanged" and keepers.of(live, release) or nil
  if keeper and keeper.by == "helm" and is_restart(change) then keeper = nil end
  change.kept_by = keeper and keeper.words or nil
end

--- Tries a dry run: the change it comes to, or the refusal.
---@param label string
---@param live table?
---@param dry fun(): table  the object after
---@return table change
---@return table? after
function M.try(label, live, dry)
  local ok, after = errors.try(dry)
  local change = ok and M.change(label, live, after) or M.refusal(label, after)
  M.name_keeper(change, live)
  return change, ok and after or nil
end

--- A preview out of its changes: nothing to do, or what would stop the run.
---@param changes table[]
---@param ground table[]
---@param result any
---@return almanac.Preview
function M.of(changes, ground, result)
  local preview = { changes = changes, ground = ground, result = result, nothing = true }
  for _, change in ipairs(changes) do
    if change.action ~= "unchanged" then preview.nothing = nil end
    if change.action == "conflict" or change.action == "reject" then
      preview.would_fail = preview.would_fail or string.format("%s: %s", change.object, change.why)
      preview.result = nil
    end
  end
  return preview
end

return M
