--- A run that another process executes, shown as that process shows it, until it ends.
local drive = require "almanac.session.drive"
local followers = require "almanac.journal.follower"
local rows = require "almanac.journal.row"
local screen = require "almanac.cli.screen"
local task = require "native.task"

local M = {}

--- Seconds between two looks into the journal.
local LOOK_SECONDS = 0.2

--- Exit codes of those who watch: those of the run itself, and of the ends that it does not have.
M.exit = setmetatable({ crashed = drive.exit.failed, abandoned = drive.exit.failed }, { __index = drive.exit })

--- What a renderer wants to know of a run.
local function watched(row)
  return { id = row.id, meta = rows.meta(row), replayed = function() return 0 end }
end

--- Watches until the run ends, or whoever watches has seen enough.
---@param journal table
---@param row table
---@param operator almanac.Operator
---@param given table  of screen.options
---@return string? status  nil: it goes on
function M.follow(journal, row, operator, given)
  local left = false
  screen.watches(operator, given, function() left = true end)
  local renderer = operator.make_renderer(watched(row))
  local follower = followers.new(journal, row.id)
  local function tell(event) renderer:event(event) end
  follower:read(tell)
  renderer:start()
  local status = follower:ended(tell)
  while not status and not left do
    task.sleep(LOOK_SECONDS)
    follower:read(tell)
    status = follower:ended(tell)
  end
  renderer.passing = true -- what stays is for the command to say
  renderer:stop()
  return status
end

--- The same, event by event, of the run alone.
---@param journal table
---@param id string
---@param fn fun(seq: integer, time_ms: integer, kind: string, path: string, payload: string)
---@return string status
function M.events(journal, id, fn)
  local follower, seq = followers.new(journal, id), 0
  local function tell() end
  while true do
    follower:read(tell)
    local status = follower:ended(tell)
    for at, time_ms, kind, path, payload in journal:events(id, seq) do
      seq = at
      fn(at, time_ms, kind, path, payload)
    end
    if status then return status end
    task.sleep(LOOK_SECONDS)
  end
end

return M
