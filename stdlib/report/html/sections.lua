--- The sections of a report but its steps and its timeline: what was changed, watched, decided, planned, and with what
--- it ran. Pure.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local markup = require "almanac.report.markup"
local plots = require "almanac.report.html.plot"
local number = require "almanac.base.number"
local objects = require "almanac.report.html.objects"
local ranked = require "almanac.base.ranked"
local standings = require "almanac.report.standing"
local steps = require "almanac.report.html.steps"
local outcome = require "almanac.run.plan.outcome"
local words = require "almanac.report.words"

local join, tag = markup.join, markup.tag

local M = {}

local ROWS_MAX = 500 -- of one table; more is in the steps

--- A row; each cell names its column, which a phone has no head for.
local function tr(heads, ...)
  local cells, given = {}, { ... }
  for i = 1, select("#", ...) do cells[i] = tag("td", { "data-head", heads[i] }, given[i] or "") end
  return tag("tr", nil, cells)
end

--- A table with a row for each item, as many as one reads.
---@param heads string[]
---@param items any[]
---@param cells_of fun(item: any): ...
local function table_of(heads, items, cells_of)
  local head, rows = {}, {}
  for i, text in ipairs(heads) do head[i] = tag("th", nil, text) end
  for i = 1, math.min(#items, ROWS_MAX) do rows[i] = tr(heads, cells_of(items[i])) end
  local left_off = #items - #rows
  local whole = tag("table", { "class", "stacks" }, tag("thead", nil, tag("tr", nil, head)), tag("tbody", nil, rows))
  return join(tag("div", { "class", "scroll" }, whole),
    left_off > 0 and tag("p", { "class", "dim" }, string.format("%d more are in the list of steps.", left_off)))
end

local function pairs_of(list)
  local rows = {}
  for _, one in ipairs(list) do
    local what, text = one[1], one[2]
    if text and text ~= "" then rows[#rows + 1] = tag("tr", nil, tag("td", { "class", "key" }, what), tag("td", nil, text)) end
  end
  return tag("table", nil, tag("tbody", nil, rows))
end

local function code(text) return text and tag("code", nil, text) or nil end

--- Links a path to its step.
local function linker(report)
  local by_path = {}
  for _, step in ipairs(report.steps) do by_path[step.path] = step.id end
  return function(path)
    return by_path[path] and tag("a", { "href", "#s" .. by_path[path] }, path) or path
  end
end

local function tag_of(class, text) return tag("span", { "class", "tag " .. class }, text) end

-- What was changed -------------------------------------------------------------------------------

local OUTCOMES = {
  ["as planned"] = "s-done", done = "s-done", failed = "s-failed", ["not in the plan"] = "s-failed", ["without the plan"] = "s-failed",
}

--- What became of an effect, or of a gate, and why.
local function outcome_of(item)
  return join(tag_of(OUTCOMES[item.state] or "s-running", outcome.words(item)),
    item.why and tag("p", { "class", "dim" }, errors.printable(item.why)), item.saw and tag("p", { "class", "dim" }, item.saw))
end

local function planned_effects(report)
  local link, items = linker(report), {}
  table.move(report.plan.effects, 1, #report.plan.effects, 1, items)
  table.move(report.plan.gates, 1, #report.plan.gates, #items + 1, items)
  return table_of({ "step", "effect", "planned", "happened" }, items, function(item)
    if not item.title then return link(item.path), "gate", item.text, outcome_of(item) end
    local planned = item.planned or {}
    local besides = item.within and tag("p", { "class", "dim" }, "and besides: " .. table.concat(item.within, ", "))
    return link(item.path), join(item.title, besides, objects.planned(planned)),
      planned.would_fail and "would stop the run: " .. planned.would_fail or planned.summary, outcome_of(item)
  end)
end

--- What the run changed, beside what was planned where it kept to a plan; nil: nothing.
---@param report almanac.Report
---@return any
function M.changes(report)
  local plan = report.plan
  if plan then
    local signers = {}
    for i, signed in ipairs(plan.signatures) do signers[i] = signed.principal end
    return join(tag("p", nil, "Planned by ", plan.made_by or "somebody", plan.made_ms and " at " .. words.time(plan.made_ms) or "",
      plan.digest and { ", ", code("sha256:" .. plan.digest:sub(1, 16)) }, signers[1] and ", signed by " .. table.concat(signers, ", "),
      plan.unbound and tag("strong", nil, "; the operator went on without it"), "."), planned_effects(report))
  end
  if #report.effects == 0 then return nil end
  local link = linker(report)
  return table_of({ "time", "step", "effect", "outcome" }, report.effects, function(effect)
    return effect.at_ms and tag("span", { "class", "time" }, words.clock(effect.at_ms)), link(effect.path), effect.title,
      tag_of(steps.effect_class(effect), words.effect(effect))
  end)
end

-- What was watched -------------------------------------------------------------------------------

local VERDICTS = {
  pass = "s-done", held = "s-done", breach = "s-failed", fail = "s-failed", error = "s-failed",
  ["no data"] = "s-failed", inconclusive = "s-running",
}

local function verdict_tag(verdict)
  return tag_of(VERDICTS[verdict] or "s-waiting", verdict or "not decided")
end

local STANDINGS = { bad = "s-failed", unseen = "s-running", good = "s-done", begun = "s-waiting" }

--- What a gate came to; of one that is watched, how it stands.
local function gate_tag(gate)
  local standing = not gate.verdict and gate.standing
  return standing and tag_of(STANDINGS[standing.is], standing.text) or verdict_tag(gate.verdict)
end

local function gate_line(gate)
  local spec, last = gate.spec, gate.samples[#gate.samples]
  if not spec then return string.format("%s; an older almanac kept no limits", words.plural(#gate.samples, "sample")) end
  local value = last and number.of(last.value)
  return string.format("healthy when %s %s%s%s; %s%s", spec.op, number.short(number.of(spec.limit) or 0),
    spec.critical and ", critical at " .. number.short(number.of(spec.critical) or 0) or "",
    tonumber(spec.hold) and ", for " .. duration.format(tonumber(spec.hold)) or "", words.plural(#gate.samples, "sample"),
    last and ", the last " .. (value and number.short(value) or last.what or "without a value") or "")
end

local GATE_LEGEND = {
  { tag("path", { "class", "value", "d", "M0 9l6-5l6 3l6-5" }), "value" },
  { tag("line", { "class", "limit", "x1", 0, "x2", 18, "y1", 6, "y2", 6 }), "limit" },
  { tag("rect", { "class", "critical", "width", 18, "height", 12 }), "critical" },
  { tag("rect", { "class", "held", "width", 18, "height", 12 }), "healthy without a break" },
  { tag("path", { "class", "cross", "d", "M6 3l7 7m0-7l-7 7" }), "unhealthy" },
  { tag("circle", { "class", "none", "cx", 9, "cy", 6, "r", 3 }), "no value" },
}

local CANARY_LEGEND = {
  { tag("line", { "class", "arm-canary", "x1", 0, "x2", 18, "y1", 6, "y2", 6 }), "canary; evidence that it is bad" },
  { tag("line", { "class", "arm-baseline", "x1", 0, "x2", 18, "y1", 6, "y2", 6 }), "baseline" },
  { tag("line", { "class", "good-line", "x1", 0, "x2", 18, "y1", 6, "y2", 6 }), "evidence that it is good" },
  { tag("path", { "class", "kill-mark", "d", "M9 10l5-7h-10z" }), "decided" },
}

local function legend(list)
  local out = {}
  for i, one in ipairs(list) do
    out[i] = tag("span", nil, tag("svg", { "width", 18, "height", 12, "viewBox", "0 0 18 12", "aria-hidden", "true" }, one[1]), one[2])
  end
  return tag("div", { "class", "legend" }, out)
end

--- What went wrong comes first; what held is folded where there is much of it.
local UNFOLDED_MAX = 4

--- The gates in the order in which one looks at them, each with its number.
local function ordered(gates)
  local out = {}
  for i, gate in ipairs(gates) do out[i] = { number = i, gate = gate } end
  return ranked.by(out, function(one) return standings.rank(one.gate) end)
end

local function gate_body(report, gate, breaches)
  return join(gate.why and not breaches and tag("p", { "class", "message" }, errors.printable(gate.why)),
    tag("div", { "class", "pair" }, plots.gate(gate, report.executions, breaches), gate.spec and tag("div", nil,
      tag("p", { "class", "dim" },
      "the query; one click selects it"), tag("pre", { "class", "copy" }, gate.spec.query))))
end

---@param report almanac.Report
---@return any
function M.gates(report)
  if #report.gates == 0 then return nil end
  local out, link = { legend(GATE_LEGEND) }, linker(report)
  for _, one in ipairs(ordered(report.gates)) do
    local gate, id = one.gate, "g" .. one.number
    if gate.verdict == "pass" and #report.gates > UNFOLDED_MAX then
      out[#out + 1] = tag("details", { "id", id, "class", "gate" }, tag("summary", nil, gate.path, " ", gate_tag(gate),
        tag("span", { "class", "dim" }, " ", gate_line(gate))), gate_body(report, gate))
    else
      out[#out + 1] = tag("section", { "id", id }, tag("h3", nil, link(gate.path), " ", gate_tag(gate)),
        tag("p", { "class", "dim" }, gate_line(gate)), gate_body(report, gate))
    end
  end
  return out
end

local GUARDS = { held = "s-done", ["let pass"] = "s-running", breach = "s-failed" }

--- What a guard met, and what was said to it.
local function breach_line(breach)
  local answer = breach.answer and string.format("%s: %s, by %s%s", words.clock(breach.answered_ms), breach.answer, breach.by or "?",
    breach.reason and " (" .. breach.reason .. ")" or "") or "nobody has answered"
  return join(tag("p", { "class", "message" }, words.clock(breach.ms), " breach: ", errors.printable(breach.why)),
    tag("p", { "class", "dim" }, answer))
end

--- The alerts that a guard saw, where that changed.
local function alerts_of(guard)
  local items, last = {}, nil
  for _, look in ipairs(guard.alerts or {}) do
    local said = look.ok and "none fires" or look.ok == false and (look.what or "some fire") or "not known: " .. (look.what or "")
    if said ~= last then items[#items + 1] = { look.ms, said } end
    last = said
  end
  if not items[1] then return nil end
  return join(tag("h3", nil, "alerts"), table_of({ "from", "alerts" }, items, function(item)
    return tag("span", { "class", "time" }, words.clock(item[1])), errors.printable(item[2])
  end))
end

local function guard_gates(report, guard)
  local out = {}
  for i, one in ipairs(ordered(guard.gates)) do
    local gate, own = one.gate, {}
    for _, breach in ipairs(guard.breaches) do
      for _, name in ipairs(breach.gates) do
        if name == gate.name then own[#own + 1] = breach end
      end
    end
    out[i] = join(tag("h3", nil, gate.name, " ", verdict_tag(gate.verdict)), tag("p", { "class", "dim" }, gate_line(gate)),
      gate_body(report, gate, own))
  end
  return out
end

---@param report almanac.Report
---@return any
function M.guards(report)
  if not report.guards[1] then return nil end
  local out, link = { #report.gates == 0 and legend(GATE_LEGEND) or nil }, linker(report)
  for i, guard in ipairs(report.guards) do
    local breaches = {}
    for k, breach in ipairs(guard.breaches) do breaches[k] = breach_line(breach) end
    out[#out + 1] = tag("section", { "id", "w" .. i },
      tag("h3", nil, link(guard.path), " ", tag_of(GUARDS[guard.verdict] or "s-waiting", guard.verdict or "not over")),
      guard.interval and tag("p", { "class", "dim" }, "looks every ", duration.format(guard.interval), "; on a breach: ", guard.on_breach),
      breaches, guard_gates(report, guard), alerts_of(guard))
  end
  return out
end

local function canary_metric(metric)
  return join(
    tag("h3", nil, metric.name, " ", verdict_tag(metric.verdict), metric.informational and tag("span", { "class", "dim" },
      " informational") or nil),
    tag("p", { "class", "dim" }, metric.why, metric.decided_ms and ", decided at " .. words.clock(metric.decided_ms) or ""),
    tag("div", { "class", "pair" }, plots.arms(metric), plots.evidence(metric)),
    metric.queries[1] and tag("details", nil, tag("summary", { "class", "dim" }, "the queries"),
      tag("pre", { "class", "copy" }, table.concat(metric.queries, "\n"))))
end

---@param report almanac.Report
---@return any
function M.canaries(report)
  if #report.canaries == 0 then return nil end
  local out, link = { legend(CANARY_LEGEND) }, linker(report)
  for i, canary in ipairs(report.canaries) do
    local metrics = {}
    for k, metric in ipairs(canary.metrics) do metrics[k] = canary_metric(metric) end
    out[#out + 1] = tag("section", { "id", "c" .. i }, tag("h3", nil, link(canary.path), " ", verdict_tag(canary.verdict)),
      tag("p", { "class", "dim" }, "began at ", words.time(canary.begin_ms),
        canary.horizon and ", would watch for " .. duration.format(canary.horizon) or ""),
      canary.why and tag("p", { "class", "message" }, errors.printable(canary.why)),
      canary.unread and tag("p", { "class", "dim" }, "Its evidence is not drawn: ", canary.unread, "."), metrics)
  end
  return out
end

-- What was decided -------------------------------------------------------------------------------

local function bound_to(decision, answer)
  local plan, script = answer.plan or decision.plan, answer.script or decision.script
  if plan then return { "the plan ", code(tostring(plan):sub(1, 16)) } end
  return script and { "the script ", code(tostring(script):sub(1, 16)), ", without a plan" } or ""
end

local function answer_cells(answer)
  return join(tag_of(answer.answer == "no" and "s-failed" or "s-done", answer.answer), answer.reason and tag("p", nil, answer.reason)),
    join(answer.principal or answer.by, answer.signed and tag("p", { "class", "dim" }, "signed; almanac verify checks it"),
      tag("p", { "class", "dim" }, words.time(answer.at_ms)))
end

---@param report almanac.Report
---@return any
function M.decisions(report)
  if #report.decisions == 0 then return nil end
  local items, link = {}, linker(report)
  for _, decision in ipairs(report.decisions) do
    if #decision.answers == 0 then items[#items + 1] = { decision = decision } end
    for _, answer in ipairs(decision.answers) do items[#items + 1] = { decision = decision, answer = answer } end
  end
  return table_of({ "step", "question", "answer", "by", "bound to" }, items, function(item)
    local decision, answer = item.decision, item.answer
    local where = join(link(decision.path), tag("p", { "class", "dim" }, decision.what))
    if not answer then return where, decision.question, tag_of("s-running", "no answer yet"), nil, nil end
    local given, by = answer_cells(answer)
    return where, decision.question, given, by, bound_to(decision, answer)
  end)
end

-- Compared with the last good run ----------------------------------------------------------------

---@param report almanac.Report
---@return any
function M.comparison(report)
  local compared = report.compared
  if not compared then return nil end
  local items, link = { { "the whole run", words.length(compared.seconds), words.length(compared.now_seconds) } }, linker(report)
  for _, fact in ipairs(compared.facts) do
    items[#items + 1] = { fact.what, code(words.value(fact.was)), code(words.value(fact.now)) }
  end
  for _, step in ipairs(compared.steps) do items[#items + 1] = { link(step.path), words.length(step.was), words.length(step.now) } end
  local function named(what, list)
    if #list == 0 then return nil end
    local shown = table.concat(list, ", ", 1, math.min(#list, 20))
    return tag("p", nil, what, ": ", shown, #list > 20 and string.format(" and %d more", #list - 20) or "")
  end
  return join(tag("p", nil, "Beside ", code(compared.id), " of ", words.time(compared.started_ms), "."),
    table_of({ "what", "then", "now" }, items, table.unpack), named("Steps that it had not", compared.new),
    named("Steps that only it had", compared.gone))
end

-- With what it ran -------------------------------------------------------------------------------

local function executions_of(report)
  return table_of({ "how", "by", "almanac", "script", "from", "for", "ended" }, report.executions, function(one)
    local said = words.execution(one)
    return said.how, said.who, words.version(one), code(one.digest and one.digest:sub(1, 12)), said.from, said.length, said.ended
  end)
end

local function clusters_of(report)
  local out = {}
  local all = report.run.clusters
  for i, cluster in ipairs(all[1] and all or report.plan and report.plan.clusters or {}) do
    out[i] = string.format("%s (context %s%s)", cluster.server or "?", cluster.context or "none",
      cluster.uid and ", " .. cluster.uid or "")
  end
  return table.concat(out, "; ")
end

---@param report almanac.Report
---@return any
function M.about(report)
  local run, params = report.run, {}
  for i, param in ipairs(report.params) do
    params[i] = { param.name, join(code(words.value(param.text, 2000)), param.was and " (" .. param.was .. ")") }
  end
  local head = string.format("event %d, sha256:%s", report.journal.seq, report.journal.hash)
  return join(
    #params > 0 and { tag("h3", nil, "Parameters"), pairs_of(params) }, tag("h3", nil, "Run"),
    pairs_of {
      { "run", code(run.id) }, { "script", join(code(run.script), run.digest and { " ", code("sha256:" .. run.digest:sub(1, 16)) }) },
      { "part of", run.caller and code(run.caller) }, { "takes back", run.undoes and code(run.undoes) },
      { "taken back by", report.rollbacks[1] and code(table.concat(report.rollbacks, ", ")) },
      { "environment", run.environment }, { "configuration", run.config and code(run.config) },
      { "cluster", clusters_of(report) }, { "context", run.context and code(run.context) },
      { "kubeconfig", run.kubeconfig and code(run.kubeconfig) }, { "lock", run.lock and code(run.lock) },
      { "started by", string.format("%s on %s, in %s", run.operator or "?", run.host or "?", run.directory or "?") },
      { "almanac", words.version(run) },
      { "journal", report.journal.broken and tag("strong", { "class", "s-failed" }, "not to be believed: ", report.journal.broken)
        or { "whole; its head: ", code(head), tag("p", { "class", "dim" }, "check it later: ",
          code(string.format("almanac verify %s --head %s", run.words, report.journal.hash:sub(1, 16)))) } },
    },
    #report.executions > 1 and { tag("h3", nil, "Executions"), executions_of(report) })
end

return M
