--- Reopening a run of the journal: what it was started with, and what may stand in the way.
local config = require "almanac.config.file"
local diff = require "almanac.base.diff"
local errors = require "almanac.base.errors"
local locks = require "almanac.session.lock"
local ownership = require "almanac.journal.ownership"
local process = require "native.process"
local rows = require "almanac.journal.row"
local settings = require "almanac.config.settings"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"

local M = {}

--- A rehearsal goes on where it is rehearsed, and nowhere else: its cluster is gone, and any other one is real.
local function check_rehearsal(run)
  if (run.meta.rehearsal ~= nil) == (settings.rehearsal ~= nil) then return end
  errors.raise {
    kind = "refused",
    message = run.meta.rehearsal and run.id .. " is a rehearsal, and over: its cluster is gone, and no other one may be touched for it"
      or run.id .. " is no rehearsal",
    hint = run.meta.rehearsal and string.format("rehearse anew: almanac rehearse %s; its report: almanac report %s", run.meta.runbook,
      store.words(run.id)) or nil,
  }
end

--- Refuses another environment, or another file, of which whose answers count is not what the run's own says: a run does
--- not lose its approvals by a word on the command line.
---@param run almanac.Run
---@param options table
---@param choice table<string, string>  of the run
local function check_approval(run, options, choice)
  local given = options.config and options.config ~= choice.config and options.config or options.environment
  if not given or given == choice.environment then return end
  if not errors.try(config.restore, {}, choice) then return end -- there is no such environment or file any more
  local own = settings.approval
  config.restore(options, choice)
  if not next(own) or diff.equal(own, settings.approval) then return end
  errors.raise {
    kind = "refused",
    message = string.format("%s was begun in %s, where other approvals are asked for than in %s", run.id,
      choice.environment and "environment " .. choice.environment or "no environment", given),
    hint = "leave -e and --config away: a run goes on where it was begun; or take it back, and start one there",
  }
end

--- Refuses another environment than the run's own: its parameters, endpoints and cluster are of that.
---@param id string    of the run
---@param meta table   of the run
---@param options table  of the command line
function M.check_environment(id, meta, options)
  local own = (meta.choice or {}).environment or meta.environment
  local given = options.environment
  if not given or given == own then return end
  errors.raise {
    kind = "refused",
    message = string.format("%s was begun in %s, not in environment %s", id, own and "environment " .. own or "no environment", given),
    hint = "leave -e away: a run goes on where it was begun; or take it back, and start one there",
  }
end

--- The settings that the run was started with, under those of this command line. Its files (script,
--- chart, values) are named from where it was started.
---@param run almanac.Run
---@param options table of the command line
function M.settings(run, options)
  local meta = run.meta
  check_rehearsal(run)
  if meta.cwd and meta.cwd ~= process.cwd() and require("native.fs").exists(meta.cwd) then
    errors.raise {
      kind = "refused", message = string.format("%s was started in %s, where its files are", run.id, meta.cwd),
      hint = string.format("cd %s", meta.cwd),
    }
  end
  local choice = {}
  for name, value in pairs(meta.choice or {}) do choice[name] = value end
  choice.environment = choice.environment or meta.environment -- the default of then
  check_approval(run, options, choice)
  M.check_environment(run.id, meta, options)
  config.restore(options, choice)
  if run.replay then require("almanac.session.clusters").pin(run, options) end
end

--- The lock that a run was started with.
---@param meta table of the run
---@return almanac.LockName?
function M.lock_of(meta)
  return meta.lock and { name = meta.lock, seconds = meta.lock_seconds }
end

--- Those that a run was started with, and those of the runs that made it, outermost first.
local function locks_of(journal, meta)
  local made_by = meta.caller and journal:run(meta.caller.run)
  local out = made_by and locks_of(journal, rows.meta(made_by)) or {}
  out[#out + 1] = M.lock_of(meta) or false
  return out
end

--- Takes the lock of a run that is gone on with, or taken back, by itself: and those of the runs that made it, which hold
--- for it as well.
---@param journal table
---@param run almanac.Run
---@param operator almanac.Operator
---@return almanac.Held|almanac.HeldWithin held  release(); also a to-be-closed value
function M.take_locks(journal, run, operator)
  local wanted = locks_of(journal, run.meta)
  local held = locks.take(journal, wanted[1] or nil, ownership.family_of(run.id, run.meta), operator)
  local within = held
  for i = 2, #wanted do
    local ok, part = errors.try(held.nest, held, wanted[i] or nil, operator)
    if not ok then
      held:release()
      error(part, 0)
    end
    within = part
  end
  return within
end

--- The newest run that was started after this one and holds the same lock: what it did is what the
--- world looks like now.
local function later_run(journal, run)
  if not run.meta.lock then return nil end
  local family = ownership.family_of(run.id, run.meta)
  for _, row in ipairs(journal:runs()) do
    if row.id == run.id then return nil end
    local meta = rows.meta(row)
    local is_later = meta.lock == run.meta.lock and not meta.undoes and ownership.family_of(row.id, meta) ~= family
    if is_later then return row end
  end
end

--- Nobody who names no run means one that a later run has overtaken; who names it is told.
---@param session almanac.Session
---@param run almanac.Run
---@param named boolean
---@param command string "resume" | "rollback"
function M.check_overtaken(session, run, named, command)
  local later = later_run(session.journal, run)
  if not later then return end
  local message = string.format("%s is not the last run on %s: %s (%s) came after it", run.id, run.meta.lock,
    later.id, states.summary(session.journal, later.id).status)
  if not named then
    errors.raise {
      kind = "refused", message = message,
      hint = "if it is the one that you mean, name it: almanac " .. command .. " " .. store.words(run.id),
    }
  end
  session.operator:say("! " .. message)
end

--- How a rollback took something of the run back, began to, or waits for an answer: two that go on with one run would work
--- against each other. nil: none did.
---@param run almanac.Run
---@return string? how
---@return string? waiting  the rollback that waits, and has done nothing yet
function M.taken_back(run)
  local undone = run.replay.undone
  if undone then return string.format("%q is undone", undone.path) end
  for _, id in ipairs(ownership.open_rollbacks(run.journal, run.id)) do
    if ownership.has_acted(run.journal, id) then return id .. " began to" end
    if states.status(run.journal, id) == "waiting" then return id .. " waits for an answer", id end
  end
end

--- Refuses a run that was rolled back, is being rolled back, or was abandoned.
---@param run almanac.Run
function M.check_goes_on(run)
  local replay = run.replay
  if replay.status == "abandoned" then
    errors.raise {
      kind = "refused", message = run.id .. " was abandoned",
      hint = run.meta.undoes and "roll the run back anew: almanac rollback " .. store.words(run.meta.undoes)
        or string.format("start a new one: almanac run %s; or take it back: almanac rollback %s", run.meta.runbook, store.words(run.id)),
    }
  end
  if replay.status == "undone" then
    errors.raise {
      kind = "refused", message = run.id .. " was rolled back",
      hint = "start a new one: almanac run " .. run.meta.runbook,
    }
  end
  local how, waiting = M.taken_back(run)
  if not how then return end
  errors.raise {
    kind = "refused", message = string.format("%s is being rolled back: %s", run.id, how),
    hint = {
      "go on with its rollback: almanac rollback " .. store.words(run.id),
      waiting and string.format("or give that up: almanac abandon %s --reason TEXT, and resume the run", store.words(waiting)),
    },
  }
end

return M
