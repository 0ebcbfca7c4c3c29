--- The section `approval` of almanac.yaml: who may approve, and for how long a plan and an approval are good.
--- Pure.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"

local M = {}

---@class almanac.ApprovalPolicy
---@field allowed_signers string?    file of ssh-keygen(1); with it, only what is signed counts
---@field revoked_keys string?       file of keys that count no more: a list of them, or a KRL
---@field quorum integer?            how many people must approve; default 1
---@field runner_may_approve boolean?  whether who runs it counts as one of them; default true
---@field plan_required boolean?     a run keeps to a plan, or does not begin
---@field plan_valid_for number?     seconds from its making in which a run may begin with a plan
---@field valid_for number?          seconds in which an approval counts

--- What almanac.yaml may hold, for its schema.
M.schema = {
  allowed_signers = "string", revoked_keys = "string", quorum = "number", runner_may_approve = "boolean",
  plan_required = "boolean", plan_valid_for = "string", valid_for = "string",
}

--- Makes seconds of the durations, in place.
---@param raw table?  the section, of the right types
---@param note fun(key: string, why: string)  told what is wrong
function M.read(raw, note)
  raw = raw or {}
  if raw.quorum and (math.type(raw.quorum) ~= "integer" or raw.quorum < 1) then
    note("quorum", string.format("quorum is a whole number from 1, not %s", raw.quorum))
  end
  for _, key in ipairs { "plan_valid_for", "valid_for" } do
    local ok, seconds = errors.try(duration.parse, raw[key] or 1)
    if not ok or seconds <= 0 then
      note(key, string.format('%s is a duration, such as "4h" or "30m", not %q', key, raw[key]))
    end
    raw[key] = raw[key] and seconds
  end
end

--- Tells what is wrong with the whole, an environment's part put over it.
---@param policy almanac.ApprovalPolicy
---@param note fun(key: string, why: string)
function M.check(policy, note)
  if policy.allowed_signers then return end
  for _, key in ipairs { "quorum", "runner_may_approve", "revoked_keys", "valid_for" } do
    if policy[key] ~= nil then
      note(key, key .. " needs allowed_signers beside it: without signatures nobody knows who approved")
    end
  end
end

return M
