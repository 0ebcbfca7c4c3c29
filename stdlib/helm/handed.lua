--- The programs that a script has helm start while it renders: a post-renderer, and the plugin of a scheme that helm itself
--- does not fetch from. Where nothing is to be changed, a chart is rendered without the first, and not at all without the second.
local errors = require "almanac.base.errors"
local handed_programs = require "almanac.run.handed_programs"
local step = require "almanac.run.step"

local M = {}

--- What helm fetches by itself; its plugins come behind these.
local OWN_SCHEMES = { http = true, https = true, oci = true }

--- How whoever reviews a plan gets an exact one.
local HOW = " (plan --start-programs starts it)"

--- A path or URL that helm hands to a plugin. As for helm, a colon behind a word makes a scheme.
local function is_for_plugin(text)
  local scheme = text:match "^(%a[%w+.-]*):"
  return scheme ~= nil and not OWN_SCHEMES[scheme:lower()]
end

--- What helm needs a plugin for, of a chart and its values; nil where it needs none.
---@param input almanac.HelmChartInput
---@return string?
local function fetched_by_plugin(input)
  if is_for_plugin(input.chart) then return input.chart end
  for _, file in ipairs(input.values) do
    if is_for_plugin(file) then return file end
  end
end

--- The same, rendered by the chart alone.
---@generic T: almanac.HelmChartInput
---@param input T
---@return T
local function without_renderer(input)
  if not input.post_renderer then return input end
  local out = {}
  for key, value in pairs(input) do out[key] = value end
  out.post_renderer = nil
  return out
end

--- What a preview renders; nil where nothing can be rendered without a program that it does not start.
---@generic T: almanac.HelmChartInput
---@param input T
---@return T? rendered
---@return string? words  what is said of a program that was not started
function M.previewed(input)
  if handed_programs.are_previewed() then return input end
  return not fetched_by_plugin(input) and without_renderer(input) or nil, M.words(input)
end

--- What is said of an input of which a program was not started; nil where there is none.
---@param input almanac.HelmChartInput
---@return string?
function M.words(input)
  local url = fetched_by_plugin(input)
  if url then return string.format("the helm plugin that fetches %s was not run: not previewed%s", url, HOW) end
  if not input.post_renderer then return nil end
  return string.format("the post-renderer was not run: %s; what it makes of these objects is not shown, so this is not previewed exactly%s",
    table.concat(input.post_renderer, " "), HOW)
end

--- The input that a run renders. What is no run goes on without the post-renderer.
---@generic T: almanac.HelmChartInput
---@param who string  public function, for errors
---@param input T
---@return T
function M.settle(who, input)
  local stage = handed_programs.stage()
  if not stage then return input end
  local url = fetched_by_plugin(input)
  if url then
    errors.raise { kind = "refused", in_doubt = false,
      message = string.format("%s: helm fetches %s by a plugin, a program that %s does not start", who, url, stage),
      hint = "give it a chart and values that are files here" }
  end
  if input.post_renderer then
    step.note(string.format("%s does not run the post-renderer %s: this is what the chart alone renders to", stage,
      table.concat(input.post_renderer, " ")))
  end
  return without_renderer(input)
end

return M
