--- Reopening a run of the journal: what it was started with, and what may stand in the way.
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local json = require "native.json"
local ownership = require "almanac.journal.ownership"
local process = require "native.process"
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
  config.restore(options, meta.choice or {})
end

--- The lock that a run was started with.
---@param meta table of the run
---@return almanac.LockName?
function M.lock_of(meta)
  return meta.lock and { name = meta.lock, seconds = meta.lock_seconds }
end

--- The newest run that was started after this one and holds the same lock: what it did is what the
--- world looks like now.
local function later_run(journal, run)
  if not run.meta.lock then return nil end
  local family = ownership.family_of(run.id, run.meta)
  for _, row in ipairs(journal:runs()) do
    if row.id == run.id then return nil end
    local meta = json.decode(row.meta)
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

--- How a rollback took something of the run back, or began to; nil: none did.
---@param run almanac.Run
---@return string? how
function M.taken_back(run)
  local undone = run.replay.undone
  if undone then return string.format("%q is undone", undone.path) end
  for _, id in ipairs(ownership.open_rollbacks(run.journal, run.id)) do
    if ownership.has_acted(run.journal, id) then return id .. " began to" end
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
  local how = M.taken_back(run)
  if not how then return end
  errors.raise {
    kind = "refused", message = string.format("%s is being rolled back: %s", run.id, how),
    hint = "go on with its rollback: almanac rollback " .. store.words(run.id),
  }
end

return M
