--- helm 3 and 4: what a release is and was, read from helm's own records; a helm process only to render a
--- chart and for the effects.
---
--- `release` and `namespace` are in every call; the namespace is the release's name unless given.
--- Kubeconfig, context and the binary come from the settings.
local at_hand = require "almanac.helm.at_hand"
local charts = require "almanac.helm.chart"
local cli = require "almanac.helm.cli"
local effect = require "almanac.run.effect"
local fields = require "almanac.base.fields"
local handed = require "almanac.helm.handed"
local handed_programs = require "almanac.run.handed_programs"
local history = require "almanac.helm.history"
local json = require "native.json"
local proven = require "almanac.helm.proven"
local reach = require "almanac.run.reach"
local records = require "almanac.helm.records"
local repair = require "almanac.helm.repair"
local renders = require "almanac.helm.render"
local scopes = require "almanac.helm.scope"
local step = require "almanac.run.step"
local unknown = require "almanac.base.unknown"
local values = require "almanac.helm.values"
require "almanac.helm.rollback" -- these two define effects
require "almanac.helm.upgrade"

local M = {}

---@class almanac.HelmTarget
---@field release string
---@field namespace? string

---@class almanac.HelmChart: almanac.HelmTarget
---@field chart string             directory, or name in a repository
---@field version? string          of a chart in a repository
---@field values? string|string[]  files, later ones win
---@field set? table<string, string|number|boolean>  single values by their path, e.g. ["image.tag"]
---@field set_string? table<string, string>          the same, always text

---@class almanac.HelmUpgrade: almanac.HelmChart
---@field install? boolean           install it when there is no such release
---@field create_namespace? boolean  with install
---@field timeout? string|number     duration, for hooks; default 10m
---@field force_conflicts? boolean   take fields that others changed back (helm 4, server-side applied releases)
---@field description? string        shown in the history, followed by the effect's mark

---@class almanac.HelmResult
---@field revision integer
---@field status string
---@field chart string
---@field app_version string
---@field description string
---@field updated string

local REVISION = { "count", shown_default = "the newest", help = "one of those that helm keeps" }

local OF_REVISION = fields.with(cli.target_fields, { revision = REVISION })
fields.declare("helm.history", cli.target_fields)
fields.declare("helm.current", cli.target_fields)
fields.declare("helm.previous_good", fields.with(cli.target_fields, {
  newest = { "count", shown_default = "the one below the newest", help = "the newest revision that may be chosen" },
}))
fields.declare("helm.status", OF_REVISION)
fields.declare("helm.manifest", OF_REVISION)
fields.declare("helm.notes", OF_REVISION)
fields.declare("helm.values", fields.with(OF_REVISION, { all = { "flag", help = "the computed ones, the chart's own included" } }))
fields.declare("helm.template", fields.with(cli.target_fields, charts.fields))
fields.declare("helm.repair", fields.with(cli.target_fields, {
  min_age = { "seconds", default = "15m", help = "younger than that, another's helm is taken to run" },
}))

local function target_of(who, raw)
  step.require_read(who)
  return cli.input(fields.of(who), raw)
end

local function text(value)
  return type(value) == "string" and value or ""
end

--- helm's version.
function M.version()
  step.require_read "helm.version"
  return cli.version()
end

--- The revisions that helm keeps, oldest first.
function M.history(target)
  return history.list(target_of("helm.history", target))
end

--- The newest revision, whatever became of it; nil when there is no such release.
function M.current(target)
  local input = target_of("helm.current", target)
  local list = records.list(input)
  return history.public(records.revisions(input, { list[#list] })[1])
end

---@class almanac.HelmGood: almanac.HelmResult
---@field rule "proven"|"not known bad"|"superseded"
---@field why string   in words
---@field run? string  the run that proves it

--- The revision to go back to: the newest below the current one that helm applied to its end (not simply
--- the one before, which may have failed) and with which a run in this journal ended well; else one with
--- which none failed; else any. With `newest` it is that revision or one below.
function M.previous_good(target)
  local input, opts = target_of("helm.previous_good", target)
  local frame = step.current()
  local found, why = proven.find(input, frame and frame.run, opts.newest)
  local out = history.public(found)
  if why then step.explain(why.why) end
  for key, value in pairs(why or {}) do out[key] = value end
  return out
end

local function release_of(who, raw)
  local input, opts = target_of(who, raw)
  return records.release(input, opts.revision, who), opts
end

---@class almanac.HelmStatus: almanac.HelmResult
---@field release string
---@field namespace string
---@field first_deployed string
---@field server_side boolean  whether it was applied server-side
---@field notes string         "" when the chart has none

--- A release as `helm status` shows it: the newest revision, or one of those that helm keeps.
function M.status(target)
  local release = release_of("helm.status", target)
  local revision = records.revision_of(release)
  local out = history.public(revision)
  out.release, out.namespace, out.server_side = release.name, release.namespace, revision.server_side
  out.first_deployed, out.notes = release.info.first_deployed, text(release.info.notes)
  return out
end

--- The values a release was made with: those given by its operators, or with `all` the computed.
function M.values(target)
  local release, opts = release_of("helm.values", target)
  local given = release.config ~= json.null and release.config or {}
  if not opts.all then return given end
  return values.computed(given, release.chart and release.chart.values)
end

--- The manifest of a release: YAML documents.
function M.manifest(target)
  return text(release_of("helm.manifest", target).manifest)
end

--- What the chart tells its operators; "" when it says nothing.
function M.notes(target)
  return text(release_of("helm.notes", target).info.notes)
end

--- Renders a chart without touching anything.
function M.template(chart)
  local input, opts = target_of("helm.template", chart)
  input = handed.settle("helm.template", charts.input("helm.template", opts, input))
  local words = handed_programs.withheld_by() and handed.words(input)
  if not words then
    input = at_hand.take("helm.template", input)
    at_hand.tell(input)
    return at_hand.render(input, renders.template, "helm.template", input)
  end
  if reach.is_asked() then reach.require("helm.template", "read", scopes.of_chart(input)) end
  step.explain("helm.template: " .. words)
  local frame = step.current()
  return unknown.new(frame and frame.path or "helm.template")
end

--- Upgrades a release. Never waits for its workloads: k8s.rollout does that, and says why not.
---
--- Errors: "helm" (with `conflicts` or `template` where helm says so), "busy" (another operation is
--- under way), "not_found", "network", "auth", "tls", "timeout" and "cancelled" (in doubt: a resume
--- looks at the release).
function M.upgrade(release)
  return effect.perform("helm.upgrade", release)
end

--- Goes back to a revision, as a new one.
function M.rollback(target)
  return effect.perform("helm.rollback", target)
end

--- Takes a release out of a pending state that a dead helm left: deletes the record of its newest revision,
--- so that the revision before is the newest again. Objects stay as they are. Asks the operator, unless the
--- helm was one of ours and is known to be dead; where nobody can be asked the run waits (exit code 3).
---
--- Errors: "refused" (it is not pending), "busy" (its helm runs, or is younger than `min_age` and may run).
function M.repair(target)
  local input, opts = target_of("helm.repair", target)
  return repair.repair(input, opts.min_age)
end

--- Removes a release and its objects; one that is not there is fine.
function M.uninstall(target)
  return effect.perform("helm.uninstall", target)
end

return M
