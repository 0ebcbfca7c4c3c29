--- A run beside the last good one of the same runbook: what was given otherwise, what was newer, what took longer. Pure.
local json = require "native.json"
local spent = require "almanac.report.spent"
local words = require "almanac.report.words"

local M = {}

local SLOWER_SECONDS, SLOWER_TIMES = 1, 1.25 -- a step that took so much longer, and so many times as long, is named
local SHOWN = 10

---@class almanac.report.Compared
---@field id string           of the last good run
---@field started_ms integer
---@field seconds? number     how long that took
---@field now_seconds? number and this one
---@field facts { what: string, was: any, now: any }[]   that are not the same
---@field steps { path: string, was: number, now: number, id: integer }[]  whose durations differ most, in seconds
---@field new string[]        steps that it had not
---@field gone string[]       steps that only it had; none while the run may yet get to them

--- How long it worked: what people took to answer, and when somebody went on with it, is nothing to compare.
local function seconds_of(report)
  local time = spent.of(report)
  return time and time.worked
end

local function params_of(report)
  local out = {}
  for _, param in ipairs(report.params) do out[param.name] = param.text end
  return out
end

local function add_facts(out, report, good)
  local function add(what, was, now)
    if was ~= now then table.insert(out, { what = what, was = was, now = now }) end
  end
  local was, now, names = params_of(good), params_of(report), {}
  for name in pairs(was) do names[#names + 1] = name end
  for name in pairs(now) do
    if was[name] == nil then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do add("parameter " .. name, was[name], now[name]) end
  for _, field in ipairs { "environment", "context", "operator", "host" } do add(field, good.run[field], report.run[field]) end
  add("version", words.version(good.run), words.version(report.run))
  add("script", good.run.digest and good.run.digest:sub(1, 12), report.run.digest and report.run.digest:sub(1, 12))
end

local function by_path(report)
  local out = {}
  for _, step in ipairs(report.steps) do
    if step.is_leaf then out[step.path] = step end
  end
  return out
end

local function is_slower(was, now)
  local less, more = math.min(was, now), math.max(was, now)
  return more - less >= SLOWER_SECONDS and more >= SLOWER_TIMES * less
end

--- Whether a step's time says something beside the one before: one that is not done has only begun to take it.
local function differs(step, was)
  return is_slower(was, step.seconds) and (step.status == "done" or step.seconds > was)
end

--- What a run that did not get to its end has not met may have come yet.
local function may_be_gone(report)
  return report.run.status == "done"
end

local function compare_steps(out, report, good)
  local was, now, steps = by_path(good), by_path(report), {}
  for _, step in ipairs(report.steps) do
    local before = was[step.path]
    if step.is_leaf and not before and step.status ~= "waiting" then table.insert(out.new, step.path) end
    if step.is_leaf and before and before.seconds and step.seconds and differs(step, before.seconds) then
      steps[#steps + 1] = { path = step.path, was = before.seconds, now = step.seconds, id = step.id }
    end
  end
  for _, step in ipairs(may_be_gone(report) and good.steps or {}) do
    if step.is_leaf and not now[step.path] then table.insert(out.gone, step.path) end
  end
  table.sort(steps, function(a, b)
    local x, y = math.abs(a.now - a.was), math.abs(b.now - b.was)
    return x > y or x == y and a.id < b.id
  end)
  for i = 1, math.min(#steps, SHOWN) do out.steps[i] = steps[i] end
end

---@param report almanac.Report
---@param good almanac.Report
---@return almanac.report.Compared
function M.of(report, good)
  local out = {
    id = good.run.id, started_ms = good.run.started_ms, seconds = seconds_of(good), now_seconds = seconds_of(report),
    facts = json.array {}, steps = json.array {}, new = json.array {}, gone = json.array {},
  }
  add_facts(out.facts, report, good)
  compare_steps(out, report, good)
  return out
end

return M
