--- What a run that keeps to a plan has come by, in all of its executions: effects that were begun, and waits. The runs that it
--- makes come by what the plan has in them, so that there is one record for all, by their paths in the outermost run.
local events = require "almanac.journal.event"
local family = require "almanac.journal.family"

local M = {}

---@class almanac.Passed
---@field effects table<string, boolean>    that were begun
---@field recovered table<string, boolean>  and what became of them was looked up in the world
---@field waits table<string, boolean>
---@field below string  the path of the step that makes the run, and "/"; "" for the outermost
local Passed = {}
Passed.__index = Passed

local RECOVERED = '"recovered":true'

--- What events besides the intents have of one run: what it waited for, and which of its effects were looked up.
local function add_run(passed, journal, id)
  for event in events.each(journal, id, "effect.outcome", RECOVERED) do
    if event.data.recovered then passed:recover(event.path, event.data.ordinal) end
  end
  for event in events.each(journal, id, "wait.met") do passed:meet(event.path, event.data.number) end
end

--- What the journal has of a run, and of those that it made.
---@param journal table
---@param id string
---@return almanac.Passed
function M.of(journal, id)
  local passed = setmetatable({ effects = {}, recovered = {}, waits = {}, below = "" }, Passed)
  add_run(passed, journal, id)
  family.visit(journal, id, function(event)
    passed:begin(event.path, event.data.ordinal)
    local made = family.made_by(event)
    if made then add_run(passed:nest(event.path), journal, made) end
  end, "effect.intent")
  return passed
end

--- The same record, for the run that a step makes.
---@param path string
---@return almanac.Passed
function Passed:nest(path)
  return setmetatable({
    effects = self.effects, recovered = self.recovered, waits = self.waits, below = self.below .. path .. "/",
  }, Passed)
end

local function key_of(self, path, number) return string.format("%s%s#%s", self.below, path, number) end

---@param path string
---@param ordinal string
function Passed:begin(path, ordinal) self.effects[key_of(self, path, ordinal)] = true end

--- What became of an effect was looked up in the world.
---@param path string
---@param ordinal string
function Passed:recover(path, ordinal) self.recovered[key_of(self, path, ordinal)] = true end

---@param path string
---@param ordinal string
---@return boolean begun
---@return boolean recovered
function Passed:has_begun(path, ordinal)
  local key = key_of(self, path, ordinal)
  return self.effects[key] == true, self.recovered[key] == true
end

---@param path string
---@param number integer  among the waits that the plan has there
function Passed:meet(path, number) self.waits[key_of(self, path, number)] = true end

---@param path string
---@param number integer
---@return boolean
function Passed:has_met(path, number) return self.waits[key_of(self, path, number)] == true end

return M
