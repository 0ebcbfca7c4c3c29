--- The mode that only looks: a script is walked over the journal of its run. Done steps and effects give
--- their results, the first that is not done is the frontier, and nothing runs, asks or is written.
local digest_of = require("almanac.base.source").digest
local errors = require "almanac.base.errors"
local outlook = require "almanac.run.outlook"
local renamed = require "almanac.run.renamed"
local step = require "almanac.run.step"
local task = require "native.task"
local used_files = require "almanac.run.used_files"

local M = { finishes_siblings = true }

local NO_OPTIONS = step.NO_OPTIONS

---@class almanac.Visit  a step that a walk met; one that is done, not edited and has no undo is its path alone
---@field path string
---@field done boolean
---@field edited boolean?
---@field undo function?
---@field result any
---@field digest string?   of a step that is not done
---@field maybe almanac.MaybeRenamed[]?  the steps that are gone from the script and that it may be
---@field uses string?     a required file that it uses, and that was edited since it was done
---@field was string?      the path that it had when it was done

local function raise_frontier(path)
  errors.raise { kind = "frontier", message = "not done yet: " .. path, step = path }
end

--- What lies in the frontier is looked at as far as pure computing leads.
function M.step(frame, opts, fn)
  local visits, digest = frame.run.visits, step.digest(opts, fn)
  visits[#visits + 1] = {
    path = frame.path, done = false, digest = digest, undo = opts.undo,
    maybe = renamed.candidates(frame, opts, digest, fn),
  }
  task.with({ context = { run = frame.run, step = frame } }, errors.try, fn, opts.input)
  raise_frontier(frame.path)
end

function M.skip() end

--- Whether the script has the files that all of the run was made with.
local function has_its_files(run)
  local scripts, script = run.replay.scripts, run.loaded
  return #scripts == 0 or not script or #scripts == 1 and scripts[1].digest == script.digest
end

--- A file that the step uses and that is not what it was when the step was done.
local function edited_file(run, path, fn)
  local scripts, script = run.replay.scripts, run.loaded
  if has_its_files(run) then return nil end
  local kept = used_files.script_at(scripts, run.done:seq(path))
  run.edited_files = run.edited_files or {}
  local edited = run.edited_files[kept]
  if edited == nil then
    edited = used_files.edited(kept, script) or false
    run.edited_files[kept] = edited
  end
  return edited and used_files.find(fn, edited, script.required) or nil
end

local branch = { inside = true }

--- The branches of a done parallel: those that were edited are visits of their own, and so are the steps in each.
local function meet_branches(run, path, branches)
  for _, name in ipairs(branches.names) do M.meet(run, path .. "/" .. name, name, branch, branches.of[name]) end
end

--- Meets the steps of a done step. What else it does is not looked at: a read, and what it is needed for, is not
--- there.
local function walk_inside(run, path, name, opts, fn)
  local frame = { path = path, name = name, run = run, opts = opts, fn = fn, ordinal = 0, attempt = 1 }
  task.with({ context = { run = run, step = frame } }, errors.try, fn, opts.input)
end

--- So many visits are looked through for what can be counted alone.
local MANY = 1024

--- A walk that goes back needs to know of each step that it met it; an outlook counts the unchanged ones before the
--- last few, and a hundred thousand texts would be in the collector's way.
local function count_first(run)
  local visits, shown = run.visits, outlook.UNCHANGED_SHOWN
  local n = #visits
  if run.around then return end
  for i = 1, n do
    if type(visits[i]) ~= "string" then return end
  end
  table.move(visits, n - shown + 1, n, 1)
  for i = shown + 1, n do visits[i] = nil end
  run.unlisted = run.unlisted + n - shown
end

local function add_unchanged(run, path)
  local n = #run.visits + 1
  run.visits[n] = path
  if n % MANY == 0 then count_first(run) end
end

--- A done step of a run that is taken back, or not all of which is as it was.
local function look_closely(run, path, name, opts, fn, result, same)
  local undo, was = opts.undo, run.replay.renamed[path]
  same = same or was ~= nil and was.digest == step.digest(opts, fn)
  local uses = same and edited_file(run, path, fn) or nil
  if not same or undo or was or uses then
    run.visits[#run.visits + 1] = {
      path = path, done = true, edited = not same, undo = undo, result = result, was = was and was.from, uses = uses,
    }
  elseif opts ~= branch then
    add_unchanged(run, path)
  end
  if opts.branches then meet_branches(run, path, opts.branches) end
  if opts.inside then
    walk_inside(run, path, name, opts, fn)
  elseif run.around and run.around[path] then
    run.unentered[#run.unentered + 1] = function() walk_inside(run, path, name, opts, fn) end
  end
end

--- Begins a walk, of a run whose script is loaded: says whether there is more to look at in a done step than its source.
---@param run almanac.Run
function M.begin(run)
  run.looks_at_source = has_its_files(run) and not run.around and next(run.replay.renamed) == nil
end

function M.meet(run, path, name, opts, fn)
  local first, result, same = run.done:meet(path, name, opts.digest or digest_of(fn))
  if not first then return first, result end
  run.replayed = run.replayed + 1
  if same and run.looks_at_source and opts == NO_OPTIONS then
    add_unchanged(run, path)
  else
    look_closely(run, path, name, opts, fn, result, same)
  end
  return first, result
end

--- Meets what lies in the done steps of run.around that the walk met, as far as pure computing leads. They are entered
--- when the walk is over: a resume does not enter them, and what they set must not change the way that it takes.
---@param run almanac.Run
function M.enter(run)
  local at = 1
  while run.unentered[at] do
    run.unentered[at]()
    at = at + 1
  end
end

function M.file() end

function M.input(definition, raw)
  return definition.input(raw)
end

function M.effect(frame, call)
  local known = frame.run.effects[frame.path .. "#" .. call.key]
  if known and known.outcome and known.outcome.ok then return known.outcome.result end
  raise_frontier(frame.path)
end

function M.await(frame)
  raise_frontier(frame.path)
end

function M.note() end
M.explain = M.note

return M
