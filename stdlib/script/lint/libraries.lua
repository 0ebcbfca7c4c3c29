--- Files that a script requires, also where it does so in the middle of a step: there they must be.
local fs = require "native.fs"
local nearest = require "almanac.base.nearest"
local source = require "almanac.base.source"
local tree = require "almanac.script.lint.tree"

local M = {}

--- The names of the files beside the one that is missing.
local function beside(path, directory)
  local names = {}
  for _, other in ipairs(fs.list(path:match "^(.*/)" .. "*.lua")) do
    names[other:sub(#directory + 1, -5):gsub("/", ".")] = true
  end
  return names
end

--- Reports a required file that there is not.
---@param main almanac.lint.Node
---@param script_path string
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?)
function M.check(main, script_path, report)
  local directory = script_path:match "^(.*/)[^/]*$" or ""
  for _, call in ipairs(main.calls) do
    local origin = tree.origin(call)
    local name = origin and origin.lib
    if name and name:find "^[%w_%.]+$" and not name:find "%.%." then
      local file = name:gsub("%.", "/") .. ".lua"
      if not source.file(directory .. file, "runbooks/" .. file) then
        report(call.args[1].pos, "error", "no-library", string.format("require %q: no file %s", name, directory .. file),
          nearest.question(name, beside(directory .. file, directory)) or "a runbook requires Lua files below its own directory")
      end
    end
  end
end

return M
