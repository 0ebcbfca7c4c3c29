--- The previews of helm's effects: what would be applied, found out by helm; what that comes to, asked of
--- the server object by object.
local at_hand = require "almanac.helm.at_hand"
local charts = require "almanac.helm.chart"
local cli = require "almanac.helm.cli"
local errors = require "almanac.base.errors"
local fingerprints = require "almanac.journal.fingerprint"
local handed = require "almanac.helm.handed"
local history = require "almanac.helm.history"
local manifests = require "almanac.helm.manifest"
local objects = require "almanac.k8s.objects"
local parse = require "almanac.helm.parse"
local pool = require "almanac.base.pool"
local records = require "almanac.helm.records"
local renders = require "almanac.helm.render"
local repair = require "almanac.helm.repair"
local scopes = require "almanac.helm.scope"
local step = require "almanac.run.step"
local task = require "native.task"
local trials = require "almanac.helm.trial"
local unknown = require "almanac.base.unknown"

local M = {}

--- The release itself is ground as its objects are.
local function release_ground(input, before)
  return {
    ref = string.format("release %s in %s", input.release, input.namespace), version = tostring(before.revision),
    object = { revision = before.revision, status = before.status },
  }
end

--- Fields of the result that predicted() always knows.
M.predicts = { "revision", "status", "description", "chart" }

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
local function render_pending(input, before, last)
  repair.dead(input, before.revision)
  return renders.here(input, last, string.format("revision %d is %s, left by an almanac that died: the run repairs that first. Until then",
    before.revision, before.status))
end

--- The definitions that a first install would create.
local function new_definitions(input)
  local definitions, out = renders.definitions(input), {}
  local judge = scopes.judge("helm.upgrade", input, definitions)
  for _, object in ipairs(definitions) do
    local target = objects.one("helm.upgrade", { kind = object.kind, apiVersion = object.apiVersion, name = object.metadata.name }, {})
    if judge(object) or not objects.find("helm.upgrade", target) then out[#out + 1] = object end
  end
  return out
end

---@class almanac.HelmOutlook
---@field last? table           the revision that is compared with, as its record has it
---@field old table[]           its objects
---@field definitions table[]   that a first install would create

--- What an upgrade is compared with.
---@return almanac.HelmOutlook
local function outlook_of(input, current)
  if not current then return { old = {}, definitions = new_definitions(input) } end
  local last = records.release(input, current, "helm.upgrade")
  return { last = last, old = renders.objects_of(last), definitions = {} }
end

--- Everything that can be known before helm has rendered: what is in the cluster, and what the server says to
--- the objects that are expected. It only makes the preview faster: what fails here is met again there.
local function look_ahead(trial, input, current)
  local outlook = outlook_of(input, current)
  trial:set_method(outlook.last and records.revision_of(outlook.last).server_side or not current and cli.version().major > 3)
  local ok, expected = errors.try(renders.expected, input, outlook.last)
  if ok then trial:anticipate(outlook.old, manifests.join(outlook.definitions, expected)) end
  return outlook
end

--- fn() while `ahead` runs beside it.
---@return any result of fn
---@return any? seen of ahead, unless it failed
local function beside(ahead, fn)
  local seen
  local handle = task.spawn(function()
    local ok, result = errors.try(ahead)
    seen = ok and result or nil
  end)
  local ok, result = errors.try(fn)
  if not ok then handle:cancel() end
  local interrupted = pool.join_all { handle }
  if not ok then error(result, 0) end
  if interrupted then error(interrupted, 0) end
  return result, seen
end

local function first_line(input, before, current, rendering)
  local revisions = current and string.format("revision %d to %d", before.revision, before.revision + 1) or "first install"
  return string.format("%s of %s, %s", revisions, rendering.chart and "chart " .. rendering.chart or input.chart,
    method_word(rendering.server_side))
end

--- A digest of a hook. One of a Secret has its values in it.
local function hook_digest(manifest, label)
  local digest_of = label:find "^secret/" and fingerprints.of_secrets or fingerprints.of_ground
  return digest_of(step.current().run, manifest)
end

--- Marks the hooks that `allow` refuses.
local function judge_hooks(who, input, rendering)
  local judge = scopes.judge(who, input, rendering.objects)
  for _, hook in ipairs(rendering.hooks) do
    for _, object in ipairs(renders.objects_of_hook(hook)) do hook.refused = hook.refused or judge(object) end
  end
  return rendering.hooks
end

--- An upgrade that cannot be rendered without a program of the script's choosing.
local function unrendered(input, before, said)
  return {
    summary = string.format("revision %d of %s, not previewed", before.revision + 1, input.chart), changes = {},
    warnings = { said }, ground = { release_ground(input, before) },
    result = predicted(input, before, {}, history.description(input, before)),
  }
end

--- What helm.upgrade would do. A program of the script's choosing has no part in it, unless that was asked for; nor in a run that
--- is bound to the plan: what is compared there is made in the same way.
---@param given table normalised
---@param before table of observe
---@return almanac.Preview
function M.upgrade(given, before)
  local input, said = handed.previewed(given)
  if not input then return unrendered(given, before, said) end
  input = at_hand.take("helm.upgrade", input)
  local current = current_revision(input, before)
  local trial = trials.new {
    who = "helm.upgrade", release = input.release, namespace = input.namespace, server_side = false,
    force = input.force_conflicts, may_adopt = true,
  }
  local rendering, outlook
  if before.status and parse.is_pending(before.status) then
    outlook = outlook_of(input, current)
    rendering = render_pending(input, before, outlook.last)
  else
    rendering, outlook = beside(function() return look_ahead(trial, input, current) end,
      function() return at_hand.render(input, renders.upgrade, input, not current) end)
    outlook = outlook or outlook_of(input, current)
  end
  trial:set_method(rendering.server_side)
  local operation, hooks = current and "upgrade" or "install", judge_hooks("helm.upgrade", input, rendering)
  local preview = trial:preview(outlook.old, manifests.join(outlook.definitions, rendering.objects),
    manifests.hook_changes(hooks, operation))
  preview.warnings = manifests.join({ said }, at_hand.words(input), renders.tag_warnings(input, rendering.objects), rendering.warnings,
    preview.warnings)
  preview.ground = manifests.join(preview.ground, manifests.hook_ground(hooks, operation, hook_digest),
    charts.ground(given, input.chart_digest or rendering.digest))
  if not trial:has_namespace() and not input.create_namespace then
    preview.would_fail = string.format("there is no namespace %s: helm cannot keep the release's record there", input.namespace)
  end
  return finish(preview, input, before, first_line(input, before, current, rendering),
    predicted(input, before, rendering, history.description(input, before)))
end

-- rollback ---------------------------------------------------------------------------------------

--- What helm.rollback would do.
---@param input table normalised
---@param before table of observe
---@return almanac.Preview
function M.rollback(input, before)
  local rendering = renders.stored(input, input.revision)
  local trial = trials.new {
    who = "helm.rollback", release = input.release, namespace = input.namespace, server_side = rendering.server_side,
    may_adopt = false,
  }
  local hooks = manifests.hook_changes(judge_hooks("helm.rollback", input, rendering), "rollback")
  local old = renders.objects_of(records.release(input, before.revision, "helm.rollback"))
  local preview = trial:preview(old, rendering.objects, hooks)
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
  local trial = trials.new {
    who = "helm.uninstall", release = input.release, namespace = input.namespace, server_side = false, may_adopt = false,
  }
  local rendering = renders.stored(input, before.revision)
  local preview = trial:preview(rendering.objects, {}, manifests.hook_changes(judge_hooks("helm.uninstall", input, rendering), "delete"))
  preview.nothing = nil
  return finish(preview, input, before, "revision " .. before.revision .. " goes",
    { removed = true, revision = before.revision })
end

return M
