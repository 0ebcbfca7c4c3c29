--- A report: everything that a reader wants to know of a run, as plain data, computed from its events and from
--- nothing else. What it looks like is for the renderers beside this file. Pure.
local anew = require "almanac.journal.anew"
local cluster = require "almanac.journal.cluster"
local decisions = require "almanac.report.decisions"
local excerpts = require "almanac.report.excerpt"
local guards = require "almanac.report.guards"
local json = require "native.json"
local outcome = require "almanac.run.plan.outcome"
local param = require "almanac.base.param"
local parameters = require "almanac.journal.parameters"
local taken_back = require "almanac.journal.taken_back"
local states = require "almanac.journal.state"
local steps = require "almanac.report.steps"
local timelines = require "almanac.report.timeline"
local verdicts = require "almanac.report.verdict"
local watches = require "almanac.report.watches"

local M = {}

--- Version of the shape, as it is given out as JSON (docs/reference/report.md). A field that is added does not change
--- it; one that goes, or means something else, does.
M.FORMAT = 1

---@class almanac.Report
---@field format integer
---@field run table              id, runbook, status, who, when, where: see docs/reference/report.md
---@field verdict almanac.report.Verdict
---@field error? table           with which it ended: kind, message, hint, step, at, line, logs, stderr, excerpt
---@field failure? integer       id of the first step that failed by itself
---@field counts table<string, integer>
---@field executions almanac.report.Execution[]
---@field steps almanac.report.Step[]
---@field effects almanac.report.Effect[]
---@field gates almanac.report.Gate[]
---@field canaries almanac.report.Canary[]
---@field guards almanac.report.Guard[]
---@field asked almanac.Put[]    at the terminal where it runs, now
---@field decisions almanac.report.Decision[]
---@field plan? table
---@field params { name: string, value: any, text: string, was: string? }[]  text: as it is typed; was: before it was given anew
---@field journal { events: integer, seq: integer, hash: string, broken: string?, unsigned: table[]? }
---   unsigned: { from, to, count }: events of another script than the signed one
---@field compared? table        with the last good run
---@field rollbacks string[]     runs that take it back
---@field copy? table            of a rehearsal: what is otherwise in its cluster: changes, folded, waiting

---@class almanac.report.Facts   what the events do not say
---@field row table              of the journal
---@field meta table             of the row
---@field words string           that name the run on a command line
---@field head { seq: integer, hash: string }
---@field broken? string
---@field now_ms integer
---@field rollbacks string[]
---@field good? almanac.Report   the report of the last run of it that was done

---@class almanac.report.Model
local Model = {}
Model.__index = Model

---@return almanac.report.Model
function M.new()
  return setmetatable({
    timeline = timelines.new(), decisions = decisions.new(), guards = guards.new(),
    steps = steps.new(), gates = {}, canaries = {}, sources = {}, clusters = {},
    count = 0, plan_events = {},
  }, Model)
end

local on = {}

on["run.script"] = function(self, event)
  for path, text in pairs(type(event.data.sources) == "table" and event.data.sources or {}) do self.sources[path] = text end
end

on["run.plan"] = function(self, event) self.plan = not event.run and event.data or self.plan end

on["cluster"] = function(self, event)
  if not event.run then self.clusters[event.data.asked or ""] = event.data end
end

-- What it made of its cluster is known when all is over.
on["rehearsal.plan"] = on["run.plan"]
on["rehearsal.cluster"] = function(self, event) self.copy = not event.run and event.data or self.copy end

on["run.end"] = function(self, event)
  if event.run then return end
  if event.data.status ~= "undone" then self.error = event.data.error end -- why it was taken back stays
  self.undone_by = event.data.by
end

local function gate_of(self, event, node)
  local one = self.steps:of(node)
  if not one.gate then
    one.gate = watches.gate(event.path)
    table.insert(self.gates, { node = node, watch = one.gate })
  end
  return one.gate
end

on["gate.start"] = function(self, event, node) watches.begin(gate_of(self, event, node), event.data) end
on["gate.end"] = function(self, event, node) watches.decide(gate_of(self, event, node), event.data) end
on["gate.sample"] = function(self, event, node) watches.add_sample(gate_of(self, event, node), event.data) end

on["canary.start"] = function(self, event, node)
  local one = self.steps:of(node)
  if not one.canary then table.insert(self.canaries, { node = node }) end
  one.canary = watches.canary(event.path, event.data)
end

on["canary.sample"] = function(self, event, node)
  local canary = self.steps:of(node).canary
  if canary and type(event.data.values) == "table" then watches.add_comparison(canary, event.data) end
end

--- Folds an event in, after it was folded into the state.
---@param event almanac.Event
---@param state almanac.State
function Model:add(event, state)
  self.count = self.count + 1
  local node = state.nodes[event.path]
  self.timeline:add(event, node)
  self.decisions:add(event)
  self.guards:add(event, node)
  if node then self.steps:add(event, node, self.sources) end
  if self.plan and (event.kind:find "^effect%." or event.kind:find "^step%." or event.kind == "gate.sample" or
    event.kind == "run.unbound") then
    table.insert(self.plan_events, { kind = event.kind, path = event.path, data = event.data })
  end
  local fn = on[event.kind]
  if fn and (node or event.kind == "cluster" or event.kind:find "^run%." or event.kind:find "^rehearsal%.") then fn(self, event, node) end
end

local function counts_of(report)
  local counts = { steps = 0, effects = 0, gates = #report.gates, canaries = #report.canaries, retries = 0, kills = 0, edits = 0,
    resumes = #report.executions - 1, decisions = #report.decisions }
  for _, step in ipairs(report.steps) do
    if step.is_leaf then
      counts.steps = counts.steps + 1
      counts[step.status] = (counts[step.status] or 0) + 1
    end
    counts.retries = counts.retries + #step.retries
  end
  for _, effect in ipairs(report.effects) do
    if effect.status == "done" or effect.status == "recovered" then counts.effects = counts.effects + 1 end
  end
  for _, execution in ipairs(report.executions) do
    if execution.ended == "killed" then counts.kills = counts.kills + 1 end
    if execution.edited then counts.edits = counts.edits + 1 end
  end
  return counts
end

--- What each was before it was given anew, in words.
local function were(given_anew, durations)
  local out = {}
  for _, given in ipairs(given_anew or {}) do out[given.name] = out[given.name] or anew.was(given, durations) end
  return out
end

local function params_of(params, durations, given_anew)
  local out, was = json.array {}, were(given_anew, durations)
  for i, name in ipairs(param.sorted_names(type(params) == "table" and params or {})) do
    out[i] = { name = name, value = params[name], text = parameters.value(params[name], parameters.is_duration(durations, name)),
      was = was[name] }
    was[name] = nil
  end
  for _, name in ipairs(param.sorted_names(was)) do table.insert(out, { name = name, text = "", was = was[name] }) end
  return out
end

local function close_watches(report, found, list, now_ms)
  for i, one in ipairs(found) do
    one.watch.path = one.node.path
    watches.conclude(one.watch, one.node, now_ms)
    list[i] = one.watch
  end
  for _, step in ipairs(report.steps) do
    for i, watch in ipairs(list) do
      if watch.path == step.path then watch.step, step.watch = step.id, i end
    end
  end
end

local function plan_of(self)
  local plan = self.plan
  if not plan then return nil end
  local effects, gates, unbound = outcome.compare(plan, self.plan_events)
  local signers = json.array {}
  for i, signed in ipairs(plan.signatures or {}) do signers[i] = { principal = signed.principal, at_ms = signed.at_ms } end
  return {
    digest = plan.digest, made_by = plan.made_by, made_ms = plan.made_ms, version = plan.version, clusters = plan.clusters,
    signatures = signers, unbound = unbound or nil, effects = json.array(effects), gates = json.array(gates),
  }
end

local function run_of(self, state, facts)
  local meta, row, last = facts.meta, facts.row, self.timeline.executions[#self.timeline.executions]
  return {
    id = row.id, runbook = row.runbook, script = meta.script, status = state.status, words = facts.words,
    operator = state.operator or meta.operator, host = meta.host, directory = meta.cwd, started_ms = state.started or row.created_ms,
    ended_ms = last and last.ended ~= "running" and last.ended_ms or nil, environment = meta.environment, context = meta.context,
    kubeconfig = meta.kubeconfig, clusters = json.array(cluster.sorted(self.clusters)), config = meta.config,
    lock = meta.lock, version = meta.version, commit = meta.commit, digest = meta.digest,
    caller = type(meta.caller) == "table" and meta.caller.run or nil, undoes = meta.undoes, undone_by = self.undone_by,
    rehearsal = type(meta.rehearsal) == "table" and meta.rehearsal or nil,
    abandoned = state.abandoned, left = json.array(taken_back.list(state)),
    irreversible = state.stays and json.array(taken_back.irreversible(state)),
  }
end

--- The report, when all events are in.
---@param state almanac.State
---@param facts almanac.report.Facts
---@return almanac.Report
function Model:finish(state, facts)
  self.timeline:close(state.status == "running", facts.now_ms)
  local report = {
    format = M.FORMAT, run = run_of(self, state, facts), error = self.error, executions = json.array(self.timeline.executions),
    steps = json.array {}, effects = json.array {}, gates = json.array {}, canaries = json.array {},
    decisions = self.decisions.list, params = params_of(state.params, facts.meta.durations, state.anew),
    rollbacks = json.array(facts.rollbacks),
    journal = { events = self.count, seq = facts.head.seq, hash = facts.head.hash, broken = facts.broken },
  }
  self.steps:put(report, state.roots, self.timeline)
  for _, one in ipairs(self.canaries) do one.watch = self.steps:of(one.node).canary end
  close_watches(report, self.gates, report.gates, facts.now_ms)
  close_watches(report, self.canaries, report.canaries, facts.now_ms)
  report.guards = self.guards:finish(report.steps)
  report.asked = json.array(states.put(state))
  if self.error then self.error.excerpt = excerpts.of(self.sources, self.error.at) end
  report.plan, report.copy = plan_of(self), self.copy
  report.counts = counts_of(report)
  report.verdict = verdicts.of(report)
  if facts.good then report.compared = require("almanac.report.comparison").of(report, facts.good) end
  return report
end

return M
