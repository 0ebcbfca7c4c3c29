--- Planning a run: the script is run with reads real and effects previewed, and nothing is done.
local calls = require "almanac.session.calls"
local children = require "almanac.config.children"
local clusters = require "almanac.session.clusters"
local drafts = require "almanac.run.plan.draft"
local drive = require "almanac.session.drive"
local equipment = require "almanac.session.equipment"
local errors = require "almanac.base.errors"
local fingerprints = require "almanac.journal.fingerprint"
local interrupt = require "almanac.base.interrupt"
local locks = require "almanac.session.lock"
local mode = require "almanac.run.mode.plan"
local origin = require "almanac.session.origin"
local own_params = require "almanac.run.own_params"
local parameters = require "almanac.journal.parameters"
local params = require "almanac.session.params"
local runbook = require "almanac.script.runbook"
local runs = require "almanac.journal.run"
local settings = require "almanac.config.settings"
local vars = require "almanac.run.vars"

local M = {}

local function plan_of(book, given, options, operator)
  vars.check(book)
  local places = params.places(book, given, options)
  given = parameters.over(settings.params[book.name], given)
  local values = params.resolve(book, given, operator, places)
  local lock = locks.of(book.lock, values)
  locks.check_allowed(lock, book.allow)
  local meta = origin.of(book, params.journalled(book.params, given, values), lock, options)
  local run = runs.unrecorded(meta, mode)
  equipment.give(calls.session(nil, operator, options), run, book)
  run.draft = drafts.new(book, meta)
  run.draft.own = run.definitions
  run.starts_in_previews = options.start_programs and not operator.stage or nil
  run.draft.starts_programs = run.starts_in_previews
  run.draft.held_by = locks.held_by(lock)
  run.draft.secrets_from = params.secrets_from(book, given)
  local ok, err = drive.show(run, function() return own_params.call(run, book.run, values) end)
  run.draft:settle()
  run.draft.fingerprint_key = fingerprints.used(run)
  if not ok and err.kind ~= "unknown_value" then
    run.draft.stopped = interrupt.of(err) and "it was interrupted" or err.message
    err.plan = run.draft
    error(err, 0)
  end
  run.draft.stopped = not ok and errors.format(err) or nil
  run.draft.clusters = clusters.used()
  return run.draft, book
end

--- almanac plan NAME key=value…
---@param name string
---@param given table<string, any>
---@param options table  of the command line
---@param operator almanac.Operator
---@return almanac.PlanDraft plan
---@return almanac.Runbook book
function M.make(name, given, options, operator)
  local book = runbook.load(name)
  return children.within(book.pass_env, plan_of, book, given, options, operator)
end

return M
