--- almanac backtest RUNBOOK [key=value…] --at TIME
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local moment = require "almanac.base.moment"
local options = require "almanac.cli.options"
local screen = require "almanac.cli.screen"
local task = require "native.task"

local M = {}

M.options = options.join({
  { "--at", "TIME", "when the gates begin: 2026-11-22T21:00:00Z, or how long ago, e.g. 6d3h" },
  { "--from", "TIME", "with --to: gate behind gate through a window" },
  { "--to", "TIME", "its end (default: now)" },
  { "--margin", "PERCENT", "between what was seen and a suggested limit (default 20)", number = { 0, 1000 } },
  { "--json", nil, "what was found as JSON on standard output" },
  { "--params", "FILE", "parameters from a YAML or JSON file; key=value goes before it" },
}, options.common)

M.usage = [[backtest RUNBOOK [key=value…] --at TIME | --from TIME [--to TIME] [options]

Judges the gates, guards and canaries of a runbook by what Prometheus remembers, with the verdicts of a run, and says which
limits would have held. Nothing else of the script is looked at, and nothing is changed: parameters that no gate needs may
be left out.
Exit codes: 0 all would have held, 1 something would not, or nobody can tell, 2 refused.]]

local function window_of(given)
  local now = task.wall_ms() / 1000
  if given.at and (given.from or given.to) then errors.usage "--at, or --from and --to: a run that began then, or a window" end
  if not given.at and not given.from then errors.usage "usage: almanac backtest RUNBOOK --at TIME, or --from TIME --to TIME" end
  local window = {
    from = moment.parse(given.at and "--at" or "--from", given.at or given.from, now), now = now, margin = (given.margin or 20) / 100,
    to = given.from and (given.to and moment.parse("--to", given.to, now) or now) or nil,
  }
  if window.from >= now then errors.usage "there is no history of what is yet to come" end
  if window.to and window.to <= window.from then errors.usage "--to must be behind --from" end
  return window
end

local function all_held(past)
  if #past.findings == 0 then return false end
  for _, finding in ipairs(past.findings) do
    if finding.verdict ~= "pass" then return false end
  end
  return true
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  local name = table.remove(rest, 1)
  if not name then errors.usage "usage: almanac backtest RUNBOOK [key=value…] --at TIME" end
  local window = window_of(given)
  config.load(given)
  local params = require("almanac.cli.run").params_of(given, rest)
  screen.plans(operator)
  local past = require("almanac.session.backtest").make(name, params, window, given, operator)
  if given.json then
    operator:json {
      runbook = past.runbook, from = past.from, to = past.to, margin = past.margin, findings = past.findings, stopped = past.stopped,
    }
  else
    operator:result(require("almanac.render.backtest").text(past, screen.color()))
  end
  return all_held(past) and 0 or 1
end

return M
