--- A report as Markdown, for a pull request: GitHub's dialect, in the size that a comment may have. What scripts and
--- servers named stands in code spans and fences only, where it can be no markup, link, mention or cell. Pure.
local errors = require "almanac.base.errors"
local number = require "almanac.base.number"
local terminal = require "native.terminal"
local outcome = require "almanac.run.plan.outcome"
local words = require "almanac.report.words"

local M = {}

local ROWS_MAX = 40       -- of one table
local CELL_BYTES = 160
local FENCE_BYTES = 6000
local WHOLE_BYTES = 60000 -- a comment on GitHub holds 65536 characters

--- The longest run of backticks in a text.
local function longest_ticks(text)
  local longest = 0
  for ticks in text:gmatch "`+" do longest = math.max(longest, #ticks) end
  return longest
end

--- Text in a code span, on one line; a pipe is escaped as a table wants it there too.
---@param text any
---@return string
function M.span(text)
  local plain = terminal.spelt(errors.printable(words.cut(tostring(text or ""), CELL_BYTES))):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  if plain == "" then return "" end
  local ticks = ("`"):rep(longest_ticks(plain) + 1)
  local pad = (plain:find "^`" or plain:find "`$") and " " or ""
  return ticks .. pad .. plain:gsub("|", "\\|") .. pad .. ticks
end

--- Text in a fenced block.
---@param text string
---@param language? string
---@return string
local function fence(text, language)
  local plain = terminal.spelt(errors.printable(words.cut(text, FENCE_BYTES))):gsub("%s+$", "")
  local ticks = ("`"):rep(math.max(3, longest_ticks(plain) + 1))
  return ticks .. (language or "") .. "\n" .. plain .. "\n" .. ticks
end

local span = M.span

local function table_of(heads, rows)
  local out = { "| " .. table.concat(heads, " | ") .. " |", "|" .. (" --- |"):rep(#heads) }
  for i = 1, math.min(#rows, ROWS_MAX) do out[#out + 1] = "| " .. table.concat(rows[i], " | ") .. " |" end
  if #rows > ROWS_MAX then out[#out + 1] = string.format("\nand %d more", #rows - ROWS_MAX) end
  return table.concat(out, "\n")
end

local ICONS = { good = "✅", bad = "❌", open = "⏳", ["taken back"] = "↩" }

local function header(report)
  local run, verdict, rehearsal, numbers = report.run, report.verdict, words.rehearsal(report)
  local out = {
    string.format("## %s%s %s: %s", rehearsal and "REHEARSAL " or "", ICONS[verdict.tone], span(run.runbook), verdict.word),
    "", span(verdict.text), "",
    string.format("%s on %s, %s%s", span(run.operator or "?"), span(run.host or "?"), words.span(run.started_ms, run.ended_ms),
      run.environment and ", environment " .. span(run.environment) or ""),
  }
  local course = words.course(report.counts)
  if course[1] then out[#out + 1] = "\n" .. table.concat(course, ", ") end
  if rehearsal then out[#out + 1] = "\n**" .. span(rehearsal) .. "**" .. (numbers and "; " .. numbers or "") end
  if report.journal.broken then out[#out + 1] = "\n**The journal is not to be believed:** " .. span(report.journal.broken) end
  for _, text in ipairs(report.journal.unsigned or {}) do out[#out + 1] = "\n**Not signed:** " .. span(words.unsigned(text)) end
  for _, put in ipairs(report.asked) do out[#out + 1] = "\n? " .. span(words.asked(put)) end
  out[#out + 1] = ""
  for _, one in ipairs(verdict.next) do out[#out + 1] = string.format("- %s: %s", one.what, span(one.command)) end
  return table.concat(out, "\n")
end

local function failure(report)
  local step, err = report.failure and report.steps[report.failure], report.error
  if report.run.status == "done" or not step and not err then return nil end
  local what = err and err.kind == "waiting" and not step and "Where it stands: " or "The first failure: "
  local out = { "### " .. what .. span(step and step.path or err.step or "outside of the steps") }
  out[#out + 1] = fence(step and step.message or err and err.message or "")
  local excerpt = step and step.excerpt or err and err.excerpt
  if excerpt then
    out[#out + 1] = "at " .. span(excerpt.path .. ":" .. excerpt.line) .. "\n\n" .. fence(words.excerpt(excerpt), "lua")
  end
  for _, log in ipairs(err and words.logs(err) or {}) do out[#out + 1] = log.name .. "\n\n" .. fence(log.text) end
  if err and err.hint then out[#out + 1] = "next: " .. span(err.hint) end
  return table.concat(out, "\n\n")
end

local function changes(report)
  local rows = {}
  if report.plan then
    for i, item in ipairs(report.plan.effects) do
      rows[i] = { span(item.path), span(item.title), span(item.planned and item.planned.summary or ""), outcome.words(item) }
    end
    return rows[1] and "### Planned, and what happened\n\n" .. table_of({ "step", "effect", "planned", "happened" }, rows)
  end
  for i, effect in ipairs(report.effects) do
    rows[i] = { span(effect.path), span(effect.title), words.effect(effect) }
  end
  return rows[1] and "### What it changed\n\n" .. table_of({ "step", "effect", "outcome" }, rows)
end

--- What a rehearsal made of its cluster.
local function copy(report)
  if not report.copy then return nil end
  local lines = {}
  for _, change in ipairs(report.copy.changes or {}) do
    lines[#lines + 1] = words.change(change)
    for _, field in ipairs(change.fields or {}) do lines[#lines + 1] = "  " .. words.field(field) end
  end
  local listed = lines[1] and fence(table.concat(lines, "\n"), "text") or "Nothing is otherwise than before."
  local out = { "### The copy, before and after", listed }
  for _, text in ipairs(words.copy(report.copy)) do out[#out + 1] = span(text) end
  return table.concat(out, "\n\n")
end

local function gate_row(name, gate)
  local last, spec = gate.samples[#gate.samples], gate.spec or {}
  local value, limit = last and number.of(last.value), number.of(spec.limit)
  return {
    span(name), span(gate.verdict or "not decided"), span(value and number.short(value) or last and last.what or ""),
    limit and span(spec.op .. " " .. number.short(limit)) or "", span(gate.why or ""),
  }
end

local function watched(report)
  local rows = {}
  for _, gate in ipairs(report.gates) do rows[#rows + 1] = gate_row(gate.path, gate) end
  for _, guard in ipairs(report.guards) do
    for _, gate in ipairs(guard.gates) do rows[#rows + 1] = gate_row(guard.path .. ": " .. gate.name, gate) end
  end
  for _, canary in ipairs(report.canaries) do
    for _, metric in ipairs(canary.metrics) do
      rows[#rows + 1] = { span(canary.path .. ": " .. metric.name), span(metric.verdict or "not decided"), "", "", span(metric.why or "") }
    end
  end
  return rows[1] and "### Gates\n\n" .. table_of({ "gate", "verdict", "last value", "healthy when", "why" }, rows)
end

local function decisions(report)
  local rows = {}
  for _, decision in ipairs(report.decisions) do
    for _, answer in ipairs(decision.answers) do
      local plan = answer.plan or decision.plan
      rows[#rows + 1] = {
        span(decision.path), span(decision.question), span(answer.answer .. (answer.reason and ": " .. answer.reason or "")),
        span(answer.principal or answer.by or ""), plan and "plan " .. span(tostring(plan):sub(1, 12)) or "script",
      }
    end
    if #decision.answers == 0 then rows[#rows + 1] = { span(decision.path), span(decision.question), "no answer yet", "", "" } end
  end
  return rows[1] and "### Who decided what\n\n" .. table_of({ "step", "question", "answer", "by", "bound to" }, rows)
end

--- How the run went on, where it did not go through at once.
local function executions(report)
  if #report.executions < 2 then return nil end
  local rows = {}
  for i, one in ipairs(report.executions) do
    local said = words.execution(one)
    rows[i] = { said.how, span(said.who), said.from, said.length, said.ended, one.digest and span(one.digest:sub(1, 12)) or "" }
  end
  return "### How it went on\n\n" .. table_of({ "how", "by", "from", "for", "ended", "script" }, rows)
end

local function steps(report)
  local lines = {}
  for _, step in ipairs(report.steps) do
    local aside = step.status ~= "done" and words.status(step.status) or nil
    local length = step.seconds and step.seconds >= 0.001 and words.length(step.seconds) or nil
    lines[#lines + 1] = string.format("%s%s %s%s%s", ("  "):rep(step.depth), words.MARKS[step.status] or "·", words.first_line(step.name),
      aside and "  " .. aside or "", length and "  " .. length or "")
  end
  if not lines[1] then return nil end
  return string.format("<details><summary>%s</summary>\n\n%s\n\n</details>", words.plural(report.counts.steps, "step"),
    fence(table.concat(lines, "\n"), "text"))
end

local function about(report)
  local run, lines = report.run, {}
  for i, param in ipairs(report.params) do
    lines[i] = string.format("- %s = %s%s", span(param.name), span(words.value(param.text)),
      param.was and " (" .. span(param.was) .. ")" or "")
  end
  lines[#lines + 1] = string.format("- run %s, %salmanac %s", span(run.id),
    run.digest and "script " .. span(run.digest:sub(1, 16)) .. ", " or "", span(words.version(run) or "?"))
  if run.undoes then lines[#lines + 1] = "- takes back " .. span(run.undoes) end
  if report.rollbacks[1] then lines[#lines + 1] = "- taken back by " .. span(table.concat(report.rollbacks, ", ")) end
  lines[#lines + 1] = string.format("- journal head: event %d, %s", report.journal.seq, span(report.journal.hash))
  return "<details><summary>Parameters and versions</summary>\n\n" .. table.concat(lines, "\n") .. "\n\n</details>"
end

--- The report; where it would be too long for a comment, its later parts are left out and it says so.
---@param report almanac.Report
---@return string
function M.render(report)
  local out, size, left_off = {}, 0, false
  for _, part in ipairs { header, failure, changes, copy, watched, decisions, executions, steps, about } do
    local text = part(report)
    if text and size + #text > WHOLE_BYTES then
      left_off = true
    elseif text then
      out[#out + 1], size = text, size + #text
    end
  end
  if left_off then
    out[#out + 1] = string.format("The rest is too long for a comment: %s has all of it.",
      span("almanac report " .. report.run.words .. " -o report.html"))
  end
  return table.concat(out, "\n\n") .. "\n"
end

return M
