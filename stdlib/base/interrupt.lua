--- Interrupts: what ends a wait from outside. Each level of native.task has one word for the error that it
--- raises, and one for how a step and a run stand that it stopped. Pure.
local M = {}

---@class almanac.Interrupt
---@field level "pause"|"cancel"      as native.task has it
---@field kind string                 of the error
---@field step string                 status of the step that it stopped
---@field run string                  status of the run that the operator stopped so

---@type table<string, almanac.Interrupt>
M.levels = {
  pause = { level = "pause", kind = "paused", step = "paused", run = "paused" },
  cancel = { level = "cancel", kind = "cancelled", step = "cancelled", run = "interrupted" },
}

--- Kinds of the errors that interrupt a task: once one was raised, every later wait raises one.
---@type table<string, boolean>
M.kinds = { timeout = true, [M.levels.pause.kind] = true, [M.levels.cancel.kind] = true }

local by_kind = {}
for _, interrupt in pairs(M.levels) do by_kind[interrupt.kind] = interrupt end

--- The interrupt that an error stands for. The third level, a timeout, is none: what was not done in time
--- has failed, and may be retried.
---@param err { kind: string }
---@return almanac.Interrupt?
function M.of(err)
  return by_kind[err.kind]
end

return M
