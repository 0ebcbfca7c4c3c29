--- Follows a run that another process executes, by what the journal gets: its events and those of the runs that it
--- made, as journal/family tells them.
local events = require "almanac.journal.event"
local family = require "almanac.journal.family"
local states = require "almanac.journal.state"

local M = {}

---@class almanac.Follower
---@field state almanac.State   the run as far as it was read
---@field private journal table
---@field private id string
---@field private runs { id: string, below: string?, seq: integer }[]  it and those that it made, and how far each was read
---@field private known table<string, boolean>
local Follower = {}
Follower.__index = Follower

---@param journal table
---@param id string
---@return almanac.Follower
function M.new(journal, id)
  return setmetatable({
    journal = journal, id = id, state = states.new(), runs = { { id = id, seq = 0 } }, known = { [id] = true },
  }, Follower)
end

local function take(self, run, event, fn)
  run.seq = event.seq
  if run.below then
    event.run, event.own_path = run.id, event.path
    event.path = event.path == "" and run.below or run.below .. "/" .. event.path
  end
  states.apply(self.state, event)
  fn(event)
  local made = family.made_by(event)
  if made and not self.known[made] and self.journal:run(made) then
    self.known[made] = true
    self.runs[#self.runs + 1] = { id = made, below = event.path, seq = 0 }
  end
end

--- Calls fn for each event that is new.
---@param fn fun(event: almanac.Event)
function Follower:read(fn)
  local i = 1
  while self.runs[i] do -- more come as they are met
    local run = self.runs[i]
    for event in events.each(self.journal, run.id, nil, nil, run.seq) do take(self, run, event, fn) end
    i = i + 1
  end
end

--- How its execution ended; nil: it goes on. Nobody who holds a run that goes on: its process died.
---@param fn fun(event: almanac.Event)  for events that came meanwhile
---@return string? status of almanac.State
function Follower:ended(fn)
  if self.state.status ~= "running" then return self.state.status end
  if self.journal:holder(self.id) then return nil end
  self:read(fn) -- it may have ended, and let go, since
  return self.state.status ~= "running" and self.state.status or "crashed"
end

return M
