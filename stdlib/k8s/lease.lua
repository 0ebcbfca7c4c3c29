--- A Lease of Kubernetes as a lock that holds across machines: taken before a run's first step, renewed
--- while a process has it, given back when the run is over.
---
--- From its first effect on a run is written into the lease, in an annotation. Such a lease is nobody else's,
--- however long it was silent: a run that is paused, failed or was killed still holds it.
---
--- After client-go's leader election (https://pkg.go.dev/k8s.io/client-go/tools/leaderelection): a holder
--- counts as gone when its record has not changed for leaseDurationSeconds by the clock of the one who
--- watches; clocks of other machines decide nothing. Each write names the resourceVersion that it saw, so
--- that of two who want it one is refused.
local api_path = require "almanac.k8s.api_path"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local halt = require "almanac.base.halt"
local k8s_client = require "almanac.k8s.client"
local task = require "native.task"
local timestamp = require "almanac.base.timestamp"

local M = {}

--- Seconds that a holder may be silent, unless the runbook says otherwise.
M.DURATION = 30
local LOOK = 1      -- seconds between two looks at a record that seems abandoned
local GIVE_BACK = 5 -- seconds that the end of a run waits for the server
local RUN = "almanac/run" -- the annotation: id of the run that it belongs to until that is over

---@class almanac.Lease
---@field namespace string
---@field name string
---@field seconds number    leaseDurationSeconds
---@field identity string   of the holder: "user@host RUN"
---@field run string        id of the run
---@field bound boolean?    the run is, or is to be, written into it
---@field object table      as the server has it
---@field renewed number    of the last renewal, by task.now()
---@field lost? almanac.Error
local Lease = {}
Lease.__index = Lease

local function path_of(lease, with_name)
  return api_path.of {
    group = "coordination.k8s.io", version = "v1", namespace = lease.namespace, resource = "leases", name = with_name and lease.name or nil,
  }
end

local function request(lease, method, body, timeout)
  return (k8s_client.request(k8s_client.open {}, {
    who = "lock", method = method, path = path_of(lease, method ~= "POST"), body = body, object = "lease/" .. lease.name,
    timeout = timeout, tries = timeout and 1 or nil,
  }))
end

local function look(lease)
  local ok, object = errors.try(request, lease, "GET")
  if ok then return object end
  if object.status == 404 then return nil end
  error(object, 0)
end

-- A record -------------------------------------------------------------------------------------

--- Seconds since a time of Kubernetes, by this machine's clock; nil for what is none.
local function age(text)
  local at = timestamp.epoch(text)
  return at and task.wall_ms() / 1000 - at
end

local function holder_of(object)
  local holder = object and object.spec and object.spec.holderIdentity
  return type(holder) == "string" and holder ~= "" and holder or nil
end

--- The run that it belongs to, also in silence.
local function run_of(object)
  local annotations = holder_of(object) and object.metadata.annotations
  local run = type(annotations) == "table" and annotations[RUN]
  return type(run) == "string" and run ~= "" and run or nil
end

local function seconds_of(object)
  return tonumber(object.spec.leaseDurationSeconds) or M.DURATION
end

--- The holder in words: who, since when, how long ago it was heard.
---@param object table
---@return string
function M.describe(object)
  local renewed = age(object.spec.renewTime)
  return string.format("%s, since %s%s", holder_of(object), tostring(object.spec.acquireTime or "an unknown time"),
    renewed and string.format(", heard of %s ago", duration.format(math.max(0, math.floor(renewed)))) or "")
end

--- The metadata of the record, with the run that the lease belongs to; nil: with none.
local function metadata(lease, before, run)
  local meta = before and before.metadata or { name = lease.name, namespace = lease.namespace }
  if type(meta.annotations) ~= "table" then meta.annotations = nil end
  if run or meta.annotations then
    meta.annotations = meta.annotations or {}
    meta.annotations[RUN] = run
  end
  return meta
end

--- Whether the record is the lease's own: its holder's, or the run's whoever goes on with it.
local function is_mine(lease, object)
  return holder_of(object) == lease.identity or run_of(object) == lease.run
end

--- What the record becomes when `identity` holds it. Pure but for the clock.
local function record(lease, before)
  local now = timestamp.micro(task.wall_ms())
  local spec = before and before.spec or {}
  local mine = is_mine(lease, before)
  lease.bound = lease.bound or mine and run_of(before) == lease.run
  return {
    apiVersion = "coordination.k8s.io/v1", kind = "Lease",
    metadata = metadata(lease, before, lease.bound and lease.run or nil),
    spec = {
      holderIdentity = lease.identity, leaseDurationSeconds = math.max(1, math.ceil(lease.seconds)), renewTime = now,
      acquireTime = mine and spec.acquireTime or now,
      leaseTransitions = (tonumber(spec.leaseTransitions) or 0) + ((before and not mine) and 1 or 0),
    },
  }
end

-- Taking it ------------------------------------------------------------------------------------

local function refuse(lease, object)
  local run = run_of(object)
  if run then
    errors.raise {
      kind = "refused", holder = run,
      message = string.format("the lease %s/%s is held by %s: it belongs to run %s until that is over", lease.namespace, lease.name,
        M.describe(object), run),
      hint = {
        string.format("where that run was started: almanac resume %s, or rollback, or abandon %s --reason TEXT;", run, run),
        string.format("if its journal is lost, look what it did, then: kubectl -n %s delete lease %s", lease.namespace, lease.name),
      },
    }
  end
  errors.raise {
    kind = "refused", holder = holder_of(object),
    message = string.format("the lease %s/%s is held by %s", lease.namespace, lease.name, M.describe(object)),
    hint = string.format("wait for that run, or look at it there. A holder that is gone is replaced %s after its last word",
      duration.format(seconds_of(object))),
  }
end

--- Waits until the record has not changed for as long as its holder may be silent.
local function watch_silence(lease, object)
  local since = task.now()
  while task.now() - since < seconds_of(object) do
    task.sleep(math.min(LOOK, seconds_of(object)))
    local now = look(lease)
    if not holder_of(now) then return now end
    if run_of(now) or now.metadata.resourceVersion ~= object.metadata.resourceVersion then refuse(lease, now) end
  end
  return object
end

local function write(lease, before)
  local ok, object = errors.try(request, lease, before and "PUT" or "POST", record(lease, before))
  if ok then
    lease.object, lease.renewed = object, task.now()
    return true
  end
  if object.status ~= 409 then error(object, 0) end
  return false
end

--- Takes a lease; raises kind "refused" when somebody holds it. It waits only for a holder that has not
--- been heard of for longer than it may be silent, to see whether it is gone.
---@param where { namespace: string, name: string, seconds?: number }
---@param identity string
---@param run string  its id
---@param say fun(text: string)  tells that it waits
---@return almanac.Lease
function M.take(where, identity, run, say)
  local lease = setmetatable({
    namespace = where.namespace, name = where.name, seconds = where.seconds or M.DURATION, identity = identity, run = run,
  }, Lease)
  while true do
    local object = look(lease)
    if holder_of(object) and not is_mine(lease, object) then
      if run_of(object) then refuse(lease, object) end
      local silent = age(object.spec.renewTime)
      if silent and silent < seconds_of(object) then refuse(lease, object) end
      say(string.format("the lease %s/%s is held by %s: watching for %s whether it is gone", lease.namespace, lease.name,
        M.describe(object), duration.format(seconds_of(object))))
      object = watch_silence(lease, object)
    end
    if write(lease, object) then return lease end
  end
end

--- The record as it is, for a plan; nil when nobody holds it.
---@param where { namespace: string, name: string }
---@return string? holder in words
function M.held_by(where)
  local object = look(where)
  return holder_of(object) and M.describe(object) or nil
end

-- Keeping it -----------------------------------------------------------------------------------

local function lose(lease, format, ...)
  lease.lost = errors.wrap {
    kind = "lock_lost", message = string.format("the lease %s/%s was lost: ", lease.namespace, lease.name)
      .. string.format(format, ...),
    hint = "nothing more was begun. Look who works on it now; then go on with: almanac resume",
  }
end

--- The record as it is, if it is still ours.
local function look_whose(lease)
  local now = look(lease)
  if not now then return lose(lease, "somebody deleted it") end
  if holder_of(now) == lease.identity then return now end
  lose(lease, "it is held by %s now", holder_of(now) and M.describe(now) or "nobody")
end

--- Calls fn, and counts its failure as silence: the lease holds as long as a holder may be silent.
local function bear(lease, fn)
  local ok, err = errors.try(fn, lease)
  if ok or errors.is_interrupt(err) then return end
  local silent = task.now() - lease.renewed
  if silent >= lease.seconds then lose(lease, "it could not be renewed for %s: %s", duration.format(silent), err.message) end
end

local function renew(lease)
  if write(lease, lease.object) then return end
  local now = look_whose(lease)
  if now then write(lease, now) end
end

--- Renews it three times in its duration, until it is lost or the task is cancelled.
function Lease:keep()
  while not self.lost do
    task.sleep(self.seconds / 3)
    bear(self, renew)
  end
end

--- Raises kind "lock_lost" when the lease is not ours any more: the server is asked.
function Lease:check()
  if not self.lost then bear(self, look_whose) end
  if self.lost then halt.raise(self.lost) end
end

--- Writes the run into the lease, once: from now on it is the run's also when nobody renews it.
function Lease:bind()
  if run_of(self.object) == self.run then return end
  self.bound = true
  task.with({ permit = "effect" }, bear, self, renew) -- asked in a step, before its effect
  if self.lost then halt.raise(self.lost) end
end

--- Leaves it to its run, which is not over: nobody renews it, and nobody else can take it.
function Lease:leave()
  if self.lost then return end
  self.bound = true
  errors.try(request, self, "PUT", record(self, self.object), GIVE_BACK)
end

local function free(lease, object)
  object.spec.holderIdentity, object.spec.leaseDurationSeconds, object.spec.renewTime = "", 1, timestamp.micro(task.wall_ms())
  object.metadata = metadata(lease, object, nil)
  return request(lease, "PUT", object, GIVE_BACK)
end

--- Gives it back, so that the next one need not wait. As client-go: nobody holds it, for a second.
function Lease:give_back()
  if not self.lost then errors.try(free, self, self.object) end
end

--- Gives up the lease that a run left behind; nothing when it belongs to somebody else by now.
---@param where { namespace: string, name: string }
---@param run string
function M.give_up(where, run)
  local lease = { namespace = where.namespace, name = where.name }
  local object = look(lease)
  if run_of(object) == run then free(lease, object) end
end

return M
