--- State: what a run looks like, computed from its events and from nothing else. A live run, a
--- crashed one and a finished one are folded by the same function. Pure.
local anew = require "almanac.journal.anew"
local approval = require "almanac.journal.approval"
local events = require "almanac.journal.event"
local family = require "almanac.journal.family"
local gates = require "almanac.journal.gate"
local interrupt = require "almanac.base.interrupt"
local json = require "native.json"
local parameters = require "almanac.journal.parameters"
local taken_back = require "almanac.journal.taken_back"

local M = {}

---@class almanac.Node
---@field path string
---@field name string
---@field status "running"|"waiting"|"asking"|"retrying"|"done"|"skipped"|"failed"|"paused"|"cancelled"|"undone"|"cut"
---@field started integer? ms
---@field ended integer? ms
---@field elapsed number? seconds
---@field progress string?   what it waits for
---@field until_ms integer?  of a sleep: when it ends
---@field heard_ms integer?  when it was last heard of
---@field connection { to: string, why: string?, lost_ms: integer?, back_ms: integer? }?  of a watch that lost it
---@field message string?    of the failure
---@field notes string[]
---@field effects table[]    { id, title, status, earlier: in an earlier try }; of one that is a run: run, its id; undone: it was taken
---  back; left: it was not, for it never took place ("nothing"), somebody left it out ("skipped"), nothing does ("irreversible")
---@field left almanac.LeftUndo[]?  what a rollback left out
---@field before_undo string?       its status before that
---@field asks string?       the question that it waits with
---@field choices string[]?  its answers, where they are not yes and no
---@field pattern string?    what its answer must fit, where that is any text
---@field put almanac.Put?    what is asked of it at the run's terminal
---@field needs integer?     how many signed answers that takes yet
---@field gate almanac.GateSeen?   of one that watches a number
---@field children almanac.Node[]
---@field replayed boolean?  done in an earlier execution

---@class almanac.Put   a question at a terminal
---@field question string
---@field choices string[]?  nil: a text is asked for
---@field by string          of whom: user@host
---@field since integer      ms

---@class almanac.State
---@field put almanac.Put?   what is asked at its terminal, of no step: what is to be done after a failure
---@field status "running"|"done"|"failed"|"paused"|"interrupted"|"waiting"|"undone"|"abandoned"|"crashed"
---@field roots almanac.Node[]
---@field nodes table<string, almanac.Node>
---@field params table?
---@field anew almanac.GivenAnew[]?  those that a resume gave otherwise, oldest first
---@field cluster string?  where it works, once it was asked for something
---@field started integer? ms
---@field ended integer? ms
---@field error table?
---@field lock { name: string, since: integer }?   that it took; ms
---@field abandoned { reason: string, by: string }?
---@field stays table<string, almanac.Irreversible>?  by effect: what nothing takes back of what is undone

---@return almanac.State
function M.new()
  return { status = "running", roots = {}, nodes = {}, executions = 0 }
end

local function node_of(state, path, time_ms)
  local node = state.nodes[path]
  if node then return node end
  local parent_path, name = path:match "^(.*)/([^/]*)$"
  node = { path = path, name = name or path, status = "running", started = time_ms, notes = json.array {}, effects = json.array {},
    children = json.array {} }
  state.nodes[path] = node
  local siblings = parent_path and node_of(state, parent_path, time_ms).children or state.roots
  siblings[#siblings + 1] = node
  return node
end

local function effect_of(node, id)
  for _, effect in ipairs(node.effects) do
    if effect.id == id then return effect end
  end
  local effect = { id = id }
  node.effects[#node.effects + 1] = effect
  return effect
end

local on = {}

on["run.start"] = function(state, _, data, time_ms)
  state.params, state.runbook, state.started, state.operator = data.params, data.runbook, time_ms, data.operator
  state.executions = 1
end

--- What was under way when the program died is under way no more.
on["run.resume"] = function(state, _, data, time_ms)
  state.anew = state.anew or json.array {}
  for _, given in ipairs(anew.of(state.params, data, time_ms)) do table.insert(state.anew, given) end
  state.params = parameters.over(state.params, data.params)
  state.ended, state.error, state.put = nil, nil, nil
  state.started = state.started or time_ms
  state.executions = state.executions + 1
  for _, node in pairs(state.nodes) do
    node.put = nil
    if node.status ~= "done" and node.status ~= "skipped" then
      node.status, node.message, node.progress, node.elapsed = "waiting", nil, nil, nil
    end
  end
end

on["run.end"] = function(state, _, data, time_ms)
  state.error, state.ended = data.error, time_ms
  if data.status == "undone" then taken_back.stays(state, nil, data.left) end
end

on["run.lock"] = function(state, _, data, time_ms)
  if data.name then state.lock = { name = data.name, since = state.lock and state.lock.since or time_ms } end
end

on["run.abandoned"] = function(state, _, data)
  state.abandoned = { reason = data.reason, by = data.by }
end

on["cluster"] = function(state, _, data)
  if not data.asked then state.cluster = data.context or data.server end
end

--- What failed in a try before is told from what the next one does.
local function begin_again(node)
  for _, effect in ipairs(node.effects) do effect.earlier = effect.status == "failed" or nil end
end

on["step.start"] = function(state, path, _, time_ms)
  local node = node_of(state, path, time_ms)
  begin_again(node)
  node.status, node.started, node.ended, node.message, node.progress = "running", time_ms, nil, nil, nil
  node.elapsed = nil
end

on["step.done"] = function(state, path, data, time_ms)
  local node = node_of(state, path, data.started or time_ms)
  node.status = data.skipped and "skipped" or "done"
  node.started, node.ended, node.elapsed = data.started or node.started, time_ms, (data.elapsed_ms or 0) / 1000
  node.progress, node.message, node.result, node.attempts = nil, nil, data.result, data.attempts
  node.until_ms, node.connection = nil, nil
  node.gate = gates.passed(node.gate, data.result)
end

on["step.replayed"] = function(state, path, data, time_ms)
  on["step.done"](state, path, data, time_ms)
  state.nodes[path].replayed = true
end

local function end_badly(state, path, status, kind, message, time_ms)
  local node = node_of(state, path, time_ms)
  node.status, node.message, node.kind, node.ended, node.progress = status, message, kind, time_ms, nil
  node.elapsed = status ~= "asking" and node.started and (time_ms - node.started) / 1000 or nil
end

--- Kinds of the errors that end a step until somebody answers.
local ASKS = { waiting = true, in_doubt = true }

on["step.failed"] = function(state, path, data, time_ms)
  end_badly(state, path, ASKS[data.kind] and "asking" or "failed", data.kind, data.message, time_ms)
end

on["step.interrupted"] = function(state, path, data, time_ms)
  local stopped = interrupt.levels[data.level]
  end_badly(state, path, stopped.step, stopped.kind, data.message, time_ms)
end

on["step.retry"] = function(state, path, data, time_ms)
  local node = node_of(state, path, time_ms)
  node.status, node.message = "retrying", data.message
  begin_again(node)
end

--- Takes what lies below a node out of the tree.
local function clear(state, node)
  for _, child in ipairs(node.children) do
    clear(state, child)
    state.nodes[child.path] = nil
  end
  node.children = json.array {}
end

--- A step that only contains what is redone keeps its effects, and those below it that are done.
on["step.redo"] = function(state, path, data)
  local node = state.nodes[path]
  if not node then return end -- it went with the step that it lies in
  node.status = "waiting"
  if data.keep_effects then return end
  clear(state, node)
  node.effects = json.array {}
end

--- A node has another path from now on, and so have those below it.
local function move(state, node, path)
  state.nodes[node.path], state.nodes[path] = nil, node
  node.path = path
  for _, child in ipairs(node.children) do move(state, child, path .. "/" .. child.name) end
end

local function remove(list, item)
  for i, one in ipairs(list) do
    if one == item then return table.remove(list, i) end
  end
end

local function siblings_of(state, path)
  local parent = state.nodes[path:match "^(.*)/"]
  return parent and parent.children or state.roots
end

on["step.renamed"] = function(state, path, data, time_ms)
  local node = state.nodes[data.from]
  if not node then return end
  local old_parent, parent, name = data.from:match "^(.*)/", path:match "^(.*)/", path:match "[^/]*$"
  local begun = state.nodes[path] -- under its new name, before that was known to be one
  if begun then
    clear(state, begun)
    remove(siblings_of(state, path), begun)
  end
  if old_parent ~= parent then
    remove(siblings_of(state, data.from), node)
    local siblings = parent and node_of(state, parent, time_ms).children or state.roots
    siblings[#siblings + 1] = node
  end
  node.name = name
  node.notes[#node.notes + 1] = string.format("renamed from %q", data.from)
  move(state, node, path)
end

on["step.undone"] = function(state, path, data, time_ms) taken_back.undone(node_of(state, path, time_ms), data) end
on["step.left"] = function(state, path, data, time_ms) taken_back.left(node_of(state, path, time_ms), data) end

on["note"] = function(state, path, data, time_ms)
  local notes = node_of(state, path, time_ms).notes
  notes[#notes + 1] = data.text
end

on["progress"] = function(state, path, data, time_ms)
  node_of(state, path, time_ms).progress = data.text
end

on["sleep.until"] = function(state, path, data, time_ms)
  node_of(state, path, time_ms).until_ms = data.until_ms
end

on["connection"] = function(state, path, data, time_ms)
  local lost = data.state == "lost"
  node_of(state, path, time_ms).connection =
    { to = data.to, why = data.why, lost_ms = lost and time_ms or nil, back_ms = not lost and time_ms or nil }
end

on["gate.start"] = function(state, path, data, time_ms)
  local node = node_of(state, path, time_ms)
  node.gate = gates.begin(node.gate, data)
end

on["gate.sample"] = function(state, path, data, time_ms)
  local node = node_of(state, path, time_ms)
  node.gate = node.gate or gates.begin(nil, {})
  gates.add(node.gate, data, time_ms)
end

on["confirm.asked"] = function(state, path, data, time_ms)
  local node = node_of(state, path, time_ms)
  node.asks, node.needs, node.choices, node.must_sign = data.question, data.needs, data.choices, data.must_sign
  node.pattern = data.pattern
end

local function asked_at(state, path, time_ms)
  return path == "" and state or node_of(state, path, time_ms)
end

on["question.put"] = function(state, path, data, time_ms)
  asked_at(state, path, time_ms).put = { question = data.question, choices = data.choices, by = data.by, since = time_ms }
end

on["question.over"] = function(state, path, _, time_ms)
  asked_at(state, path, time_ms).put = nil
end

on["confirm.answered"] = function(state, path, data, time_ms)
  local node = node_of(state, path, time_ms)
  node.needs = approval.goes_on(node, data.answer) and (node.needs or 1) - 1 or 0
  if node.needs <= 0 then node.asks, node.needs, node.choices = nil, nil, nil end
  node.notes[#node.notes + 1] = string.format("%s%s", approval.describe(data), data.reason and ": " .. data.reason or "")
end

on["effect.intent"] = function(state, path, data, time_ms)
  local effect = effect_of(node_of(state, path, time_ms), data.id)
  effect.title, effect.op, effect.status, effect.ordinal = data.title, data.op, "begun", data.ordinal
  effect.run = family.made_by { kind = "effect.intent", data = data }
end

on["effect.outcome"] = function(state, path, data, time_ms)
  local effect = effect_of(node_of(state, path, time_ms), data.id)
  effect.status = data.ok and (data.recovered and "recovered" or "done") or "failed"
  effect.title, effect.op = effect.title or data.op, data.op
end

on["effect.in_doubt"] = function(state, path, data, time_ms)
  effect_of(node_of(state, path, time_ms), data.id).status = "in doubt"
end

events.handlers(on)

local function run_of(state, path, id)
  for _, effect in ipairs(state.nodes[path] and state.nodes[path].effects or {}) do
    if effect.run == id then return effect end
  end
end

--- Folds one event in.
---@param state almanac.State
---@param event almanac.Event  also of a run that the run makes, as Run:be_seen_in passes it on
function M.apply(state, event)
  local status = events.status_after(event.kind, event.data)
  if event.run and event.kind:find "^run%." then
    local effect = status and event.own_path == "" and run_of(state, event.path, event.run)
    if effect then effect.status = status end
    if effect and status == "undone" then taken_back.stays(state, event.path, event.data.left) end
    return
  end
  state.status = status or state.status
  local fn = on[event.kind]
  if fn then fn(state, event.path, event.data, event.time_ms) end
  local node = state.nodes[event.path]
  if node then node.heard_ms = event.time_ms end
end

--- A process that died ended nothing: its steps were cut short at its last event.
local function mark_crashed(state, last_ms)
  state.status, state.ended, state.put = "crashed", last_ms, nil
  for _, node in pairs(state.nodes) do
    node.put = nil
    if node.status == "running" or node.status == "retrying" then
      node.status, node.ended, node.message = "cut", last_ms, "cut short"
    end
  end
end

local function fold(journal, id, wanted, watch)
  local state, last_ms = M.new(), nil
  family.visit(journal, id, function(event)
    if not event.run then last_ms = event.time_ms end
    M.apply(state, event)
    if watch then watch(event, state) end
  end, wanted)
  if state.status == "running" then
    local holder = journal:holder(id)
    if holder then state.holder = require("native.json").decode(holder) else mark_crashed(state, last_ms) end
  end
  if state.put and not state.holder and not journal:holder(id) then state.put = nil end -- after its end: whoever asked is gone
  return state
end

--- The state of a run in the journal.
---@param journal table
---@param id string
---@param watch? fun(event: almanac.Event, state: almanac.State)  called for each event, once it is folded in
---@return almanac.State
function M.load(journal, id, watch)
  return fold(journal, id, nil, watch)
end

--- What is asked at the terminal of a run now, the oldest question first.
---@param state almanac.State
---@return almanac.Put[]
function M.put(state)
  local out = { state.put }
  for _, node in pairs(state.nodes) do out[#out + 1] = node.put end
  table.sort(out, function(a, b) return a.since < b.since end)
  return out
end

--- How a run stands. The last event of most says it; the others are read.
---@param journal table
---@param id string
---@return string status of almanac.State
function M.status(journal, id)
  local last, status = journal:last_seq(id), nil
  -- Another process may have appended since last_seq was read: what counts is the last event that there is.
  for seq, _, kind, _, payload in journal:events(id, math.max(last - 1, 0)) do
    status = kind == "run.end" and events.decode(seq, 0, kind, "", payload).data.status or nil
  end
  return status or M.summary(journal, id).status
end

--- The same without its steps, of which a long run has many.
---@param journal table
---@param id string
---@return almanac.State
function M.summary(journal, id)
  return fold(journal, id, "run.")
end

return M
