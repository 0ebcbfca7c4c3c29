--- The undos of a run, newest first: what takes it back. Their closures come from walking the script over its
--- journal; the rollback itself (run/rollback_body.lua) is a run of its own, journalled and resumable.
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local known_effects = require "almanac.journal.known_effects"
local source = require "almanac.base.source"
local step = require "almanac.run.step"
local task = require "native.task"
local took_place = require "almanac.run.took_place"
local walk = require "almanac.run.mode.walk"
local undo_owner = require "almanac.run.undo_owner"

local M = {}

---@class almanac.Undo
---@field path string     of the step that is taken back
---@field place integer   of several at that path, newest first
---@field what string     for people
---@field name string     of the step that takes it back
---@field effect string?  id of the one effect that it takes back; nil: all that is in the step
---@field unkept string?  why it will not be able to
---@field by_script almanac.ByScript?  a function of the script takes it back; nil: the library does
---@field is_needless boolean?  what it would take back changed nothing: it has its place, and is not listed
---@field doubts almanac.Doubt[]?  effects that may not have taken place, where there is no other reason to take it back
---@field take fun(result: any)    runs in a step, and changes the world through effects only; result: of an effect in doubt

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
  walk.begin(run)
  local handle = task.spawn(step.within, run, book.run, params)
  local ok, err = handle:join()
  walk.finish(run)
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

--- Done steps that have an undo which the walk did not get to, and none of a step around them stands for it.
---@param run almanac.Run  after M.walk_back()
---@return string[] paths
function M.unreached(run)
  local by_path, met, out = visits_with_undo(run), {}, {}
  for _, visit in ipairs(run.visits) do met[type(visit) == "table" and visit.path or visit] = true end
  for _, path in ipairs(run.done:with_undo()) do
    if not met[path] and not undo_owner.of(by_path, path) and not run.replay.settled[path] then out[#out + 1] = path end
  end
  return out
end

local function by_script(path, fn)
  return { of = path, at = source.words(fn) }
end

local function of_step(visit, seq, title)
  return {
    path = visit.path, seq = seq, what = undo_owner.of_step(visit.path, title), by_script = by_script(visit.path, visit.undo),
    take = function() return visit.undo(visit.result) end,
  }
end

local function of_effect(item, definition, title)
  local intent, outcome = item.intent, item.outcome
  local undo_to = known_effects.undo_to(item, definition.goes_on)
  local unkept = definition.unkept and definition.unkept(intent.input, undo_to)
  return {
    path = item.path, seq = item.seq, what = undo_owner.of_effect(item.path, title, unkept), unkept = unkept, effect = intent.id,
    by_script = not definitions.is_builtin(intent.op) and by_script(item.path, definition.undo) or nil,
    take = function(found)
      local result = found
      if outcome and outcome.ok then result = outcome.result end
      return definition.undo(intent.input, result, { undo_to = undo_to, before = undo_to })
    end,
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

--- The effects that are parts of this one, and of these in turn.
local function doubt_of(item, items, own)
  local prefix, parts = item.intent.ordinal .. ".", {}
  for _, other in ipairs(items) do
    local ordinal = other.intent.ordinal
    if other.path == item.path and ordinal:sub(1, #prefix) == prefix and not ordinal:find(".", #prefix + 1, true) then
      parts[#parts + 1] = doubt_of(other, items, own)
    end
  end
  return { known = item, definition = definitions.find(item.intent.op, own), parts = parts }
end

--- Effects by the path of their step.
local function by_path_of(items)
  local out = {}
  for _, item in ipairs(items) do
    out[item.path] = out[item.path] or {}
    table.insert(out[item.path], item)
  end
  return out
end

--- Whether an effect changed nothing: as its result says, or of a script's own its parts.
local function changed_nothing(item, by_path, own)
  if definitions.is_builtin(item.intent.op) then return known_effects.changed_nothing(item) end
  local parts = doubt_of(item, by_path[item.path], own).parts
  for _, part in ipairs(parts) do
    if not changed_nothing(part.known, by_path, own) then return false end
  end
  return parts[1] ~= nil
end

--- The same of all of these.
local function all_changed_nothing(effects, by_path, own)
  for _, item in ipairs(effects) do
    if not changed_nothing(item, by_path, own) then return false end
  end
  return true
end

--- Whether a run that made effects changed nothing by them, and has no step with an undo that made none.
---@param replay almanac.Replay
---@return boolean
function M.has_changed_nothing(replay)
  local items, acted = replay:effects_newest_first(), {}
  for _, item in ipairs(items) do acted[#acted + 1] = item.path end
  local holding = around(acted)
  for _, path in ipairs(acted) do holding[path] = true end
  for _, path in ipairs(replay.done:with_undo()) do
    if not holding[path] then return false end
  end
  return items[1] ~= nil and all_changed_nothing(items, by_path_of(items))
end

--- Says of an undo of which effects it is not sure that they took place; of none, where one of them is.
local function note_doubts(undo, effects, items, own)
  local doubts = {}
  for i, item in ipairs(effects) do
    if took_place.is_sure(item) then return end
    doubts[i] = doubt_of(item, items, own)
    local definition = doubts[i].definition
    if definition and definition.goes_on then return end -- what there is of it, its own record says
  end
  if not doubts[1] then return end
  local known = doubts[1].known
  undo.doubts = doubts
  undo.what = string.format("%s, if it took place: it %s", undo.what, known.outcome and "failed" or "was begun, and not heard of again")
end

--- What the steps that have an undo of their own take back: of each the newest effect in it and below, and all of them.
---@return table<string, { visit: almanac.Visit, seq: integer, title: string, effects: almanac.KnownEffect[] }> by path
local function owned_by_steps(items, visits)
  local owned = {}
  for _, item in ipairs(items) do
    local visit = undo_owner.of(visits, item.path)
    if visit then
      local entry = owned[visit.path] or { visit = visit, seq = item.seq, title = item.intent.title or item.intent.op, effects = {} }
      owned[visit.path] = entry
      table.insert(entry.effects, item)
    end
  end
  return owned
end

---@class almanac.Irreversible  an effect that nothing takes back
---@field path string    of its step
---@field effect string  its id
---@field title string   for people

---@return almanac.Irreversible
local function irreversible(item)
  local title = item.intent.title or item.intent.op
  if not took_place.is_sure(item) then title = title .. (item.outcome and " (it failed)" or " (it may not have taken place)") end
  return { path = item.path, effect = item.intent.id, title = title }
end

--- Whether an effect is no more than its parts, of which each is taken back, or not, by itself.
local function is_its_parts(item, items, own)
  return not definitions.is_builtin(item.intent.op) and doubt_of(item, items, own).parts[1] ~= nil
end

--- All that the run did, newest first, as if nothing of it were taken back already.
local function all_of(run)
  local undos, left, own = {}, {}, run.definitions
  local visits = visits_with_undo(run)
  local items, by_place = run.replay:effects_newest_first(), {}
  local by_path = by_path_of(items)
  for _, item in ipairs(items) do by_place[item.path .. "#" .. item.intent.ordinal] = item end
  local owned = owned_by_steps(items, visits)
  for _, entry in pairs(owned) do
    local undo = of_step(entry.visit, entry.seq, entry.title)
    undo.is_needless = all_changed_nothing(entry.effects, by_path, own)
    if not entry.visit.done then note_doubts(undo, entry.effects, items, own) end
    undos[#undos + 1] = undo
  end
  for _, item in ipairs(items) do
    local definition = definitions.find(item.intent.op, own)
    local counts = not undo_owner.of(visits, item.path) and not is_part(item, by_place, own)
    if counts and definition and definition.undo then
      local undo = of_effect(item, definition, item.intent.title or item.intent.op)
      undo.is_needless = changed_nothing(item, by_path, own)
      note_doubts(undo, { item }, items, own)
      undos[#undos + 1] = undo
    elseif counts and not took_place.is_surely_not(item) and not changed_nothing(item, by_path, own)
      and not is_its_parts(item, by_path[item.path], own) then
      left[#left + 1] = irreversible(item)
    end
  end
  for path, visit in pairs(visits) do -- done without an effect
    local owner = undo_owner.of(visits, path)
    if visit.done and not owned[owner.path] then
      owned[owner.path] = {}
      undos[#undos + 1] = of_step(owner, run.done:seq(path))
    end
  end
  table.sort(undos, function(a, b) return a.seq > b.seq end)
  return undos, left
end

--- What undoing the run would do, newest first. What was settled by a rollback is not listed: taken back, or known never to
--- have taken place; nor is what changed nothing. What one skipped is.
---@param run almanac.Run  after M.walk_back()
---@return almanac.Undo[] undos
---@return almanac.Irreversible[] left  the effects that nothing takes back
function M.of(run)
  local all, left = all_of(run)
  local undos, counts, settled = {}, {}, run.replay.settled
  for _, undo in ipairs(all) do
    local place = (counts[undo.path] or 0) + 1
    counts[undo.path], undo.place = place, place
    undo.name = "undo " .. undo.path:gsub("/", " › ") .. (place > 1 and " (" .. place .. ")" or "")
    if not undo.is_needless and not (settled[undo.path] or {})[place] then undos[#undos + 1] = undo end
  end
  return undos, left
end

return M
