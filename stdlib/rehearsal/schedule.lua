--- What is to go wrong in a rehearsal, and what of it comes now. Pure but for its own record of what has come.
local errors = require "almanac.base.errors"
local moments = require "almanac.rehearsal.moment"
local outages = require "almanac.sim.outage"

local M = {}

local Schedule = {}
Schedule.__index = Schedule

---@class almanac.rehearsal.Entry
---@field what "fault"|"outage"|"gate"|"kill"
---@field name string     as it was given
---@field gate string?    whose query has a bad value
---@field when almanac.rehearsal.Moment
---@field came boolean?

--- Reads a fault: KIND[=VALUE][@WHEN]. Whether the simulator has one of that name is for it to say.
---@param text string
---@return almanac.rehearsal.Entry
function M.fault(text)
  local name, when = text:match "^(.-)@(.*)$"
  name = name or text
  local gate = name:match "^gate=(.+)$"
  local what = outages.WORDS[name] and "outage" or gate and "gate" or "fault"
  return { what = what, name = name, gate = gate, when = moments.parse("--fault " .. name, when or "") }
end

--- Reads when the run is killed.
---@param text string  "every", "random", or a moment
---@return almanac.rehearsal.Entry|"every"|"random"
function M.kill(text)
  if text == "every" or text == "random" then return text end
  local when = moments.parse("--kill", text, { "every", "random" })
  if when.lasts then errors.usage("--kill %s: a run that is killed stays so; it is resumed at once", text) end
  return { what = "kill", name = "kill", when = when }
end

--- A small generator of our own: the same seed gives the same rehearsal, whoever else draws numbers.
--- https://en.wikipedia.org/wiki/Linear_congruential_generator (constants of Numerical Recipes)
local function generator(seed)
  local x = seed & 0xffffffff
  return function()
    x = (1664525 * x + 1013904223) & 0xffffffff
    return x / 0x100000000
  end
end

---@param entries almanac.rehearsal.Entry[]
---@param kills "every"|"random"|nil
---@param seed integer
function M.new(entries, kills, seed)
  return setmetatable({ entries = entries, kills = kills, random = generator(seed), effects = {}, count = 0, killed = {} }, Schedule)
end

--- Whether it has to know when steps begin.
---@return boolean
function Schedule:needs_steps()
  for _, entry in ipairs(self.entries) do
    if entry.when.kind == "step" then return true end
  end
  return false
end

--- What comes by the clock.
---@return almanac.rehearsal.Entry[]
function Schedule:timed()
  local out = {}
  for _, entry in ipairs(self.entries) do
    if entry.when.kind == "at" then out[#out + 1] = entry end
  end
  return out
end

local function take(self, fits)
  local out = {}
  for _, entry in ipairs(self.entries) do
    if not entry.came and fits(entry) then
      entry.came = true
      out[#out + 1] = entry
    end
  end
  return out
end

--- What comes when a step begins.
---@param path string
---@return almanac.rehearsal.Entry[]
function Schedule:at_step(path)
  return take(self, function(entry) return moments.is_step(entry.when, path) end)
end

--- The number of an effect, which keeps it when it is made again after a kill.
---@param id string
---@return integer
function Schedule:number(id)
  if not self.effects[id] then
    self.count = self.count + 1
    self.effects[id] = self.count
  end
  return self.effects[id]
end

--- Whether the run is killed here, by "every" and "random": each effect at most once.
local function kills_here(self, id, stage)
  if self.killed[id] or not self.kills then return false end
  if self.kills == "every" then
    self.killed[id] = stage == "applied" or nil -- what it changed is there, and that it did is not written down
  else
    self.plan = self.plan or {}
    self.plan[id] = self.plan[id] or { kill = self.random() < 0.5, stage = self.random() < 0.5 and "begun" or "applied" }
    self.killed[id] = self.plan[id].kill and self.plan[id].stage == stage or nil
  end
  return self.killed[id] == true
end

--- What comes with an effect that was begun, or that has taken place and whose outcome is not written down yet.
--- Faults come before it, kills behind it.
---@param id string
---@param stage "begun"|"applied"
---@return almanac.rehearsal.Entry[]
---@return integer number of the effect
function Schedule:at_effect(id, stage)
  local n = self:number(id)
  local out = take(self, function(entry)
    return entry.when.kind == "effect" and entry.when.effect == n and (entry.what == "kill") == (stage == "applied")
  end)
  if kills_here(self, id, stage) then out[#out + 1] = { what = "kill", name = "kill" } end
  return out, n
end

--- What was to come and never did.
---@return almanac.rehearsal.Entry[]
function Schedule:missed()
  local out = {}
  for _, entry in ipairs(self.entries) do
    if not entry.came then out[#out + 1] = entry end
  end
  return out
end

return M
