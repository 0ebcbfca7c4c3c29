--- A run: one execution of a runbook with fixed parameters. It owns the run's place in the
--- journal, what a replay needs of it, and the events that everybody else watches.
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local task = require "native.task"

local M = {}

--- Seconds that events which need not be durable may wait for their commit.
local FLUSH_SECONDS = 0.1

--- Fields of an event that a replay goes by: words and digests of ours, which a secret that happens to be
--- such a word must not change.
local WORDS = {
  answer = true, at = true, by = true, digest = true, id = true, kind = true, op = true, ordinal = true, plan = true,
  script = true, state = true, status = true, stream = true,
}

---@class almanac.Run
---@field id string
---@field meta table         runbook, script, params, operator, host, lock, environment, …
---@field mode string        "execute" | "walk" | "plan"
---@field journal table?     native.journal; nil in a plan, which leaves no trace
---@field done table?        the done steps, of journal:fold(); nil in a run that has none
---@field begun table<string, boolean>  paths of the steps whose start is in the journal
---@field replayed integer   done steps that this execution met
---@field effects table<string, table>    intent and outcome, by "path#ordinal"
---@field seen table<string, boolean>     paths of this execution
---@field allow table?       what the runbook may touch
---@field held table?        the lock that it needs for its effects
---@field bound table?       the plan that this execution keeps to
---@field script string?     digest of the runbook's files in this execution
---@field observers fun(event: table)[]
local Run = {}
Run.__index = Run

--- A readable, sortable and unique id: rollout-20261124-061905-7c1e
---@param runbook string
---@return string
function M.new_id(runbook)
  return string.format("%s-%s-%s", runbook:gsub("[^%w_-]", "_"), os.date "!%Y%m%d-%H%M%S", digest.random_hex(2))
end

local function new(fields)
  fields.begun = fields.begun or {}
  fields.replayed = 0
  fields.effects = fields.effects or {}
  fields.seen = {}
  fields.observers = {}
  fields.deferred = {}
  fields.visits = {}
  fields.touched = {}
  return setmetatable(fields, Run)
end

--- A run that is not in the journal: a plan.
function M.unrecorded(meta, mode)
  return new { id = "plan", meta = meta, mode = mode }
end

--- Creates a run in the journal.
---@param journal table
---@param meta table
---@param id string? from M.new_id()
---@return almanac.Run
function M.create(journal, meta, id)
  id = id or M.new_id(meta.runbook)
  journal:create { id = id, runbook = meta.runbook, meta = json.encode(meta) }
  return new { id = id, meta = meta, mode = "execute", journal = journal }
end

local function under(path, root)
  return path == root or path:sub(1, #root + 1) == root .. "/"
end

local function forget_effects(effects, path)
  for key in pairs(effects) do
    if key:match "^(.*)#[%d.]+$" == path then effects[key] = nil end
  end
end

local function forget_effects_below(effects, root)
  for key in pairs(effects) do
    if under(key:match "^(.*)#[%d.]+$", root) then effects[key] = nil end
  end
end

--- What replay knows of effects, from the events in their order.
---@param events table[] {seq, time_ms, kind, path, payload text}
function M.fold_effects(events)
  local effects = {}
  for _, event in ipairs(events) do
    local kind, path = event.kind, event.path
    if kind == "effect.intent" then
      local data = json.decode(event.payload)
      effects[path .. "#" .. data.ordinal] = { intent = data }
    elseif kind == "effect.outcome" then
      local data = json.decode(event.payload)
      local effect = effects[path .. "#" .. data.ordinal]
      if effect and effect.intent.id == data.id then effect.outcome = data end
    elseif kind == "step.redo" and not json.decode(event.payload).keep_effects then
      forget_effects(effects, path)
    elseif kind == "step.undone" then
      forget_effects_below(effects, path)
    end
  end
  return effects
end

--- Loads a run for replay. Raises kind "corrupt" when its chain of hashes is broken.
---@param journal table
---@param id string
---@param mode string
---@return almanac.Run
function M.load(journal, id, mode)
  local row = journal:run(id)
  if not row then errors.raise { kind = "not_found", message = "no run " .. id .. " in the journal" } end
  local fold = journal:fold(id)
  if fold.broken then
    errors.raise {
      kind = "corrupt",
      message = string.format("the journal of run %s is damaged at event %d: %s", id, fold.broken.seq, fold.broken.why),
      hint = "almanac log " .. id .. " prints what can be read; nothing was run",
    }
  end
  local run = new {
    id = id, meta = json.decode(row.meta), mode = mode, journal = journal, created_ms = row.created_ms,
    done = fold.done, begun = fold.begun, effects = M.fold_effects(fold.other), history = fold.other,
  }
  return run
end

--- The same run in another mode: what a replay knows is shared, what an execution gathers is not.
---@param mode string
---@return almanac.Run
function Run:as(mode)
  return new {
    id = self.id, meta = self.meta, mode = mode, journal = self.journal, created_ms = self.created_ms,
    done = self.done, begun = self.begun, effects = self.effects, history = self.history,
  }
end

--- The run of the current task, or nil.
---@return almanac.Run?
function M.current()
  local context = task.context()
  return context and context.run
end

--- Calls fn(event) for each event from now on.
---@param fn fun(event: table)
---@param replays boolean? for each done step that is met, too; a long run has many
function Run:observe(fn, replays)
  self.observers[#self.observers + 1] = fn
  self.tells_replays = self.tells_replays or replays
end

--- A done step was met, and gave its result without running.
---@param path string
function Run:meet(path)
  self.replayed = self.replayed + 1
  if self.tells_replays then self:notify("step.replayed", path, json.decode(self.done:payload(path))) end
end

function Run:notify(kind, path, data)
  local event = { kind = kind, path = path, data = data, time_ms = task.wall_ms() }
  for _, fn in ipairs(self.observers) do fn(event) end
end

function Run:append(kind, path, data, durable)
  self.journal:append(self.id, kind, path, redaction.encode(data, nil, WORDS), durable)
end

--- Writes the deferred events. A step's start waits here: most steps are done before it is
--- written, and then their end says when they began.
function Run:write_deferred(except)
  local deferred = self.deferred
  if #deferred == 0 then return end
  self.deferred = {}
  for _, event in ipairs(deferred) do
    if event.path ~= except or event.kind ~= "step.start" then
      self:append(event.kind, event.path, event.data, false)
    end
  end
end

--- An event that must be on disk before the call returns.
---@param kind string
---@param path string
---@param data table plain data
function Run:record(kind, path, data)
  if self.journal then
    self:write_deferred(kind == "step.done" and path or nil)
    self:append(kind, path, data, true)
  end
  self:notify(kind, path, data)
end

--- An event that may be lost with the last tenth of a second.
function Run:emit(kind, path, data)
  if self.journal then self.deferred[#self.deferred + 1] = { kind = kind, path = path, data = data } end
  self:notify(kind, path, data)
end

function Run:flush()
  if self.journal then
    self:write_deferred()
    if self.journal:pending() then self.journal:flush() end
  end
end

--- Commits what is not durable yet every tenth of a second, until it is cancelled.
---@return table handle
function Run:start_flusher()
  return task.spawn(function()
    while true do
      task.sleep(FLUSH_SECONDS)
      self:flush()
    end
  end)
end

--- The payloads of one kind that this path has in the journal, oldest first.
function Run:previous(kind, path)
  local found = {}
  if not self.journal then return found end
  self:flush()
  local after = 0
  for _, event in ipairs(self.history or {}) do
    if event.kind == "step.redo" and event.path == path then after = event.seq end
  end
  for _, time_ms, _, event_path, payload in self.journal:events(self.id, after, kind) do
    if event_path == path then
      local data = json.decode(payload)
      data.time_ms = data.time_ms or time_ms
      found[#found + 1] = data
    end
  end
  return found
end

return M
