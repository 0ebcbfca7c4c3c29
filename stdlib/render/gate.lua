--- A gate in words and blocks: its value against the limit, how far that is, how it went, how long it held. Pure.
local duration = require "almanac.base.duration"
local number = require "almanac.base.number"
local terminal = require "almanac.base.terminal"
local words = require "almanac.journal.gate_words"

local M = {}

--- The sign of one that is watched, by how it stands, and its colour.
M.MARKS = { bad = { "!", "1;31" }, unseen = { "?", "33" }, good = { "●", "32" }, begun = { "·", "90" } }

local BLOCKS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

--- How far the value is from the limit: "40 % above", "12x the limit"; nil where there is nothing to compare.
---@param gate almanac.GateSeen
---@return string?
function M.distance(gate)
  local value, limit = number.of(gate.value), number.of(gate.limit)
  if not value or not limit or gate.missing or math.abs(limit) == math.huge or math.abs(value) == math.huge then return nil end
  if value == limit then return "at the limit" end
  local way = value > limit and "above" or "below"
  if limit == 0 then return string.format("%s %s", number.short(math.abs(value)), way) end
  local percent = math.abs((value - limit) / limit) * 100
  if percent >= 1000 and value / limit > 0 then return number.short(tonumber(string.format("%.3g", value / limit))) .. "x the limit" end
  return string.format("%.0f %% %s", percent, way)
end

--- The last values as blocks, from nothing (or the least) up to the most, or the limit where that is more: so one
--- sees how near it is.
---@param gate almanac.GateSeen
---@param width integer columns
---@return string of so many columns at most
function M.sparkline(gate, width)
  local first = math.max(1, #gate.points - width + 1)
  local limit = number.of(gate.limit)
  local low, high = 0, limit and limit < math.huge and limit or 0
  for i = first, #gate.points do
    local value = gate.points[i]
    if math.abs(value) < math.huge then low, high = math.min(low, value), math.max(high, value) end
  end
  local out = {}
  for i = first, #gate.points do
    local value = math.min(math.max(gate.points[i], low), high)
    local part = high > low and (value - low) / (high - low) or 0
    out[#out + 1] = BLOCKS[math.floor(part * (#BLOCKS - 1) + 0.5) + 1]
  end
  return table.concat(out)
end

--- Seconds that it held up to now: between samples they go on, which the next one has to confirm.
local function held_now(gate, now_ms)
  local held = gate.held or 0
  if gate.ok and gate.sampled_ms and now_ms and not gate.error and held > 0 then
    held = held + math.min((now_ms - gate.sampled_ms) / 1000, gate.interval or 0)
  end
  return math.floor(gate.hold and math.min(held, gate.hold) or held)
end

--- "held 1m20s of 10m"; "held 10m" once it has passed.
---@param gate almanac.GateSeen
---@param now_ms integer? nil: it is over
---@return string?
function M.held(gate, now_ms)
  if not gate.held then return nil end
  if not now_ms or not gate.hold then return "held " .. duration.format(gate.held) end
  return string.format("held %s of %s", duration.format(held_now(gate, now_ms)), duration.format(gate.hold))
end

--- "12s unwatched": time of which no sample knows. Less than a second, or than there is between two samples, is none.
---@param gate almanac.GateSeen
---@return string?
function M.unwatched(gate)
  local seconds = gate.unwatched or 0
  if seconds < math.max(1, gate.interval or 0) then return nil end
  return duration.format(math.floor(seconds)) .. " unwatched"
end

--- What keeps one from seeing how it is: "no answer for 12s: connection refused"; nil: it is seen.
---@param gate almanac.GateSeen
---@param began_ms integer
---@param now_ms integer
---@return string?
function M.trouble(gate, began_ms, now_ms)
  local unanswered = words.unanswered(gate, began_ms, now_ms)
  return unanswered and string.format("no %s%s", unanswered, gate.error and ": " .. gate.error or "")
end

--- All of it in one line, for a tree that is printed.
---@param node almanac.Node with a gate
---@param view { color: boolean, now_ms: integer }
---@return string
function M.line(node, view)
  local gate, running = node.gate, node.status == "running"
  local good = node.status == "done" or gate.ok
  local parts = { terminal.paint(words.claim(gate), good and "32" or "31", view.color) }
  parts[#parts + 1] = M.distance(gate)
  local how_long = running and words.bad_for(gate, view.now_ms) or M.held(gate, running and view.now_ms or nil)
  parts[#parts + 1] = node.status ~= "failed" and how_long or nil
  parts[#parts + 1] = M.unwatched(gate)
  local trouble = running and M.trouble(gate, node.started, view.now_ms)
  if trouble then parts[#parts + 1] = terminal.paint(terminal.spelt(trouble), "33", view.color) end
  return table.concat(parts, ", ")
end

return M
