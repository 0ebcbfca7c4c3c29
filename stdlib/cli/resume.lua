--- almanac resume [RUN]
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local given_params = require "almanac.base.given_params"
local options = require "almanac.cli.options"
local run = require "almanac.cli.run"
local screen = require "almanac.cli.screen"

local M = {}

M.options = options.join({
  { "--without-plan", nil, "go on without the plan that the run was bound to" },
  { "--params", "FILE", "of this YAML or JSON file the parameters that no journal keeps; key=value goes before it" },
  { "--redo", "STEP", "run this done step again, and what followed it" },
  { "--renamed", "NEW=OLD", "the step NEW is the one that took place as OLD", many = true },
  { "--not-renamed", "STEP", "this step is none that took place under another name: run it", many = true },
  { "--anyway", nil, "go on though something that was done is not so any more" },
  { "--in-doubt", "ANSWER", "redo, done or abort: for an effect of which nobody can tell whether it took place" },
}, screen.options, options.common, options.cluster, options.other_cluster)

M.usage = [[resume [RUN] [key=value…] [options]

Goes on with a run that was stopped, paused, killed or failed; without RUN the newest of them, which is
shown with what it would do, and asked about; where nobody can be asked it must be the only one.
Done steps are not run again. First it says what it will do, step by step. key=value gives a parameter
anew, of a script that was edited meanwhile.]]

local answers = { redo = true, done = true, abort = true }

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  local id = rest[1] and not rest[1]:find("=", 1, true) and table.remove(rest, 1) or nil
  for _, word in ipairs(rest) do
    if not word:find("=", 1, true) then errors.usage "usage: almanac resume [RUN] [key=value…]" end
  end
  local anew = given_params.from_words(rest)
  if given.in_doubt and not answers[given.in_doubt] then
    errors.usage("--in-doubt takes redo, done or abort, not %q", given.in_doubt)
  end
  config.load(given)
  given.again = run.params_of(given, {})
  screen.drives(operator, given)
  return require("almanac.session.resume").run(id, anew, given, operator)
end

return M
