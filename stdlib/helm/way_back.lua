--- The way back of an effect that made a revision: to the newest revision before it that is proven good, as
--- the runbook `rollback` chooses it, and not simply to the one before.
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local proven = require "almanac.helm.proven"
local step = require "almanac.run.step"

local M = {}

--- Rolls back to what was good before. Raises kind "refused" when there is nothing to go back to.
---@param input { release: string, namespace: string }
---@param before { revision: integer } of history.observe: what was there before the effect
---@param what string "upgrade", for messages
function M.take(input, before, what)
  local frame = step.current()
  local found, why = proven.find(input, frame and frame.run, before.revision)
  if not found then
    errors.raise {
      kind = "refused",
      message = string.format("release %s had no good revision before the %s: there is nothing to go back to",
        input.release, what),
      hint = "upgrade to a version that works, or uninstall it",
    }
  end
  step.explain(why.why)
  effect.perform("helm.rollback", { release = input.release, namespace = input.namespace, revision = found.revision })
end

return M
