--- Starting a run: from the script on disk to the run in the journal.
local calls = require "almanac.session.calls"
local children = require "almanac.config.children"
local course = require "almanac.session.course"
local equipment = require "almanac.session.equipment"
local errors = require "almanac.base.errors"
local execute = require "almanac.run.mode.execute"
local holder = require "almanac.session.holder"
local locks = require "almanac.session.lock"
local windows = require "almanac.session.windows"
local origin = require "almanac.session.origin"
local parameters = require "almanac.journal.parameters"
local params = require "almanac.session.params"
local runbook = require "almanac.script.runbook"
local runner = require "almanac.session.runner"
local runs = require "almanac.journal.run"
local settings = require "almanac.config.settings"
local store = require "almanac.journal.store"
local task = require "native.task"
local vars = require "almanac.run.vars"

local M = {}

--- What a run with a plan needs: most have none.
local function plan_use()
  return require "almanac.session.plan_use"
end

--- Refuses a run without a plan where almanac.yaml wants one.
local function check_planned(book, options)
  if options.plan or not settings.approval.plan_required then return end
  errors.raise {
    kind = "refused", message = string.format("%s wants every run to keep to a plan", settings.file),
    hint = string.format("almanac plan %s k=v… -o plan.json, have it reviewed, then: almanac run --plan plan.json", book.name),
  }
end

--- The run in the journal. A plan is taken with it, and good at that moment.
local function create(journal, meta, id, plan, options)
  meta.plan = plan and plan.digest or false
  if not plan then return runs.create(journal, meta, execute, id) end
  plan_use().check_time(plan, options.plan, task.wall_ms())
  local claim = plan_use().claim(journal, plan, options.plan, id)
  local run = runs.create(journal, meta, execute, id)
  claim.release()
  return run
end

local function run_book(book, plan, given, options, operator)
  check_planned(book, options)
  runner.check()
  vars.check(book)
  local places = not plan and params.places(book, given, options) or nil
  given = parameters.over(plan and plan.params or settings.params[book.name], given)
  local values = params.resolve(book, given, operator, places)
  local journalled = params.journalled(book.params, given, values)
  if plan then plan_use().check_start(plan, book, journalled, options.anyway) end
  local lock = locks.of(book.lock, values)
  locks.check_allowed(lock, book.allow)
  local journal <close> = store.open "create"
  if plan then plan_use().check_unused(journal, plan, options.plan) end
  local id = runs.new_id(book.name, runs.is_in(journal))
  local held <close> = locks.take(journal, lock, id, operator, options.wait)
  local override = windows.check(options.override_freeze) -- after the waiting
  local meta = origin.of(book, journalled, lock, options)
  meta.unkept = params.unkept(given, journalled)
  local run = create(journal, meta, id, plan, options)
  local session = calls.session(journal, operator, options)
  holder.own(journal, run.id)
  equipment.give(session, run, book)
  equipment.start(run)
  if override then run:record("run.override", "", override) end
  if plan then run:record("run.plan", "", plan) end
  local unsure = plan and plan_use().unsure(plan, options.plan)
  if not options.json then
    operator:say(run.meta.rehearsal and string.format("▶ %s, a rehearsal: %s", book.name, run.id)
      or string.format("▶ %s  (resume with: almanac resume %s)", book.name, store.words(run.id)))
    if unsure then operator:say("  " .. unsure) end
  end
  return course.run(session, run, book, values, held)
end

--- almanac run NAME key=value…
---@param name string?  nil: that of the plan
---@param given table<string, any>
---@param options table  json, plan, and those of config.load
---@param operator almanac.Operator
---@return integer exit code
function M.run(name, given, options, operator)
  local plan = options.plan and plan_use().open(options)
  local book = runbook.load(name or plan.script)
  return children.within(book.pass_env, run_book, book, plan, given, options, operator)
end

return M
