--- What a replay needs of a run, folded from its events: those of the journal, read once, and those that the
--- run adds while it goes on. Done steps stay in C; everything else is few.
local errors = require "almanac.base.errors"
local event = require "almanac.journal.event"
local json = require "native.json"
local known_effects = require "almanac.journal.known_effects"
local notice = require "almanac.journal.notice"
local step_name = require "almanac.base.step_name"

local M = {}

---@class almanac.KeptScript  what a run was made with
---@field digest string
---@field sources table<string, string>  texts by path
---@field files table<string, string>?   SHA-256 by path; nil in a journal of before
---@field seq integer?                    of its event; nil: of this execution

---@class almanac.Replay : almanac.KnownEffects
---@field done table?      the done steps, of native.journal; nil where there can be none
---@field begun table<string, boolean>   paths of the steps whose start is in the journal
---@field kept table<string, table<string, almanac.Event[]>>  by kind and path: what steps go on from
---@field redone table<string, { seq: integer?, titles: string[] }>  by path: the last redo of a step, and the effects that it
---  had had; seq nil: of this execution
---@field due table<string, boolean>  paths of the steps that are to be done once more, and made nothing since
---@field notices almanac.Notice[]  by id, too
---@field status string?   of the run, by its last word
---@field turn almanac.Event?   its last beginning, or its end where that came behind it
---@field result any         of a run that another one made, when it is done
---@field params table<string, any>  that were given anew while it was stopped
---@field unkept table<string, boolean>  whether one that was given anew is in no journal
---@field scripts almanac.KeptScript[]  that the run was made with, oldest first
---@field script almanac.KeptScript?     the last of them
---@field runners { operator: string?, runner: table? }[]  who ran its executions
---@field files table<string, { name: string, path: string, text: string }>  that steps required, by the name given to require
---@field digests table<string, boolean> of all scripts that it was executed with
---@field clusters table<string, almanac.Cluster>  that the run is bound to, by the context that was asked for; "": its own
---@field renamed table<string, { from: string, digest: string? }>  steps that had another path, by today's
---@field distinct table<string, boolean> paths of steps that are none of those that are gone from the script
---@field plan table?      that the run is bound to
---@field undone { path: string, by: string }?  the first step that a rollback took back
---@field settled table<string, table<integer, "undone"|"nothing">>  by path and place: what a rollback took back, or found
---  that it never took place
---@field skipped table<string, table<integer, string>>  the same: what a rollback left as it is, by the rollback
---@field is_way_back boolean?  what was taken back counts as done still
local Replay = {}
Replay.__index = Replay

--- Of a run that has no events yet.
---@return almanac.Replay
function M.new()
  return setmetatable({
    begun = {}, effects = {}, intents = {}, kept = {}, params = {}, unkept = {}, scripts = {}, files = {}, digests = {}, renamed = {},
    distinct = {}, runners = {}, notices = {}, settled = {}, skipped = {}, redone = {}, due = {}, made_before = {},
    clusters = {},
  }, Replay)
end

local on = {}

local function take_status(replay, one)
  replay.status = event.status_after(one.kind, one.data)
end

local function take_turn(replay, one)
  take_status(replay, one)
  replay.turn = one
end

local function begins(replay, one)
  take_turn(replay, one)
  replay.runners[#replay.runners + 1] = { operator = one.data.operator, runner = one.data.runner }
  if one.data.digest then replay.digests[one.data.digest] = true end
end

--- What was answered so far was answered about another run of things: `what` came since, with this event.
local function overtake_answers(replay, what, seq)
  for _, answers in pairs(replay.kept["confirm.answered"] or {}) do
    for _, one in ipairs(answers) do
      one.overtaken, one.overtaken_at = what, one.overtaken_at or seq or math.huge
    end
  end
end

on["run.start"] = begins
on["run.resume"] = function(replay, one)
  begins(replay, one)
  local params = one.data.params or {}
  for name, value in pairs(params) do replay.params[name], replay.unkept[name] = value, false end
  for _, name in ipairs(one.data.anew or {}) do
    if params[name] == nil then replay.params[name], replay.unkept[name] = nil, true end
  end
  if next(one.data.anew or one.data.params or {}) then overtake_answers(replay, "parameters of the run were given anew", one.seq) end
end
on["run.end"] = function(replay, one)
  take_turn(replay, one)
  replay.result = one.data.result
end
on["run.abandoned"] = take_status
on["run.script"] = function(replay, one)
  one.data.seq = one.seq
  replay.script = one.data
  replay.scripts[#replay.scripts + 1] = one.data
end
on["run.file"] = function(replay, one)
  local file = one.data
  replay.files[file.name] = file
  if replay.script then replay.script.sources[file.path] = file.text end
end

--- Where a plan was made, its run is: it is compared when it begins.
on["run.plan"] = function(replay, one)
  replay.plan = one.data
  for _, cluster in ipairs(one.data.clusters or {}) do
    replay.clusters[cluster.asked or ""] = {
      asked = cluster.asked, context = cluster.context, server = cluster.server, uid = cluster.uid, namespace = cluster.namespace,
      looked = true,
    }
  end
end

on["cluster"] = function(replay, one)
  replay.clusters[one.data.asked or ""] = one.data
  if one.data.why then overtake_answers(replay, "the run goes on on another cluster", one.seq) end
end

on["run.unbound"] = function(replay) replay.plan = nil end

for _, state in ipairs { "due", "begun", "sent", "failed", "dropped" } do
  on["notice." .. state] = function(replay, one) notice.fold(replay.notices, one) end
end

on["effect.intent"], on["effect.outcome"], on["effect.recovered"] = known_effects.begin, known_effects.finish, known_effects.recover

--- What was waited for and watched so far, by steps that are not over: behind a redo it is of a world of before.
local WATCHED = { "sleep.until", "gate.start", "gate.sample", "canary.start", "canary.sample" }

on["step.redo"] = function(replay, one)
  if replay.done then replay.done:forget(one.path) end
  replay.due[one.path] = not one.data.keep_effects or nil -- what holds one that is redone is only gone into
  local titles = one.data.keep_effects and {} or known_effects.titles(replay, one.path)
  local before = replay.redone[one.path]
  if not titles[1] and before then titles = before.titles end -- not one of them has taken place since
  if titles[1] then replay.redone[one.path] = { seq = one.seq, titles = titles } end
  if not one.data.keep_effects then known_effects.set_aside(replay, one.path) end
  for _, by_path in pairs(replay.kept) do by_path[one.path] = nil end
  for _, kind in ipairs(WATCHED) do replay.kept[kind] = nil end
  overtake_answers(replay, "what was done before it is done once more", one.seq)
end

--- What a rollback says of one of its undos. Before there were places, each was the next one.
local function settle(replay, one, how)
  local settled = replay.settled[one.path] or {}
  replay.settled[one.path] = settled
  settled[one.data.place or #settled + 1] = how
end

on["step.undone"] = function(replay, one)
  replay.undone = replay.undone or { path = one.path, by = one.data.by }
  settle(replay, one, "undone")
  if replay.is_way_back then return end
  if replay.done then replay.done:forget(one.path) end
  known_effects.take_back(replay, one.path)
end

on["step.left"] = function(replay, one)
  local data = one.data
  if data.how == "nothing" then return settle(replay, one, "nothing") end
  local skipped = replay.skipped[one.path] or {}
  replay.skipped[one.path] = skipped
  skipped[data.place] = data.by
end

on["step.renamed"] = function(replay, one)
  local from, to = one.data.from, one.path
  if replay.done then replay.done:rename(from, to) end
  for _, by_path in ipairs { replay.begun, replay.renamed, replay.redone, replay.due } do step_name.move(by_path, from, to) end
  for _, by_path in pairs(replay.kept) do step_name.move(by_path, from, to) end
  known_effects.move(replay, from, to)
  replay.renamed[to] = { from = from, digest = one.data.digest }
end

on["step.distinct"] = function(replay, one) replay.distinct[one.path] = true end

--- What a step finds again when it goes on: Replay:previous gives it.
local function keep(replay, one)
  local by_path = replay.kept[one.kind] or {}
  replay.kept[one.kind] = by_path
  local list = by_path[one.path] or {}
  by_path[one.path] = list
  list[#list + 1] = one
end

on["step.failed"], on["sleep.until"], on["gate.start"], on["gate.sample"] = keep, keep, keep, keep
on["confirm.asked"], on["confirm.answered"], on["confirm.used"] = keep, keep, keep
on["guard.breach"], on["guard.answered"] = keep, keep
on["canary.start"], on["canary.sample"], on["step.retry"] = keep, keep, keep

event.handlers(on)

--- The kinds of which a replay makes something itself; the others are native.journal's, or nobody's.
---@return table<string, boolean>
function M.kinds()
  local kinds = {}
  for name in pairs(on) do kinds[name] = true end
  return kinds
end

--- Folds one event in.
---@param one almanac.Event
function Replay:add(one)
  local fn = on[one.kind]
  if fn then fn(self, one) end
end

--- What becomes of each kind where a run is loaded in order to be taken back: a walk must get to all that it did,
--- also when a part of it is taken back already.
local way_back_uses = {}
for name, use in pairs(event.uses) do way_back_uses[name] = use end
way_back_uses["step.undone"] = "keep"

--- Loads what a replay needs. Raises kind "corrupt" when the chain of hashes is broken.
---@param journal table
---@param id string of the run
---@param is_way_back boolean?  the run is taken back: what is taken back already counts as done still
---@return almanac.Replay
function M.load(journal, id, is_way_back)
  local read, fold = errors.try(journal.fold, journal, id, is_way_back and way_back_uses or event.uses)
  if not read then
    if fold.kind == "parse" then
      fold.kind, fold.message = "corrupt", string.format("the journal of run %s holds an event that is none: %s", id, fold.message)
    end
    error(fold, 0)
  end
  if fold.broken then
    errors.raise {
      kind = "corrupt",
      message = string.format("the journal of run %s is damaged at event %d: %s", id, fold.broken.seq, fold.broken.why),
      hint = "almanac log " .. id .. " prints what can be read; nothing was run",
    }
  end
  local replay = M.new()
  replay.is_way_back = is_way_back
  for _, row in ipairs(fold.kept) do
    if on[row.kind] then replay:add(event.decode(row.seq, row.time_ms, row.kind, row.path, row.payload)) end
  end
  replay.done = fold.done
  for path in pairs(fold.begun) do replay.begun[path] = true end
  for to, was in pairs(replay.renamed) do step_name.move(replay.begun, was.from, to) end
  return replay
end

--- The payloads of a kind that the step has from before, oldest first; with `time_ms`, and `seq` where
--- the journal gave it; `overtaken` says why an answer does not count any more, `overtaken_at` since which event.
---@param kind string
---@param path string
---@return table[]
function Replay:previous(kind, path)
  local found = {}
  for i, one in ipairs((self.kept[kind] or {})[path] or {}) do
    local data = { time_ms = one.time_ms, seq = one.seq, overtaken = one.overtaken, overtaken_at = one.overtaken_at }
    for name, value in pairs(one.data) do data[name] = value end
    found[i] = data
  end
  return found
end

--- Effects that took place, or may have, newest first.
---@param with_redone boolean?  also those of steps that are to be done once more, as they were made before: `is_aside`
---@return almanac.KnownEffect[]
function Replay:effects_newest_first(with_redone)
  return known_effects.newest_first(self, with_redone)
end

--- Whether a step is to be done once more, and neither it nor one in it has begun an effect since.
---@param path string
---@return boolean
function Replay:is_redo_due(path)
  if not self.due[path] then return false end
  for _, known in pairs(self.effects) do
    if step_name.is_within(known.path, path) then return false end
  end
  return true
end

--- What a done step returned, as its event has it.
---@param path string
---@return table payload
function Replay:done_payload(path)
  return json.decode(self.done:payload(path))
end

--- The last event of each path that a redo takes back: its end, or its last effect's beginning.
---@return table<string, integer> seqs
function Replay:last_seqs()
  local last = {}
  for _, path in ipairs(self.done and self.done:paths() or {}) do last[path] = self.done:seq(path) end
  for _, known in pairs(self.effects) do last[known.path] = math.max(last[known.path] or 0, known.seq or 0) end
  return last
end

return M
