--- The clusters of a plan: where it was made, and whether a run would go there.
local errors = require "almanac.base.errors"
local identity = require "almanac.k8s.identity"
local task = require "native.task"

local M = {}

--- The clusters that were looked at, for the plan.
---@return almanac.k8s.Identity[]
function M.used()
  return task.with({ permit = "read" }, identity.used)
end

local function text(cluster)
  return string.format("%s (context %s%s)", cluster.server, cluster.context or "none",
    cluster.uid and ", cluster " .. cluster.uid:sub(1, 8) or "")
end

local function same(planned, now)
  return planned.server == now.server and planned.context == now.context and planned.uid == now.uid
end

--- Refuses to go on where a context leads to another cluster than when the plan was made.
---@param plan table         as it was saved
---@param otherwise? string  how to go on all the same
function M.check(plan, otherwise)
  for _, planned in ipairs(plan.clusters or {}) do
    local now = task.with({ permit = "read" }, identity.of, planned.asked)
    if not same(planned, now) then
      errors.raise {
        kind = "refused",
        message = string.format("the plan was made for the cluster %s; this would be %s", text(planned), text(now)),
        hint = string.format("choose the planned one (--kubeconfig, --context, -e), or make a plan for this: almanac plan %s%s",
          plan.runbook, otherwise and "\n" .. otherwise or ""),
      }
    end
  end
end

return M
