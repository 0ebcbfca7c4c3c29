--- How the gates of a run stand that is under way: how many hold, and which do not, since when. Pure.
local gate_words = require "almanac.journal.gate_words"
local gates = require "almanac.journal.gate"
local number = require "almanac.base.number"
local words = require "almanac.report.words"

local M = {}

---@class almanac.report.Standing  of a gate that is watched now
---@field is "good"|"bad"|"unseen"|"begun"
---@field text string     "bad for 9s: 7 is not < 5"

--- What is wrong with the last value: nothing is, where it was healthy and no more came.
local function fault(seen)
  local is_compared = not seen.ok and number.of(seen.value) and number.of(seen.limit) and seen.op
  return (seen.missing or is_compared) and gate_words.claim(seen) or nil
end

local function text_of(seen, is, began_ms, now_ms)
  if is == "good" then return "healthy now" end
  if is == "begun" then return "no sample yet" end
  local unanswered, said = gate_words.unanswered(seen, began_ms, now_ms), gate_words.bad_for(seen, now_ms)
  if unanswered then said = (said and said .. ", " or "") .. "without an " .. unanswered end
  local why = unanswered and seen.error and words.first_line(seen.error) or fault(seen)
  return (said or "not seen") .. (why and ": " .. why or "")
end

--- How a gate stands; nil where it is not watched now.
---@param node almanac.Node  its step
---@param now_ms integer
---@return almanac.report.Standing?
function M.of(node, now_ms)
  local seen = node.gate
  if not seen or node.status ~= "running" then return nil end
  local began_ms = node.started or now_ms
  local is = gates.standing(seen, began_ms, now_ms)
  return { is = is, text = text_of(seen, is, began_ms, now_ms) }
end

local RANKS = { bad = 1, unseen = 2, begun = 3, good = 3 }

--- How much a gate wants to be looked at: what failed, what is bad now, what nobody sees, the rest, what passed.
---@param gate almanac.report.Gate
---@return integer  the least first
function M.rank(gate)
  if gate.verdict then return gate.verdict == "pass" and 4 or 0 end
  return gate.standing and RANKS[gate.standing.is] or 3
end

--- All of them in words: how many hold, and the one that wants to be looked at most; nil where none is watched now.
---@param list almanac.report.Gate[]
---@return string?
function M.summary(list)
  local held, watched, worst = 0, false, nil
  for _, gate in ipairs(list) do
    local standing = gate.standing
    watched = watched or standing ~= nil
    if gate.verdict == "pass" or standing and standing.is == "good" then held = held + 1 end
    if standing and M.rank(gate) < RANKS.good and not (worst and M.rank(worst) <= M.rank(gate)) then worst = gate end
  end
  if not watched then return nil end
  local text = string.format("%d of %d gates held", held, #list)
  return worst and string.format("%s; “%s” is %s", text, worst.path, worst.standing.text) or text
end

return M
