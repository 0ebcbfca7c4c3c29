--- A run: one execution of a runbook with fixed parameters. It owns the run's place in the journal, and the
--- events that everybody else watches.
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local events = require "almanac.journal.event"
local json = require "native.json"
local progress = require "almanac.journal.progress"
local replays = require "almanac.journal.replay"
local rows = require "almanac.journal.row"
local task = require "native.task"

local M = {}

--- Seconds that events which need not be durable may wait for their commit.
local FLUSH_SECONDS = 0.1

---@class almanac.Run
---@field id string
---@field meta table         runbook, script, params, operator, host, lock, environment, …
---@field mode almanac.Mode  what steps, effects and waits do in this execution
---@field journal table?     native.journal; nil in a plan, which leaves no trace
---@field replay almanac.Replay   what earlier executions did, and this one so far
---@field done table?        the done steps, of the replay; nil in a run that has none
---@field effects table<string, almanac.KnownEffect>  of the replay
---@field seen table<string, boolean>     paths of this execution's own steps
---@field visits (almanac.Visit|almanac.Stretch|string)[]  what a walk met
---@field draft almanac.PlanDraft?        the plan that is being made
---@field past almanac.Past?              the backtest that is being made
---@field allow table?       what the runbook may touch
---@field pass_env string[]?  variables that its children get besides
---@field on_owner "warn"|"refuse"?  what follows where others keep what is changed; nil in a rollback
---@field has_undo boolean?   a step that has an undo was done in this execution
---@field held table?        the lock that it needs for its effects
---@field starts_in_previews boolean?       previews start programs that a script hands on, as the plan says
---@field bound almanac.PlanBinding?      the plan that this execution keeps to
---@field goes_back boolean?  it is taken back where it fails
---@field undo_binding almanac.UndoBinding?   of one that takes back a run which keeps to a plan
---@field params table?      that its script was handed: of own_params.lua
---@field script string?     digest of the runbook's files in this execution
---@field loaded almanac.Script?          the script itself
---@field edited_files table<almanac.KeptScript, table<string, boolean>|false>?  of each script before, what is not as it was
---@field gone almanac.GoneStep[]?        what earlier executions did and this one did not meet
---@field operator almanac.Operator?      who is asked, and shown what happens
---@field calls almanac.Calls?            how it makes runs of its own
---@field untold table?      condition: there is something that the channels of almanac.yaml were not told
---@field fingerprint_key almanac.FingerprintKey?  of the outermost run: that fingerprints were made with
---@field caller almanac.Run?             the run that made it
---@field takes_back almanac.Run?         the run that it takes back
---@field check_reviewed fun(path: string, text: string)?  of one that is taken back: raises for a file that was not read then
---@field settled table<table, boolean>   clients of a cluster of which the run knows that it is the one it is bound to
---@field name_cluster fun(run: almanac.Run)?  binds it to where it would go, before it is asked about that
---@field approvals almanac.Approvals?    judges signed answers; nil: an answer of anybody counts
---@field observers fun(event: almanac.Event)[]
---@field opening almanac.Event[]  recorded before anybody observed
---@field ran_before_ms integer?         how long processes ran it before this one
---@field begun_ms integer?              when this one began with it
---@field tells_replays boolean           the mode is told of each done step that is met
local Run = {}
Run.__index = Run

--- A readable, sortable and unique id: rollout-20261124-061905-7c1e. Four digits are enough to read it by, and too few to rely
--- on: of 300 runs that begin in one second two have the same, as often as not. So it is drawn until it is free.
---@param runbook string
---@param is_taken fun(id: string): any
---@return string
function M.new_id(runbook, is_taken)
  local begun = string.format("%s-%s-", runbook:gsub("[^%w_-]", "_"), os.date("!%Y%m%d-%H%M%S", task.wall_ms() // 1000))
  local digits = 2
  while true do
    local id = begun .. digest.random_hex(digits)
    if not is_taken(id) then return id end
    digits = 4 -- a second may have more runs than four digits have values
  end
end

--- Whether a journal has a run of that id.
---@param journal table
---@return fun(id: string): boolean
function M.is_in(journal)
  return function(id) return journal:run(id) ~= nil end
end

local function new(fields)
  local replay = fields.replay or replays.new()
  fields.replay, fields.done, fields.effects = replay, replay.done, replay.effects
  if fields.done then fields.done:begin_pass() end
  fields.tells_replays = false
  fields.seen, fields.settled = {}, {}
  fields.observers = {}
  fields.opening = {}
  fields.deferred = {}
  fields.progress = progress.new()
  fields.visits = {}
  return setmetatable(fields, Run)
end

--- A run that is not in the journal: a plan.
---@param meta table
---@param mode almanac.Mode
---@return almanac.Run
function M.unrecorded(meta, mode)
  return new { id = "plan", meta = meta, mode = mode }
end

--- Creates a run in the journal.
---@param journal table
---@param meta table
---@param mode almanac.Mode
---@param id string? from M.new_id()
---@return almanac.Run
function M.create(journal, meta, mode, id)
  id = id or M.new_id(meta.runbook, M.is_in(journal))
  journal:create { id = id, runbook = meta.runbook, meta = json.encode(meta) }
  return new { id = id, meta = meta, mode = mode, journal = journal }
end

local function load(journal, id, mode, is_way_back)
  local row = journal:run(id)
  if not row then errors.raise { kind = "not_found", message = "no run " .. id .. " in the journal" } end
  return new {
    id = id, meta = rows.meta(row), mode = mode, journal = journal, created_ms = row.created_ms,
    replay = replays.load(journal, id, is_way_back),
  }
end

--- Loads a run for replay. Raises kind "corrupt" when its chain of hashes is broken.
---@param journal table
---@param id string
---@param mode almanac.Mode
---@return almanac.Run
function M.load(journal, id, mode)
  return load(journal, id, mode, false)
end

--- Loads a run in order to take it back: what is taken back already counts as done still, so that a walk gets to
--- the rest.
---@param journal table
---@param id string
---@param mode almanac.Mode
---@return almanac.Run
function M.load_to_undo(journal, id, mode)
  return load(journal, id, mode, true)
end

--- A run of which only what is to be told is known, to record whether it was.
---@param journal table
---@param row table  of journal:runs()
---@return almanac.Run
function M.load_notices(journal, row)
  local run = new { id = row.id, meta = rows.meta(row), journal = journal, created_ms = row.created_ms }
  for event in events.each(journal, row.id, "notice.") do run.replay:add(event) end
  return run
end

--- The same run in another mode, or once more: what a replay knows is shared, what an execution gathers is not.
---@param mode almanac.Mode
---@return almanac.Run
function Run:as(mode)
  return new {
    id = self.id, meta = self.meta, mode = mode, journal = self.journal, created_ms = self.created_ms,
    replay = self.replay, operator = self.operator,
  }
end

--- The run of the current task, or nil.
---@return almanac.Run?
function M.current()
  local context = task.context()
  return context and context.run
end

--- Calls fn(event) for each event from now on.
---@param fn fun(event: almanac.Event)
---@param all boolean? for each done step that is met, too (a long run has many), and for those that this
---  execution began with, which nobody observed
function Run:observe(fn, all)
  self.observers[#self.observers + 1] = fn
  self.tells_replays = self.tells_replays or all
  for _, event in ipairs(all and self.opening or {}) do fn(event) end
  if all then self.opening = {} end
end

--- How many done steps this execution met.
---@return integer
function Run:replayed()
  return self.done and self.done:met_count() or 0
end

--- The run that is gone on with in order to go on with this one: the outermost of those that made it, or itself.
---@return string id
function Run:outermost()
  return self.meta.caller and self.meta.caller.root or self.id
end

--- Those who watch the run of the frame see this one there: as if all of it happened in that step, which makes it.
---@param frame almanac.Frame
function Run:be_seen_in(frame)
  local outer, path = frame.run, frame.path
  self:observe(function(event)
    local nested = {
      kind = event.kind, path = event.path == "" and path or path .. "/" .. event.path, data = event.data, time_ms = event.time_ms,
      run = event.run or self.id, own_path = event.own_path or event.path,
    }
    for _, fn in ipairs(outer.observers) do fn(nested) end
  end, outer.tells_replays)
end

--- Tells those who watch that a done step was met, and gave its result without running.
---@param path string
function Run:tell_replay(path)
  self:record("step.replayed", path, self.replay:done_payload(path))
end

local function append(self, event, durable)
  self.journal:append(self.id, event.kind, event.path, events.encode(event.data), durable)
end

--- Writes the deferred events. A step's start waits here: most steps are done before it is written, and then
--- their end says when they began.
local function write_deferred(self, done_path)
  local deferred = self.deferred
  if not deferred[1] then return end
  self.deferred = {}
  for _, event in ipairs(deferred) do
    if event.path ~= done_path or event.kind ~= "step.start" then append(self, event, false) end
  end
end

--- Has the flusher look again, where it waits for something to do.
local function wake_flusher(self)
  local idle = self.idle
  if not idle then return end
  self.idle = nil
  idle:notify()
end

--- Commits what was said after a silence. A journal that cannot be written is the next durable event's to tell.
local function write_promptly(self)
  local now = task.now()
  if now - (self.prompted or -math.huge) < FLUSH_SECONDS then return wake_flusher(self) end
  self.prompted = now
  if not errors.try(self.flush, self) then wake_flusher(self) end
end

--- Behind these nobody waits any more for what the step last waited for.
local ENDS_A_WAIT = { ["step.done"] = true, ["step.failed"] = true, ["step.interrupted"] = true, ["step.retry"] = true,
  ["effect.outcome"] = true, ["effect.recovered"] = true }

local function write(self, event, kept)
  if ENDS_A_WAIT[event.kind] then self.progress:forget(event.path) end
  if self.journal and kept == "durable" then
    write_deferred(self, event.kind == "step.done" and event.path or nil)
    append(self, event, true)
  elseif self.journal and kept == "soon" then
    self.deferred[#self.deferred + 1] = event
    wake_flusher(self)
  elseif self.journal and kept == "prompt" then
    self.deferred[#self.deferred + 1] = event
    write_promptly(self)
  end
  if kept ~= "told" then self.replay:add(event) end
  if self.journal and not self.observers[1] then self.opening[#self.opening + 1] = event end
  for i = 1, #self.observers do self.observers[i](event) end
end

--- Records an event and tells it to those who watch. When the call returns, a durable one is on the disk;
--- another one may be lost with the last tenth of a second. The vocabulary says which is which.
---@param kind string
---@param path string
---@param data table plain data
function Run:record(kind, path, data)
  local kept = events.declared(kind, data).kept
  write(self, { kind = kind, path = path, data = data, time_ms = task.wall_ms() }, kept)
end

--- Tells what a step waits for. Of what changes all the time the journal gets only some.
---@param path string
---@param text string
---@param kept? boolean  false: the journal has it in other words
function Run:tell_progress(path, text, kept)
  local event = { kind = "progress", path = path, data = { text = text }, time_ms = task.wall_ms() }
  local due = kept ~= false and self.progress:take(event, task.now())
  write(self, event, due and "soon" or "told")
  if self.progress:is_late() then wake_flusher(self) end
end

--- Forgets the paths of the steps below one that failed, so that its next attempt may use them.
---@param path string
function Run:forget_children(path)
  local prefix = path .. "/"
  for seen in pairs(self.seen) do
    if seen:sub(1, #prefix) == prefix then self.seen[seen] = nil end
  end
  if self.done then self.done:unmeet_below(path) end
end

--- Forgets that a step which failed was met, so that it may be run once more.
---@param path string
function Run:forget(path)
  self.seen[path] = nil
  self:forget_children(path)
end

--- Keeps the script that this execution is made with, unless the last one was made with the same.
---@param script almanac.KeptScript
function Run:keep_script(script)
  local kept = self.replay.script
  if kept and kept.digest == script.digest then return end
  self:record("run.script", "", { digest = script.digest, sources = script.sources, files = script.files })
end

--- Keeps a file that a step requires: what it defines must be found again without running the step.
---@param name string  as it was given to require
---@param path string
---@param text string
function Run:keep_file(name, path, text)
  local kept = self.replay.files[name]
  if kept and kept.path == path and kept.text == text then return end
  self:record("run.file", "", { name = name, path = path, text = text })
end

--- Records an event of an effect's own, durably.
---@param kind string  none of the vocabulary's
---@param path string
---@param data table plain data
function Run:record_own(kind, path, data)
  if type(kind) ~= "string" or events.kinds[kind] then
    errors.usage("emit: the kind of an effect's own event is a word that the journal does not use itself, not %q", tostring(kind))
  end
  write(self, { kind = kind, path = path, data = data, time_ms = task.wall_ms() }, "durable")
end

function Run:flush()
  if self.journal then
    write_deferred(self)
    if self.journal:pending() then self.journal:flush() end
  end
end

--- Commits what is not durable yet every tenth of a second, where there is something, until it is cancelled.
---@return table handle
function Run:start_flusher()
  local something = task.condition()
  return task.spawn(function()
    while true do
      if #self.deferred == 0 and not self.progress:is_late() and not (self.journal and self.journal:pending()) then
        self.idle = something
        something:wait()
      end
      task.sleep(FLUSH_SECONDS)
      for _, event in ipairs(self.progress:due(task.now())) do self.deferred[#self.deferred + 1] = event end
      self:flush()
    end
  end)
end

--- The payloads of one kind that this path has from before, oldest first.
---@param kind string
---@param path string
---@return table[]
function Run:previous(kind, path)
  return self.replay:previous(kind, path)
end

return M
