--- almanac rollback [RUN]
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local screen = require "almanac.cli.screen"

local M = {}

M.options = options.join({
  { "--skip", "STEP", "leave this step as it is, and take back the rest", many = true },
}, screen.options, options.common, options.cluster)

M.usage = [[rollback [RUN] [options]

Takes back the done steps of a run, newest first; without RUN those of the newest run that did
something, which is shown and asked about; where nobody can be asked it must be the only one. It is a run
of its own: journalled, and resumed with almanac resume. What never took place is not taken back; an undo that fails
stops it: it can be tried again, or left out with --skip.]]

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest > 1 then errors.usage "usage: almanac rollback [RUN]" end
  config.load(given)
  screen.drives(operator, given)
  return require("almanac.session.rollback").run(rest[1], given, operator)
end

return M
