--- What helm would do to one object of a release: it is sent to the server as helm would send it, as a
--- dry run, and the answer compared with the live object. helm's own dry run never asks the server about
--- the objects.
local discovery = require "almanac.k8s.discovery"
local errors = require "almanac.base.errors"
local k8s_client = require "almanac.k8s.client"
local manifests = require "almanac.helm.manifest"
local merge = require "almanac.helm.merge"
local objects = require "almanac.k8s.objects"
local owners = require "almanac.k8s.owners"
local previews = require "almanac.k8s.preview"

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
---@field key string      of almanac.helm.manifest
---@field new table?      as helm sends it
---@field old table?      in the manifest before
---@field target almanac.k8s.Target?
---@field label string
---@field untried? string why it cannot be tried
---@field refused? boolean and that is a refusal
---@field forbidden? boolean  of the runbook's `allow`

---@class almanac.HelmTry
---@field change table?
---@field ground table
---@field warnings string[]?

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
    local path = discovery.path(entry.target.resource, entry.target.namespace)
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

--- What would become of one object.
---@param plan almanac.HelmPlan
---@param entry almanac.HelmObject
---@param missing boolean its namespace is not there (yet)
---@param live table?     the object as it is
---@return almanac.HelmTry
function M.try(plan, entry, missing, live)
  local namespace = entry.target and entry.target.namespace or plan.namespace
  local function untried(action, why)
    return { change = { object = entry.label, action = action, why = why }, ground = previews.ground(entry.label, namespace) }
  end
  if not entry.target then return untried(entry.refused and "reject" or "create", entry.untried) end
  if missing then
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

return M
