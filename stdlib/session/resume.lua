--- Resuming a run: it is read once, walked once to say what it will do, and run once.
local binding = require "almanac.run.plan.binding"
local calls = require "almanac.session.calls"
local children = require "almanac.config.children"
local candidate = require "almanac.session.candidate"
local clusters = require "almanac.session.clusters"
local course = require "almanac.session.course"
local drive = require "almanac.session.drive"
local edited = require "almanac.session.edited"
local equipment = require "almanac.session.equipment"
local errors = require "almanac.base.errors"
local execute = require "almanac.run.mode.execute"
local family = require "almanac.journal.family"
local given_otherwise = require "almanac.journal.anew"
local holder = require "almanac.session.holder"
local locks = require "almanac.session.lock"
local outlook = require "almanac.run.outlook"
local ownership = require "almanac.journal.ownership"
local param = require "almanac.base.param"
local parameters = require "almanac.journal.parameters"
local params = require "almanac.session.params"
local plan_signatures = require "almanac.session.plan_signatures"
local process = require "native.process"
local redo = require "almanac.run.redo"
local renamed = require "almanac.run.renamed"
local replays = require "almanac.journal.replay"
local reopen = require "almanac.session.reopen"
local rollback = require "almanac.session.rollback"
local runbook = require "almanac.script.runbook"
local runs = require "almanac.journal.run"
local secrets_used = require "almanac.run.secrets_used"
local settings = require "almanac.config.settings"
local standing = require "almanac.run.standing"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"
local undo_list = require "almanac.run.undo_list"
local walk = require "almanac.run.mode.walk"

local M = {}

--- The run that a resume without one means. One that is being rolled back is gone on with by its rollback.
local function wanted(journal, options)
  return {
    command = "resume", what = "to resume", question = "Resume this run?",
    shows = not (options.redo or options.renamed or options.not_renamed), -- what these say is journalled before that is shown
    accepts = function(row, status) return not ownership.is_over(status) and #ownership.open_rollbacks(journal, row.id) == 0 end,
  }
end

--- The first step of a walk that may be one that is gone from the script.
local function maybe_renamed(walked)
  for _, visit in ipairs(walked.visits) do
    if type(visit) == "table" and visit.maybe and #visit.maybe > 0 then return visit end
  end
end

--- Walks the script, and settles which of its new steps are old ones under another name.
local function walk_with_names(run, book, values)
  while true do
    local walked = run:as(walk)
    local walk_error = undo_list.walk(walked, book, values)
    local visit = maybe_renamed(walked)
    if not visit then return walked, walk_error end
    renamed.decide(run, visit.path, visit.maybe)
  end
end

--- Refuses to take a step for another one where the script has both.
local function check_gone(run, book, values, renames)
  local walked, has = run:as(walk), {}
  undo_list.walk(walked, book, values)
  for _, visit in ipairs(walked.visits) do has[type(visit) == "table" and visit.path or visit] = true end
  for _, one in ipairs(renames) do
    if one.old and (has[one.old] or walked.done:is_met(one.old)) then
      errors.raise {
        kind = "refused", message = string.format("--renamed %q: the script has step %q still: they are two", one.new .. "=" .. one.old,
          one.old),
        hint = "leave --renamed away: almanac resume " .. store.words(run.id),
      }
    end
  end
end

--- What the command line says about steps: all of it is looked at before any of it is journalled.
local function answer_names(run, book, values, options)
  local renames = {}
  for i, words in ipairs(options.renamed or {}) do renames[i] = renamed.meant(run, words) end
  if #renames > 0 then check_gone(run, book, values, renames) end
  if options.redo then redo.check(run, options.redo, renames) end
  for _, one in ipairs(renames) do
    if one.old then renamed.record(run, one.new, { path = one.old }) end
  end
  for _, path in ipairs(options.not_renamed or {}) do renamed.record_distinct(run, path) end
end

--- The runs that this one made and goes on with, and where each stands.
local function describe_parts(journal, run)
  local out = {}
  for _, known in ipairs(run.replay:effects_newest_first()) do
    local id = not known.outcome and family.made_by { kind = "effect.intent", data = known.intent }
    local status = id and journal:run(id) and states.status(journal, id)
    if status and not ownership.is_over(status) then
      local place = ownership.place(journal, id)
      out[#out + 1] = string.format("  %s goes on with %s: %s%s", known.path, id, status, place and string.format(" at %q", place) or "")
    end
  end
  return out
end

--- Says what the resume will do, step by step. Raises what the script raises before its frontier.
local function announce(session, run, book, values)
  local walked, walk_error = walk_with_names(run, book, values)
  if not session.options.json then
    session.operator:say(outlook.describe(walked, book))
    session.operator:say(describe_parts(session.journal, run))
  end
  edited.tell_reach(session.operator, run, book)
  if walk_error then error(walk_error, 0) end
end

--- Refuses to go on by itself with a run that one made which keeps to a plan: what it does was planned with that one, and
--- is compared where that one makes it.
local function check_callers_plan(session, run)
  local root = run:outermost()
  if session.options.without_plan or root == run.id or not session.journal:run(root) then return end
  if not replays.load(session.journal, root).plan then return end
  errors.raise {
    kind = "refused", message = string.format("this run was made by %s, which keeps to a plan", root),
    hint = string.format("go on with that: almanac resume %s; or go on with this one without the plan: almanac resume %s --without-plan",
      root, run.id),
  }
end

--- How to go on with a run that keeps to a plan which does not fit any more: it takes no other one, and a new run would find
--- what this one did, and its lock.
---@param run almanac.Run
---@param back string?   how the plan comes to fit again
---@param more string    options with which the other ways are open
---@return string[]
local function ways_on(run, back, more)
  local words = store.words(run.id)
  local ways = { back }
  ways[#ways + 1] = string.format("take the run back, then make a new plan: almanac rollback %s%s", words, more)
  if not settings.approval.plan_required then
    ways[#ways + 1] = string.format("go on without the plan: almanac resume %s --without-plan%s", words, more)
  end
  return ways
end

--- The plan that the run goes on with, unless the operator leaves it.
local function check_plan(session, run, book)
  local plan = run.replay.plan
  if settings.approval.plan_required and (not plan or session.options.without_plan) then
    errors.raise {
      kind = "refused", message = settings.file .. " wants every run to keep to a plan" .. (plan and "" or ", and this one keeps to none"),
      hint = plan and "leave --without-plan away" or "take it back: almanac rollback " .. store.words(run.id),
    }
  end
  check_callers_plan(session, run)
  if not plan or session.options.without_plan then return end
  if params.gives_more(book, run, session.anew) then
    errors.raise {
      kind = "refused", message = "this run keeps to a plan, which was made for its parameters",
      hint = "go on without the plan: almanac resume " .. run.id .. " key=value --without-plan",
    }
  end
  plan_signatures.check(plan, "the plan", run.replay)
  local words = store.words(run.id)
  binding.check_script(plan, book, ways_on(run, "as it was planned: put the script back, then: almanac resume " .. words, ""))
  clusters.check(plan, ways_on(run, nil, " --other-cluster REASON"))
end

--- The parameters of the run. What its script does not take any more is not dropped without a word.
local function restore_params(session, run, book)
  local values, dropped = params.restore(book, run, session.operator, session.anew)
  if dropped ~= "" then
    session.operator:say {
      string.format("! the script does not take %s any more, which the run was started with", dropped),
      string.format("  under another name: almanac resume %s name=value", run.id),
    }
  end
  return values
end

--- What is given anew, as it is journalled; what differs is said.
---@return { params: table<string, any>?, anew: string[]? }
local function given_anew(session, run, book, values)
  local given = session.anew
  if not next(given) then return {} end
  local before = parameters.over(run.meta.params, run.replay.params)
  local out = { params = params.journalled(book.params, given, params.of(given, values)) }
  out.anew = given_otherwise.names(params.wanted(book, run), before, given, out.params)
  local list = given_otherwise.of(before, out, 0)
  if #list > 0 then
    local said = { "given anew: " .. given_otherwise.text(list, run.meta.durations) }
    if run.done and run.done:paths()[1] then
      said[2] = "  what is done was done with what it was before, and stays; a step once more: almanac resume "
        .. store.words(run.id) .. " --redo STEP"
    end
    session.operator:say(said)
  end
  return out
end

--- Refuses parameters with which the run would want another lock than it holds: somebody else may work under that.
local function check_lock(session, run, book, values)
  local is_other = false
  for name in pairs(session.anew) do is_other = is_other or not param.holds_secret(book.params[name]) end
  if not is_other then return end
  local lock = locks.of(book.lock, values)
  local other, held = lock and lock.name, run.meta.lock
  if other == held then return end
  errors.raise {
    kind = "refused",
    message = string.format("%s holds %s, and with these parameters it would want %s", run.id,
      held and string.format("the lock %q", held) or "no lock", other and string.format("the lock %q", other) or "none"),
    hint = "go on with what it was started with, or take it back; and start another run with the others",
  }
end

--- What was done with a secret that is given anew was done with the one before.
local function say_old_secrets(session, run, book)
  for _, name in ipairs(param.sorted_names(session.anew)) do
    local used = param.holds_secret(book.params[name]) and secrets_used.steps(run.replay, name) or {}
    if #used > 0 then
      local said = { string.format("! %s is given anew; these were done with the one before, and stay as they are:", name) }
      for i, path in ipairs(used) do said[i + 1] = "  " .. path end
      said[#said + 1] = string.format("  once more, with the new one: almanac resume %s --redo STEP", store.words(run.id))
      session.operator:say(said)
    end
  end
end

--- Whether the run may go on, as far as what it did is concerned: it is so still, or the operator goes on all the
--- same.
local function stands(session, run, book)
  local operator, options = session.operator, session.options
  equipment.give(session, run, book)
  local otherwise, unasked = standing.ask(run)
  operator:say(standing.describe(otherwise, unasked))
  if #otherwise == 0 or options.anyway then return true end
  local answer = operator:choose("Go on all the same?", { "yes", "no" })
  if answer == nil and run.meta.rehearsal then
    operator:say { string.format("‖ %s waits: nothing was run", run.id), "  go on all the same:   almanac rehearse … --yes" }
  elseif answer == nil then
    operator:say {
      string.format("‖ %s waits: nothing was run", run.id),
      string.format("  go on all the same:   almanac resume %s --anyway", store.words(run.id)),
      string.format("  do a step once more:  almanac resume %s --redo STEP", store.words(run.id)),
    }
  end
  return answer == "yes"
end

local function go_on(session, run, book, ask)
  local journal, options = session.journal, session.options
  session.anew = params.given_again(book, run, session.anew, options.again)
  check_plan(session, run, book)
  local moved = clusters.check_run(session, run, "resume")
  local values = restore_params(session, run, book)
  check_lock(session, run, book, values)
  holder.own(journal, run.id)
  local held <close> = reopen.take_locks(journal, run, session.operator)
  reopen.check_goes_on(run)
  clusters.move(run, moved)
  run.operator = session.operator
  answer_names(run, book, values, options)
  if options.redo and redo.is_due(run, options.redo) then
    session.operator:say(string.format("%s is to be run again already", options.redo))
  elseif options.redo then
    local again = redo.record(run, options.redo)
    session.operator:say "to be run again, where the script still gets there:"
    for _, path in ipairs(again) do session.operator:say("  " .. path) end
  end
  local given = given_anew(session, run, book, values)
  announce(session, run, book, values)
  say_old_secrets(session, run, book)
  if ask then ask() end
  if not stands(session, run, book) then return drive.exit.waiting end
  run = run:as(execute)
  equipment.give(session, run, book)
  equipment.go_on(run, given.params, given.anew)
  if options.without_plan then run:record("run.unbound", "", { operator = process.user() }) end
  return course.run(session, run, book, values, held)
end

local function resume(session, run, named, ask)
  reopen.check_overtaken(session, run, named, "resume")
  reopen.settings(run, session.options)
  local book = runbook.load(run.meta.script)
  return children.within(book.pass_env, go_on, session, run, book, ask)
end

--- almanac resume [RUN] [key=value…]
---@param id string? of the run; nil: the one that is not done
---@param anew table<string, any>  parameters that are given anew
---@param options table  json, redo, anyway, renamed, not_renamed, without_plan
---@param operator almanac.Operator
---@return integer exit code
function M.run(id, anew, options, operator)
  local journal <close> = store.open "rw"
  local row, named, ask = candidate.pick(journal, id, wanted(journal, options), operator)
  local run = runs.load(journal, row.id, execute)
  local session = calls.session(journal, operator, options, anew)
  if run.meta.undoes then
    reopen.check_goes_on(run)
    return rollback.roll_back(session, store.find(journal, run.meta.undoes), run, true, ask)
  end
  return resume(session, run, named, ask)
end

return M
