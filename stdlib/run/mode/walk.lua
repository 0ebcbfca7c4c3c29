--- The mode that only looks: a script is walked over the journal of its run. Done steps and effects give
--- their results, the first that is not done is the frontier, and nothing runs, asks or is written.
local errors = require "almanac.base.errors"
local naming = require "almanac.run.naming"
local renamed = require "almanac.run.renamed"
local source = require "almanac.base.source"
local step = require "almanac.run.step"
local task = require "native.task"
local used_files = require "almanac.run.used_files"

local M = { finishes_siblings = true, compares = true }

---@class almanac.Stretch  done steps of which there is nothing to say but that they were met
---@field first integer  as which of the pass
---@field last integer

---@class almanac.Visit  another step that a walk met; in a walk back one of which there is nothing to say is its path alone
---@field path string
---@field done boolean
---@field edited boolean?
---@field given boolean?   edited, but only in what it was given: the script is the one that it was done with
---@field undo function?
---@field result any
---@field digest string?   of a step that is not done
---@field maybe almanac.MaybeRenamed[]?  the steps that are gone from the script and that it may be
---@field uses string?     a required file that it uses, and that was edited since it was done
---@field was string?      the path that it had when it was done

local function raise_frontier(path)
  errors.raise { kind = "frontier", message = "not done yet: " .. path, step = path }
end

--- Adds a visit, behind the stretch of done steps that were met since the one before it.
---@param before integer   done steps that were met before it
---@param visit? almanac.Visit  nil: it is not to be listed
local function add_visit(run, before, visit)
  local visits, first = run.visits, (run.listed or 0) + 1
  if before >= first and not run.around then visits[#visits + 1] = { first = first, last = before } end
  run.listed = run.done:met_count()
  visits[#visits + 1] = visit
end

--- What lies in the frontier is looked at as far as pure computing leads.
function M.step(frame, opts, fn)
  local run, digest = frame.run, step.digest(opts, fn)
  add_visit(run, run.done:met_count(), {
    path = frame.path, done = false, digest = digest, undo = opts.undo,
    maybe = renamed.candidates(frame, opts, digest, fn),
  })
  task.with({ context = { run = frame.run, step = frame } }, errors.try, fn, opts.input)
  raise_frontier(frame.path)
end

function M.skip() end

--- Whether the script has the files that all of the run was made with.
local function has_its_files(run)
  local scripts, script = run.replay.scripts, run.loaded
  return #scripts == 0 or not script or #scripts == 1 and scripts[1].digest == script.digest
end

--- Whether a step that stands for values, such as a gate's limits, was done with today's script: then it was given others.
local function is_given_otherwise(run, path, opts)
  if not opts.digest or not run.loaded then return false end
  local kept = used_files.script_at(run.replay.scripts, run.done:seq(path))
  return kept ~= nil and kept.digest == run.loaded.digest
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
  for _, name in ipairs(branches.names) do
    local below, fn = path .. "/" .. name, branches.of[name]
    local first, result, same = run.done:meet(below, name, step.digest(branch, fn))
    if first then M.met(run, below, name, branch, fn, result, same) end
  end
end

--- Meets the steps of a done step. What else it does is not looked at: a read, and what it is needed for, is not
--- there.
local function walk_inside(run, path, name, opts, fn)
  local frame = { path = path, name = name, run = run, opts = opts, fn = fn, ordinal = 0, attempt = 1 }
  task.with({ context = { run = run, step = frame } }, errors.try, fn, opts.input)
end

--- Whether nothing but its name was edited of a step that is known to have had another.
local function is_renamed_only(run, path, name, opts, fn, was)
  if was.digest then return was.digest == step.digest(opts, fn) end
  local text = not opts.digest and source.text(fn) or nil
  return naming.is_renamed_source(text, name, was.from:match "[^/]*$", run.replay:done_payload(path).digest) ~= nil
end

--- Looks at a done step that was just met.
function M.met(run, path, name, opts, fn, result, same)
  local undo, was = opts.undo, run.replay.renamed[path]
  same = same or was ~= nil and is_renamed_only(run, path, name, opts, fn, was)
  local uses = same and edited_file(run, path, fn) or nil
  if not same or undo or was or uses then
    add_visit(run, run.done:met_count() - 1, {
      path = path, done = true, edited = not same, given = not same and is_given_otherwise(run, path, opts), undo = undo, result = result,
      was = was and was.from, uses = uses,
    })
  elseif run.around then -- a walk that goes back needs to know of each step that it was met
    run.visits[#run.visits + 1] = path
  elseif opts == branch then
    add_visit(run, run.done:met_count() - 1)
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
  run.tells_replays = run.around ~= nil or not has_its_files(run) or next(run.replay.renamed) ~= nil
end

--- Ends a walk: what was met last is listed, too.
---@param run almanac.Run
function M.finish(run)
  add_visit(run, run.done:met_count())
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

function M.beside(_, fn) return fn() end

function M.note() end
M.explain = M.note

return M
