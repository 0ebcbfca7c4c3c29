--- A chart as whoever has to look at it before helm renders it has it: here. One of a repository, a registry or a URL is fetched once,
--- by helm, to a directory of ours, looked at there, and rendered from there: so what was looked at is what is rendered. Without its
--- schemas a plan would pass values that the run refuses, so that they are not left out.
local arguments = require "almanac.host.arguments"
local chart_schemas = require "almanac.helm.chart_schemas"
local charts = require "almanac.helm.chart"
local cli = require "almanac.helm.cli"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local handed_programs = require "almanac.run.handed_programs"
local parse = require "almanac.helm.parse"
local reach = require "almanac.run.reach"
local scopes = require "almanac.helm.scope"
local scratch = require "native.scratch"
local step = require "almanac.run.step"

local M = {}

--- Fetches it. The directory goes with what is returned.
---@return string file
---@return native.scratch.Directory held
---@return string? digest  that a registry gives it
local function fetch(who, input)
  local held = scratch.open()
  local dir = held:keep("chart", ""):match "^(.*)/"
  local args = arguments.new(who, "pull"):option("--version", input.version):flag("--plain-http", input.plain_http)
    :option("--destination", dir):word("chart", input.chart)
  local result = cli.exec(args:list())
  if result.code ~= 0 then errors.raise(parse.failure(result.stderr, "helm pull " .. input.chart)) end
  local files = fs.list(dir .. "/*.tgz")
  if #files ~= 1 then
    errors.raise { kind = "helm", message = string.format("helm pull %s left %d charts, and not one", input.chart, #files) }
  end
  return files[1], held, (result.stderr .. result.stdout):match "Digest: (sha256:%x+)"
end

--- What was fetched for a run, by what was asked for: what is compared with a plan, or shown to `allow`, is what is installed then,
--- whatever a registry says when it is asked again.
---@type table<almanac.Run, table<string, { file: string, held: native.scratch.Directory, digest: string? }>>
local kept = setmetatable({}, { __mode = "k" })

local function fetched(who, input)
  local frame = step.current()
  local of_run = frame and kept[frame.run] or {}
  if frame then kept[frame.run] = of_run end
  local key = string.format("%s\n%s\n%s", input.chart, input.version or "", input.plain_http and "plain" or "")
  local one = of_run[key]
  if not one then
    one = {}
    one.file, one.held, one.digest = fetch(who, input)
    of_run[key] = one
  end
  return one
end

--- Whether the chart has to be looked at.
local function is_looked_at()
  local frame = step.current()
  return reach.is_asked() or handed_programs.only_looked() or frame ~= nil and frame.run.bound ~= nil
end

--- The same input with its chart at hand, where it has to be looked at: under `allow`, by a run that keeps to a plan, and by who
--- only looks. Raises kind "refused" for a chart whose schemas have helm fetch what `allow` does not name.
---@generic T: almanac.HelmChartInput
---@param who string  public function, for errors
---@param input T
---@return T
function M.take(who, input)
  if not is_looked_at() then return input end
  reach.require(who, "read", scopes.of_chart(input))
  charts.check(input)
  if fs.exists(input.chart) then return input end
  local out = {}
  for key, value in pairs(input) do out[key] = value end
  local one = fetched(who, input)
  out.chart_file, out.held, out.chart_digest = one.file, one.held, one.digest
  charts.check_schemas(out.chart_file)
  if reach.is_asked() then reach.require(who, "read", scopes.of_schemas(out.chart_file)) end
  return out
end

--- What the schemas of a chart have helm fetch, in words, for who reads a plan; none in a run.
---@param input almanac.HelmChartInput  of M.take
---@return string[]
function M.words(input)
  if not handed_programs.only_looked() then return {} end
  return chart_schemas.words(chart_schemas.reaches(input.chart_file or input.chart))
end

--- What `render` makes of it; where that fails, its error says what a schema had helm fetch meanwhile.
---@generic T
---@param input almanac.HelmChartInput  of M.take
---@param render fun(...): T
---@return T
function M.render(input, render, ...)
  local ok, result = errors.try(render, ...)
  if ok then return result end
  for _, words in ipairs(M.words(input)) do errors.add_hint(result, words) end
  error(result, 0)
end

--- Says it beside the step.
---@param input almanac.HelmChartInput  of M.take
function M.tell(input)
  local words = M.words(input)
  if words[1] then step.explain(table.concat(words, "; ")) end
end

return M
