---@meta
-- Made by `make docs` from stdlib/public/step.lua: edit that.

---@class step.options
---@field input? any  plain data, handed to the function
---@field retry? step.options.retry  tries it again when it fails
---@field timeout? string|number  for one try of the step
---@field undo? function  takes the done step back; it is given what the step returned
---@field was? string  the name that it had before it was edited: what was done under it counts
---@field when? boolean  false: the step is skipped, and recorded so

---@class step.options.retry
---@field times integer  tries at most
---@field delay? string|number  before the second try
---@field factor? number  each delay is so many times the one before
---@field on? string[]  only for errors of these kinds

--- Runs a step, or gives back what it returned before: its result is journalled, and a resume does not run a done
--- step again. Outside a step a script can only compute.
---
--- A step may hold steps. The undo of the outermost one that has one takes back all that is in it; where that has none,
--- those in it are found again by computing alone: what lies behind a read of the step around it is out of reach, so give
--- the read a step of its own.
---
--- Raises: what the function raises; `usage` (two steps of one path, a result that is no plain data); `timeout`.
---
--- ```lua
--- local before = step("read the release", { timeout = "30s" }, function()
---   return helm.current { release = "animica-devnet" }
--- end)
--- ```
---@param name string  without "/", "#" and newlines; unique within the step around it
---@param options? step.options
---@param fn fun(input: any): any  returns plain data
---@return any result
---@overload fun(name: string, fn: fun(): any): any
function step(name, options, fn) end
