--- The operator at this command line: how a run is shown, and who may be asked.
local process = require "native.process"
local terminal = require "almanac.base.terminal"

local M = {}

--- Options of the commands that drive a run.
M.options = {
  { "--json", nil, "one event a line on standard output" },
  { "--plain", nil, "plain lines, also on a terminal" },
  { "--no-ask", nil, "nobody is asked: a question waits, a failure stops the run, or takes it back where on_failure says so" },
}

--- What shows a run: plain lines where lines cannot be drawn over.
local function renderer_of(run, operator, given, options)
  if given.json then return require("almanac.render.events").new(run, operator) end
  if terminal.can_redraw() and not given.plain then return require("almanac.render.live").new(run, options) end
  return require("almanac.render.plain").new(run)
end

--- The operator of a run that is driven: sees a live tree, plain lines in a pipe, or events with --json.
---@param operator almanac.Operator
---@param given table  of M.options, and in_doubt
function M.drives(operator, given)
  operator:set {
    no_ask = given.no_ask, in_doubt = given.in_doubt,
    renderer = function(run) return renderer_of(run, operator, given) end,
  }
end

--- The operator of a run that is looked at from another process: sees the same, and asks nothing.
---@param operator almanac.Operator
---@param given table  of M.options
---@param leave fun()  he has seen enough
function M.watches(operator, given, leave)
  operator:set {
    no_ask = true, renderer = function(run) return renderer_of(run, operator, given, { leave = leave }) end,
  }
end

--- The operator of a plan: on a terminal its progress is drawn, and wiped away for the plan itself.
---@param operator almanac.Operator
function M.plans(operator)
  operator:set {
    renderer = function(run)
      return terminal.can_redraw() and require("almanac.render.live").new(run, { passing = true }) or nil
    end,
  }
end

--- Whether what goes to standard output may be coloured.
---@return boolean
function M.color()
  return terminal.isatty(1) and process.getenv "TERM" ~= "dumb" and not process.getenv "NO_COLOR"
end

return M
