--- The way back of a run: the script that takes it back, walked. Today's; or, where that cannot be loaded or
--- walked, the one that the run was made with, which its journal keeps.
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local params = require "almanac.session.params"
local runbook = require "almanac.script.runbook"
local undo = require "almanac.run.undo"
local walk = require "almanac.run.mode.walk"

local M = {}

---@class almanac.WayBack
---@field book almanac.Runbook
---@field walked almanac.Run   the run, in the mode walk

--- Walks the original with a script that is loaded.
---@param original almanac.Run
---@param book almanac.Runbook
---@param values table  its parameters
---@return almanac.WayBack
---@return almanac.Error? why the script stops before its end
function M.with(original, book, values)
  local walked = original:as(walk)
  return { book = book, walked = walked }, undo.walk(walked, book, values)
end

--- The way with a script that may not load, or want other parameters than the run has.
---@return almanac.WayBack?
---@return almanac.Error? why
local function try(session, original, load)
  local ok, way, why = errors.try(function()
    local book = load()
    return M.with(original, book, (params.restore(book, original, session.operator)))
  end)
  local err = why or not ok and way or nil
  if err and interrupt.of(err) then error(err, 0) end
  return ok and way or nil, err
end

--- Finds the way back of a run in the journal.
---@param session almanac.Session
---@param original almanac.Run
---@return almanac.WayBack
function M.find(session, original)
  local operator, kept = session.operator, original.replay.script
  local way, why = try(session, original, function() return runbook.load(original.meta.script) end)
  if way and not why then return way end
  if kept and not (way and way.book.script.digest == kept.digest) then
    local then_way, then_why = try(session, original, function() return runbook.load_kept(original.meta.script, kept.sources) end)
    if then_way then
      operator:say("! today's script cannot take the run back: " .. why.message .. "\n  the script that it was made with does")
      way, why = then_way, then_why
    end
  end
  if not way then error(why, 0) end
  if why then operator:say("! the script stops before its end: " .. why.message .. "\n  what it did until there is taken back") end
  return way
end

return M
