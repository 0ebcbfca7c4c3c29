--- almanac rollback [RUN]
local ask = require "almanac.run.ask"
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local run = require "almanac.cli.run"

local M = {}

local declared = options.join(run.driving, options.common, options.cluster)

local usage = [[rollback [RUN] [options]

Takes back the done steps of a run, newest first; without RUN those of the newest run. It is a run
of its own: journalled, and resumed with almanac resume.]]

function M.run(words)
  local given, rest = options.parse(usage, declared, words)
  if not given then return 0 end
  if #rest > 1 then errors.usage "usage: almanac rollback [RUN]" end
  config.load(given)
  if given.no_ask then ask.possible = function() return false end end
  return require("almanac.session.session").rollback(rest[1], given)
end

return M
