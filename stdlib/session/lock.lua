--- The lock of a runbook: one run at a time under a name, from its first step until it is over. Any name holds
--- on this machine, by the journal; one that begins with "lease/" across machines too, by a Lease of the cluster.
local drive = require "almanac.session.drive"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local lock_name = require "almanac.run.lock_name"
local ownership = require "almanac.journal.ownership"
local process = require "native.process"
local reach = require "almanac.run.reach"
local settings = require "almanac.config.settings"
local store = require "almanac.journal.store"
local task = require "native.task"
local turn = require "almanac.session.turn"

local M = {}

M.of, M.lease_of = lock_name.of, lock_name.lease_of

--- Refuses a lock whose lease lies where the runbook's `allow`, or that of a run that calls it, does not reach.
---@param lock almanac.LockName?
---@param given almanac.Allow?  of the runbook
function M.check_allowed(lock, given)
  local where = M.lease_of(lock)
  if not where or not given and not reach.is_asked() then return end
  local client = require("almanac.k8s.client").open()
  local targets = { require("almanac.k8s.scope").of(client, { namespace = where.namespace }) }
  reach.require("runbook: lock", "change", targets)
  if given then reach.require("runbook: lock", "change", targets, given) end
end

--- Who this is, for others that want the lease.
local function identity(run_id)
  return string.format("%s@%s %s", process.user(), process.hostname(), run_id)
end

---@class almanac.Held  a lock that was taken, by a process for a run
---@field journal table
---@field family string        id of the run; of the original where a rollback has it
---@field lock almanac.LockName?
---@field lease almanac.Lease?
---@field keeper table?        the task that renews it, and those of the runs that the run makes
---@field wants table          condition: a lease is to be kept
---@field parts table<string, almanac.Held|true>  by name: what the runs that it makes took besides; true: is being taken
local Held = {}
Held.__index = Held

local function let_go(self, lease)
  if ownership.holds(self.journal, self.family) then lease:leave() else lease:give_back() end
end

--- Ends what this process has of the lock: a lease is given back, or left to its run where that is not over.
--- The name on this machine goes with the journal.
function Held:release()
  if not self.keeper then return end
  task.with({ shield = "cancel" }, function()
    self.keeper:cancel()
    self.keeper:join()
    self.keeper = nil
    for _, part in pairs(self.parts) do
      if part ~= true and part.lease then let_go(self, part.lease) end
    end
    if self.lease then let_go(self, self.lease) end
  end)
end

Held.__close = Held.release

--- Asked before each effect: raises kind "lock_lost" when it is not ours any more. From the first one on the
--- lease is the run's, and outlives this process.
function Held:check()
  if self.lease then
    self.lease:check()
    self.lease:bind()
  end
  for _, part in pairs(self.parts) do
    if part ~= true then part:check() end
  end
end

--- Keeps the leases, of which the runs that the run makes add some, until it is cancelled.
local function keep(self)
  local kept = {}
  while true do
    local leases = { self.lease }
    for _, part in pairs(self.parts) do leases[#leases + 1] = part ~= true and part.lease or nil end
    for _, lease in ipairs(leases) do
      if not kept[lease] then kept[lease] = task.spawn(lease.keep, lease) end
    end
    self.wants:wait()
  end
end

--- Journals that the lock was taken.
---@param run almanac.Run
function Held:attach(run)
  run.held = self
  if not self.lock then return end
  local lease = self.lease or {}
  if self.lease then task.with({ permit = "read" }, require("almanac.k8s.client").bind, "lock", run) end
  run:record("run.lock", "", { name = self.lock.name, namespace = lease.namespace, lease = lease.name, holder = lease.identity })
end

--- The name of the lock, while the run or a rollback of it holds it.
---@return string?
function Held:name()
  return self.lock and ownership.holds(self.journal, self.family) and self.lock.name or nil
end

--- The lease; waits for it while there is patience.
local function take_lease(where, family, patience)
  local leases = require "almanac.k8s.lease"
  while true do
    local ok, lease = errors.try(leases.take, where, identity(family), family, patience.say)
    if ok then return lease end
    if lease.kind ~= "refused" then error(lease, 0) end
    turn.wait(patience, { who = lease.message, hint = lease.hint, key = lease.holder })
  end
end

local function new(journal, lock, family)
  return setmetatable({ journal = journal, family = family, lock = lock, parts = {}, wants = task.condition() }, Held)
end

local function acquire(self, patience)
  local where = M.lease_of(self.lock)
  turn.take(self.journal, self.lock.name, self.family, patience)
  if where then self.lease = take_lease(where, self.family, patience) end
end

--- Takes the lock; raises kind "refused" when another run holds it, at once or when the time to wait is over.
---@param journal table
---@param lock almanac.LockName?
---@param family string        id of the run that wants it; of the outermost run, of the original for a rollback
---@param operator almanac.Operator  is told what it waits for
---@param wait number?         seconds
---@return almanac.Held held  release(); also a to-be-closed value
function M.take(journal, lock, family, operator, wait)
  local self = new(journal, lock, family)
  if lock then
    local ok, err = drive.join(task.spawn(acquire, self, turn.patience(wait, operator)))
    if not ok then error(err, 0) end
  end
  self.keeper = task.spawn(keep, self)
  return self
end

---@class almanac.HeldWithin  what a run that another one makes has of its family's locks
---@field outer almanac.Held
---@field part almanac.Held    the one of them that it asked for; without a lock where it asked for none
local Within = {}
Within.__index = Within

function Within:check() self.outer:check() end
function Within:attach(run) self.part:attach(run) run.held = self end
function Within:name() return self.part:name() end
function Within:nest(...) return self.outer:nest(...) end
--- Of one that took the family's by itself: ends what this process has of them.
function Within:release() self.outer:release() end
Within.__close = Within.release

--- The lock of a run that this one's makes, unless the family has it: it is kept until this one is released.
---@param lock almanac.LockName?
---@param operator almanac.Operator
---@param wait number?  seconds
---@return almanac.HeldWithin
function Held:nest(lock, operator, wait)
  if not lock then return setmetatable({ outer = self, part = new(self.journal, nil, self.family) }, Within) end
  local name = lock.name
  if self.lock and self.lock.name == name then return setmetatable({ outer = self, part = self }, Within) end
  while self.parts[name] == true do self.wants:wait() end
  if not self.parts[name] then
    self.parts[name] = true
    local part = new(self.journal, lock, self.family)
    local ok, err = errors.try(acquire, part, turn.patience(wait, operator))
    self.parts[name] = ok and part or nil
    self.wants:notify()
    if not ok then error(err, 0) end
  end
  return setmetatable({ outer = self, part = self.parts[name] }, Within)
end

--- Gives up what a run left of its lock in the cluster: its lease, if it is still the run's.
---@param lock almanac.LockName?
---@param family string
function M.give_up(lock, family)
  local where = M.lease_of(lock)
  if where then require("almanac.k8s.lease").give_up(where, family) end
end

local function held_here(lock)
  if not require("native.fs").exists(settings.store .. "/journal.db") then return nil end
  local journal <close> = store.open "ro"
  local owner = ownership.of(journal, lock.name)
  return owner and turn.holder(journal, owner)
end

local function held_by_lease(where)
  local ok, other = errors.try(require("almanac.k8s.lease").held_by, where)
  if ok then return other end
  if interrupt.of(other) then error(other, 0) end
  return "somebody, or nobody: " .. other.message
end

--- Who holds a lock, for a plan; nil for nobody.
---@param lock almanac.LockName?
---@return string?
function M.held_by(lock)
  if not lock then return nil end
  local where = M.lease_of(lock)
  return held_here(lock) or where and held_by_lease(where) or nil
end

return M
