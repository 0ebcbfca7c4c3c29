--- The pages of a server: the runs, one run as its report with what can be done about it, and what went wrong. Pure.
local approval = require "almanac.journal.approval"
local columns = require "almanac.base.columns"
local find = require "almanac.journal.find"
local markup = require "almanac.report.markup"
local page = require "almanac.report.html.page"
local parameters = require "almanac.journal.parameters"
local words = require "almanac.report.words"

local tag = markup.tag

local M = {}

--- Follows a run: what was rendered is fetched again when the journal has more, and what is unfolded stays so.
local FOLLOW = [[
const main = () => document.querySelector("main");
let busy = false;
new EventSource(location.pathname + "/events").onmessage = async event => {
  const typing = document.activeElement && document.activeElement.type === "text";
  if (busy || typing || +event.data <= +main().dataset.events) return;
  busy = true;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const only = document.querySelector(".filter:checked");
    const open = new Set([...document.querySelectorAll("details[open]")].map(one => one.id));
    next.querySelectorAll("details").forEach(one => { if (open.has(one.id)) one.open = true; });
    if (only && next.getElementById(only.id)) next.getElementById(only.id).checked = true;
    main().replaceWith(next.querySelector("main"));
    document.title = next.title;
  } finally { busy = false; }
};
]]

local function hidden(name, value)
  return tag("input", { "type", "hidden", "name", name, "value", value or "" })
end

local function form(action, token, ...)
  return tag("form", { "method", "post", "action", action, "class", "act" }, hidden("form", token), ...)
end

local function button(name, value, text)
  return tag("button", { "name", name, "value", value }, text)
end

local function question_form(place, id, question, token)
  local bound = question.plan and "the plan " .. question.plan:sub(1, 16) or "the script " .. tostring(question.script):sub(1, 16) ..
    ", without a plan"
  local head = tag("p", nil, tag("strong", nil, question.question), tag("span", { "class", "dim" }, " in ", question.shown,
    "; the answer is bound to ", bound))
  if question.given then
    head = markup.join(head, tag("p", nil, approval.describe(question.given), "; until the run goes on it can be answered otherwise:"))
  end
  if question.needs then
    return tag("div", { "class", "ask" }, head, tag("p", nil, "Only a signed approval counts: ",
      tag("code", nil, "almanac approve " .. id .. " --sign")))
  end
  local buttons = {}
  if question.pattern then
    buttons[1] = tag("input", { "type", "text", "name", "answer", "required", "required", "aria-label", "answer" })
    buttons[2] = tag("button", nil, "answer")
  end
  for _, choice in ipairs(question.pattern and {} or question.choices or { "yes", "no" }) do
    local label = question.choices and choice or choice == "yes" and "approve" or "reject"
    local stands = question.given and question.given.answer == choice
    if not stands then buttons[#buttons + 1] = button("answer", choice, label) end
  end
  return tag("div", { "class", "ask" }, head, form(place .. "/answer", token, hidden("path", question.shown),
    hidden("question", question.question), hidden("plan", question.plan), hidden("script", question.script),
    tag("input", { "type", "text", "name", "reason", "placeholder", "why, for the journal", "aria-label", "reason" }), buttons))
end

--- One run, live.
---@param report almanac.Report
---@param state { base: string, token: string, questions: table[], running: boolean }  base: what goes before each path
---@return string html
---@return string policy
function M.run(report, state)
  local id, parts = report.run.id, { tag("p", { "class", "back" }, tag("a", { "href", state.base .. "/" }, "all runs")) }
  local place = state.base .. "/run/" .. id
  for _, question in ipairs(state.questions) do parts[#parts + 1] = question_form(place, id, question, state.token) end
  if state.running then
    parts[#parts + 1] = form(place .. "/stop", state.token, button("what", "pause", "pause"), button("what", "cancel", "cancel"),
      tag("span", { "class", "dim" }, " pausing finishes an effect in flight first"))
  end
  return page.render(report, { bar = parts, script = FOLLOW })
end

local FILTERS = { "runbook", "status", "by", "env", "param", "since" }

local function filter_form(asked, base)
  local fields = {}
  for i, name in ipairs(FILTERS) do
    fields[i] = tag("label", nil, name, " ", tag("input", { "type", "text", "name", name, "value", asked[name] or "", "size", 12 }))
  end
  return tag("form", { "method", "get", "action", base .. "/", "class", "act" }, fields, tag("button", nil, "find"))
end

local TAGS = { done = "s-done", failed = "s-failed", crashed = "s-failed", corrupt = "s-failed" }

local ERROR_MAX = 200 -- columns of an error in a list; the run's page has all of it

--- What is said of a run, by columns; one that is empty for all of them is left out. What is short is not broken.
local COLUMNS = {
  { "run", function(found, base)
    return markup.join(found.rehearsal and tag("strong", nil, "REHEARSAL "), tag("a", { "href", base .. "/run/" .. found.id }, found.id))
  end },
  { "status", function(found) return tag("span", { "class", "tag " .. (TAGS[found.status] or "s-running") }, found.status) end },
  { "started", function(found) return found.started_ms and words.time(found.started_ms) or "" end },
  { "took", function(found) return words.length(found.duration) end },
  { "by", function(found) return found.operator or "" end },
  { "environment", function(found) return found.environment or "" end },
  { "parameters", function(found) return parameters.text(found.params, found.durations) end, is_long = true },
  { "error", function(found)
    if found.broken then return tag("strong", { "class", "s-failed" }, "not to be believed: ", found.broken) end
    return columns.fit(find.told(found) or "", ERROR_MAX)
  end, is_long = true },
}

--- The columns that say something of these runs, each with its cells.
local function filled(list, base)
  local out = {}
  for _, column in ipairs(COLUMNS) do
    local cells, is_filled = {}, #list == 0
    for i, found in ipairs(list) do
      cells[i] = column[2](found, base)
      is_filled = is_filled or cells[i] ~= ""
    end
    if is_filled then out[#out + 1] = { name = column[1], class = column.is_long and "long" or "short", cells = cells } end
  end
  return out
end

--- The runs that were found, each with why its record is not to be believed, where that is so (`broken`).
---@param list almanac.FoundRun[]
---@param asked table<string, string>  the filters
---@param base string  what goes before each path
---@return string html
---@return string policy
function M.runs(list, asked, base)
  local rows, head, shown = {}, {}, filled(list, base)
  for k, column in ipairs(shown) do head[k] = tag("th", nil, column.name) end
  for i in ipairs(list) do
    local cells = {}
    for k, column in ipairs(shown) do cells[k] = tag("td", { "class", column.class, "data-head", column.name }, column.cells[i]) end
    rows[i] = tag("tr", nil, cells)
  end
  return page.wrap("almanac: runs", { tag("h1", nil, "Runs"), filter_form(asked, base), tag("div", { "class", "scroll" },
    tag("table", { "class", "stacks" }, tag("thead", nil, tag("tr", nil, head)), tag("tbody", nil, rows))),
    #list == 0 and tag("p", { "class", "dim" }, "No run fits.") or tag("p", { "class", "dim" }, words.plural(#list, "run")) },
    { refresh = 10 })
end

--- What went wrong.
---@param title string
---@param text string
---@param hint string?
---@param base string  what goes before each path
---@return string html
---@return string policy
function M.failure(title, text, hint, base)
  return page.wrap("almanac: " .. title, { tag("h1", nil, title), tag("p", nil, text), hint and tag("p", { "class", "dim" }, hint) or "",
    tag("p", nil, tag("a", { "href", base .. "/" }, "all runs")) }, {})
end

return M
