--- One condition of a guard: whether what was seen of it, look by look, is a breach. Pure.
---
--- A breach that the operator has let pass counts no more, until the condition was healthy once or is worse.
local number = require "almanac.base.number"
local samples = require "almanac.observe.gate.sample"
local verdicts = require "almanac.observe.gate.verdict"

local M = {}

---@class almanac.guard.Breach
---@field name string   of the gate, or the alert
---@field kind "gate"|"alert"|"blind"
---@field why string
---@field value any     of a gate
---@field limit number? of a gate
---@field critical boolean?

---@class almanac.guard.Condition
---@field name string
---@field bad integer      unhealthy looks in a row
---@field blind integer    looks in a row that saw nothing
---@field let almanac.guard.Breach?   that the operator let pass
local Condition = {}
Condition.__index = Condition

---@param name string
---@return almanac.guard.Condition
function M.new(name)
  return setmetatable({ name = name, bad = 0, blind = 0 }, Condition)
end

--- The operator goes on in spite of a breach.
---@param breach almanac.guard.Breach
function Condition:let_pass(breach)
  self.let = breach
end

local function is_let(self, breach)
  local let = self.let
  return let ~= nil and let.kind == breach.kind and not (breach.critical and not let.critical)
end

local function of(self, breach)
  return not is_let(self, breach) and breach or nil
end

local function healthy(self)
  self.bad, self.blind, self.let = 0, 0, nil
end

local function unseen(self, most, why)
  self.blind = self.blind + 1
  if self.blind <= most then return nil end
  return of(self, { name = self.name, kind = "blind", why = string.format("%d looks in a row saw nothing: %s", self.blind, why) })
end

--- A look at a gate.
---@param spec almanac.gate.Spec
---@param sample almanac.gate.Sample
---@return almanac.guard.Breach?
function Condition:gate(spec, sample)
  local value = number.of(sample.value)
  if not value then
    return unseen(self, spec.errors, sample.error or sample.missing or #sample.series .. " series answer, one is needed")
  end
  local good, critical = samples.judge(spec, value)
  if good then return healthy(self) end
  self.bad, self.blind = self.bad + 1, 0
  if not critical and self.bad <= spec.tolerate then return nil end
  return of(self, {
    name = self.name, kind = "gate", value = sample.value, limit = spec.limit, critical = critical or nil,
    why = critical and string.format("%s is past the critical limit %s", number.short(value), number.short(spec.critical))
      or verdicts.claim(spec, value, false),
  })
end

--- A look at alerts that failed.
---@param most integer
---@param why string
---@return almanac.guard.Breach?
function Condition:unseen(most, why)
  return unseen(self, most, why)
end

--- A look at one alert.
---@param alert almanac.alerts.Alert?  nil: it does not fire
---@return almanac.guard.Breach?
function Condition:alert(alert)
  if not alert then return healthy(self) end
  self.blind = 0
  return of(self, {
    name = self.name, kind = "alert",
    why = string.format("it fires, severity %s, since %s%s", alert.severity, alert.since,
      alert.summary and ": " .. alert.summary or ""),
  })
end

return M
