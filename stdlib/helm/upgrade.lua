--- The effect helm.upgrade: provable by its mark in the revision's description, repaired when a
--- killed helm left it pending, never waiting (k8s.rollout does that better).
local at_hand = require "almanac.helm.at_hand"
local charts = require "almanac.helm.chart"
local cli = require "almanac.helm.cli"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local handed = require "almanac.helm.handed"
local history = require "almanac.helm.history"
local manifests = require "almanac.helm.manifest"
local parse = require "almanac.helm.parse"
local previews = require "almanac.helm.preview"
local process = require "almanac.helm.process"
local reach = require "almanac.run.reach"
local records = require "almanac.helm.records"
local renders = require "almanac.helm.render"
local repair = require "almanac.helm.repair"
local scopes = require "almanac.helm.scope"
local step = require "almanac.run.step"
local survivors = require "almanac.run.survivors"
local way_back = require "almanac.helm.way_back"

local M = {}

local DEFAULT_TIMEOUT = 600 -- seconds: helm waits for hooks only

local UPGRADE = fields.declare("helm.upgrade", fields.with(fields.with(cli.target_fields, charts.fields), {
  install = { "flag", help = "installs it when there is no such release" },
  create_namespace = { "flag", help = "with install" },
  timeout = { "seconds", default = DEFAULT_TIMEOUT, help = "for hooks" },
  force_conflicts = { "flag", help = "takes back fields that others changed (helm 4, releases applied server-side)" },
  description = { "string", help = "shown in the history, followed by the effect's mark" },
}))

local function normalise(raw)
  local input, opts = cli.input(UPGRADE, raw)
  charts.input("helm.upgrade", opts, input)
  input.install, input.create_namespace = opts.install or nil, opts.create_namespace or nil
  input.force_conflicts = opts.force_conflicts or nil
  input.timeout, input.description = opts.timeout, opts.description
  if input.create_namespace and not input.install then
    errors.usage("helm.upgrade: create_namespace works with install = true only")
  end
  return input
end

local function title(input)
  local set = charts.set_words(input)
  return string.format("helm upgrade %s to chart %s%s%s", input.release, input.chart, set ~= "" and " with " .. set or "",
    input.force_conflicts and ", taking the fields that others set" or "")
end

--- Conflicts exist, and can be forced, only where helm applies server-side; helm 4 keeps the method
--- of the release's last revision.
local function check_force(input, before)
  if not input.force_conflicts then return end
  local version = cli.version()
  if version.major < 4 then
    errors.raise {
      kind = "usage",
      message = string.format("helm.upgrade: force_conflicts needs helm 4; this is %s, which applies client-side " ..
        "and meets no conflicts", version.version),
      hint = "leave force_conflicts out",
    }
  end
  if before.revision == 0 then return end
  local list = records.list(input)
  local last = records.revisions(input, { list[#list] })[1]
  if last and not last.server_side then
    errors.raise {
      kind = "usage",
      message = string.format("helm.upgrade: release %s was last applied client-side (by helm 3), and helm 4 " ..
        "keeps that: there is nothing to force", input.release),
      hint = "leave force_conflicts out",
    }
  end
end

local function supports_labels()
  local major, minor = cli.version().version:match "^v(%d+)%.(%d+)"
  return tonumber(major) > 3 or tonumber(minor) >= 13
end

local function argv_of(input, ctx)
  local args = cli.arguments("helm.upgrade", input.namespace, "upgrade")
    :option("--description", history.description(input, ctx.before) .. " " .. parse.mark(ctx.id))
    :option("--timeout", string.format("%ds", math.ceil(input.timeout)))
    :option("--labels", supports_labels() and repair.labels(ctx.id) or nil)
    :flag("--install", input.install):flag("--create-namespace", input.create_namespace)
    :flag("--force-conflicts", input.force_conflicts)
  return charts.add_chart(charts.add(args, input):word("release", input.release), input):list()
end

--- What `allow` does not name is refused before helm applies the first object.
local function check_objects(input, before)
  if not reach.is_asked() then return end
  local is_first = before.revision == 0 or before.status == "uninstalled"
  local definitions = is_first and renders.definitions(input) or {}
  local rendering = renders.upgrade(input, is_first)
  local old = is_first and {} or renders.objects_of(records.release(input, before.revision, "helm.upgrade"))
  local hooks = renders.hook_objects(rendering, is_first and "install" or "upgrade")
  scopes.require("helm.upgrade", input, manifests.join(definitions, rendering.objects, hooks), old)
end

local function apply(input, ctx)
  input = handed.settle("helm.upgrade", input)
  cli.version()
  charts.check(input)
  input = at_hand.take("helm.upgrade", input)
  check_force(input, ctx.before)
  if ctx.before.status and parse.is_pending(ctx.before.status) then
    repair.settle(input, ctx.before.revision)
  end
  check_objects(input, ctx.before)
  process.run(input, ctx, "helm upgrade " .. input.release, argv_of(input, ctx), ctx.before.revision + 1)
  local list = history.list(input)
  return history.public(parse.marked(list, ctx.id) or list[#list])
end

--- What became of an upgrade of which only the intent is known.
---@param list almanac.HelmRevision[]
---@param before integer revision before it
---@param id string effect id
---@return "done"|"failed"|"pending"|"nothing"|"other"
---@return almanac.HelmRevision?
function M.verdict(list, before, id)
  local marked = parse.marked(list, id)
  if marked then return "done", marked end
  local top = list[#list]
  if not top or top.revision <= before then return "nothing", top end
  local ours = history.find(list, before + 1)
  if not ours or top ~= ours then return "other", top end
  if parse.is_pending(ours.status) then return "pending", ours end
  if ours.status == "failed" then return "failed", ours end
  return "other", ours
end

local function recover(input, ctx)
  history.check_driver(ctx.before)
  survivors.wait(ctx.id, "helm upgrade " .. input.release, input.timeout + process.KILL_MARGIN)
  local before = ctx.before.revision
  local verdict, revision = M.verdict(history.list(input), before, ctx.id)
  if verdict == "done" then return "done", history.public(revision) end
  if verdict == "pending" then
    repair.settle(input, revision.revision, ctx.id)
    return "again"
  end
  if verdict == "failed" then
    step.note(string.format("revision %d of %s failed: %s", revision.revision, input.release, revision.description))
    return "again"
  end
  if verdict == "nothing" then return "not_done" end
  return "unknown", string.format("release %s is now at revision %d (%s: %s), and no revision after %d carries this " ..
    "effect's mark: somebody else changed it meanwhile", input.release, revision.revision, revision.status,
    revision.description, before)
end

local function undo(input, _, ctx)
  local before = ctx.undo_to
  local now = history.observe(input)
  if now.revision == before.revision then
    step.note(string.format("release %s is still at revision %d: nothing to take back", input.release, now.revision))
    return
  end
  if before.revision == 0 then
    effect.perform("helm.uninstall", { release = input.release, namespace = input.namespace })
    return
  end
  way_back.take(input, before, "upgrade")
end

local function preview(input, before)
  check_force(input, before)
  return previews.upgrade(input, before)
end

effect.define("helm.upgrade", {
  input = normalise, title = title, observe = history.observe, preview = preview, apply = apply, recover = recover,
  undo = undo, holds = history.holds,
  allow = { category = "helm", of = function(input) return scopes.of_upgrade(input) end },
}, { predicts = previews.predicts })

return M
