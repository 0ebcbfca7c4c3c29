--- confirm and checklist: steps that ask the operator, and keep who said what.
local ask = require "almanac.ask"
local errors = require "almanac.errors"
local step = require "almanac.step"
local sys = require "native.sys"
local task = require "native.task"

local M = {}

local function waiting(run, path, question)
  errors.raise {
    kind = "waiting", waiting = true, step = path, message = "waiting for the operator: " .. question,
    hint = "nobody can be asked here; at a terminal: almanac resume " .. run.id,
  }
end

--- A yes or no from the operator. A no fails the step.
---@param question string  also the step's name
---@return { by: string, at_ms: integer }
function M.confirm(question)
  return step.run(question, { digest = question }, function()
    local frame = step.current()
    if frame.run.mode == "plan" then return require("almanac.plan").confirm(frame, question) end
    local answer = ask.choose(question, { "yes", "no" })
    if answer == nil then waiting(frame.run, frame.path, question) end
    if answer == "no" then
      errors.raise { kind = "refused", message = "the operator said no: " .. question, step = frame.path }
    end
    local plan = frame.run.bound
    return { by = sys.user(), at_ms = task.wall_ms(), plan = plan and plan.digest }
  end)
end

--- A list to tick: each item is confirmed, and journalled, on its own.
---@param name string
---@param items string[]
function M.checklist(name, items)
  if type(items) ~= "table" or #items == 0 then errors.usage("checklist %q needs a list of items", tostring(name)) end
  return step.run(name, { digest = table.concat(items, "\n") }, function()
    for _, item in ipairs(items) do M.confirm(item) end
  end)
end

return M
