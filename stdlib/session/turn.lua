--- Whose turn it is: a run takes the name of its lock on this machine, is told who has it, or waits in the
--- queue behind those who came before.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local holder = require "almanac.session.holder"
local ownership = require "almanac.journal.ownership"
local store = require "almanac.journal.store"
local task = require "native.task"
local timestamp = require "almanac.base.timestamp"

local M = {}

local LOOK = 0.5 -- seconds between two looks of one who waits

---@class almanac.InTheWay  why a lock cannot be had
---@field who string     in words
---@field hint string|string[]  lines of ours
---@field key string     changes when the words do

---@class almanac.Patience  how long a run waits for its lock
---@field deadline number   by task.now(); 0: it does not wait
---@field seconds number?   the same, as it was given
---@field say fun(text: string)
---@field told string?      what was said last

--- How long a run waits.
---@param seconds number?  nil: not at all
---@param operator almanac.Operator
---@return almanac.Patience
function M.patience(seconds, operator)
  return { deadline = seconds and task.now() + seconds or 0, seconds = seconds, say = function(text) operator:say("… " .. text) end }
end

--- The commands that end the holding of a run.
---@param owner almanac.LockOwner
---@return string|string[]
local function ways_on(owner)
  local words = store.words(owner.id)
  if owner.status == "running" then
    return "wait for it: almanac run … --wait; or look at it: almanac status " .. words
  end
  local out = { "go on with it: almanac resume " .. words }
  if not owner.undoes then out[#out + 1] = "take it back:  almanac rollback " .. words end
  out[#out + 1] = "give it up:    almanac abandon " .. words .. " --reason TEXT"
  return out
end

--- How a run that holds a lock stands, in words.
local function standing(journal, owner)
  local step = ownership.place(journal, owner.id)
  return string.format("%s%s, by %s on %s, since %s", owner.status, step and string.format(" at %q", step) or "",
    owner.operator or "?", owner.host or "?", timestamp.utc(owner.since / 1000))
end

--- Who holds a lock, in words.
---@param journal table
---@param name string
---@param owner almanac.LockOwner
---@return string
local function describe(journal, name, owner)
  return string.format("run %s holds the lock %q: %s", owner.id, name, standing(journal, owner))
end

--- The same behind "it is held by".
---@param journal table
---@param owner almanac.LockOwner
---@return string
function M.holder(journal, owner)
  return string.format("run %s: %s", owner.id, standing(journal, owner))
end

local function by_owner(journal, name, owner)
  return { who = describe(journal, name, owner), hint = ways_on(owner), key = owner.id .. owner.status }
end

local function by_process(name, text)
  return {
    who = string.format("another run holds the lock %q: %s", name, holder.describe(text)),
    hint = "wait for it: almanac run … --wait; or look at it: almanac status; almanac runs", key = text,
  }
end

--- Takes the name, or says who stands in the way. The journal is asked first: one who only looks must not
--- hold the name while its owner comes back for it.
local function attempt(journal, name, family)
  local owner = ownership.of(journal, name, family)
  if owner then return by_owner(journal, name, owner) end
  local got, text = journal:lock_name(name, holder.text(family))
  if not got then return by_process(name, text) end
  owner = ownership.of(journal, name, family) -- the last process with it may have left it to its run
  if not owner then return nil end
  journal:unlock_name(name)
  return by_owner(journal, name, owner)
end

local function behind_others(journal, name, family)
  local owner = ownership.of(journal, name, family)
  return {
    who = (owner and describe(journal, name, owner) or string.format("the lock %q goes to a run that waits for it", name)) ..
      "; others wait before this one",
    hint = owner and ways_on(owner) or "wait behind them: almanac run … --wait",
    key = owner and owner.id .. owner.status .. "+" or "queue",
  }
end

--- Raises what stands in the way, unless there is time left: then it is said, once for each change, and after
--- a moment the call returns.
---@param patience almanac.Patience
---@param way almanac.InTheWay
function M.wait(patience, way)
  if task.now() >= patience.deadline then
    errors.raise {
      kind = "refused", hint = way.hint,
      message = { way.who, patience.seconds and "it was waited for " .. duration.format(patience.seconds) or nil },
    }
  end
  if patience.told ~= way.key then patience.say("waiting: " .. way.who) end
  patience.told = way.key
  task.sleep(LOOK)
end

--- Takes the name of a lock on this machine. A run that holds it already is in nobody's queue.
---@param journal table
---@param name string
---@param family string  id of the run, also for a rollback of it
---@param patience almanac.Patience
function M.take(journal, name, family, patience)
  local mine = ownership.holds(journal, family)
  while true do
    local way
    if mine or journal:queue(name) then
      way = attempt(journal, name, family)
    else
      way = behind_others(journal, name, family)
    end
    if not way then break end
    M.wait(patience, way)
  end
  journal:leave_queue(name)
end

return M
