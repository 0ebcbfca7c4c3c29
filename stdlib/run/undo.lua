--- Undo: what takes back a run, newest first. The closures come from walking the script over its
--- journal; the rollback itself is a run of its own, journalled and resumable.
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

---@class almanac.Undo
---@field path string    of the step that is taken back
---@field what string    for people
---@field fn function    runs in a step, and changes the world through effects only

--- Loads the files that steps of the run required: a walk runs no done step, and what they define is asked for.
---@return boolean complete
local function load_late(run, book)
  local complete = true
  for name in pairs(run.replay.files) do complete = errors.try(book.script.require, name) and complete end
  return complete
end

--- Walks a script over the journal of its run: done steps and effects give their results, nothing
--- runs, and run.visits says which steps were met and in what order.
---@param run almanac.Run  in the mode walk
---@param book almanac.Runbook
---@param params table
---@return almanac.Error? err  one that is neither the frontier nor a call that would have run
function M.walk(run, book, params)
  run.definitions, run.script, run.loaded = definitions.scope(book.script.definitions), book.script.digest, book.script
  run.lacks_files = not load_late(run, book)
  local handle = task.spawn(step.within, run, book.run, params)
  local ok, err = handle:join()
  if not ok and err.kind ~= "frontier" and err.kind ~= "outside_step" then return err end
end

local function under(path, root)
  return path == root or path:sub(1, #root + 1) == root .. "/"
end

local function visits_with_undo(run)
  local out = {}
  for _, visit in ipairs(run.visits) do
    if type(visit) == "table" and visit.undo then out[#out + 1] = visit end
  end
  return out
end

--- The outermost of these steps that contains the path.
local function owner_of(visits, path)
  local owner
  for _, visit in ipairs(visits) do
    if under(path, visit.path) and (not owner or #visit.path < #owner.path) then owner = visit end
  end
  return owner
end

local function of_step(visit, title)
  return {
    path = visit.path, what = string.format("%s: its undo%s", visit.path,
    title and " (takes back " .. title .. ")" or ""),
    fn = function() return visit.undo(visit.result) end,
  }
end

local function of_effect(item, definition, title)
  return {
    path = item.path, what = item.path .. ": takes back " .. title,
    fn = function() return definition.undo(item.intent.input, item.outcome and item.outcome.result,
    { before = item.intent.before }) end,
  }
end

--- Whether an effect is a part of another one (its ordinal is below that's) whose undo takes both back.
local function is_part(item, by_place, own)
  local ordinal = item.intent.ordinal
  while true do
    ordinal = ordinal:match "^(.*)%.[^.]*$"
    if not ordinal then return false end
    local outer = by_place[item.path .. "#" .. ordinal]
    local definition = outer and definitions.find(outer.intent.op, own)
    if definition and definition.undo then return true end
  end
end

--- Done steps that have an undo and made no effect, newest first.
local function without_effect(run, visits, claimed)
  local out = {}
  for _, visit in ipairs(visits) do
    if visit.done and not claimed[visit.path] then out[#out + 1] = visit end
  end
  table.sort(out, function(a, b) return run.done:seq(a.path) > run.done:seq(b.path) end)
  return out
end

--- What undoing the run would do, newest first.
---@param run almanac.Run  after M.walk()
---@return almanac.Undo[] undos
---@return string[] left  titles of the effects that nothing takes back
function M.list(run)
  local undos, left, claimed = {}, {}, {}
  local visits = visits_with_undo(run)
  local items, by_place = run.replay:effects_newest_first(), {}
  for _, item in ipairs(items) do by_place[item.path .. "#" .. item.intent.ordinal] = item end
  for _, item in ipairs(items) do
    local title = item.intent.title or item.intent.op
    local owner = owner_of(visits, item.path)
    local definition, part = definitions.find(item.intent.op, run.definitions), is_part(item, by_place, run.definitions)
    if owner and not claimed[owner.path] then
      claimed[owner.path] = true
      undos[#undos + 1] = of_step(owner, title)
    elseif not owner and not part and definition and definition.undo then
      undos[#undos + 1] = of_effect(item, definition, title)
    elseif not owner and not part then
      left[#left + 1] = title
    end
  end
  for _, visit in ipairs(without_effect(run, visits, claimed)) do undos[#undos + 1] = of_step(visit) end
  return undos, left
end

--- The body of a rollback run. What is taken back is marked in the original, so that resuming
--- either of them does nothing twice.
---@param original almanac.Run  in a mode that may write
---@param undos almanac.Undo[]
---@param by string  id of the rollback run
---@return fun()
function M.body(original, undos, by)
  local counts = {}
  return function()
    for _, undo in ipairs(undos) do
      counts[undo.path] = (counts[undo.path] or 0) + 1
      local name = "undo " .. undo.path:gsub("/", " › ")
      if counts[undo.path] > 1 then name = name .. " (" .. counts[undo.path] .. ")" end
      step.run(name, { digest = undo.what }, function()
        undo.fn()
        return { undone = undo.path }
      end)
      original:record("step.undone", undo.path, { by = by })
    end
  end
end

return M
