--- The runs that made one which is gone on with, or taken back, by itself: it keeps to what they may touch, and holds
--- their locks, as where they go on with it.
local errors = require "almanac.base.errors"
local execute = require "almanac.run.mode.execute"
local replays = require "almanac.journal.replay"
local runbook = require "almanac.script.runbook"
local runs = require "almanac.journal.run"

local M = {}

--- What a run may touch, by the script that it was made with last: its own is no other one's to edit.
local function allow_of(run)
  local path, kept = run.meta.script, run.replay.script
  if kept then
    local ok, book = errors.try(runbook.kept_declaration, path, kept.sources)
    if ok then return book.allow end
  end
  return runbook.load(path).allow
end

--- The run that made one, with those that made it in turn.
---@param journal table?
---@param meta table  of the run
---@return almanac.Run?  nil: nobody made it, or the journal does not have that one
function M.caller(journal, meta)
  local id = meta.caller and meta.caller.run
  if not journal or not id or not journal:run(id) then return nil end
  local caller = runs.load(journal, id, execute)
  caller.allow, caller.caller = allow_of(caller), M.caller(journal, caller.meta)
  return caller
end

--- The plan that a run keeps to, or the run that made it does.
---@param journal table
---@param run almanac.Run
---@return table?
function M.plan(journal, run)
  local root = run:outermost()
  if root == run.id or not journal:run(root) then return run.replay.plan end
  return replays.load(journal, root).plan
end

return M
