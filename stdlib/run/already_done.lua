--- A command that is not run, since its check says that there is nothing to do: what its effect gives, and what is said of it,
--- wherever the command would have run.
local step = require "almanac.run.step"

local M = {}

--- What an effect gives that the run made, and was killed in: how it ended nobody saw, and its check says that it did.
M.FOUND = { code = 0, stdout = "", stderr = "", elapsed = 0, truncated = false }

--- What the effect gives.
M.RESULT = { code = 0, stdout = "", stderr = "", elapsed = 0, truncated = false, already_done = true }

--- The preview of one whose check passes.
---@param check string  the check, as it is shown
---@param where? string  where it was asked: "pod/x"
---@param command? string  where the title does not say it
---@return almanac.Preview
function M.preview(check, where, command)
  local summary = string.format("%salready done: %s says so%s", command and command .. ": " or "", check, where and " in " .. where or "")
  return { summary = summary, nothing = true, result = M.RESULT }
end

--- What an effect gives whose outcome a run that was cut short did not see, and whose check passes now.
---@param ctx almanac.EffectContext
---@return table result
function M.found(ctx) return ctx.already and M.RESULT or M.FOUND end

--- Says in the step that it is not run.
---@param check string
---@return table result
function M.tell(check)
  step.note(string.format("not run: it is done already, %s says so", check))
  return M.RESULT
end

return M
