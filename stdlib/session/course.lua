--- The course of a run: driven until it is done, stopped or undone. After a failure the operator says which.
local drive = require "almanac.session.drive"
local equipment = require "almanac.session.equipment"
local execute = require "almanac.run.mode.execute"
local own_params = require "almanac.run.own_params"
local runbook = require "almanac.script.runbook"
local runs = require "almanac.journal.run"

local M = {}

--- Runs until done, stopped or undone. The caller owns the run and its lock.
---@param session almanac.Session
---@param run almanac.Run   with its equipment
---@param book almanac.Runbook
---@param values table  its parameters
---@param held table    its lock
---@return integer exit code
function M.run(session, run, book, values, held)
  while true do
    local plan = run.replay.plan
    run.bound = plan and require("almanac.run.plan.binding").to(plan, run) or nil
    held:attach(run)
    run.goes_back = book.on_failure == "undo" or nil
    local status, err = drive.execute(run, function()
      equipment.take_script(run, book)
      return own_params.call(run, book.run, values)
    end)
    local choice, told
    if status == "failed" then
      choice, told = require("almanac.session.failure").ask(session, run, book, values, err)
    end
    if choice == "undo" then
      return require("almanac.session.failure").go_back(session, run, book, values, held, status, err, told)
    end
    if choice ~= "retry" then
      drive.conclude(run, status, err, told)
      return drive.exit[status]
    end
    book = runbook.load(run.meta.script) -- the operator may have edited it meanwhile
    run = runs.load(session.journal, run.id, execute)
    require("almanac.session.edited").tell_reach(session.operator, run, book)
    equipment.give(session, run, book)
    equipment.go_on(run)
  end
end

return M
