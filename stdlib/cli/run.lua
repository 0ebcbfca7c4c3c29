--- almanac run RUNBOOK [key=value…]
local books = require "almanac.cli.books"
local config = require "almanac.config.file"
local document = require "almanac.config.document"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local given_params = require "almanac.base.given_params"
local json = require "native.json"
local options = require "almanac.cli.options"
local project = require "almanac.config.project"
local screen = require "almanac.cli.screen"

local M = {}

M.options = options.join({
  { "--plan", "FILE", "run what was planned, and stop before anything else" },
  { "--anyway", nil, "with --plan: begin though the plan says that the run would stop" },
  { "--params", "FILE", "parameters from a YAML or JSON file; key=value goes before it" },
  { "--wait", "DURATION", "queue behind the run that holds the lock, so long (without =DURATION as long as it takes)", optional = true },
  { "--override-freeze", "REASON", "begin outside of the windows of almanac.yaml; the journal keeps why" },
}, screen.options, options.common, options.cluster)

M.usage = [[run RUNBOOK [key=value…] [options]

Runs a runbook: by name (runbooks/NAME.lua here, else a built-in one), or the path of a .lua file.
Exit codes: 0 done, 1 failed, 2 refused before it began, 3 waiting for an answer, 4 failed and
undone, 130 interrupted.]]

--- Parameters of a command line: those of --params under the words key=value. Where the former are written
--- goes into the options.
---@param given table  the options; `param_places` is set
---@param words string[]
---@return table<string, any>
function M.params_of(given, words)
  local by_word = given_params.from_words(words)
  local doc = given.params and document.read(given.params, "absent")
  local params = doc and doc.value or {}
  if type(params) ~= "table" or json.is_array(params) then
    doc:refuse({}, "the file must be a mapping of parameters to values")
  end
  given.param_places = {}
  for name in pairs(params) do given.param_places[name] = by_word[name] == nil and doc:place { name } or nil end
  for name, value in pairs(by_word) do params[name] = value end
  return params
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator, books.about)
  if not given then return 0 end
  local name = not (given.plan and (rest[1] or "="):find "=") and table.remove(rest, 1) or nil
  if not name and not given.plan then errors.usage("usage: almanac run RUNBOOK [key=value…]; almanac list shows the runbooks") end
  if given.wait then given.wait = given.wait == true and math.huge or duration.parse(given.wait) end
  if given.override_freeze and not given.override_freeze:find "%S" then errors.usage "--override-freeze needs a reason behind it" end
  config.load(given)
  local params = M.params_of(given, rest)
  screen.drives(operator, given)
  return require("almanac.session.start").run(name and project.word(name), params, given, operator)
end

return M
