--- Runs that a runbook makes of other runbooks: whether there is such a one, and whether it takes what it is handed.
local errors = require "almanac.base.errors"
local given_params = require "almanac.base.given_params"
local literal = require "almanac.script.lint.literal"
local mend = require "almanac.script.lint.mend"
local runbook = require "almanac.script.runbook"
local tree = require "almanac.script.lint.tree"
local unknown = require "almanac.base.unknown"

local M = {}

--- The parameters that a table hands over, and their places.
---@return table<string, any> values     those that are written down
---@return table<string, integer> places  of all whose names are
local function handed(node)
  local values, places = {}, {}
  for _, item in ipairs(node.items) do
    local name = tree.name_of(item)
    if name then
      places[name] = item.pos
      values[name] = literal.value(item.value)
    end
  end
  return values, places
end

--- What can be told of a computed value is whether it has a place.
local function without_computed(values, specs)
  local out = {}
  for name, value in pairs(values) do
    if not unknown.within(value) or not specs[name] then out[name] = value end
  end
  return out
end

local function check_call(call, report)
  local name = call.args[1] and tree.constant_text(call.args[1])
  if not name or name == "" then return end
  local found, why, _, short = errors.try(runbook.find, name)
  if not found then return report(call.args[1].pos, "error", "no-runbook", "runbook.call: " .. why.message, why.hint) end
  local params = call.args[2] and tree.resolve(call.args[2])
  local is_loaded, book = errors.try(runbook.look, name) -- why it is not is said of its own file
  if not is_loaded or not params or params.tag ~= "Table" then return end
  local values, places = handed(params)
  given_params.check(short, book.params, without_computed(values, book.params), function(param, message, hint)
    report(places[param], "error", "call-parameter", "runbook.call: " .. message, hint,
      not book.params[param] and mend.of(param, book.params, values) or nil)
  end)
end

--- Reports calls of runbooks that there are not, and parameters that they do not take.
---@param main almanac.lint.Node
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?, mend: almanac.lint.Mend?)
function M.check(main, report)
  for _, call in ipairs(main.calls) do
    if tree.called(call) == "runbook.call" then check_call(call, report) end
  end
end

return M
