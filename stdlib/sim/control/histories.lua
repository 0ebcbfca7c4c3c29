--- The ControllerRevisions of a StatefulSet or DaemonSet: one for each template it had, numbered anew when
--- it goes back to one, the oldest cleared. Pure.
--- https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/history/controller_history.go
local value = require "almanac.sim.model.value"
local pods = require "almanac.sim.control.pods"

local histories = {}

local REVISIONS = "apps/v1/controllerrevisions"
local LIMIT = 10
local LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

local function annotations_of(owner)
  local out = value.copy(owner.metadata.annotations or {})
  out[LAST_APPLIED] = nil
  return next(out) and out or nil
end

local function same_template(revision, owner)
  local template = value.shallow(value.dig(revision, "data", "spec", "template"))
  template["$patch"] = nil
  return value.equal(template, owner.spec.template)
end

--- The hash of the present template: that of the revision that has it, which may come from another cluster and
--- have been made there, or a new one.
---@param owner table
---@param revisions table[] those it controls
---@param label string  that carries the hash
---@return string
function histories.hash(owner, revisions, label)
  local hash = pods.hash(owner.spec.template)
  for _, r in ipairs(revisions) do
    if value.dig(r, "metadata", "labels", label) == hash then return hash end
  end
  for _, r in ipairs(revisions) do
    local theirs = value.dig(r, "metadata", "labels", label)
    if theirs and same_template(r, owner) then return theirs end
  end
  return hash
end

--- What makes the revision of the present template the newest one.
---@param owner table
---@param revisions table[] those it controls
---@param hash string of its template
---@param label string  that carries the hash
---@return table[] actions
function histories.sync(owner, revisions, hash, label)
  local meta, newest, mine = owner.metadata, 0, nil
  local name = meta.name .. "-" .. hash
  for _, r in ipairs(revisions) do
    newest = math.max(newest, r.revision)
    if r.metadata.name == name then mine = r end
  end
  if mine and mine.revision == newest then return {} end
  if mine then
    local changed = value.shallow(mine)
    changed.revision = newest + 1
    return { { op = "update", gvr = REVISIONS, object = changed } }
  end
  local template = value.copy(owner.spec.template)
  template["$patch"] = "replace"
  local labels = value.copy(value.dig(template, "metadata", "labels") or {})
  labels[label] = hash
  return { { op = "create", gvr = REVISIONS, object = {
    apiVersion = "apps/v1", kind = "ControllerRevision",
    metadata = { name = name, namespace = meta.namespace, labels = labels, annotations = annotations_of(owner),
      ownerReferences = pods.owner_reference(owner) },
    data = { spec = { template = template } }, revision = newest + 1,
  } } }
end

--- What clears the revisions past revisionHistoryLimit that nothing uses, oldest first.
---@param owner table
---@param revisions table[]
---@param used table<string, boolean> names
---@return table[] actions
function histories.prune(owner, revisions, used)
  local idle, actions = {}, {}
  for _, r in ipairs(revisions) do
    if not used[r.metadata.name] then idle[#idle + 1] = r end
  end
  table.sort(idle, function(a, b) return a.revision < b.revision end)
  for i = 1, #idle - (owner.spec.revisionHistoryLimit or LIMIT) do
    actions[i] = { op = "delete", gvr = REVISIONS, ns = owner.metadata.namespace, name = idle[i].metadata.name }
  end
  return actions
end

return histories
