--- almanac rollback [RUN]
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local given_params = require "almanac.base.given_params"
local options = require "almanac.cli.options"
local run = require "almanac.cli.run"
local screen = require "almanac.cli.screen"

local M = {}

M.options = options.join({
  { "--skip", "STEP", "leave this step as it is, and take back the rest", many = true },
  { "--params", "FILE", "of this YAML or JSON file the parameters that no journal keeps; key=value goes before it" },
  { "--edited", nil, "by the script as it is now, also where the run keeps to a plan or approvals are signed" },
}, screen.options, options.common, options.cluster, options.other_cluster)

M.usage = [[rollback [RUN] [key=value…] [options]

Takes back the done steps of a run, newest first; without RUN those of the newest run that did
something, which is shown with what would be taken back, and asked about; where nobody can be asked it must be
the only one. RUN may be a runbook's name where one run of it is left to take back. It is a run of its own:
journalled, and resumed with almanac resume. What never took place is not taken back; an undo that fails stops
it: it can be tried again, or left out with --skip. key=value gives a secret that the run needs, as none is
journalled.]]

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  local id = rest[1] and not rest[1]:find("=", 1, true) and table.remove(rest, 1) or nil
  for _, word in ipairs(rest) do
    if not word:find("=", 1, true) then errors.usage "usage: almanac rollback [RUN] [key=value…]" end
  end
  local secrets = given_params.from_words(rest)
  config.load(given)
  given.again = run.params_of(given, {})
  screen.drives(operator, given)
  return require("almanac.session.rollback").run(id, secrets, given, operator)
end

return M
