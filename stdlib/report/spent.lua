--- How the time between the beginning of a run and its end was spent: it worked, it waited for somebody's answer, or nobody
--- ran it. Pure.
local words = require "almanac.report.words"

local M = {}

---@class almanac.report.Spent  in seconds
---@field worked number
---@field asked number
---@field idle number

local LEAST = 1 -- seconds of waiting that are worth a word

--- How long any of these spans goes on within others, in milliseconds; those are in their order, and do not overlap.
local function length_within(spans, others)
  table.sort(spans, function(a, b) return a.from_ms < b.from_ms end)
  local sum = 0
  for _, other in ipairs(others) do
    local at = other.started_ms
    for _, span in ipairs(spans) do
      local from, to = math.max(span.from_ms, at), math.min(span.to_ms, other.ended_ms)
      if to > from then sum, at = sum + to - from, to end
    end
  end
  return sum
end

--- How a run's time was spent; nil while it is under way.
---@param report almanac.Report
---@return almanac.report.Spent?
function M.of(report)
  local run = report.run
  if not run.ended_ms then return nil end
  local all, ran, asking = run.ended_ms - run.started_ms, 0, {}
  local executions = report.executions or { { started_ms = run.started_ms, ended_ms = run.ended_ms } }
  for _, one in ipairs(executions) do ran = ran + one.ended_ms - one.started_ms end
  for _, step in ipairs(report.steps) do
    for _, span in ipairs(step.spans or {}) do
      if span.kind == "approval" then asking[#asking + 1] = span end
    end
  end
  local asked = length_within(asking, executions)
  return { worked = (ran - asked) / 1000, asked = asked / 1000, idle = math.max(0, all - ran) / 1000 }
end

--- "1m2s", or "17s of work, 30s of waiting for an answer, 15s in which nobody ran it"; nil while it is under way.
---@param report almanac.Report
---@return string?
function M.text(report)
  local spent = M.of(report)
  if not spent then return nil end
  local parts = {}
  if spent.asked >= LEAST then parts[#parts + 1] = words.length(spent.asked) .. " of waiting for an answer" end
  if spent.idle >= LEAST then parts[#parts + 1] = words.length(spent.idle) .. " in which nobody ran it" end
  if not parts[1] then return words.length(spent.worked + spent.asked + spent.idle) end
  return words.length(spent.worked) .. " of work, " .. table.concat(parts, ", ")
end

return M
