--- Files that a script requires, also where it does so in the middle of a step: there they must be.
local fs = require "native.fs"
local library_file = require "almanac.script.library_file"
local nearest = require "almanac.base.nearest"
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
  local directory = library_file.directory(script_path)
  for _, call in ipairs(main.calls) do
    local origin = tree.origin(call)
    local name = origin and origin.lib
    if library_file.is_name(name) and not library_file.find(directory, name) then
      local path = library_file.paths(directory, name)
      report(call.args[1].pos, "error", "no-library", string.format("require %q: no file %s", name, path),
        nearest.question(name, beside(path, directory)) or "a runbook requires Lua files below its own directory")
    end
  end
end

return M
