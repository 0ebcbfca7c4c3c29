--- Results of tests as JUnit's XML, which CI systems show: https://github.com/jenkinsci/xunit-plugin (junit-10.xsd). Pure.
local errors = require "almanac.base.errors"
local markup = require "almanac.report.markup"
local redaction = require "almanac.base.redaction"

local tag = markup.tag

local M = {}

local KINDS = { failed = "failure", error = "error", pending = "skipped" }

local function outcome_of(result)
  local kind = KINDS[result.status]
  if not kind then return nil end
  if kind == "skipped" then return tag("skipped", { "message", result.why ~= "" and result.why or "pending" }) end
  local text = errors.format(result.error)
  return tag(kind, { "message", (text:match "^[^\n]*"), "type", result.error.kind or result.status }, text)
end

--- What the case printed, as CI systems show it beside its outcome.
local function printed_of(result)
  if not result.printed[1] then return nil end
  return tag("system-out", {}, redaction.text(table.concat(result.printed, "\n")) .. "\n")
end

local function case_of(result)
  return markup.join("    ", tag("testcase", { "classname", result.file, "name", result.name,
    "time", string.format("%.3f", result.seconds) }, markup.join(outcome_of(result), printed_of(result))), "\n")
end

--- Of a file, or of all.
local function counts_of(results)
  local out = { failure = 0, error = 0, skipped = 0, seconds = 0 }
  for _, result in ipairs(results) do
    local kind = KINDS[result.status]
    if kind then out[kind] = out[kind] + 1 end
    out.seconds = out.seconds + result.seconds
  end
  return { "tests", #results, "failures", out.failure, "errors", out.error, "skipped", out.skipped,
    "time", string.format("%.3f", out.seconds) }
end

local function named(name, counts)
  return { "name", name, table.unpack(counts) }
end

---@param results almanac.testing.Result[]
---@return string
function M.text(results)
  local files, by_file, suites = {}, {}, {}
  for _, result in ipairs(results) do
    if not by_file[result.file] then
      by_file[result.file] = {}
      files[#files + 1] = result.file
    end
    table.insert(by_file[result.file], result)
  end
  for i, file in ipairs(files) do
    local cases = {}
    for k, result in ipairs(by_file[file]) do cases[k] = case_of(result) end
    suites[i] = markup.join("  ", tag("testsuite", named(file, counts_of(by_file[file])), "\n", cases, "  "), "\n")
  end
  return '<?xml version="1.0" encoding="UTF-8"?>\n' ..
    tag("testsuites", named("almanac test", counts_of(results)), "\n", suites).text .. "\n"
end

return M
