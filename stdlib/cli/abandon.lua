--- almanac abandon RUN --reason TEXT
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"

local M = {}

M.options = options.join({ { "--reason", "TEXT", "why, for the journal" } }, options.common, options.cluster)

M.usage = [[abandon RUN --reason TEXT [options]

Gives up a run that was paused, failed or killed: it cannot be resumed any more, and the lock that it holds is
free. What it did stays done; almanac rollback RUN still takes it back, while no other run has the lock.]]

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest ~= 1 then errors.usage "usage: almanac abandon RUN --reason TEXT" end
  if not given.reason or not given.reason:find "%S" then
    errors.usage "it needs --reason TEXT: the journal keeps why a run was given up"
  end
  config.load(given)
  return require("almanac.session.abandon").run(rest[1], given.reason, given, operator)
end

return M
