--- almanac lua FILE [words…]: a Lua file on the runtime, with the native modules and no sandbox.
local errors = require "almanac.base.errors"
local task = require "native.task"

local M = {}

function M.run(words)
  local file = words[1]
  if file == "--help" or file == "-h" then
    require("native.terminal").write(1, "usage: almanac lua FILE [words…]\n\n" ..
      "Runs a Lua file on the runtime, unsandboxed: for Almanac's own tests.\n")
    return 0
  end
  if not file then errors.usage "usage: almanac lua FILE [words…]" end
  local chunk, why = loadfile(file, "t")
  if not chunk then errors.raise { kind = "usage", message = why } end
  require("almanac.config.children").pass_all()
  task.permit "effect"
  local code = chunk(table.unpack(words, 2))
  return math.type(code) == "integer" and code or 0
end

return M
