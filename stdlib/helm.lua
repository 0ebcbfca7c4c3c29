--- helm 3 and 4 as child processes: what a release is and was, and the effects on it.
---
--- `release` and `namespace` are in every call; the namespace is the release's name unless given.
--- Kubeconfig, context and the binary come from the settings.
local cli = require "almanac.helm_cli"
local effect = require "almanac.effect"
local errors = require "almanac.errors"
local history = require "almanac.helm_history"
local json = require "native.json"
local parse = require "almanac.helm_parse"
local renders = require "almanac.helm_render"
local step = require "almanac.step"
require "almanac.helm_rollback" -- which also loads helm_upgrade: both define their effects

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

local function target_of(who, raw, known)
  step.require_read(who)
  return cli.input(who, raw, known or {})
end

--- helm's version.
---@return { major: integer, version: string }
function M.version()
  step.require_read "helm.version"
  return cli.version()
end

--- The revisions that helm keeps, oldest first.
---@param target almanac.HelmTarget
---@return almanac.HelmRevision[]  empty when there is no such release
function M.history(target)
  return history.list(target_of("helm.history", target))
end

--- The newest revision, whatever became of it; nil when there is no such release.
---@param target almanac.HelmTarget
---@return almanac.HelmResult?
function M.current(target)
  local list = history.list(target_of("helm.current", target))
  return history.public(list[#list])
end

--- The newest revision below the current one that is deployed or superseded: the one to go back to.
--- Not simply the one before, which may have failed.
---@param target almanac.HelmTarget
---@return almanac.HelmResult?
function M.previous_good(target)
  return history.public(parse.previous_good(history.list(target_of("helm.previous_good", target))))
end

local function with_revision(argv, raw)
  if raw.revision == nil then return argv end
  if math.type(raw.revision) ~= "integer" then errors.usage "helm: revision must be a whole number" end
  return cli.join(argv, { "--revision", tostring(raw.revision) })
end

--- The values a release was made with: those given by its operators, or with `all` the computed.
---@param target { release: string, namespace: string?, all: boolean?, revision: integer? }
---@return table
function M.values(target)
  local input = target_of("helm.values", target, { all = true, revision = true })
  local argv = cli.join({ "get", "values", input.release, "--output", "json" }, cli.target(input.namespace),
    target.all and { "--all" } or {})
  local values = json.decode(cli.read("get values", input.release, with_revision(argv, target)))
  return values == json.null and {} or values
end

--- The manifest of a release: YAML documents.
---@param target { release: string, namespace: string?, revision: integer? }
---@return string
function M.manifest(target)
  local input = target_of("helm.manifest", target, { revision = true })
  local argv = cli.join({ "get", "manifest", input.release }, cli.target(input.namespace))
  return cli.read("get manifest", input.release, with_revision(argv, target))
end

--- Renders a chart without touching anything.
---@param chart almanac.HelmChart
---@return string manifest  raises kind "helm" with `template` = { file, line } when it does not render
function M.template(chart)
  local input = target_of("helm.template", chart, {
    chart = true, version = true, set = true, set_string = true, values = true,
  })
  return renders.template(cli.chart_input("helm.template", chart, input), false)
end

--- Upgrades a release. Never waits for its workloads: k8s.rollout does that, and says why not.
---
--- Errors: "helm" (with `conflicts` or `template` where helm says so), "busy" (another operation is
--- under way), "not_found", "network", "auth", "tls", "timeout" and "cancelled" (in doubt: a resume
--- looks at the release).
---@param release almanac.HelmUpgrade
---@return almanac.HelmResult
function M.upgrade(release)
  return effect.perform("helm.upgrade", release)
end

--- Goes back to a revision, as a new one.
---@param target { release: string, namespace: string?, revision: integer, timeout: string|number? }
---@return almanac.HelmResult
function M.rollback(target)
  return effect.perform("helm.rollback", target)
end

--- Removes a release and its objects; one that is not there is fine.
---@param target table release, namespace, and: keep_history? boolean, timeout? duration, description? string
---@return { removed: boolean, revision: integer? }
function M.uninstall(target)
  return effect.perform("helm.uninstall", target)
end

return M
