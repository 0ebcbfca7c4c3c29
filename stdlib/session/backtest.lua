--- A backtest: the script is run with its gates, guards and canaries judged by what Prometheus remembers.
local calls = require "almanac.session.calls"
local children = require "almanac.config.children"
local drive = require "almanac.session.drive"
local equipment = require "almanac.session.equipment"
local errors = require "almanac.base.errors"
local mode = require "almanac.run.mode.backtest"
local origin = require "almanac.session.origin"
local own_params = require "almanac.run.own_params"
local parameters = require "almanac.journal.parameters"
local params = require "almanac.session.params"
local pasts = require "almanac.run.past"
local runbook = require "almanac.script.runbook"
local runs = require "almanac.journal.run"
local settings = require "almanac.config.settings"
local step = require "almanac.run.step"
local unknown = require "almanac.base.unknown"
local vars = require "almanac.run.vars"

local M = {}

--- The values of the parameters. One that must be given and is not, or that another step would have told, is not known:
--- a gate seldom depends on it.
local function values_of(book, given, options, operator)
  local specs, known, vague = {}, {}, {}
  for name, spec in pairs(book.params) do
    specs[name] = spec
    if spec.required and given[name] == nil or unknown.within(given[name]) then
      local own = {}
      for field, value in pairs(spec) do own[field] = value end
      own.required = nil
      specs[name], vague[#vague + 1] = own, name
    end
  end
  for name, value in pairs(given) do
    if not unknown.within(value) then known[name] = value end
  end
  local values = params.resolve({ name = book.name, params = specs }, known, operator, params.places(book, given, options))
  for _, name in ipairs(vague) do own_params.put(values, name, unknown.vague("parameter " .. name)) end
  return values
end

local function unrecorded(session, book, past, frame)
  local run = runs.unrecorded(origin.of(book, {}, nil, {}), mode)
  equipment.give(session, run, book, frame)
  run.past = past
  return run
end

---@class almanac.BacktestCalls : almanac.Calls  how a run of a backtest makes runs: it goes into them
---@field session almanac.Session
local Calls = {}
Calls.__index = Calls

function Calls:plan(frame, called)
  local session, book = self.session, calls.load(frame.run, called)
  local values = values_of(book, parameters.over(settings.params[book.name], called.params), session.options, session.operator)
  local run = unrecorded(session, book, frame.run.past:nest(frame.path), frame)
  return { result = step.within(run, function() return own_params.call(run, book.run, values) end) }
end

local function backtest(book, given, window, options, operator)
  vars.check(book)
  local values = values_of(book, parameters.over(settings.params[book.name], given), options, operator)
  local past = pasts.new(book.name, window)
  local session = { operator = operator, options = options }
  session.calls = setmetatable({ session = session }, Calls)
  local run = unrecorded(session, book, past)
  local ok, err = drive.show(run, function() return own_params.call(run, book.run, values) end)
  if not ok and err.kind ~= "unknown_value" and err.kind ~= "refused" then error(err, 0) end
  past.stopped = not ok and errors.format(err) or nil
  past:settle()
  return past
end

--- almanac backtest NAME key=value…
---@param name string
---@param given table<string, any>
---@param window { from: number, to: number?, now: number, margin: number }
---@param options table  of the command line
---@param operator almanac.Operator
---@return almanac.Past
function M.make(name, given, window, options, operator)
  local book = runbook.load(name)
  return children.within(book.pass_env, backtest, book, given, window, options, operator)
end

return M
