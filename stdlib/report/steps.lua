--- The steps of a report and their effects: each as its node stands, with what its events said besides. Pure.
local excerpts = require "almanac.report.excerpt"
local json = require "native.json"
local lines = require "almanac.base.lines"
local ranked = require "almanac.base.ranked"
local rehearsed = require "almanac.journal.rehearsed"
local step_name = require "almanac.base.step_name"
local taken_back = require "almanac.journal.taken_back"

local M = {}

local OUTPUT_LINES = 60 -- of a step, the last ones

---@class almanac.report.Step
---@field id integer             place in `steps`
---@field path string
---@field name string
---@field depth integer          0 for the outermost
---@field is_leaf boolean        no step is in it
---@field status string          of almanac.Node; "waiting": not reached, or to be run again
---@field spans almanac.report.Span[]
---@field seconds? number
---@field attempts? integer
---@field message? string
---@field kind? string           of the failure
---@field at? string             "file:line"
---@field excerpt? almanac.report.Excerpt
---@field retries { at_ms: integer, delay: number?, message: string? }[]
---@field notes string[]
---@field output { stream: string, text: string }[]
---@field output_left_off? integer  lines before those
---@field effects almanac.report.Effect[]
---@field result? any
---@field asks? string           the question that it waits with
---@field choices? string[]      its answers, where they are not yes and no
---@field pattern? string        what its answer must fit, where that is any text
---@field signed? string[]       the answers that have to be signed

---@class almanac.report.Effect
---@field id string
---@field path string
---@field op string
---@field title string
---@field status string          "begun", "done", "recovered", "failed", "in doubt", "previewed" (of a rehearsal);
---                              of a run that is called: how it stands
---@field run? string            the run that it made
---@field undone? boolean        it was taken back
---@field left? "nothing"|"skipped"|"irreversible"  it was not: it never took place, it was left out, or nothing takes it back
---@field at_ms integer
---@field input? any
---@field before? any
---@field result? any
---@field error? table

---@class almanac.report.Details  what the events of a step said besides what its node has
---@field output { stream: string, text: string }[]
---@field left_off integer       lines before those
---@field retries table[]
---@field at? string             where it failed
---@field excerpt? almanac.report.Excerpt
---@field failed_ms? integer
---@field gate? almanac.report.Gate
---@field canary? almanac.report.Canary

---@class almanac.report.Steps
---@field details table<almanac.Node, almanac.report.Details>
---@field effects table<string, table>  what is known of each by its events, by its id
local Steps = {}
Steps.__index = Steps

---@return almanac.report.Steps
function M.new()
  return setmetatable({ details = {}, effects = {} }, Steps)
end

--- What is known of a step besides its node.
---@param node almanac.Node
---@return almanac.report.Details
function Steps:of(node)
  local one = self.details[node]
  if not one then
    one = { output = json.array {}, left_off = 0, retries = json.array {} }
    self.details[node] = one
  end
  return one
end

local on = {}

local function keep_failure(self, event, node, sources)
  local one = self:of(node)
  one.at, one.excerpt, one.failed_ms = event.data.at, excerpts.of(sources, event.data.at), event.time_ms
end

on["step.failed"] = keep_failure
on["step.interrupted"] = keep_failure

on["step.start"] = function(self, _, node)
  local one = self:of(node)
  one.at, one.excerpt, one.failed_ms = nil, nil, nil
end

on["step.done"] = on["step.start"]

on["step.retry"] = function(self, event, node)
  table.insert(self:of(node).retries, { at_ms = event.time_ms, delay = event.data.delay, message = event.data.message })
end

on["output"] = function(self, event, node)
  local one = self:of(node)
  table.insert(one.output, { stream = event.data.stream, text = lines.overwritten(event.data.text) })
  if #one.output > 2 * OUTPUT_LINES then
    one.left_off = one.left_off + OUTPUT_LINES
    one.output = json.array { table.unpack(one.output, OUTPUT_LINES + 1) }
  end
end

on["effect.intent"] = function(self, event)
  local data = event.data
  self.effects[data.id] = { input = data.input, before = data.before, at_ms = event.time_ms }
end

on["effect.outcome"] = function(self, event)
  local effect = self.effects[event.data.id]
  if effect then effect.result, effect.error = event.data.result, event.data.error end
end

--- Takes in what an event says of a step, or of an effect of it.
---@param event almanac.Event
---@param node almanac.Node  of its step
---@param sources table<string, string>  texts of the scripts, by their paths
function Steps:add(event, node, sources)
  local fn = on[event.kind]
  if fn then fn(self, event, node, sources) end
end

local function effects_of(self, report, node)
  local out = json.array {}
  for i, effect in ipairs(node.effects) do
    local more = self.effects[effect.id] or {}
    out[i] = {
      id = effect.id, path = node.path, op = effect.op, title = effect.title or effect.op, run = effect.run,
      status = report.run.rehearsal and rehearsed.is(effect.title) and "previewed" or effect.status,
      undone = effect.undone, left = effect.left, earlier = effect.earlier, at_ms = more.at_ms, input = more.input, before = more.before,
      result = more.result,
      error = more.error,
    }
  end
  return out
end

--- What it said, and what a rollback left of it.
local function notes_of(node)
  if not node.left then return node.notes end
  local notes = json.array { table.unpack(node.notes) }
  for _, left in ipairs(node.left) do notes[#notes + 1] = taken_back.describe(left) end
  return notes
end

local function seconds_of(node, spans)
  if node.status == "skipped" then return nil end
  local last = spans[#spans]
  if node.elapsed then return node.elapsed end
  return last and (last.to_ms - spans[1].from_ms) / 1000 or nil
end

--- It began at the step that failed first; a step around it fails no sooner, and its branches are interrupted.
local function note_failure(self, report, step, failed_ms)
  local first = report.failure and report.steps[report.failure]
  local is_within = first and step.path ~= first.path and step_name.is_within(step.path, first.path)
  if first and not (failed_ms < self.failed_ms or is_within and failed_ms == self.failed_ms) then return end
  report.failure, self.failed_ms = step.id, failed_ms
end

local function add_step(self, report, node, depth, timeline)
  local more, spans = self:of(node), timeline:spans(node)
  local step = {
    id = #report.steps + 1, path = node.path, name = node.name, depth = depth, is_leaf = #node.children == 0, status = node.status,
    spans = json.array(spans), seconds = seconds_of(node, spans), attempts = node.attempts, message = node.message, kind = node.kind,
    at = more.at, excerpt = more.excerpt, retries = more.retries, notes = notes_of(node), output = more.output,
    output_left_off = more.left_off > 0 and more.left_off or nil, effects = effects_of(self, report, node), result = node.result,
    asks = node.asks, choices = node.asks and node.choices, pattern = node.asks and node.pattern,
    signed = node.asks and node.needs and json.array(node.must_sign or { "yes" }) or nil,
    is_gate = more.gate ~= nil or nil, is_canary = more.canary ~= nil or nil,
  }
  report.steps[step.id] = step
  for _, effect in ipairs(step.effects) do table.insert(report.effects, effect) end
  if node.status == "failed" then note_failure(self, report, step, more.failed_ms or math.huge) end
  for _, child in ipairs(node.children) do add_step(self, report, child, depth + 1, timeline) end
end

--- In the order in which they took place: those of runs that a run made were met behind its own.
local function in_time(effects)
  return json.array(ranked.by(effects, function(effect) return effect.at_ms or 0 end))
end

--- Puts the steps into a report, their effects and the id of the one that failed first.
---@param report almanac.Report  that has its run, and empty lists
---@param roots almanac.Node[]
---@param timeline almanac.report.Timeline
function Steps:put(report, roots, timeline)
  for _, node in ipairs(roots) do add_step(self, report, node, 0, timeline) end
  report.effects = in_time(report.effects)
end

return M
