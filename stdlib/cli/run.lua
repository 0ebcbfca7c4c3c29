--- almanac run RUNBOOK [key=value…]
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local param = require "almanac.base.param"
local screen = require "almanac.cli.screen"

local M = {}

local declared = options.join({
  { "--plan", "FILE", "run what was planned, and stop before anything else" },
  { "--params", "FILE", "parameters from a YAML or JSON file; key=value goes before it" },
}, screen.options, options.common, options.cluster)

local usage = [[run RUNBOOK [key=value…] [options]

Runs a runbook: by name (runbooks/NAME.lua here, else a built-in one), or the path of a .lua file.
Exit codes: 0 done, 1 failed, 2 refused before it began, 3 waiting for an answer, 4 failed and
undone, 130 interrupted.]]

--- Parameters of a file: a mapping of names to values.
local function params_of_file(file)
  local read, text = errors.try(require("native.fs").read, file)
  if not read then errors.raise { kind = "refused", message = "--params: " .. text.message } end
  local values = require("native.yaml").decode(text, { name = file })
  if type(values) ~= "table" then
    errors.raise { kind = "refused", message = file .. " must hold a mapping of parameters to values" }
  end
  return values
end

--- Parameters of a command line: those of --params under the words key=value.
function M.params_of(given, words)
  local params = given.params and params_of_file(given.params) or {}
  for key, value in pairs(param.from_words(words)) do params[key] = value end
  return params
end

function M.run(words, operator)
  local given, rest = options.parse(usage, declared, words, operator)
  if not given then return 0 end
  local name = not (given.plan and (rest[1] or "="):find "=") and table.remove(rest, 1) or nil
  if not name and not given.plan then errors.usage("usage: almanac run RUNBOOK [key=value…]; almanac list shows the runbooks") end
  config.load(given)
  local params = M.params_of(given, rest)
  screen.drives(operator, given)
  return require("almanac.session.start").run(name, params, given, operator)
end

return M
