---@meta native.task
-- Made by `make docs` from runtime/engine/task_lua.c: edit that.

--- Something to wait for.
---@class native.task.Condition
local Condition = {}

--- Waits for notify.
---
--- Raises: `paused`, `timeout`, `cancelled`.
function Condition:wait() end

--- Wakes all who wait now.
function Condition:notify() end

--- A task that was begun.
---@class native.task.Handle
local Handle = {}

--- Waits until it is over.
---@return boolean ok
---@return any ...  what it returned, or the error
function Handle:join() end

--- Interrupts it, and its children.
---@param level? "pause"|"timeout"|"cancel"  "cancel"
function Handle:cancel(level) end

--- Interrupts it, and its children, in so many seconds of the computer's clock, also where another
--- one is simulated, and also while one of them computes and never waits. The last limit counts.
---@param seconds number
function Handle:limit(seconds) end

--- Whether it is over.
---@return boolean
function Handle:done() end

--- Coroutines that can wait, one operation each, and what each may do. Interrupts are sticky: every later wait of the task is interrupted too. Code that must clean up with waits does it in with({ shield = "cancel" }, fn).
---@class native.task
local M = {}

--- Begins a child of the current task; it runs when this one waits.
---@param fn function
---@param ... any
---@return native.task.Handle
function M.spawn(fn, ...) end

--- Waits.
---
--- Raises: `paused`, `timeout`, `cancelled`, as every wait that is interrupted.
---@param seconds number
function M.sleep(seconds) end

--- Something to wait for; it keeps no state of its own.
---@return native.task.Condition
function M.condition() end

--- How often there was no memory left, or no room on the stack. A script may catch either, and then
--- knows how much there was.
---@return integer
function M.exhaustions() end

--- Counts a thread that an error left where its stack was full.
---@param coroutine thread
function M.look_at(coroutine) end

--- A message handler that counts an error for which the stack was full.
---@param handler? function  what is called then, with what it gives in the place of the error
---@return function
function M.noticing(handler) end

--- A clock that only goes forward.
---@return number seconds
function M.now() end

--- The wall clock.
---@return integer  milliseconds since 1970
function M.wall_ms() end

--- What the task works for; a child has its parent's.
---@return table?
function M.context() end

--- What the task may do; a child has its parent's.
---@param permit "compute"|"read"|"effect"
---@return string old
function M.permit(permit) end

--- Sets what the table names, calls fn, and puts it back on every way out; an absent field stays,
--- context = false is none. An error of fn is raised again. fn may wait, but not in a script's
--- coroutine.
---@param settings { permit?: "compute"|"read"|"effect", shield?: "none"|"pause"|"timeout"|"cancel", context?: table|false }
---@param fn function
---@param ... any
---@return any ...  what fn returns
function M.with(settings, fn, ...) end

--- From now on no code of this process has the permit "effect", whatever permit says; there is no
--- way back.
function M.forbid_effects() end

--- fn behind a C function. `return helm.upgrade{…}` in a script is a tail call: a Lua function
--- would take the place of the script's frame, and an error could not name its line. What interrupts
--- the task is raised before: C that calls it again and again has no line of the script between.
---@param fn function
---@param checked? function  stands behind it in the place of fn from task.check_faces() on; default fn
---@return function
function M.face(fn, checked) end

--- There is something now that faces have to look for: a script that made nothing of the kind, as
--- most do not, pays nothing for it.
function M.check_faces() end

--- Calls fn, which resumes or closes the coroutine: what stops the task stops that, too.
---@param coroutine thread
---@param fn function
---@param ... any
---@return any ...  what fn returns
function M.inside(coroutine, fn, ...) end

--- Raises what interrupts the task now, unless it is shielded from that.
function M.check() end

--- Raises an error that no script keeps to itself: each later wait of this task, each call of the
--- library and each line of a script in it raises it again, as a pause does, which reaches no other
--- task. Whoever joins the task decides what becomes of it.
---@param err table
---@return never
function M.halt(err) end

--- The halt of this task, which stands for whatever its code failed with since; nil where there is
--- none, and in what cleans up.
---@return table?
function M.halted() end

--- The halt of this task is over for what it does next: who called what halted has its error.
function M.lift_halt() end

--- Raises unless the running code has that permit.
---
--- Raises: `outside_step`, `refused`.
---@param permit "compute"|"read"|"effect"
---@param who string  the public function, for the error
function M.require_permit(permit, who) end

--- What interrupts the task now.
---@return "pause"|"timeout"|"cancel"|nil
function M.interrupted() end

--- The current task is interrupted ("timeout") when it passes; the earliest of several counts.
---@param seconds number
---@return integer token
function M.push_deadline(seconds) end

--- Takes it back.
---@param token integer
---@return boolean expired
function M.pop_deadline(token) end

return M
