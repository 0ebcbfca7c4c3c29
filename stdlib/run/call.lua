--- Calls: a runbook that another one runs as a part of itself. The run that this makes is an effect of the caller,
--- of which the world is the journal: what was begun is gone on with under the same id, and its end is looked up
--- there. How a run is made, planned and taken back is the session's (almanac.session.calls).
local definitions = require "almanac.run.definitions"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local family = require "almanac.journal.family"
local fields = require "almanac.base.fields"
local step = require "almanac.run.step"
local step_name = require "almanac.base.step_name"

local M = {}

---@class almanac.Called   the input of the effect
---@field runbook string   name or path
---@field params table<string, any>

---@class almanac.Calls    how a run makes runs of its own; of almanac.session.calls
---@field choose fun(self, caller: almanac.Run, called: almanac.Called, earlier: string?): string   the id of the run: the
---  earlier one, unless that was taken back
---@field go fun(self, frame: almanac.Frame, called: almanac.Called, id: string): any   makes it, or goes on with it, to its end
---@field plan fun(self, frame: almanac.Frame, called: almanac.Called): almanac.Preview
---@field undo fun(self, frame: almanac.Frame, id: string)   takes it back
---@field made fun(self, id: string): almanac.Standing[]   that it is done, and what its effects made, newest first

local OPTIONS = fields.declare("runbook.call", {
  name = { "text", shown_default = "that of the runbook", help = "of the step" },
}, { at = 3 })

--- How the run of a frame makes runs; raises where there is no session, as in a script's own tests.
---@param frame almanac.Frame
---@return almanac.Calls
local function calls_of(frame)
  return frame.run.calls or errors.raise { kind = "refused", message = "runbook.call: there are no runs here" }
end

definitions.define(family.CALL, {
  observe = function(called, earlier)
    local frame = step.current()
    return { run = calls_of(frame):choose(frame.run, called, earlier and earlier.run) }
  end,
  preview = function(called)
    local frame = step.current()
    return calls_of(frame):plan(frame, called)
  end,
  preview_observes = true,
  apply = function(called, ctx)
    local frame = step.current()
    return calls_of(frame):go(frame, called, ctx.before.run)
  end,
  holds = function(_, _, before, calls) return calls and calls:made(before.run) or {} end,
  undo = function(_, _, ctx)
    local frame = step.current()
    calls_of(frame):undo(frame, ctx.undo_to.run)
  end,
  title = function(called) return "run " .. called.runbook end,
  allow = { category = "runbook", words = "make a run of the runbook %s", of = function(called) return called.runbook end },
}, { goes_on = true })

local PARAMS = { "map", default = {}, help = "its parameters" }

--- runbook.call(runbook, [params], [options])
function M.call(runbook, params, opts)
  if type(runbook) ~= "string" or runbook == "" then
    errors.usage("runbook.call takes the name of a runbook, not %s", fields.shown(runbook))
  end
  if #runbook > step_name.MAX then
    errors.usage("runbook.call: no name is longer than %d bytes, as %s is", step_name.MAX, fields.shown(runbook))
  end
  local who = string.format("runbook.call %q", runbook)
  opts = fields.check(OPTIONS, opts, who)
  params = fields.value(who, "params", PARAMS, params)
  local short = step_name.of(runbook:match "([^/]+)%.lua$" or runbook)
  return step.run(opts.name or short, { digest = runbook }, function()
    return effect.perform(family.CALL, { runbook = runbook, params = params })
  end)
end

return M
