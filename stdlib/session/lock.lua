--- The lock of a runbook: one run at a time under a name. Any name holds on this machine, by a file of the
--- journal; one that begins with "lease/" across machines too, by a Lease of the cluster.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local holder = require "almanac.session.holder"
local interrupt = require "almanac.base.interrupt"
local process = require "native.process"
local task = require "native.task"

local M = {}

---@class almanac.LockName
---@field name string       "release/animica-devnet", "lease/NAMESPACE/NAME"
---@field seconds? number   of a lease: how long its holder may be silent

local LOCK = fields.declare("runbook.lock", {
  name = { "text", required = true, help = "one run at a time under it; \"lease/NAMESPACE/NAME\" across machines" },
  duration = { "seconds", shown_default = "30s", help = "of a lease: how long its holder may be silent" },
})

--- The lock that a runbook declares, for these parameters.
---@param declared any
---@param params table
---@return almanac.LockName?
function M.of(declared, params)
  if type(declared) == "function" then declared = task.with({ permit = "compute" }, declared, params) end
  if declared == nil then return nil end
  local given = fields.check(LOCK, type(declared) == "string" and { name = declared } or declared, "runbook: lock")
  local out = { name = given.name, seconds = given.duration }
  if out.seconds and out.seconds < 1 then errors.usage "runbook: lock: its duration is at least a second" end
  M.lease_of(out)
  return out
end

--- Where the lease of a lock is; nil for a name that holds on this machine only.
---@param lock almanac.LockName?
---@return { namespace: string, name: string, seconds?: number }?
function M.lease_of(lock)
  local rest = lock and lock.name:match "^lease/(.*)$"
  if not rest then return nil end
  local namespace, name = rest:match "^([%l%d%-]+)/([%l%d%-%.]+)$"
  if not namespace then
    errors.usage('runbook: lock %q: write "lease/NAMESPACE/NAME", both as Kubernetes names things', lock.name)
  end
  return { namespace = namespace, name = name, seconds = lock.seconds }
end

--- Who this is, for others that want the lease.
local function identity(run_id)
  return string.format("%s@%s %s", process.user(), process.hostname(), run_id)
end

local Held = {}
Held.__index = Held

--- Gives the lock back. The one on this machine goes with the journal.
function Held:release()
  if not self.keeper then return end
  task.with({ shield = "cancel" }, function()
    self.keeper:cancel()
    self.keeper:join()
    self.keeper = nil
    self.lease:give_back()
  end)
end

Held.__close = Held.release

--- Raises kind "lock_lost" when it is not ours any more: asked before each effect.
function Held:check()
  if self.keeper then self.lease:check() end
end

--- Journals that a lease was taken.
---@param run almanac.Run
function Held:attach(run)
  run.held = self
  if self.lease then
    run:record("run.lock", "", { namespace = self.lease.namespace, lease = self.lease.name, holder = self.lease.identity })
  end
end

--- Takes the lock; raises kind "refused" when another run holds it.
---@param journal table
---@param lock almanac.LockName?
---@param run_id string
---@param operator almanac.Operator  is told what it waits for
---@return table held  release(); also a to-be-closed value
function M.take(journal, lock, run_id, operator)
  local self = setmetatable({}, Held)
  if not lock then return self end
  holder.lock(journal, lock.name, run_id)
  local where = M.lease_of(lock)
  if where then
    self.lease = require("almanac.k8s.lease").take(where, identity(run_id), function(text) operator:say("… " .. text) end)
    self.keeper = task.spawn(self.lease.keep, self.lease)
  end
  return self
end

--- Who holds the lease of a lock; nil for nobody, or no lease.
---@param lock almanac.LockName?
---@return string?
function M.held_by(lock)
  local where = M.lease_of(lock)
  if not where then return nil end
  local ok, other = errors.try(require("almanac.k8s.lease").held_by, where)
  if ok then return other end
  if interrupt.of(other) then error(other, 0) end
  return "somebody, or nobody: " .. other.message
end

return M
