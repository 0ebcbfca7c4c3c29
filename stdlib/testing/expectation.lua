--- What a test says of plans and runs: the effects that are in them, in their order.
local assertion = require "almanac.testing.assertion"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local lines = require "almanac.base.lines"

local M = {}

local function has(part, whole)
  if type(part) ~= "table" then return part == whole end
  if type(whole) ~= "table" then return false end
  for key, value in pairs(part) do
    if not has(value, whole[key]) then return false end
  end
  return true
end

--- Whether an effect is the one that is meant: text stands in its title or is its kind, a table holds fields of it.
local function is_meant(wanted, effect)
  if type(wanted) == "string" then return effect.op == wanted or effect.title:find(wanted, 1, true) ~= nil end
  return has(wanted, effect)
end

local function shown_wanted(wanted)
  return type(wanted) == "string" and wanted or assertion.shown(wanted)
end

--- What a table says of an effect, of those fields that a plan and a report have of it.
local EFFECT = {
  op = { "text", help = "its kind: helm.upgrade" },
  title = { "text", help = "its whole title" },
  path = { "text", help = "of its step" },
  status = { "text", help = "of one that was made: done, failed, …" },
  input = { "table", help = "what it was given, or a part of that" },
  before = { "table", help = "what was seen before it, or a part of that" },
  result = { "any", help = "what it gave, or a part of that" },
  error = { "any", help = "of one that failed" },
}

local function check_wanted(who, wanted)
  if type(wanted) ~= "table" then errors.usage("%s: takes a list of effects: their titles, kinds, or fields of them", who) end
  for i, one in ipairs(wanted) do
    if type(one) ~= "string" and type(one) ~= "table" then errors.usage("%s: effect %d is neither text nor a table", who, i) end
    local declared = { who = string.format("%s: effect %d", who, i), fields = EFFECT, at = 2, open = "other fields of the report" }
    if type(one) == "table" then fields.check(declared, one) end
  end
end

local function told(effect)
  local status = effect.status and effect.status ~= "done" and " (" .. effect.status .. ")" or ""
  return string.format("%s  [%s]%s", effect.title, effect.op, status)
end

--- Both lists side by side, the first difference marked.
local function side_by_side(wanted, got, first)
  local out = {}
  for i = 1, math.max(#wanted, #got) do
    local mark = i == first and ">" or " "
    if wanted[i] ~= nil and got[i] ~= nil and i < first then
      out[#out + 1] = string.format("  %s %d. %s", mark, i, told(got[i]))
    else
      out[#out + 1] = string.format("  %s %d. expected: %s", mark, i, wanted[i] ~= nil and shown_wanted(wanted[i]) or "nothing")
      out[#out + 1] = string.format("  %s         got: %s", mark, got[i] ~= nil and told(got[i]) or "nothing")
    end
  end
  for i, line in ipairs(out) do out[i] = lines.hanging(line) end -- titles are the script's
  return table.concat(out, "\n")
end

--- Holds effects against those that are wanted.
---@param who string
---@param wanted (string|table)[]
---@param got table[]
---@param more string  what else there is to say where they differ
function M.check(who, wanted, got, more)
  check_wanted(who, wanted)
  for i = 1, math.max(#wanted, #got) do
    if wanted[i] == nil or got[i] == nil or not is_meant(wanted[i], got[i]) then
      assertion.fail(string.format("the effects are others\n%s%s", side_by_side(wanted, got, i), more))
    end
  end
end

return M
