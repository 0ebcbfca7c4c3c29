--- almanac resume [RUN]
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local screen = require "almanac.cli.screen"

local M = {}

local declared = options.join({
  { "--without-plan", nil, "go on without the plan that the run was bound to" },
  { "--redo", "STEP", "run this done step again, and what followed it" },
  { "--in-doubt", "ANSWER", "redo, done or abort: for an effect of which nobody can tell whether it took place" },
}, screen.options, options.common, options.cluster)

local usage = [[resume [RUN] [options]

Goes on with a run that was stopped, paused, killed or failed; without RUN the newest of them.
Done steps are not run again. First it says what it will do, step by step.]]

local answers = { redo = true, done = true, abort = true }

function M.run(words, operator)
  local given, rest = options.parse(usage, declared, words, operator)
  if not given then return 0 end
  if #rest > 1 then errors.usage "usage: almanac resume [RUN]" end
  if given.in_doubt and not answers[given.in_doubt] then
    errors.usage("--in-doubt takes redo, done or abort, not %q", given.in_doubt)
  end
  config.load(given)
  screen.drives(operator, given)
  return require("almanac.session.resume").run(rest[1], given, operator)
end

return M
