--- almanac version
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local process = require "native.process"

local M = {}

M.usage = "version [--json]\n\nThe version, and the commit that it was built from."
M.options = { { "--json", nil, "as JSON" } }

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if rest[1] then errors.usage("it takes no %s", rest[1]) end
  local lua = _VERSION:match "%S+$"
  local commit = process.commit ~= "" and process.commit or nil
  if given.json then
    operator:json { version = process.version, commit = commit, lua = lua }
  else
    operator:result(string.format("almanac %s (%sLua %s)\n", process.version, commit and "commit " .. commit .. ", " or "", lua))
  end
  return 0
end

return M
