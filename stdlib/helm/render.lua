--- What a chart renders to, and what is to say about that: by helm itself, without touching anything.
local cli = require "almanac.helm.cli"
local errors = require "almanac.base.errors"
local json = require "native.json"
local parse = require "almanac.helm.parse"
local records = require "almanac.helm.records"

local M = {}

local MAX_OUTPUT = 64 * 1024 * 1024
local WARNING_SHOWN = 240

---@class almanac.HelmRendering
---@field manifest string
---@field hooks { object: table, events: string[] }[]
---@field warnings string[]   what helm said besides
---@field server_side boolean whether helm would apply server-side
---@field chart? string       name-version
---@field app_version? string

local function chart_args(input)
  return cli.join(cli.value_args(input), input.version and { "--version", input.version } or {})
end

--- Renders a chart on this machine.
---@param input table normalised
---@param is_upgrade boolean
---@return string manifest
function M.template(input, is_upgrade)
  cli.check_chart(input.chart)
  return cli.read("template", input.chart, cli.join({ "template", input.release, input.chart, "--namespace",
    input.namespace }, chart_args(input), is_upgrade and { "--is-upgrade" } or {}))
end

--- Warnings among what helm printed to stderr: "coalesce.go:298: warning: cannot overwrite table …".
local function warnings_of(stderr)
  local out = {}
  for line in stderr:gmatch "[^\r\n]+" do
    local text = line:match "^.-[%w_]+%.go:%d+: warning: (.*)" or line:match "^level=WARN msg=(.*)"
    if text and not text:find "^\"?upgrade failed" then
      out[#out + 1] = "helm: " .. (#text > WARNING_SHOWN and text:sub(1, WARNING_SHOWN) .. "…" or text)
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

local function hooks_of(release)
  local out = {}
  for _, hook in ipairs(type(release.hooks) == "table" and release.hooks or {}) do
    local object = { kind = hook.kind, metadata = { name = hook.name } }
    out[#out + 1] = { object = object, events = hook.events ~= json.null and hook.events or {} }
  end
  return out
end

--- The definitions of a chart's directory crds/, which helm creates at a first install where they are not
--- there yet, before everything else. It renders them nowhere.
---@param input table normalised
---@return string manifest "" when it has none
function M.definitions(input)
  cli.check_chart(input.chart)
  return cli.read("show crds", input.chart, cli.join({ "show", "crds", input.chart },
    input.version and { "--version", input.version } or {}))
end

--- A first install whose objects are of kinds that come with it: helm's dry run, which creates no
--- definition, stops there.
local function without_definitions(input)
  return {
    manifest = M.template(input, false), hooks = {}, server_side = cli.version().major > 3,
    warnings = { "the chart brings definitions of its own: it was rendered without asking the server, so that lookups and " ..
      "hooks are not shown" },
  }
end

--- Renders a chart as the upgrade would: helm's own dry run against the server, which knows the server's
--- version and API groups, answers `lookup`, and keeps the values of the last revision where none are
--- given. It asks nothing of the server about the objects: that is for almanac.helm_plan.
---@param input table normalised, of helm.upgrade
---@param has_definitions boolean  it is a first install, with definitions
---@return almanac.HelmRendering
function M.upgrade(input, has_definitions)
  cli.check_chart(input.chart)
  -- helm's own look at the schemas takes seconds with many objects, and is less than what the server
  -- says to each of them.
  local argv = cli.join({ "upgrade", input.release, input.chart, "--dry-run=server", "--disable-openapi-validation",
    "--output", "json" },
    cli.target(input.namespace), chart_args(input), input.install and { "--install" } or {},
    input.create_namespace and { "--create-namespace" } or {})
  local ok, result = errors.try(run, "helm upgrade " .. input.release, argv)
  if not ok then
    if has_definitions and result.kind == "helm" and result.message:find("no matches for kind", 1, true) then
      return without_definitions(input)
    end
    error(result, 0)
  end
  -- With --install some versions say first that the release does not exist.
  local release = json.decode(result.stdout:match "^[^{]*({.*)$" or result.stdout)
  local metadata = type(release.chart) == "table" and release.chart.metadata or {}
  return {
    manifest = release.manifest or "", hooks = hooks_of(release), warnings = warnings_of(result.stderr),
    server_side = release.apply_method == "ssa" or release.applyMethod == "ssa",
    chart = metadata.name and string.format("%s-%s", metadata.name, metadata.version), app_version = metadata.appVersion,
  }
end

--- The manifest of a revision that helm keeps.
---@param target { release: string, namespace: string }
---@param revision integer
---@return string
function M.manifest(target, revision)
  return records.release(target, revision, "helm").manifest or ""
end

--- A revision that helm keeps, as a rollback to it would apply it.
---@param target { release: string, namespace: string }
---@param revision integer
---@return almanac.HelmRendering
function M.stored(target, revision)
  local release = records.release(target, revision, "helm.rollback")
  local facts = records.revision_of(release)
  return {
    manifest = release.manifest or "", hooks = hooks_of(release), warnings = {},
    server_side = facts.server_side and cli.version().major > 3, -- helm 4 applies it as its target was applied
    chart = facts.chart, app_version = facts.app_version,
  }
end

--- Loud words for a tag that was asked for and is in no image.
---@param input table
---@param manifest string
---@return string[]
function M.tag_warnings(input, manifest)
  local out = {}
  local asked = {}
  for key, value in pairs(input.set or {}) do asked[key] = value end
  for key, value in pairs(input.set_string or {}) do asked[key] = value end
  for _, entry in ipairs(parse.tags_asked(asked)) do
    if not parse.has_tag(manifest, entry.tag) then
      out[#out + 1] = string.format("the chart %s ignores %s: no rendered image has the tag %s, so the upgrade " ..
        "would keep the old images", input.chart, entry.key, entry.tag)
    end
  end
  return out
end

return M
