--- The lock that a runbook declares: its name, and where its lease is. Pure, but for a function of the script's.
local clock = require "native.clock"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local plain_name = require "almanac.base.plain_name"
local redaction = require "almanac.base.redaction"
local task = require "native.task"

local M = {}

local NAME_MAX = 1000 -- bytes

---@class almanac.LockName
---@field name string       "release/animica-devnet", "lease/NAMESPACE/NAME"
---@field seconds? number   of a lease: how long its holder may be silent

---@type table<string, almanac.Field>
M.FIELDS = {
  name = { "text", required = true, help = "one run at a time under it; \"lease/NAMESPACE/NAME\" across machines" },
  duration = { "seconds", shown_default = "30s", help = "of a lease: how long its holder may be silent" },
}
local LOCK = fields.declare("runbook.lock", M.FIELDS)

--- Where the lease of a lock is; nil for a name that holds on this machine only.
---@param lock almanac.LockName?
---@return { namespace: string, name: string, seconds?: number }?
function M.lease_of(lock)
  local rest = lock and lock.name:match "^lease/(.*)$"
  if not rest then return nil end
  local namespace, name = rest:match "^([%l%d%-]+)/([%l%d%-%.]+)$"
  if not namespace then
    errors.raise {
      kind = "usage", field = "lock",
      message = string.format('runbook: lock %q: write "lease/NAMESPACE/NAME", both as Kubernetes names things', lock.name),
    }
  end
  return { namespace = namespace, name = name, seconds = lock.seconds }
end

--- It only computes a name, before the run that could be paused has begun. By the computer's clock, as loading.
local SECONDS = 5

local function in_time(declared, params)
  local began = clock.real()
  local ok, result = errors.try(declared, params)
  if clock.real() - began >= SECONDS or not ok and result.kind == "timeout" then
    errors.raise {
      kind = "limit", field = "lock", message = string.format("runbook: lock: its function does not end: %d seconds are over", SECONDS),
      hint = "it makes a name of the parameters; look for a loop without an end there",
    }
  end
  if not ok then error(result, 0) end
  return result
end

--- What the function of a script says, in a task of its own that has its time.
local function said(declared, params)
  return task.with({ permit = "compute" }, function()
    local handle = task.spawn(in_time, declared, params)
    handle:limit(SECONDS)
    local ok, result = handle:join()
    if not ok then error(result, 0) end
    return result
  end)
end

--- The lock that a runbook declares, for these parameters.
---@param declared any
---@param params table
---@return almanac.LockName?  raises kind "usage", and "limit" for a function without an end
function M.of(declared, params)
  if type(declared) == "function" then declared = said(declared, params) end
  if declared == nil then return nil end
  local given = fields.check(LOCK, type(declared) == "string" and { name = declared } or declared, "runbook: lock")
  local out = { name = given.name, seconds = given.duration }
  if out.seconds and out.seconds < 1 then
    errors.raise { kind = "usage", field = "lock", message = "runbook: lock: its duration is at least a second" }
  end
  local fault = plain_name.fault(out.name, NAME_MAX)
  if fault then errors.usage("runbook: the name of a lock %s: %s", fault, fields.shown(out.name)) end
  if redaction.hides(out.name) then
    errors.usage("runbook: the name of a lock is shown and journalled, and would hold a secret: %s", redaction.text(out.name))
  end
  M.lease_of(out)
  return out
end

return M
