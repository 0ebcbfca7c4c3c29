--- Undo: what takes back a run, newest first. The closures come from walking the script over its
--- journal; the rollback itself is a run of its own, journalled and resumable.
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local step = require "almanac.run.step"
local task = require "native.task"
local walk = require "almanac.run.mode.walk"

local M = {}

---@class almanac.Undo
---@field path string    of the step that is taken back
---@field what string    for people
---@field name string    of the step that takes it back
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

--- The steps that others lie in.
local function around(paths)
  local out = {}
  for _, path in ipairs(paths) do
    local parent = path:match "^(.*)/"
    while parent and not out[parent] do
      out[parent] = true
      parent = parent:match "^(.*)/"
    end
  end
  return out
end

--- The same in order to take the run back: done steps that have an undo are also looked for within done steps.
---@param run almanac.Run  in the mode walk
---@param book almanac.Runbook
---@param params table
---@return almanac.Error? err  as of M.walk
function M.walk_back(run, book, params)
  run.around, run.unentered = around(run.done:with_undo()), {}
  local err = M.walk(run, book, params)
  task.spawn(step.within, run, walk.enter, run):join()
  return err
end

--- The steps that have an undo, by path.
local function visits_with_undo(run)
  local by_path = {}
  for _, visit in ipairs(run.visits) do
    if type(visit) == "table" and visit.undo then by_path[visit.path] = visit end
  end
  return by_path
end

--- The outermost of these steps that contains the path.
local function owner_of(by_path, path)
  local owner
  while path do
    owner = by_path[path] or owner
    path = path:match "^(.*)/"
  end
  return owner
end

--- Done steps that have an undo which the walk did not get to, and none of a step around them stands for it.
---@param run almanac.Run  after M.walk_back()
---@return string[] paths
function M.unreached(run)
  local by_path, met, out = visits_with_undo(run), {}, {}
  for _, visit in ipairs(run.visits) do met[type(visit) == "table" and visit.path or visit] = true end
  for _, path in ipairs(run.done:with_undo()) do
    if not met[path] and not owner_of(by_path, path) and not run.replay.taken_back[path] then out[#out + 1] = path end
  end
  return out
end

local function of_step(visit, seq, title)
  return {
    path = visit.path, seq = seq, what = string.format("%s: its undo%s", visit.path,
    title and " (takes back " .. title .. ")" or ""),
    fn = function() return visit.undo(visit.result) end,
  }
end

local function of_effect(item, definition, title)
  return {
    path = item.path, seq = item.seq, what = item.path .. ": takes back " .. title,
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

--- All that the run did, newest first, as if nothing of it were taken back already.
local function all_of(run)
  local undos, left, claimed = {}, {}, {}
  local visits = visits_with_undo(run)
  local items, by_place = run.replay:effects_newest_first(), {}
  for _, item in ipairs(items) do by_place[item.path .. "#" .. item.intent.ordinal] = item end
  local function claim(owner, seq, title)
    if not claimed[owner.path] then undos[#undos + 1] = of_step(owner, seq, title) end
    claimed[owner.path] = true
  end
  for _, item in ipairs(items) do
    local title = item.intent.title or item.intent.op
    local owner = owner_of(visits, item.path)
    local definition, part = definitions.find(item.intent.op, run.definitions), is_part(item, by_place, run.definitions)
    if owner then
      claim(owner, item.seq, title)
    elseif not part and definition and definition.undo then
      undos[#undos + 1] = of_effect(item, definition, title)
    elseif not part then
      left[#left + 1] = title
    end
  end
  for path, visit in pairs(visits) do -- done without an effect
    if visit.done then claim(owner_of(visits, path), run.done:seq(path)) end
  end
  table.sort(undos, function(a, b) return a.seq > b.seq end)
  return undos, left
end

--- What undoing the run would do, newest first.
---@param run almanac.Run  after M.walk_back()
---@return almanac.Undo[] undos
---@return string[] left  titles of the effects that nothing takes back
function M.list(run)
  local all, left = all_of(run)
  local undos, counts, taken_back = {}, {}, run.replay.taken_back
  for _, undo in ipairs(all) do
    local count = (counts[undo.path] or 0) + 1
    counts[undo.path] = count
    undo.name = "undo " .. undo.path:gsub("/", " › ") .. (count > 1 and " (" .. count .. ")" or "")
    if count > (taken_back[undo.path] or 0) then undos[#undos + 1] = undo end
  end
  return undos, left
end

--- The body of a rollback run. What is taken back is marked in the original, so that resuming
--- either of them does nothing twice.
---@param original almanac.Run  in a mode that may write
---@param undos almanac.Undo[]
---@param by string  id of the rollback run
---@return fun()
function M.body(original, undos, by)
  return function()
    for _, undo in ipairs(undos) do
      step.run(undo.name, { digest = undo.what }, function()
        undo.fn()
        return { undone = undo.path }
      end)
      original:record("step.undone", undo.path, { by = by })
    end
  end
end

return M
