--- What a chart renders to, and what is to say about that: by helm itself, without touching anything.
local arguments = require "almanac.host.arguments"
local charts = require "almanac.helm.chart"
local cli = require "almanac.helm.cli"
local errors = require "almanac.base.errors"
local json = require "native.json"
local manifests = require "almanac.helm.manifest"
local parse = require "almanac.helm.parse"
local reach = require "almanac.run.reach"
local records = require "almanac.helm.records"
local redaction = require "almanac.base.redaction"
local scopes = require "almanac.helm.scope"

local M = {}

local MAX_OUTPUT = 64 * 1024 * 1024
local WARNING_SHOWN = 240

---@class almanac.HelmRendering
---@field objects table[]     of the manifest
---@field hooks almanac.HelmHook[]
---@field warnings string[]   what helm said besides
---@field server_side boolean whether helm would apply server-side
---@field chart? string       name-version
---@field app_version? string
---@field digest? string      of a chart from a registry

---@class almanac.HelmHook
---@field label string        "job/migrate"
---@field events string[]
---@field manifest string      YAML
---@field refused? string       why the runbook's `allow` refuses it

--- Renders a chart on this machine.
---@param who string public function, for errors
---@param input table normalised
---@param options? { is_upgrade?: boolean, no_hooks?: boolean, config?: table }
---   config: the values of the last revision, which an upgrade keeps where none are given
---@return string manifest
function M.template(who, input, options)
  options = options or {}
  reach.require(who, "read", scopes.of_chart(input))
  charts.check(input)
  local args = arguments.new(who, "template"):option("--namespace", input.namespace)
    :flag("--is-upgrade", options.is_upgrade):flag("--no-hooks", options.no_hooks)
  local stdin
  if options.config and not charts.has_values(input) then
    args:option("--values", "-")
    stdin = json.encode(options.config)
  end
  charts.add_chart(charts.add(args, input):word("release", input.release), input)
  return cli.read("template", input.chart, args:list(), stdin)
end

--- Warnings among what helm printed to stderr: "coalesce.go:298: warning: cannot overwrite table …".
local function warnings_of(stderr)
  local out = {}
  for line in stderr:gmatch "[^\r\n]+" do
    local text = line:match "^.-[%w_]+%.go:%d+: warning: (.*)" or line:match "^level=WARN msg=(.*)"
    if text and not text:find "^\"?upgrade failed" then
      out[#out + 1] = "helm: " .. redaction.excerpt(text, WARNING_SHOWN)
    end
  end
  return out
end

local function run(action, argv)
  local result = cli.exec(argv, { max_output = MAX_OUTPUT })
  if result.code ~= 0 then errors.raise(parse.failure(result.stderr, action)) end
  if result.truncated then
    errors.raise { kind = "limit", message = action .. " printed more than 64 MiB" }
  end
  return result
end

local HOOK = "helm.sh/hook" -- the annotation that makes an object one, with the events at which it runs

local function hooks_of(release)
  local out = {}
  for i, hook in ipairs(type(release.hooks) == "table" and release.hooks or {}) do
    out[i] = {
      label = tostring(hook.kind):lower() .. "/" .. tostring(hook.name),
      events = hook.events ~= json.null and hook.events or {}, manifest = tostring(hook.manifest),
    }
  end
  return out
end

--- The objects of a hook.
---@param hook almanac.HelmHook
---@return table[]
function M.objects_of_hook(hook)
  return (manifests.objects(hook.manifest, "the hook " .. hook.label))
end

--- The objects of the hooks that an operation runs.
---@param rendering almanac.HelmRendering
---@param operation "install"|"upgrade"|"rollback"|"delete"
---@return table[]
function M.hook_objects(rendering, operation)
  local out = {}
  for _, hook in ipairs(rendering.hooks) do
    if #manifests.events_of(hook, operation) > 0 then out = manifests.join(out, M.objects_of_hook(hook)) end
  end
  return out
end

--- The definitions of a chart's directory crds/, which helm creates at a first install where they are not
--- there yet, before everything else. It renders them nowhere.
---@param input table normalised
---@return table[] objects
function M.definitions(input)
  reach.require("helm.upgrade", "read", scopes.of_chart(input))
  charts.check(input)
  local args = arguments.new("helm.upgrade", "show", "crds"):option("--version", input.version)
    :flag("--plain-http", input.plain_http)
  charts.add_chart(args, input)
  return (manifests.objects(cli.read("show crds", input.chart, args:list()), "the crds of " .. input.chart))
end

--- The objects that a chart renders to without asking the server, in a tenth of the time: nearly always
--- those of M.upgrade.
---@param input table normalised
---@param last? table the release's last revision, as its record has it
---@return table[]
function M.expected(input, last)
  local text = M.template("helm.upgrade", input, { is_upgrade = last ~= nil, no_hooks = true, config = last and last.config })
  return (manifests.objects(text, "the chart " .. input.chart))
end

--- The hook that a document is, as a release's record has it; nil: it is none.
local function hook_in(document, where)
  if not document:find(HOOK, 1, true) then return nil end
  local object = manifests.objects(document, where)[1]
  local annotations = object and object.metadata.annotations
  local events = type(annotations) == "table" and annotations[HOOK]
  if type(events) ~= "string" then return nil end
  local hook = { label = object.kind:lower() .. "/" .. tostring(object.metadata.name), events = {}, manifest = document }
  for event in events:gmatch "[^,%s]+" do hook.events[#hook.events + 1] = event end
  return hook
end

--- A chart rendered where helm's own dry run renders nothing: without asking the server, so that lookups find nothing.
---@param input table normalised
---@param last? table the release's last revision, as its record has it
---@param why string  a sentence's beginning, for the warning
---@return almanac.HelmRendering
function M.here(input, last, why)
  local where, objects, hooks = "the chart " .. input.chart, {}, {}
  local text = M.template("helm.upgrade", input, { is_upgrade = last ~= nil, config = last and last.config })
  for document in ("\n" .. text .. "\n---\n"):gmatch "(.-)\n%-%-%-[^\n]*\n" do
    local hook = hook_in(document:gsub("^%s*# Source: [^\n]*\n", ""), where)
    if hook then hooks[#hooks + 1] = hook else objects[#objects + 1] = document end
  end
  return {
    objects = manifests.objects(table.concat(objects, "\n---\n"), where), hooks = hooks,
    server_side = cli.version().major > 3 and (not last or records.revision_of(last).server_side),
    warnings = { why .. " helm renders the chart without asking the server: what it looks up there is not shown" },
  }
end

--- Renders a chart as the upgrade would: helm's own dry run against the server, which knows the server's
--- version and API groups, answers `lookup`, and keeps the values of the last revision where none are
--- given. It asks nothing of the server about the objects: that is for almanac.helm.dry_run.
---@param input table normalised, of helm.upgrade
---@param has_definitions boolean  it is a first install, with definitions
---@return almanac.HelmRendering
function M.upgrade(input, has_definitions)
  reach.require("helm.upgrade", "read", scopes.of_chart(input))
  charts.check(input)
  -- helm's own look at the schemas takes seconds with many objects, and is less than what the server
  -- says to each of them.
  local args = cli.arguments("helm.upgrade", input.namespace, "upgrade"):option("--dry-run", "server")
    :flag("--disable-openapi-validation", true):option("--output", "json"):flag("--install", input.install)
    :flag("--create-namespace", input.create_namespace)
  charts.add_chart(charts.add(args, input):word("release", input.release), input)
  local ok, result = errors.try(run, "helm upgrade " .. input.release, args:list())
  if not ok then
    if has_definitions and result.kind == "helm" and result.message:find("no matches for kind", 1, true) then
      return M.here(input, nil, "the chart brings definitions of its own:")
    end
    error(result, 0)
  end
  -- With --install some versions say first that the release does not exist.
  local release = json.decode(result.stdout:match "^[^{]*({.*)$" or result.stdout)
  local metadata = type(release.chart) == "table" and release.chart.metadata or {}
  local objects, warnings = manifests.objects(release.manifest or "", "the chart " .. input.chart)
  return {
    objects = objects, hooks = hooks_of(release), warnings = manifests.join(warnings_of(result.stderr), warnings),
    digest = (result.stderr .. "\n" .. result.stdout:sub(1, 4096)):match "Digest: (sha256:%x+)",
    server_side = release.apply_method == "ssa" or release.applyMethod == "ssa",
    chart = metadata.name and string.format("%s-%s", metadata.name, metadata.version), app_version = metadata.appVersion,
  }
end

--- The objects of a revision that helm keeps.
---@param release table as its record has it
---@return table[]
function M.objects_of(release)
  local text = type(release.manifest) == "string" and release.manifest or ""
  return (manifests.objects(text, string.format("revision %s of %s", tostring(release.version), tostring(release.name))))
end

--- A revision that helm keeps, as a rollback to it would apply it.
---@param target { release: string, namespace: string }
---@param revision integer
---@return almanac.HelmRendering
function M.stored(target, revision)
  local release = records.release(target, revision, "helm.rollback")
  local facts = records.revision_of(release)
  return {
    objects = M.objects_of(release), hooks = hooks_of(release), warnings = {},
    server_side = facts.server_side and cli.version().major > 3, -- helm 4 applies it as its target was applied
    chart = facts.chart, app_version = facts.app_version,
  }
end

--- Loud words for a tag that was asked for and is in no image.
---@param input table
---@param objects table[] of the rendered manifest
---@return string[]
function M.tag_warnings(input, objects)
  local out = {}
  for _, entry in ipairs(manifests.tags_asked(input.set, input.set_string)) do
    if not manifests.uses_tag(objects, entry.tag) then
      out[#out + 1] = string.format("the chart %s ignores %s: no rendered image has the tag %s, so the upgrade " ..
        "would keep the old images", input.chart, entry.key, entry.tag)
    end
  end
  return out
end

return M
