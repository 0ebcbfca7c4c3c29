---@meta native.journal
-- Made by `make docs` from runtime/native/journal.c: edit that.

--- The done steps of a run.
---@class native.journal.Done
local Done = {}

--- Whether this pass met a step.
---@param path string
---@return boolean
function Done:is_met(path) end

--- How many steps this pass met.
---@return integer
function Done:met_count() end

--- The paths of those that this pass met, in the order in which it did.
---@param first integer  of them, from 1
---@param last integer
---@return string[]
function Done:met_paths(first, last) end

--- Begins another pass: no step is met.
function Done:begin_pass() end

--- Takes back that steps below a path were met.
---@param path string
function Done:unmeet_below(path) end

--- Forgets that a step is done.
---@param path string
function Done:forget(path) end

--- Gives a step, and those below it, another path.
---
--- Raises: `memory`.
---@param from string
---@param to string
function Done:rename(from, to) end

--- What the event holds that says a step is done.
---@param path string
---@return string? json
function Done:payload(path) end

--- The event that says a step is done.
---@param path string
---@return integer? seq
function Done:seq(path) end

--- How many steps are done.
---@return integer
function Done:count() end

--- Their paths.
---@return string[]
function Done:paths() end

--- The paths of those that this pass did not meet.
---@return string[]
function Done:unmet() end

--- The paths of those that have an undo.
---@return string[]
function Done:with_undo() end

--- Says that this pass met a step, and gives what it returned; nothing where it is not done.
---@param path string
---@param name string
---@param digest? string  of its source
---@return boolean? first  of this pass
---@return any result
---@return boolean? same  it has that digest
function Done:meet(path, name, digest) end

--- A store of runs.
---@class native.journal.Journal
local Journal = {}

--- Closes it: what was appended is committed, locks are dropped.
function Journal:close() end

--- Makes a run.
---@param run { id: string, runbook: string, meta: string }  meta is JSON
function Journal:create(run) end

--- What is known of a run.
---@param id string
---@return { id: string, runbook: string, created_ms: integer, meta: string }?
function Journal:run(id) end

--- All runs, the newest first.
---@return { id: string, runbook: string, created_ms: integer, meta: string }[]
function Journal:runs() end

--- The runs that fit, the newest first, each with the last event that says how it stands: its kind
--- (turn), time and payload.
---
--- Raises: `io`, `corrupt`.
---@param wanted string  JSON, as journal_find of journal/journal.h takes it
---@return { id: string, runbook: string, created_ms: integer, meta: string, turn?: string, turn_ms?: integer, payload?: string }[]
function Journal:find(wanted) end

--- Appends an event. In a task a durable one waits for the end of the turn, where what all tasks
--- want durable is committed once; a commit that fails raises in each of them. Where no other task
--- is ready, and where the code cannot wait (a script's coroutine, a callback of C), it commits at
--- once.
---
--- Raises: `io`, `usage`; nothing of a commit that failed is recorded.
---@param run string
---@param kind string
---@param path string
---@param payload string  JSON
---@param durable? boolean
---@return integer seq
---@return integer time_ms
function Journal:append(run, kind, path, payload, durable) end

--- Commits at once.
---
--- Raises: `io`.
---@param durable? boolean  true
function Journal:flush(durable) end

--- Whether appends are not on the disk yet.
---@return boolean
function Journal:pending() end

--- How many commits this handle has synced to the disk.
---@return integer
function Journal:syncs() end

--- The last event of a run.
---@param run string
---@return integer seq  0 when there is none
function Journal:last_seq(run) end

--- The end of a run's chain of hashes.
---
--- Raises: `not_found`, `io`, `busy`.
---@param run string   its id
---@return integer seq   of its last event, 0 when there is none
---@return string hash   hexadecimal
function Journal:head(run) end

--- The hash of an event, as it is stored.
---
--- Raises: `not_found`, `io`, `busy`.
---@param run string   its id
---@param seq integer
---@return string? hash  hexadecimal; nil where there is no such event
function Journal:hash(run, seq) end

--- Its events. After its nil the iterator may be called again, and goes on with what was appended
--- meanwhile.
---
--- Raises: `corrupt`.
---@param run string
---@param after_seq? integer  0
---@return fun(): integer?, integer, string, string, string events  seq, time_ms, kind, path, payload
function Journal:events(run, after_seq) end

--- Reads a run's events in one pass, with verification; nothing behind a broken event is in it.
--- `uses` says what becomes of each kind: "keep", "skip", "begun", "done", "forget" (the outcome of
--- its path is taken away) or "rename" (of a path); a kind that it does not name is kept.
---@param run string
---@param uses table<string, string>
---@return { done: native.journal.Done, begun: table<string, true>, kept: table[], last_seq: integer, broken: { seq: integer, why: string }? }  each of kept is { seq, time_ms, kind, path, payload }
function Journal:fold(run, uses) end

--- Whether the chain of a run is whole.
---@param run string
---@return boolean
---@return integer? seq  of the first event that is broken
---@return string? why
function Journal:verify(run) end

--- Takes the lock of a run, which dies with the process.
---@param id string
---@param text string  what others see of the holder
---@return boolean
---@return string? holder  text of who has it
function Journal:lock_run(id, text) end

--- Takes the lock of a name.
---@param name string
---@param text string
---@return boolean
---@return string? holder
function Journal:lock_name(name, text) end

--- Whether nobody is before this journal in the queue for a name: the first call takes a place,
--- held until leave_queue.
---@param name string
---@return boolean
function Journal:queue(name) end

--- Gives the place up.
---@param name string
function Journal:leave_queue(name) end

--- Drops the lock of a name.
---@param name string
function Journal:unlock_name(name) end

--- Drops all locks.
function Journal:unlock() end

--- The live process that holds a run.
---@param id string
---@return string? text
function Journal:holder(id) end

--- The store of runs and their events. What a failed call leaves behind: journal/journal.h.
---@class native.journal
local M = {}

--- Opens a store; of mode "rw" it is made where there is none.
---
--- Raises: `not_found`, `io`, `corrupt`, `busy`, `refused`.
---@param options { dir: string, mode?: "rw"|"ro" }
---@return native.journal.Journal
function M.open(options) end

--- The first field of what an event carries that its kind does not declare.
---@param data table
---@param fields table<string, boolean>  declared
---@return any? field
function M.undeclared(data, fields) end

return M
