--- What people decided in a run: what was asked, who answered what and why, and what the answer was bound to. Pure.
local clusters = require "almanac.journal.cluster"
local json = require "native.json"

local M = {}

---@class almanac.report.Decision
---@field path string
---@field what "approval"|"guard"|"in doubt"|"renamed"|"windows"|"without the plan"
---@field question string
---@field asked_ms? integer
---@field script? string    digest of the runbook's files, as it was asked
---@field plan? string      digest of the plan
---@field choices? string[]
---@field answers { answer: string, by: string?, principal: string?, reason: string?, at_ms: integer, script: string?,
---  plan: string?, head: string?, signed: boolean? }[]

---@class almanac.report.Decisions
---@field list almanac.report.Decision[]
---@field private open table<string, almanac.report.Decision>  by path
---@field private breaches table<string, string>  of guards, by path
local Decisions = {}
Decisions.__index = Decisions

---@return almanac.report.Decisions
function M.new()
  return setmetatable({ list = json.array {}, open = {}, breaches = {} }, Decisions)
end

local function add(self, decision)
  decision.answers = json.array(decision.answers or {})
  table.insert(self.list, decision)
  return decision
end

local function what_of(self, path) return self.breaches[path] and "guard" or "approval" end

local on = {}

on["confirm.asked"] = function(self, event)
  local data, known = event.data, self.open[event.path]
  local last = known and known.answers[#known.answers]
  if known and known.question == data.question and not (last and last.answer == "no") then return end -- again, after a stop
  self.open[event.path] = add(self, {
    path = event.path, what = what_of(self, event.path), question = data.question, asked_ms = data.at_ms or event.time_ms,
    script = data.script,
    plan = data.plan, choices = data.choices,
  })
end

on["confirm.answered"] = function(self, event)
  local data = event.data
  local asked = self.open[event.path] or add(self, {
    path = event.path, what = what_of(self, event.path), question = data.question or "",
  })
  self.open[event.path] = asked
  table.insert(asked.answers, {
    answer = data.answer, by = data.by, principal = data.principal, reason = data.reason, at_ms = data.at_ms or event.time_ms,
    script = data.script, plan = data.plan, head = data.head, signed = data.signature ~= nil or nil,
  })
end

on["guard.breach"] = function(self, event)
  local out = {}
  for i, breach in ipairs(type(event.data.breaches) == "table" and event.data.breaches or {}) do
    out[i] = string.format("%s: %s", breach.name, breach.why)
  end
  self.breaches[event.path] = table.concat(out, "; ")
end

--- What a person answered is told by the question; here by the runbook, which asks nobody.
on["guard.answered"] = function(self, event)
  if event.data.by ~= "on_breach" then return end
  add(self, { path = event.path, what = "guard", question = self.breaches[event.path] or "a breach", asked_ms = event.time_ms,
    answers = { { answer = event.data.answer, by = "on_breach of the runbook", at_ms = event.time_ms } } })
end

on["effect.answered"] = function(self, event)
  add(self, { path = event.path, what = "in doubt", question = "effect " .. event.data.id .. ": did it take place?",
    asked_ms = event.time_ms, answers = { { answer = event.data.answer, by = event.data.by, at_ms = event.time_ms } } })
end

on["step.renamed"] = function(self, event)
  add(self, { path = event.path, what = "renamed", question = string.format("is it the step that was called %q?", event.data.from),
    asked_ms = event.time_ms, answers = { { answer = "yes", by = event.data.operator, at_ms = event.time_ms } } })
end

on["run.override"] = function(self, event)
  add(self, { path = event.path, what = "windows", question = "begun although " .. tostring(event.data.closed or "it is closed"),
    asked_ms = event.time_ms,
    answers = { { answer = "yes", by = event.data.by, reason = event.data.reason, at_ms = event.time_ms } } })
end

on["cluster"] = function(self, event)
  if not event.data.why then return end
  add(self, { path = "", what = "other cluster", question = "go on on another cluster? " .. clusters.text(event.data),
    asked_ms = event.time_ms,
    answers = { { answer = "yes", by = event.data.by, reason = event.data.why, at_ms = event.time_ms } } })
end

on["run.unbound"] = function(self, event)
  add(self, { path = event.path, what = "without the plan", question = "go on without the plan?", asked_ms = event.time_ms,
    answers = { { answer = "yes", by = event.data.operator, at_ms = event.time_ms } } })
end

--- Folds an event in.
---@param event almanac.Event
function Decisions:add(event)
  local fn = on[event.kind]
  if fn then fn(self, event) end
end

return M
