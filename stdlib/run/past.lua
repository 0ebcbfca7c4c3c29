--- A backtest while it is made: the window of the past that is looked at, and what was found of each gate.
local orders = require "almanac.run.plan.order"

local M = {}

---@class almanac.past.Finding  what a gate, a guard's gate or a canary would have come to
---@field path string
---@field kind "gate"|"guard"|"canary"
---@field name string
---@field verdict "pass"|"fail"|"inconclusive"|"no data"|"error"|"not over"
---@field why string
---@field at? number   when it was known, seconds since 1970

---@class almanac.Past
---@field runbook string
---@field from number      seconds since 1970
---@field to number?       nil: as long as a run that began at `from` would have watched
---@field now number
---@field margin number    share of a value that a suggested limit is away from it
---@field findings almanac.past.Finding[]
---@field order almanac.PlanOrder
---@field below string     the path of the step that makes the run, and "/"; "" for the outermost
---@field stopped string?  why the script could not be followed to its end
local Past = {}
Past.__index = Past

---@param runbook string
---@param window { from: number, to: number?, now: number, margin: number }
---@return almanac.Past
function M.new(runbook, window)
  return setmetatable({
    runbook = runbook, from = window.from, to = window.to, now = window.now, margin = window.margin, findings = {},
    order = orders.new(), below = "",
  }, Past)
end

--- The part that a run has which this one makes.
---@param path string  of the step
---@return almanac.Past
function Past:nest(path)
  local part = {}
  for key, value in pairs(self) do part[key] = value end
  part.below = self.below .. path .. "/"
  return setmetatable(part, Past)
end

--- When a watch ends that may last so long.
---@param seconds number
---@return number since 1970
function Past:ending(seconds)
  return math.min(self.to or self.from + seconds, self.now)
end

--- A step was met, before what is in it.
---@param path string
function Past:add_step(path)
  self.order:add_step { path = self.below .. path }
end

---@param path string
---@param finding table
function Past:add(path, finding)
  finding.path = self.below .. path
  self.findings[#self.findings + 1] = self.order:add(finding)
end

--- Puts the findings into the order of the script.
function Past:settle()
  self.order:sort(self.findings)
end

return M
