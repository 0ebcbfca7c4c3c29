--- A report as a page: one file that loads nothing, runs nothing, and is read in any browser, on paper too. Pure.
local base64 = require "almanac.base.base64"
local errors = require "almanac.base.errors"
local markup = require "almanac.report.markup"
local sections = require "almanac.report.html.sections"
local sha256 = require("native.digest").sha256
local steps = require "almanac.report.html.steps"
local style = require "almanac.report.html.style"
local timeline = require "almanac.report.html.timeline"
local words = require "almanac.report.words"

local tag = markup.tag

local M = {}

local ICONS = { good = "✓", bad = "✗", open = "‖", ["taken back"] = "↩" }

--- Nothing is loaded, nothing is run, and no style but ours counts.
local function policy(css)
  local bytes = sha256(css):gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
  return string.format("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'", base64.encode(bytes))
end

local function facts(report)
  local run, counts, out = report.run, report.counts, {}
  out[1] = string.format("%s on %s", run.operator or "somebody", run.host or "some host")
  local started = words.time(run.started_ms)
  out[2] = run.ended_ms and string.format("%s – %s", started, words.time(run.ended_ms)) or "since " .. started
  if run.environment then out[#out + 1] = "environment " .. run.environment end
  if counts.kills > 0 then out[#out + 1] = "killed " .. (counts.kills == 1 and "once" or counts.kills .. " times") end
  if counts.resumes > 0 then out[#out + 1] = "resumed " .. (counts.resumes == 1 and "once" or counts.resumes .. " times") end
  if counts.retries > 0 then out[#out + 1] = words.plural(counts.retries, "retry"):gsub("retrys$", "retries") end
  return table.concat(out, " · ")
end

local function header(report)
  local verdict, next_lines = report.verdict, {}
  for i, one in ipairs(verdict.next) do
    next_lines[i] = { tag("dt", { "class", "dim" }, one.what), tag("dd", nil, tag("code", nil, one.command)) }
  end
  return tag("header", { "class", "verdict " .. verdict.tone },
    tag("h1", nil, tag("span", { "class", "word" }, ICONS[verdict.tone], " ", verdict.word), " ", report.run.runbook),
    tag("p", { "class", "what" }, verdict.text),
    tag("p", { "class", "dim" }, facts(report)),
    report.journal.broken and tag("p", { "class", "message" }, "The journal is not to be believed: ", report.journal.broken),
    next_lines[1] and tag("dl", { "class", "next" }, next_lines))
end

--- The first failure, opened: where, why, and what other programs said.
local function first_failure(report)
  local step, err = report.failure and report.steps[report.failure], report.error
  if not step and not err then return nil end
  local logs = {}
  for i, log in ipairs(err and words.logs(err) or {}) do
    logs[i] = { tag("p", { "class", "dim" }, log.name), tag("pre", nil, words.cut(log.text, 20000)) }
  end
  local is_same = step and err and (err.step == step.path or err.step == nil)
  return tag("div", { "class", "first" },
    step and tag("h3", nil, tag("a", { "href", "#s" .. step.id }, step.path)),
    not is_same and err and err.step and step and tag("p", { "class", "dim" }, "the run ended with the error of ",
      tag("code", nil, err.step)),
    tag("p", { "class", "message" }, errors.printable(step and step.message or err and err.message or "")),
    steps.excerpt(step and step.excerpt or err and err.excerpt, step and step.at or err and err.at), logs,
    err and err.hint and tag("p", nil, tag("strong", nil, "next: "), err.hint),
    step and step.output[1] and not logs[1] and tag("p", { "class", "dim" }, "what it printed is in the step"))
end

--- The sections that there is something for.
local function sections_of(report)
  local out = {}
  local function add(id, title, content)
    if content then out[#out + 1] = { id = id, title = title, content = content } end
  end
  local is_open = report.verdict.tone == "open"
  if report.run.status ~= "done" then add("failure", is_open and "Where it stands" or "The first failure", first_failure(report)) end
  add("timeline", "Timeline", timeline.render(report))
  add("changes", report.plan and "Planned, and what happened" or "What it changed", sections.changes(report))
  add("gates", "Gates", sections.gates(report))
  add("canary", "Canary", sections.canaries(report))
  add("decisions", "Who decided what", sections.decisions(report))
  add("steps", "Steps", steps.render(report))
  add("compared", "Beside the last good run", sections.comparison(report))
  add("about", "With what it ran", sections.about(report))
  return out
end

---@param report almanac.Report
---@return string
function M.render(report)
  local css = style.CSS .. steps.rules(report)
  local links, parts = {}, {}
  for i, section in ipairs(sections_of(report)) do
    links[i] = tag("a", { "href", "#" .. section.id }, section.title)
    parts[i] = tag("section", { "id", section.id }, tag("h2", nil, section.title), section.content)
  end
  local title = string.format("%s %s: %s", ICONS[report.verdict.tone], report.verdict.word, report.run.id)
  return markup.join(markup.raw "<!doctype html>\n", tag("html", { "lang", "en" },
    tag("head", nil, tag("meta", { "charset", "utf-8" }),
      tag("meta", { "http-equiv", "Content-Security-Policy", "content", policy(css) }),
      tag("meta", { "name", "viewport", "content", "width=device-width,initial-scale=1" }),
      tag("meta", { "name", "color-scheme", "content", "light dark" }),
      tag("meta", { "name", "referrer", "content", "no-referrer" }), tag("title", nil, title), tag("style", nil, markup.raw(css))),
    tag("body", nil, timeline.patterns(), tag("main", nil, header(report), tag("nav", nil, links), parts,
      tag("footer", nil, "Made by almanac from the journal of ", tag("code", nil, report.run.id), ", ",
        words.plural(report.journal.events, "event"), "; head ", tag("code", nil, report.journal.hash:sub(1, 16)), ".")))),
    markup.raw "\n").text
end

return M
