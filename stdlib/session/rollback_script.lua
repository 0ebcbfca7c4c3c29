--- Which script takes a run back, walked. Today's; or, where that cannot be loaded or
--- walked, the one that the run was made with, which its journal keeps. That one also takes back the steps that
--- today's has lost.
local allow = require "almanac.base.allow"
local definitions = require "almanac.run.definitions"
local edited = require "almanac.session.edited"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local nearest = require "almanac.base.nearest"
local outer = require "almanac.session.outer"
local param = require "almanac.base.param"
local params = require "almanac.session.params"
local redaction = require "almanac.base.redaction"
local runbook = require "almanac.script.runbook"
local signers = require "almanac.session.signers"
local source = require "almanac.base.source"
local store = require "almanac.journal.store"
local undo_list = require "almanac.run.undo_list"
local walk = require "almanac.run.mode.walk"

local M = {}

---@class almanac.RollbackScript
---@field book almanac.Runbook
---@field walked almanac.Run   the run, in the mode walk
---@field allow table?         what it may touch
---@field pass_env string[]    variables that its children get besides

local function walked_with(original, book, values)
  local walked = original:as(walk)
  walked.check_reviewed = original.check_reviewed
  local way = { book = book, walked = walked, allow = book.allow, pass_env = book.pass_env or {} }
  return way, undo_list.walk_back(walked, book, values)
end

--- Whether the journal of a run has a parameter's value.
local function has(original, spec, name)
  return not param.holds_secret(spec) and (original.meta.params[name] ~= nil or original.replay.params[name] ~= nil)
end

--- Of what a rollback is given, what the run lacks: secrets, and what its journal does not have.
local function lacking(book, original, given)
  local out = {}
  for name, value in pairs(given or {}) do
    local spec = book.params[name]
    if spec and not has(original, spec, name) then out[name] = value end
  end
  return out
end

--- Refuses what a rollback is given and does not need: it goes by the parameters that the run had.
---@param way almanac.RollbackScript
---@param original almanac.Run
---@param given table<string, any>?
function M.check_given(way, original, given)
  for _, name in ipairs(param.sorted_names(given or {})) do
    local spec = way.book.params[name]
    if not spec then
      errors.raise {
        kind = "refused", message = string.format("%s has no parameter %q%s", way.book.name, name, nearest.suffix(name, way.book.params)),
        hint = "a rollback takes the secrets that the run needs, and nothing else",
      }
    end
    if has(original, spec, name) then
      errors.raise {
        kind = "refused", message = string.format("the run has %s already, and is taken back as it was made", name),
        hint = "leave it away: a rollback takes the secrets that the run needs, and nothing else",
      }
    end
  end
end

--- The way with a script that may not load, or want other parameters than the run has.
---@return almanac.RollbackScript?
---@return almanac.Error? why
local function try(session, original, load)
  local ok, way, why = errors.try(function()
    local book = load()
    local given = params.given_again(book, original, session.anew or {}, session.options.again)
    return walked_with(original, book, (params.restore(book, original, session.operator, lacking(book, original, given))))
  end)
  local err = why or not ok and way or nil
  if err and interrupt.of(err) then error(err, 0) end
  return ok and way or nil, err
end

--- Whether a done step was met, or lies in one that was.
local function is_covered(done, path)
  while path and not done:is_met(path) do path = path:match "^(.*)/" end
  return path ~= nil
end

--- Done steps that the walk did not get to: those that lie in none that it met, and those in others that have an undo.
local function lost_of(way)
  local done, lost = way.walked.done, undo_list.unreached(way.walked)
  for _, path in ipairs(done:unmet()) do
    if not is_covered(done, path) then lost[#lost + 1] = path end
  end
  return lost
end

--- Adds to the way what another script, which the run was made with, takes back of the lost steps.
local function add_from(session, original, way, kept, is_lost)
  local before = try(session, original, function() return runbook.load_kept(original.meta.script, kept.sources) end)
  if not before then return end
  way.walked.definitions = definitions.join(way.walked.definitions, before.book.script.definitions)
  -- What was allowed when the lost steps were done is allowed for taking them back; and their children get what they got.
  way.allow = allow.join(way.allow, before.book.allow)
  way.pass_env = table.move(before.pass_env, 1, #before.pass_env, #way.pass_env + 1, { table.unpack(way.pass_env) })
  for _, visit in ipairs(before.walked.visits) do
    if type(visit) == "table" and visit.done and visit.undo and is_lost[visit.path] then
      is_lost[visit.path] = nil
      table.insert(way.walked.visits, visit)
      session.operator:say(string.format("! today's script does not get to %q any more: the one that it was done with takes it back",
        visit.path))
    end
  end
end

--- Adds what today's script has lost, steps and the effects of files that its steps required, by the scripts that
--- the run was made with, newest first.
local function add_lost(session, original, way)
  local lost, lacks_files = lost_of(way), way.walked.lacks_files
  if #lost == 0 and not lacks_files then return way end
  local is_lost, scripts = {}, original.replay.scripts
  for _, path in ipairs(lost) do is_lost[path] = true end
  for i = #scripts, 1, -1 do
    if lacks_files or scripts[i].digest ~= way.book.script.digest then add_from(session, original, way, scripts[i], is_lost) end
  end
  return way
end

--- Whether a run is one of a reviewed text: it, or the run that made it, keeps to a plan, or answers are signed.
local function is_reviewed(session, original)
  return signers.wanted() or outer.plan(session.journal, original) ~= nil
end

--- Whether a text is that of a file as the journal, or a plan, has it.
local function is_kept(kept, text)
  return kept == text or kept ~= nil and kept == redaction.text(text)
end

--- Holds what takes a run of a reviewed text back to the files that it was made with, or planned: an undo that loads another
--- one runs what nobody has read.
---@param session almanac.Session
---@param original almanac.Run
local function hold_files(session, original)
  local kept = original.replay.script
  if not kept or session.options.edited or not is_reviewed(session, original) then return end
  local plan = outer.plan(session.journal, original)
  original.check_reviewed = function(path, text)
    if is_kept(kept.sources[path], text) or plan and is_kept(plan.sources[path], text) then return end
    errors.raise {
      kind = "refused",
      message = string.format("%s was not read when the run was made%s: nobody has reviewed it with the run", path,
        plan and ", nor when it was planned" or ""),
      hint = {
        "take it back by hand, and leave it out: --skip",
        string.format("or by the files as they are now: almanac rollback %s --edited", store.words(original.id)),
      },
    }
  end
end

--- The way with a script that is loaded.
---@param session almanac.Session
---@param original almanac.Run
---@param book almanac.Runbook
---@param values table  its parameters
---@return almanac.RollbackScript
function M.with(session, original, book, values)
  hold_files(session, original)
  return add_lost(session, original, (walked_with(original, book, values)))
end

--- The files of a run as they were. What is as it was is taken from the disk: the journal has it without its secrets.
---@param kept table          of the journal
---@param today almanac.Script?  nil: it was edited
local function files_of(kept, today)
  local sources = {}
  for path, text in pairs(kept.sources) do
    local now = today and (today.sources[path] or source.file(path))
    sources[path] = now and is_kept(text, now) and now or text
  end
  return sources
end

--- The way by the files that a run was made with, also those that its steps loaded.
local function reviewed_way(session, original)
  local operator, kept = session.operator, original.replay.script
  local ok, today = errors.try(runbook.look, original.meta.script)
  local is_edited = not (ok and today.script.digest == kept.digest)
  local sources = files_of(kept, not is_edited and today.script or nil)
  local way, why = try(session, original, function() return runbook.load_kept(original.meta.script, sources) end)
  if not is_edited then return not why and way or nil end
  if why then
    local by_now = string.format("by the script as it is now: almanac rollback %s --edited", store.words(original.id))
    errors.add_hint(why, by_now)
    error(why, 0)
  end
  operator:say {
    string.format("! %s was edited since: the run is taken back by the script that it was made with", original.meta.script),
    "  by the one of now: almanac rollback " .. store.words(original.id) .. " --edited",
  }
  return way
end

--- Says that the script which takes a run back is another one than it was made with.
local function tell_edited(operator, original, way)
  local kept = original.replay.script
  if not kept or kept.digest == way.book.script.digest then return end
  operator:say(string.format("! %s was edited since: the run is taken back by the script as it is now", way.book.path))
  edited.tell_reach(operator, original, way.book)
end

--- Finds the way back of a run in the journal.
---@param session almanac.Session
---@param original almanac.Run
---@return almanac.RollbackScript
function M.find(session, original)
  local operator, kept = session.operator, original.replay.script
  hold_files(session, original)
  if original.check_reviewed then
    local way = reviewed_way(session, original)
    if way then return add_lost(session, original, way) end
  end
  local way, why = try(session, original, function() return runbook.load(original.meta.script) end)
  if way and not why then
    tell_edited(operator, original, way)
    return add_lost(session, original, way)
  end
  if kept and not (way and way.book.script.digest == kept.digest) then
    local then_way, then_why = try(session, original, function() return runbook.load_kept(original.meta.script, kept.sources) end)
    if then_way then
      operator:say { "! today's script cannot take the run back: " .. why.message, "  the script that it was made with does" }
      way, why = then_way, then_why
    end
  end
  if not way and why.parameter then
    why.hint = string.format("give it to the rollback: almanac rollback %s %s=…", store.words(original.id), why.parameter)
  end
  if not way then error(why, 0) end
  if why then operator:say { "! the script stops before its end: " .. why.message, "  what it did until there is taken back" } end
  return add_lost(session, original, way)
end

return M
