--- A report as JUnit's XML, which CI systems show as tests: a test case for each step that holds no other. As Jenkins'
--- schema has it: https://github.com/jenkinsci/xunit-plugin (junit-10.xsd). Pure.
local errors = require "almanac.base.errors"
local heads = require "almanac.journal.head"
local lines = require "almanac.base.lines"
local markup = require "almanac.report.markup"
local spent = require "almanac.report.spent"
local words = require "almanac.report.words"

local tag = markup.tag

local M = {}

local OUTPUT_BYTES = 100000 -- of one step

--- What a step that is not done is to CI: a failure is the step's own, an error is something that befell it.
local KINDS = {
  failed = "failure", cut = "error", cancelled = "error", retrying = "error", paused = "skipped", asking = "skipped", running = "skipped",
  waiting = "skipped", skipped = "skipped",
}

local function seconds(number)
  return string.format("%.3f", math.max(0, number or 0))
end

local function place_of(step)
  local excerpt = step.excerpt
  if not excerpt then return step.at and "\nat " .. step.at or "" end
  return string.format("\nat %s:%d\n%s", excerpt.path, excerpt.line, words.excerpt(excerpt))
end

local function outcome_of(step, report)
  local kind = KINDS[step.status]
  if not kind then return nil end
  local message = step.message and words.first_line(step.message) or words.status(step.status)
  if kind == "skipped" then return tag("skipped", { "message", message }) end
  local text = lines.hanging(errors.printable(step.message or words.status(step.status))) .. place_of(step)
  local err = report.error
  for _, log in ipairs(err and err.step == step.path and words.logs(err) or {}) do text = text .. "\n" .. log.name .. ":\n" .. log.text end
  return tag(kind, { "message", message, "type", step.kind or step.status }, text)
end

local function output_of(step)
  local out = {}
  for _, note in ipairs(step.notes) do out[#out + 1] = lines.hanging("note: " .. note) end
  for _, effect in ipairs(step.effects) do
    out[#out + 1] = lines.hanging(string.format("effect: %s: %s", effect.title or effect.op, words.effect(effect)))
  end
  for _, line in ipairs(step.output) do out[#out + 1] = "| " .. line.text end
  if step.status == "undone" then out[#out + 1] = "it was taken back" end
  if not out[1] then return nil end
  return tag("system-out", nil, words.cut(errors.printable(table.concat(out, "\n")), OUTPUT_BYTES), "\n")
end

local function case_of(step, report)
  local parent = step.path:match "^(.*)/"
  local class = report.run.runbook .. (parent and "/" .. parent or "")
  return markup.join("    ", tag("testcase", { "classname", class, "name", step.name, "time", seconds(step.seconds) },
    outcome_of(step, report), output_of(step)), "\n")
end

local function properties_of(report)
  local run, out = report.run, {}
  local function add(name, value)
    if value == nil then return end
    out[#out + 1] = markup.join("      ", tag("property", { "name", name, "value", words.value(value, 2000) }), "\n")
  end
  local rehearsal, numbers = words.rehearsal(report)
  add("rehearsal", rehearsal)
  add("numbers", numbers)
  add("run", run.id)
  add("status", run.status)
  add("operator", run.operator)
  add("environment", run.environment)
  add("version", words.version(run))
  add("script", run.digest)
  add("plan", report.plan and report.plan.digest)
  add("head", heads.text(report.journal.seq, report.journal.hash))
  for _, param in ipairs(report.params) do
    add("parameter " .. param.name, param.text .. (param.was and " (" .. param.was .. ")" or ""))
  end
  return markup.join("    ", tag("properties", nil, "\n", out, "    "), "\n")
end

---@param report almanac.Report
---@return string
function M.render(report)
  local run, cases, count = report.run, {}, { tests = 0, failure = 0, error = 0, skipped = 0 }
  for _, step in ipairs(report.steps) do
    if step.is_leaf then
      local kind = KINDS[step.status]
      count.tests = count.tests + 1
      if kind then count[kind] = count[kind] + 1 end
      cases[#cases + 1] = case_of(step, report)
    end
  end
  -- An error outside of every step would be green otherwise.
  local is_bad = run.status == "failed" or run.status == "crashed"
  if is_bad and count.failure + count.error == 0 then
    count.tests, count.error = count.tests + 1, 1
    cases[#cases + 1] = markup.join("    ", tag("testcase", { "classname", run.runbook, "name", "the run", "time", "0.000" },
      tag("error", { "message", report.verdict.text, "type", report.error and report.error.kind or run.status },
        errors.printable(report.error and report.error.message or report.verdict.text))), "\n")
  end
  local time = spent.of(report)
  time = seconds(time and time.worked + time.asked or 0)
  local name = (run.rehearsal and "REHEARSAL " or "") .. run.runbook
  local suite = tag("testsuite", { "name", name, "id", run.id, "hostname", run.host or "unknown", "timestamp",
    os.date("!%Y-%m-%dT%H:%M:%S", run.started_ms // 1000), "tests", count.tests, "failures", count.failure, "errors", count.error,
    "skipped", count.skipped, "time", time }, "\n", properties_of(report), cases,
    "    ", tag("system-out", nil, report.verdict.text, "\n"), "\n  ")
  return '<?xml version="1.0" encoding="UTF-8"?>\n' .. tag("testsuites", { "name", run.id, "tests", count.tests, "failures",
    count.failure, "errors", count.error, "time", time }, "\n  ", suite, "\n").text .. "\n"
end

return M
