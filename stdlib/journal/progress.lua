--- What the steps of a run wait for, as the journal keeps it for whoever looks at the run from another process, and as a
--- log has it, line by line. It changes often and is soon worth nothing: of each step they get the first, and then the
--- last of every few seconds. Pure.
local M = {}

--- Seconds between two of one step.
local SECONDS = 5

---@class almanac.Progress
---@field private kept table<string, number>  when the last of a step was given out
---@field private late table<string, almanac.Event>  those that will be
local Progress = {}
Progress.__index = Progress

---@return almanac.Progress
function M.new()
  return setmetatable({ kept = {}, late = {} }, Progress)
end

--- Takes what a step waits for now.
---@param event almanac.Event
---@param now number seconds
---@return boolean due  it is given out now
function Progress:take(event, now)
  local due = now - (self.kept[event.path] or -math.huge) >= SECONDS
  self.late[event.path] = not due and event or nil
  if due then self.kept[event.path] = now end
  return due
end

--- Whether there are some that will be given out.
---@return boolean
function Progress:is_late() return next(self.late) ~= nil end

--- What the step waited for is over: nobody needs it any more.
---@param path string
function Progress:forget(path) self.late[path] = nil end

--- Those that are given out now.
---@param now number seconds
---@return almanac.Event[]
function Progress:due(now)
  local out = {}
  for _, event in pairs(self.late) do
    if self:take(event, now) then out[#out + 1] = event end
  end
  return out
end

return M
