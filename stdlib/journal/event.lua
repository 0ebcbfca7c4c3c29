--- Events: the vocabulary of the journal. Every kind there is, what it carries, whether it waits for the
--- disk, and what a replay does with it. What the journal of an older version spelt otherwise is
--- translated here, and nowhere else.
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local undeclared = require("native.journal").undeclared

local M = {}

---@class almanac.Event
---@field kind string
---@field path string      of the step; "" for the run
---@field data table
---@field time_ms integer  wall clock
---@field seq integer?     place in the journal
---@field run string?      of one that is passed on: the run in which it happened, which the watched one made
---@field own_path string? and the path that it has there

---@class almanac.EventKind
---@field fields string    names of what it may carry; "*": anything
---@field kept "durable"|"prompt"|"soon"|"told"  on the disk before the run goes on; at once, but for what comes in the tenth
---  of a second behind another; with the next tenth of a second; not at all, for it is only told to those who watch
---@field replay "done"|"begun"|"forget"|"rename"|"keep"|"skip"  what the fold of native.journal does with it

local function kind(kept, replay, fields)
  local known = {}
  for name in fields:gmatch "%S+" do known[name] = true end
  return { kept = kept, replay = replay, fields = fields ~= "*" and known or nil }
end

---@type table<string, almanac.EventKind>
M.kinds = {
  -- the run
  ["run.start"] = kind("durable", "keep", "runbook params operator digest pid undoes runner host version commit"),
  -- anew: names, secrets too; ran_ms: how long processes have run it so far
  ["run.resume"] = kind("durable", "keep", "operator digest pid params anew runner host version commit ran_ms"),
  -- result: what a run that another one made gave it; ran_ms: how long processes have run it; of one that is undone error is
  -- what it had ended with before, and left what nothing takes back
  ["run.end"] = kind("durable", "keep", "status error by result left ran_ms"),
  ["run.plan"] = kind("durable", "keep", "*"), -- the whole plan that it is bound to
  ["run.unbound"] = kind("durable", "keep", "operator"),
  ["run.script"] = kind("soon", "keep", "digest sources files"), -- the texts that the run is made with, and their digests, by path
  ["run.file"] = kind("soon", "keep", "name path text"), -- what a step required: it may define effects
  ["run.lock"] = kind("durable", "skip", "name namespace lease holder"), -- it belongs to the run until that is over
  ["run.override"] = kind("durable", "skip", "reason closed by"), -- begun outside of the windows
  ["notice.due"] = kind("soon", "keep", "id hook channel text"), -- with what it tells of
  ["notice.begun"] = kind("durable", "keep", "id"),
  ["notice.sent"] = kind("durable", "keep", "id"),
  ["notice.failed"] = kind("durable", "keep", "id message"),
  ["notice.dropped"] = kind("durable", "keep", "id message"),
  ["rehearsal"] = kind("soon", "skip", "text"), -- what the rehearsal that the run is part of put on, or took away
  ["rehearsal.plan"] = kind("soon", "skip", "*"), -- a plan that what happens is to be held against; it binds nothing
  ["rehearsal.cluster"] = kind("durable", "skip", "changes folded waiting"), -- what was otherwise in the cluster in the end
  ["run.abandoned"] = kind("durable", "keep", "reason by"),
  ["run.irreversible"] = kind("durable", "skip", "left"), -- a rollback found that nothing takes back what it did so far: titles
  -- what it is bound to, from its first look at it or its first question on: see journal/cluster.lua
  ["cluster"] = kind("soon", "keep", "asked kubeconfig context server uid namespace looked why by"),
  -- its steps
  ["step.start"] = kind("soon", "begun", "attempt"),
  ["step.done"] = kind("durable", "done", "result digest started elapsed_ms attempts skipped undo"),
  ["step.failed"] = kind("soon", "keep", "kind message at"),
  ["step.interrupted"] = kind("soon", "skip", "level message at"),
  ["step.retry"] = kind("soon", "keep", "attempt delay message"),
  ["step.redo"] = kind("durable", "forget", "operator keep_effects"),
  ["step.renamed"] = kind("durable", "rename", "from digest operator"), -- its path is the new one
  ["step.distinct"] = kind("durable", "keep", "operator"), -- it is none that is gone from the script
  ["step.undone"] = kind("durable", "forget", "by place effect"), -- by a rollback; the place among the undos of the step
  -- how: "skipped", or "nothing", for it never took place; who: said so, why: what stood in the way
  ["step.left"] = kind("durable", "keep", "by place effect how who why"),
  ["step.replayed"] = kind("told", "skip", "*"), -- what its step.done carried
  -- their effects
  ["effect.intent"] = kind("durable", "keep", "op ordinal tries digest before already id input title source"),
  ["effect.outcome"] = kind("durable", "keep", "op id ordinal digest ok result error recovered"),
  ["effect.in_doubt"] = kind("soon", "skip", "op id ordinal message"),
  ["effect.answered"] = kind("durable", "skip", "id ordinal answer by"),
  ["effect.recovered"] = kind("durable", "keep", "op id ordinal state sure"), -- sure: "not_done" is no "again"
  ["effect.replayed"] = kind("told", "skip", "*"), -- what its effect.outcome carried
  -- what steps keep of their own
  ["confirm.asked"] = kind("durable", "keep",
    "question script callers plan environment cluster at_ms needs choices pattern must_sign since"),
  ["confirm.answered"] = kind("durable", "keep",
    "question answer by at_ms script callers plan environment cluster reason principal head signed signature"),
  ["confirm.used"] = kind("soon", "keep", ""), -- the run went on, or failed, by what was answered
  -- what is asked at the run's terminal, by whom it is seen there; at "", of the run
  ["question.put"] = kind("durable", "skip", "question choices by"),
  ["question.over"] = kind("durable", "skip", ""),
  ["sleep.until"] = kind("durable", "keep", "until_ms seconds"), -- seconds: how long from its beginning
  -- in a run that keeps to a plan: which of the questions, watches and waits that the plan has in the step was come by
  ["wait.met"] = kind("soon", "skip", "number"),
  ["gate.start"] = kind("soon", "keep", "query op limit critical hold interval grace tolerate"), -- what its samples are held against
  -- held, unwatched: seconds up to this sample, of which the watch itself takes no notice
  ["gate.sample"] = kind("soon", "keep", "time value ok missing series error permanent resumed held unwatched"),
  ["gate.end"] = kind("soon", "skip", "verdict why"), -- its verdict, whatever its step returns or makes of it
  ["canary.asks"] = kind("told", "skip", "baseline canary interval metrics"), -- before its first look at Prometheus
  ["canary.start"] = kind("durable", "keep", "begin digest bounds spec"), -- begin in milliseconds since 1970
  ["canary.sample"] = kind("soon", "keep", "begin time values"), -- of the watch that began then
  ["guard.start"] = kind("soon", "skip", "gates alerts interval on_breach"), -- what its samples are held against
  ["guard.sample"] = kind("soon", "skip", "name time value ok why"),
  ["guard.breach"] = kind("durable", "keep", "breaches on_breach"),
  ["guard.answered"] = kind("durable", "keep", "answer by reason"),
  ["progress"] = kind("soon", "skip", "text"), -- some of it: see Run:tell_progress
  ["connection"] = kind("soon", "skip", "to state why"), -- of a watch; state: "lost" or "back"
  ["note"] = kind("soon", "skip", "text"),
  ["output"] = kind("prompt", "skip", "stream text"), -- who is asked about an effect in doubt is shown it
  -- what is only told
  ["run.head"] = kind("told", "skip", "seq hash"), -- the end of its chain of hashes
  ["said"] = kind("told", "skip", "text"),
  ["effect.planned"] = kind("told", "skip", "*"),
}

--- What native.journal's fold does with each kind.
M.uses = {} ---@type table<string, string>
for name, declared in pairs(M.kinds) do M.uses[name] = declared.replay end

--- Fields that a replay goes by: words and digests of ours, which a secret that happens to be such a word
--- must not change.
local WORDS = {
  answer = true, at = true, by = true, digest = true, id = true, kind = true, level = true, op = true, ordinal = true,
  plan = true, script = true, state = true, status = true, stream = true,
  how = true, head = true, principal = true, runner = true, signature = true, signatures = true, signed = true,
}

--- How a run stands after an event of its own.
local STATUS = { ["run.start"] = "running", ["run.resume"] = "running", ["run.abandoned"] = "abandoned" }

--- The status of a run from an event of its own on; nil: the event changes nothing about it.
---@param name string kind
---@param data table
---@return string? status of almanac.State
function M.status_after(name, data)
  if name == "run.end" then return data.status end
  return STATUS[name]
end

--- What folds events into a view of a run does so by their kinds. A kind that there is none of would never be
--- met, and nobody would notice.
---@generic T: table<string, function>
---@param handlers T by kind
---@return T handlers
function M.handlers(handlers)
  for name in pairs(handlers) do
    if not M.kinds[name] then errors.raise { kind = "internal", message = string.format("there is no event %q to be folded", name) } end
  end
  return handlers
end

--- The declaration of a kind that is about to be written, of which the data is checked. What does not fit
--- is a bug of ours: kind "internal".
---@param name string
---@param data table
---@return almanac.EventKind
function M.declared(name, data)
  local declared = M.kinds[name]
  if not declared then
    errors.raise { kind = "internal", message = string.format("there is no event %q", tostring(name)) }
  end
  local field = declared.fields and undeclared(data, declared.fields)
  if field ~= nil then
    errors.raise { kind = "internal", message = string.format("an event %s carries no %s", name, tostring(field)) }
  end
  return declared
end

--- What an event carries as it is written: JSON, without the secrets.
---@param data table plain data
---@return string
function M.encode(data)
  return redaction.encode(data, nil, WORDS)
end

--- Writes an event of a run that this process does not execute: an answer to it, or its end. When the call
--- returns it is on the disk.
---@param journal table
---@param id string of the run
---@param name string
---@param path string
---@param data table
function M.append(journal, id, name, path, data)
  M.declared(name, data)
  journal:append(id, name, path, M.encode(data), true)
end

--- Before there was step.interrupted, a step that was stopped was journalled as one that failed.
local function translate(event)
  if event.kind ~= "step.failed" then return event end
  local stopped = interrupt.of(event.data)
  if not stopped then return event end
  event.kind = "step.interrupted"
  event.data = { level = stopped.level, message = event.data.message, at = event.data.at }
  return event
end

--- The type of a field wherever an event of the vocabulary carries it. Those that are not named may be anything.
local TYPES = {
  answer = "string", at = "string", attempt = "number", by = "string", digest = "string", elapsed_ms = "number", from = "string",
  id = "string", kind = "string", level = "string", message = "string", name = "string", must_sign = "table", needs = "number",
  op = "string", operator = "string", ordinal = "string", params = "table", principal = "string", question = "string", reason = "string",
  runbook = "string", runner = "table", started = "number", status = "string", text = "string", time = "number", title = "string",
  since = "number", choices = "table", pattern = "string", anew = "table", place = "number", how = "string", who = "string", left = "table",
  until_ms = "number", at_ms = "number", head = "string", signed = "string", signature = "string",
}

--- Fields without which a kind means nothing.
local NEEDED = {
  ["step.renamed"] = { "from" }, ["step.interrupted"] = { "level" }, ["effect.intent"] = { "op", "id", "ordinal" },
  ["effect.outcome"] = { "op", "id", "ordinal" }, ["effect.in_doubt"] = { "id" }, ["run.end"] = { "status" },
  ["step.left"] = { "by", "place", "how" },
}

local function corrupt(event, why)
  errors.raise {
    kind = "corrupt", message = string.format("event %d of the journal (%s) is none that almanac writes: %s", event.seq,
      event.kind, why), hint = "almanac log --verify says whether the journal was changed",
  }
end

local nothing = {}

--- Refuses what no version of almanac has written: who can write the journal's file can write any JSON there.
local function check(event)
  local declared, data = M.kinds[event.kind], event.data
  if not declared or not declared.fields then return event end -- an effect's own, and a whole plan
  if type(data) ~= "table" then corrupt(event, "it carries a " .. type(data)) end
  for field, value in next, data do
    local wanted = TYPES[field]
    if wanted and type(value) ~= wanted then corrupt(event, string.format("its %s is a %s", field, type(value))) end
  end
  for _, field in ipairs(NEEDED[event.kind] or nothing) do
    if data[field] == nil then corrupt(event, "it has no " .. field) end
  end
  if event.kind == "step.interrupted" and not interrupt.levels[data.level] then corrupt(event, "its level is " .. data.level) end
  return event
end

--- An event as this version knows it, from a row of the journal.
---@param seq integer
---@param time_ms integer
---@param name string
---@param path string
---@param payload string JSON
---@return almanac.Event
function M.decode(seq, time_ms, name, path, payload)
  local event = { seq = seq, time_ms = time_ms, kind = name, path = path }
  local ok, data = errors.try(json.decode, payload)
  if not ok then corrupt(event, data.message) end
  event.data = data
  return translate(check(event))
end

--- The events of a run in their order.
---@param journal table
---@param id string of the run
---@param wanted? string only of this kind; "run." stands for all that begin so
---@param holding? string only those whose JSON holds this text: of many, most need not be decoded
---@param after? integer  only those behind this place
---@return fun(): almanac.Event?
function M.each(journal, id, wanted, holding, after)
  local rows = journal:events(id, after or 0, wanted)
  return function()
    local seq, time_ms, name, path, payload
    repeat
      seq, time_ms, name, path, payload = rows()
    until not seq or not holding or payload:find(holding, 1, true)
    return seq and M.decode(seq, time_ms, name, path, payload) or nil
  end
end

return M
