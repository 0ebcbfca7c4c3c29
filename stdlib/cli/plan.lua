--- almanac plan RUNBOOK [key=value…]
local books = require "almanac.cli.books"
local config = require "almanac.config.file"
local drafts = require "almanac.run.plan.draft"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local files = require "almanac.run.plan.file"
local fingerprints = require "almanac.journal.fingerprint"
local interrupt = require "almanac.base.interrupt"
local last_plan = require "almanac.run.plan.last"
local options = require "almanac.cli.options"
local plan_signatures = require "almanac.session.plan_signatures"
local project = require "almanac.config.project"
local screen = require "almanac.cli.screen"
local settings = require "almanac.config.settings"
local signers = require "almanac.session.signers"

local M = {}

M.options = options.join({
  { "--out", "FILE", "save the plan, for run --plan", short = "-o" },
  { "--full", nil, "with all that effects are given and would create: commands, texts, objects" },
  { "--json", nil, "the plan as JSON on standard output" },
  { "--start-programs", nil, "start the programs that the script hands to helm (post-renderers, plugins), to show what comes of them" },
  { "--params", "FILE", "parameters from a YAML or JSON file; key=value goes before it" },
}, options.signing, options.common, options.cluster)

M.usage = [[plan RUNBOOK [key=value…] [options]

Runs the script with every read real and every effect previewed; nothing is changed. On a terminal its
progress is shown meanwhile.
Exit codes: 0 nothing would change, 2 something would, 1 the run would fail or the plan could not be made.]]

local function shown(plan, undos, given)
  return require("almanac.render.plan").text(plan, drafts.counts(plan), undos, screen.color(), given.full)
end

--- A plan that could not be made: what there is of it, and why.
local function fail(err, given, operator)
  local so_far = err.plan
  if so_far and #so_far.effects > 0 and not given.json then operator:result(shown(so_far, {}, given) .. "\n") end
  operator:say(errors.lines(err, "almanac plan: "))
  if given.out and require("native.fs").exists(given.out) then
    operator:say(string.format("  note:  %s is left as it was: it is no plan of this", given.out))
  end
  return interrupt.of(err) and 130 or 1
end

--- Saves the plan, and signs it where that was asked for.
local function save(plan, book, given, operator)
  local name, good = given.out, settings.approval.plan_valid_for
  fingerprints.keep(plan.fingerprint_key)
  require("native.fs").keep(name, files.encode(plan, book))
  if good then operator:say(string.format("%s is good for %s", name, duration.format(good))) end
  if given.sign then operator:say(plan_signatures.describe(name, plan_signatures.sign(name, given))) end
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator, books.about)
  if not given then return 0 end
  local name = table.remove(rest, 1)
  if not name then errors.usage "usage: almanac plan RUNBOOK [key=value…]" end
  name = project.word(name)
  if given.sign and not given.out then errors.usage "--sign signs what is saved: almanac plan … -o FILE --sign" end
  config.load(given)
  if given.sign then signers.choose(given) end -- before the work
  local params = require("almanac.cli.run").params_of(given, rest)
  screen.plans(operator)
  local ok, plan, book = errors.try(require("almanac.session.plan").make, name, params, given, operator)
  if not ok then return fail(plan, given, operator) end
  local encoded = files.encode(plan, book)
  last_plan.keep(book.name, encoded)
  if given.json then operator:encoded(encoded) else operator:result(shown(plan, drafts.undos(plan), given)) end
  if given.out then save(plan, book, given, operator) end
  local counts = drafts.counts(plan)
  if plan.stopped or counts.fail + counts.steps_fail > 0 then return 1 end
  return counts.changes > 0 and 2 or 0
end

return M
