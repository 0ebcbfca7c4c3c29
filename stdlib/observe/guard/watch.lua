--- The watch of a guard: looks at its gates and alerts until one of them is a breach, and keeps what it saw.
local alerts = require "almanac.observe.alerts"
local conditions = require "almanac.observe.guard.condition"
local duration = require "almanac.base.duration"
local api = require "almanac.observe.api"
local errors = require "almanac.base.errors"
local look_at = require "almanac.observe.gate.look"
local number = require "almanac.base.number"
local pool = require "almanac.base.pool"
local samples = require "almanac.observe.gate.sample"
local step = require "almanac.run.step"
local task = require "native.task"
local verdicts = require "almanac.observe.gate.verdict"

local M = {}

--- What stays as it is, is journalled so often, behind its first looks, which a plot of a short watch needs.
local EVIDENCE_SECONDS, FIRST_LOOKS = 60, 60
--- The looks at all alerts, as a condition of their own.
local ALERTS = "alerts"

---@class almanac.guard.Watch
---@field spec almanac.guard.Spec
---@field known table<string, almanac.guard.Condition>
---@field told table<string, { state: string, at: number, count: integer }>  what the journal has of each
---@field looked boolean   everything was looked at since it began, or went on
---@field first table      a condition: notified when it was
local Watch = {}
Watch.__index = Watch

--- A watch that begins, or goes on: what the operator let pass before counts no more.
---@param spec almanac.guard.Spec
---@param let almanac.guard.Breach[]
---@return almanac.guard.Watch
function M.new(spec, let)
  local watch = setmetatable({ spec = spec, known = {}, told = {}, looked = false, first = task.condition() }, Watch)
  for _, breach in ipairs(let) do watch:condition(breach.name):let_pass(breach) end
  return watch
end

---@param name string
---@return almanac.guard.Condition
function Watch:condition(name)
  self.known[name] = self.known[name] or conditions.new(name)
  return self.known[name]
end

--- Journals what was seen, where it is news.
local function keep(self, name, state, data)
  local told, now = self.told[name], task.now()
  local count = told and told.count or 0
  if count >= FIRST_LOOKS and told.state == state and now - told.at < EVIDENCE_SECONDS then return end
  self.told[name] = { state = state, at = now, count = count + 1 }
  data.name = name
  step.emit("guard.sample", data)
end

local function look_at_gate(self, spec)
  local sample = look_at.now(spec)
  local state = sample.error and "error" or sample.missing or sample.series and "series" or tostring(sample.ok)
  keep(self, spec.name, state, { time = sample.time, value = sample.value, ok = sample.ok, why = sample.error or sample.missing })
  return self:condition(spec.name):gate(spec, sample)
end

local function fits(wanted, alert)
  for _, name in ipairs(wanted.ignore) do
    if name == alert.name then return false end
  end
  for label, value in pairs(wanted.labels) do
    if alert.labels[label] ~= tostring(value) then return false end
  end
  return true
end

--- The alerts that fire now and are meant, by name; or why they are not known. Raises what is not to be borne.
---@param wanted table  the `alerts` of a guard
---@return table<string, almanac.alerts.Alert>?
---@return string? why
local function firing(wanted)
  local ok, list = errors.try(alerts.current, { severity = wanted.severity, url = wanted.url })
  if not ok and not api.is_bearable(list) then error(list, 0) end
  if not ok then return nil, tostring(list.message) end
  local found = {}
  for _, alert in ipairs(list) do
    if fits(wanted, alert) and not found[alert.name] then found[alert.name] = alert end
  end
  return found
end

local function look_at_alerts(self)
  local wanted = self.spec.alerts
  local found, unseen = firing(wanted)
  local seen = self:condition(ALERTS)
  if not found then
    keep(self, ALERTS, "error", { time = task.wall_ms() / 1000, why = unseen })
    return { seen:unseen(wanted.errors, unseen) }
  end
  seen:alert(nil)
  local breaches, names = {}, require("almanac.base.param").sorted_names(found)
  for name, condition in pairs(self.known) do
    if name:find "^alert " and not found[name:sub(7)] then condition:alert(nil) end
  end
  for _, name in ipairs(names) do breaches[#breaches + 1] = self:condition("alert " .. name):alert(found[name]) end
  local fire = table.concat(names, ", ")
  keep(self, ALERTS, fire, { time = task.wall_ms() / 1000, ok = #names == 0, why = #names > 0 and fire or nil })
  return breaches
end

--- Looks once at everything.
---@return almanac.guard.Breach[]
function Watch:look()
  local breaches, looks = {}, {}
  for _, spec in ipairs(self.spec.gates) do
    looks[#looks + 1] = function() return { look_at_gate(self, spec) } end
  end
  if self.spec.alerts then looks[#looks + 1] = function() return look_at_alerts(self) end end
  for _, found in ipairs(pool.map(looks, pool.REQUESTS, function(look) return look() end)) do
    table.move(found, 1, #found, #breaches + 1, breaches)
  end
  return breaches
end

--- Before it is waited for: what was seen before a pause counts no more.
function Watch:begin()
  self.looked = false
end

--- Waits until everything was looked at once by who is in Watch:wait. A work that takes no time, as one that goes on
--- behind an answered question, would be over before anybody had looked.
function Watch:wait_for_look()
  while not self.looked do self.first:wait() end
end

--- Watches until there is a breach.
---@return almanac.guard.Breach[]
function Watch:wait()
  while true do
    local began = task.now()
    local breaches = self:look()
    if #breaches > 0 then return breaches end
    self.looked = true
    self.first:notify()
    task.sleep(math.max(0, self.spec.interval - (task.now() - began)))
  end
end

--- What a plan says of each: how it is now.
---@param spec almanac.guard.Spec
---@return { text: string, ok: boolean?, value: any }[]
function M.now(spec)
  local out, every = {}, ", watched every " .. duration.format(spec.interval) .. "; a breach: " .. spec.on_breach
  for i, gate in ipairs(spec.gates) do
    local sample = look_at.now(gate)
    local value = number.of(sample.value)
    local good = value and samples.judge(gate, value)
    local seen = value and verdicts.claim(gate, value, good) or sample.error or sample.missing or "several series"
    out[i] = { text = string.format("guard %s: %s%s", gate.name, seen, every), ok = good, value = sample.value }
  end
  if spec.alerts then
    local found, unseen = firing(spec.alerts)
    local names = found and require("almanac.base.param").sorted_names(found) or {}
    local seen = unseen or #names > 0 and table.concat(names, ", ") .. " fires" or "none fires"
    local good
    if found then good = #names == 0 end
    out[#out + 1] = { text = "guard alerts: " .. seen .. every, ok = good, value = found and #names or nil }
  end
  return out
end

return M
