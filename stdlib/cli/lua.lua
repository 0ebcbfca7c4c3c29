--- almanac lua FILE [words…]: a Lua file on the runtime, with the native modules and no sandbox.
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local task = require "native.task"

local M = {}

M.usage = "lua FILE [words…]\n\nRuns a Lua file on the runtime, unsandboxed: for Almanac's own tests."
M.options = {}

function M.run(words, operator)
  local file = words[1] -- the words behind it are the file's own
  if not options.parse(M.usage, M.options, { file }, operator) then return 0 end
  if not file then errors.usage "usage: almanac lua FILE [words…]" end
  local chunk, why = loadfile(file, "t")
  if not chunk then errors.raise { kind = "usage", message = why } end
  require("almanac.config.file").pin { pass_env = { "*" } } -- they hand programs what they were given
  task.permit "effect"
  local code = chunk(table.unpack(words, 2))
  return math.type(code) == "integer" and code or 0
end

return M
