--- The previews of helm's effects: what would be applied, found out by helm; what that comes to, asked of
--- the server object by object.
local cli = require "almanac.helm.cli"
local history = require "almanac.helm.history"
local manifests = require "almanac.helm.manifest"
local objects = require "almanac.k8s.objects"
local parse = require "almanac.helm.parse"
local plans = require "almanac.helm.dry_run"
local records = require "almanac.helm.records"
local renders = require "almanac.helm.render"
local repair = require "almanac.helm.repair"
local step = require "almanac.run.step"
local unknown = require "almanac.base.unknown"
local yaml = require "native.yaml"

local M = {}

--- The release itself is ground as its objects are.
local function release_ground(input, before)
  return {
    ref = string.format("release %s in %s", input.release, input.namespace), version = tostring(before.revision),
    object = { revision = before.revision, status = before.status },
  }
end

--- What of the result the run will return is known now.
local function predicted(input, before, rendering, description)
  local frame = step.current()
  local later = unknown.new(frame and frame.path or "helm " .. input.release)
  return {
    revision = before.revision + 1, status = "deployed", description = description, chart = rendering.chart or later,
    app_version = rendering.app_version or later, updated = later,
  }
end

local counted = { "create", "change", "delete" }
local words = { create = "created", change = "changed", delete = "deleted" }

local function summary_of(preview)
  local counts, parts = {}, {}
  for _, change in ipairs(preview.changes) do counts[change.action] = (counts[change.action] or 0) + 1 end
  for _, action in ipairs(counted) do
    if counts[action] then parts[#parts + 1] = counts[action] .. " " .. words[action] end
  end
  if counts.hook then parts[#parts + 1] = counts.hook .. (counts.hook == 1 and " hook runs" or " hooks run") end
  local refused = (counts.conflict or 0) + (counts.reject or 0)
  if refused > 0 then parts[#parts + 1] = refused .. " refused by the server" end
  return #parts > 0 and table.concat(parts, ", ") or "no object changes"
end

local function finish(preview, input, before, what, result)
  table.insert(preview.ground, 1, release_ground(input, before))
  preview.summary = string.format("%s: %s", what, summary_of(preview))
  if preview.would_fail then
    preview.hint = "helm applies one object after the other: those before the first that is refused would be changed already"
  else
    preview.result = result
  end
  preview.missing = nil
  return preview
end

local function method_word(server_side)
  return server_side and "server-side apply" or "client-side apply"
end

-- upgrade ----------------------------------------------------------------------------------------

--- The revision that helm compares with: the newest deployed one, else the newest.
local function current_revision(input, before)
  if before.revision == 0 or before.status == "uninstalled" then return nil end
  if before.status == "deployed" then return before.revision end
  local list = records.list(input)
  for i = #list, 1, -1 do
    if list[i].status == "deployed" then return list[i].revision end
  end
  return before.revision
end

--- helm renders nothing for a release that is pending, which the run repairs first, or stops at.
local function render_pending(input, before, current)
  repair.dead(input, before.revision)
  local facts = records.revision_of(records.release(input, current, "helm.upgrade"))
  local server_side = facts.server_side and cli.version().major > 3
  return {
    manifest = renders.template(input, true), hooks = {}, server_side = server_side,
    warnings = { string.format("revision %d is %s, left by an almanac that died: the run repairs that first. Until then " ..
      "helm renders the chart without asking the server: lookups and hooks are not shown", before.revision, before.status) },
  }
end

--- The definitions that a first install would create, as a manifest.
local function new_definitions(input)
  local out = {}
  for _, object in ipairs(manifests.objects(renders.definitions(input), "the crds of " .. input.chart)) do
    local target = objects.one("helm.upgrade", { kind = object.kind, apiVersion = object.apiVersion, name = object.metadata.name }, {})
    if not objects.find("helm.upgrade", target) then out[#out + 1] = yaml.encode(object) end
  end
  return table.concat(out, "\n---\n")
end

--- What helm.upgrade would do.
---@param input table normalised
---@param before table of observe
---@return almanac.Preview
function M.upgrade(input, before)
  local current = current_revision(input, before)
  local pending = before.status and parse.is_pending(before.status)
  local definitions = not current and new_definitions(input) or ""
  local rendering = pending and render_pending(input, before, current) or renders.upgrade(input, definitions ~= "")
  local old = current and renders.manifest(input, current) or ""
  local hooks = manifests.hook_changes(rendering.hooks, current and "upgrade" or "install")
  local preview = plans.preview({
    who = "helm.upgrade", release = input.release, namespace = input.namespace, server_side = rendering.server_side,
    force = input.force_conflicts, may_adopt = true,
  }, old, definitions .. "\n---\n" .. rendering.manifest, hooks)
  local warnings = renders.tag_warnings(input, rendering.manifest)
  for _, list in ipairs { rendering.warnings, preview.warnings } do
    for _, warning in ipairs(list) do warnings[#warnings + 1] = warning end
  end
  preview.warnings = warnings
  if preview.missing[input.namespace] and not input.create_namespace then
    preview.would_fail = string.format("there is no namespace %s: helm cannot keep the release's record there", input.namespace)
  end
  local what = string.format("%s %s, %s", current and string.format("revision %d to %d", before.revision,
    before.revision + 1) or "first install", rendering.chart and "of chart " .. rendering.chart or "of " .. input.chart,
    method_word(rendering.server_side))
  return finish(preview, input, before, what,
    predicted(input, before, rendering, history.description(input, before)))
end

-- rollback ---------------------------------------------------------------------------------------

--- What helm.rollback would do.
---@param input table normalised
---@param before table of observe
---@return almanac.Preview
function M.rollback(input, before)
  local rendering = renders.stored(input, input.revision)
  local preview = plans.preview({
    who = "helm.rollback", release = input.release, namespace = input.namespace, server_side = rendering.server_side,
    may_adopt = false,
  }, renders.manifest(input, before.revision), rendering.manifest, manifests.hook_changes(rendering.hooks, "rollback"))
  local what = string.format("revision %d back to %d, as %d, %s", before.revision, input.revision, before.revision + 1,
    method_word(rendering.server_side))
  return finish(preview, input, before, what,
    predicted(input, before, rendering, "Rollback to " .. input.revision))
end

-- uninstall --------------------------------------------------------------------------------------

--- What helm.uninstall would do.
---@param input table normalised
---@param before table of observe
---@return almanac.Preview
function M.uninstall(input, before)
  if before.revision == 0 or before.status == "uninstalled" then
    return { summary = input.release .. " is not installed", nothing = true, ground = { release_ground(input, before) },
      result = { removed = false } }
  end
  local preview = plans.preview({
    who = "helm.uninstall", release = input.release, namespace = input.namespace, server_side = false, may_adopt = false,
  }, renders.manifest(input, before.revision), "", {})
  preview.nothing = nil
  return finish(preview, input, before, "revision " .. before.revision .. " goes",
    { removed = true, revision = before.revision })
end

return M
