--- almanac rehearse RUNBOOK [key=value…]
local books = require "almanac.cli.books"
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local project = require "almanac.config.project"
local screen = require "almanac.cli.screen"
local signals = require "native.signals"
local task = require "native.task"

local M = {}

M.options = options.join({
  { "--snapshot", "FILE", "the cluster is a copy of what almanac snapshot wrote, or of manifests" },
  { "--empty", nil, "the cluster is empty" },
  { "--namespace", "NAME", "without a snapshot: of this namespace (repeatable)", short = "-n", many = true },
  { "--fault", "KIND[=VALUE][@WHEN]", "something goes wrong: of almanac sim --help, or api-down, prom-silent, loki-silent, gate=NAME",
    many = true },
  { "--prom", "FILE", "what Prometheus answers, by query; without it, and without a real one, gates have healthy values" },
  { "--kill", "WHEN", "the run is killed and gone on with: every (effect), random, or a moment", many = true },
  { "--seed", "N", "of random kills (default 1)", number = { 0, whole = true } },
  { "--yes", nil, "questions are answered with yes" },
  { "--in-doubt", "ANSWER", "redo, done or abort: for an effect of which nobody can tell, after a kill, whether it took place" },
  { "--resume", nil, "a run that fails is resumed once, when the faults that pass are over" },
  { "--rollback", nil, "the run is taken back in the end" },
  { "--plan", "FILE", "what happens is held against this plan of the runbook; it binds nothing" },
  { "--planned", nil, "a plan is made on the copy first, and what happens held against it" },
  { "--env", "NAME=VALUE", "a variable of the run's environment; {copy} stands for the URL of what the copy's pods serve (repeatable)",
    many = true },
  { "--edit", "FILE", "it takes the runbook's place where the run is killed, or stops" },
  { "--real", "MODULE", "effects of this module are made: sh, http, git, … (repeatable)", many = true },
  { "--params", "FILE", "parameters from a YAML or JSON file; key=value goes before it" },
}, screen.options, options.common, options.cluster)

M.usage = [[rehearse RUNBOOK [key=value…] [options]

Runs a runbook on a simulated copy of its namespace, with outages, kills and edits. Only effects on the cluster and releases
of helm take place, in the copy; all others are previewed. Reads are made, as in a plan.
WHEN is a duration behind the begin (30s), "step NAME" or "effect N"; +DURATION behind it says how long: --fault api-down@30s+20s.
Exit codes: those of run; with --rollback that of the rollback.]]

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator, books.about)
  if not given then return 0 end
  local name = table.remove(rest, 1)
  if not name or name:find "=" then errors.usage "usage: almanac rehearse RUNBOOK [key=value…]; almanac list shows the runbooks" end
  if given.empty and given.snapshot then errors.usage "--empty and --snapshot: one of them" end
  if given.plan and given.planned then errors.usage "--plan and --planned: one of them" end
  given.seed = given.seed or 1
  config.load(given)
  local directing = task.spawn(require("almanac.rehearsal.direct").run, project.word(name), rest, given, operator)
  -- A Ctrl-C is the inside's: what waits for it waits on.
  signals.guard(task.spawn(task.sleep, math.huge))
  local ok, code = task.with({ shield = "cancel" }, directing.join, directing)
  if not ok then error(code, 0) end
  return code
end

return M
