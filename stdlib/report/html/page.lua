--- A report as a page: one file that loads nothing, runs nothing, and is read in any browser, on paper too. Pure.
local base64 = require "almanac.base.base64"
local errors = require "almanac.base.errors"
local markup = require "almanac.report.markup"
local objects = require "almanac.report.html.objects"
local sections = require "almanac.report.html.sections"
local sha256 = require("native.digest").sha256
local steps = require "almanac.report.html.steps"
local style = require "almanac.report.html.style"
local timeline = require "almanac.report.html.timeline"
local words = require "almanac.report.words"

local tag = markup.tag

local M = {}

--- The same for every report, so that one page can take the place of another.
local CSS = style.CSS .. steps.rules()

--- By the tone of a verdict, where its word has no sign of its own.
local ICONS = { good = "✓", bad = "✗", open = "‖", ["taken back"] = "↩" }
local WORD_ICONS = { running = "▶", waiting = "?" }

local function icon(verdict) return WORD_ICONS[verdict.word] or ICONS[verdict.tone] end

local function hash_of(text)
  local bytes = sha256(text):gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
  return "'sha256-" .. base64.encode(bytes) .. "'"
end

--- Nothing is loaded, no style counts but ours, and nothing is run; of a live page one script, which asks its own server.
local function policy_of(css, live)
  local script = live and live.script and string.format("; script-src %s; connect-src 'self'", hash_of(live.script)) or ""
  return string.format("default-src 'none'; style-src %s%s; base-uri 'none'; form-action %s", hash_of(css), script,
    live and "'self'" or "'none'")
end

local function facts(report)
  local run, counts, out = report.run, report.counts, {}
  out[1] = string.format("%s on %s", run.operator or "somebody", run.host or "some host")
  out[2] = words.span(run.started_ms, run.ended_ms)
  if run.environment then out[#out + 1] = "environment " .. run.environment end
  local course = words.course(counts)
  table.move(course, 1, #course, #out + 1, out)
  return table.concat(out, " · ")
end

--- On every page that is printed, too.
local function rehearsal(report)
  local text, numbers = words.rehearsal(report)
  return text and tag("p", { "class", "rehearsal" }, text, numbers and "; " .. numbers)
end

--- Who is asked what now: it is answered where the run goes on.
local function asked(report)
  local out = {}
  for i, put in ipairs(report.asked) do out[i] = tag("p", nil, tag("strong", nil, "? "), words.asked(put)) end
  return out
end

local function unsigned(report)
  local out = {}
  for i, text in ipairs(report.journal.unsigned or {}) do
    out[i] = tag("p", { "class", "message" }, "Not signed: ", words.unsigned(text))
  end
  return out
end

local function header(report)
  local verdict, next_lines = report.verdict, {}
  for i, one in ipairs(verdict.next) do
    next_lines[i] = { tag("dt", { "class", "dim" }, one.what), tag("dd", nil, tag("code", nil, one.command)) }
  end
  return tag("header", { "class", "verdict " .. verdict.tone },
    tag("h1", nil, tag("span", { "class", "word" }, icon(verdict), " ", verdict.word), " ", report.run.runbook),
    tag("p", { "class", "what" }, verdict.text),
    tag("p", { "class", "dim" }, facts(report)), asked(report),
    report.journal.broken and tag("p", { "class", "message" }, "The journal is not to be believed: ", report.journal.broken),
    unsigned(report), next_lines[1] and tag("dl", { "class", "next" }, next_lines))
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
  local is_open = report.verdict.tone == "open"
  return tag("div", { "class", is_open and "first open" or "first" },
    step and tag("h3", nil, tag("a", { "href", "#s" .. step.id }, step.path)),
    not is_same and err and err.step and step and tag("p", { "class", "dim" }, "the run ended with the error of ",
      tag("code", nil, err.step)),
    tag("p", { "class", "message" }, errors.printable(step and step.message or err and err.message or "")),
    steps.excerpt(step and step.excerpt or err and err.excerpt, step and step.at or err and err.at), logs,
    err and err.hint and tag("p", { "class", "hint" }, tag("strong", nil, "next: "), err.hint),
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
  add("copy", "The copy, before and after", objects.copy(report))
  add("gates", "Gates", sections.gates(report))
  add("guards", "Guards", sections.guards(report))
  add("canary", "Canary", sections.canaries(report))
  add("decisions", "Who decided what", sections.decisions(report))
  add("steps", "Steps", steps.render(report))
  add("compared", "Beside the last good run", sections.comparison(report))
  add("about", "With what it ran", sections.about(report))
  return out
end

---@class almanac.report.Live   what a page has besides that a server gives out
---@field bar? any         above the report
---@field script? string   of ours
---@field refresh? integer seconds after which it is loaded again

--- A page.
---@param title string
---@param content any     of its main part
---@param live? almanac.report.Live
---@param count? integer  how many events it tells of
---@return string html
---@return string policy  Content-Security-Policy
function M.wrap(title, content, live, count)
  local policy = policy_of(CSS, live)
  local head = tag("head", nil, tag("meta", { "charset", "utf-8" }),
    tag("meta", { "http-equiv", "Content-Security-Policy", "content", policy }),
    tag("meta", { "name", "viewport", "content", "width=device-width,initial-scale=1" }),
    tag("meta", { "name", "color-scheme", "content", "light dark" }),
    -- A form that is sent without a referrer has no origin either, and a server would not know it for its own.
    tag("meta", { "name", "referrer", "content", live and "same-origin" or "no-referrer" }),
    live and live.refresh and tag("meta", { "http-equiv", "refresh", "content", live.refresh }),
    tag("title", nil, title), tag("style", nil, markup.raw(CSS)))
  local script = live and live.script and tag("script", nil, markup.raw(live.script))
  local main = tag("main", { "data-events", count or false }, content)
  local html = tag("html", { "lang", "en" }, head, tag("body", nil, timeline.patterns(), main, script))
  return "<!doctype html>\n" .. html.text .. "\n", policy
end

---@param report almanac.Report
---@param live? almanac.report.Live
---@return string html
---@return string policy
function M.render(report, live)
  local links, parts = {}, {}
  for i, section in ipairs(sections_of(report)) do
    links[i] = tag("a", { "href", "#" .. section.id }, section.title)
    parts[i] = tag("section", { "id", section.id }, tag("h2", nil, section.title), section.content)
  end
  local mark = report.run.rehearsal and "REHEARSAL " or ""
  local title = string.format("%s%s %s: %s", mark, icon(report.verdict), report.verdict.word, report.run.id)
  local footer = tag("footer", nil, "Made by almanac from the journal of ", tag("code", nil, report.run.id), ", ",
    words.plural(report.journal.events, "event"), "; head ", tag("code", nil, report.journal.hash:sub(1, 16)), ".")
  local content = markup.join(rehearsal(report), live and live.bar, header(report), tag("nav", nil, links), parts, footer)
  return M.wrap(title, content, live, report.journal.events)
end

return M
