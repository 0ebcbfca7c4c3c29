--- almanac plan RUNBOOK [key=value…]
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local plans = require "almanac.run.plan"
local process = require "native.process"
local terminal = require "native.terminal"

local M = {}

local declared = options.join({
  { "--out", "FILE", "save the plan, for run --plan", short = "-o" },
  { "--json", nil, "the plan as JSON on standard output" },
  { "--params", "FILE", "parameters from a YAML or JSON file; key=value goes before it" },
}, options.common, options.cluster)

local usage = [[plan RUNBOOK [key=value…] [options]

Runs the script with every read real and every effect previewed; nothing is changed.
Exit codes: 0 nothing would change, 2 something would, 1 the run would fail or the plan could not be made.]]

local function shown(plan, undos)
  local color = terminal.isatty(1) and not process.getenv "NO_COLOR"
  return require("almanac.base.redaction").text(require("almanac.render.plan").text(plan, plans.counts(plan), undos, color))
end

function M.run(words)
  local given, rest = options.parse(usage, declared, words)
  if not given then return 0 end
  local name = table.remove(rest, 1)
  if not name then errors.usage "usage: almanac plan RUNBOOK [key=value…]" end
  config.load(given)
  local params = require("almanac.cli.run").params_of(given, rest)
  local ok, plan, book, undos = errors.try(require("almanac.session.session").plan, name, params)
  if not ok then
    local so_far = plan.plan
    if so_far and #so_far.effects > 0 and not given.json then terminal.write(1, shown(so_far, {}) .. "\n") end
    terminal.write(2, "almanac plan: " .. errors.format(plan) .. "\n")
    if given.out and require("native.fs").exists(given.out) then
      terminal.write(2, string.format("  note:  %s is left as it was: it is no plan of this\n", given.out))
    end
    return errors.is_interrupt(plan) and 130 or 1
  end
  local counts = plans.counts(plan)
  if given.json then
    terminal.write(1, plans.to_file(plan, book, undos))
  else
    terminal.write(1, shown(plan, undos))
  end
  if given.out then require("native.fs").write(given.out, plans.to_file(plan, book, undos), { private = true }) end
  if plan.stopped or counts.fail > 0 then return 1 end
  return counts.changes > 0 and 2 or 0
end

return M
