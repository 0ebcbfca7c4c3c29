--- The questions, watches and waits of a plan: each is kept by its kind and what it was called with, as an effect is, so that
--- none stands for another of the same name.
local fingerprints = require "almanac.journal.fingerprint"
local inputs = require "almanac.run.plan.input"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

---@class almanac.Awaited  what a step asks, watches or waits for
---@field kind string  the public function: "confirm", "gate", …; "wait": there is nothing to tell it by
---@field input? table what it was called with, as plain data

---@class almanac.PlannedWait : almanac.Awaited
---@field path string
---@field place integer?  among the effects and waits of the plan
---@field number integer? among the waits of the path
---@field open? { at: string, after: string }[]  parts of the input that only the run will know

local function plain(awaited)
  local input = unknown.describe_all(secret.conceal_all(awaited.input or {}))
  return json.decode(json.encode(redaction.data(input)))
end

--- A wait as a plan keeps it.
---@param path string
---@param awaited almanac.Awaited
---@return almanac.PlannedWait
function M.planned(path, awaited)
  local open = unknown.open(awaited.input or {})
  return { path = path, kind = awaited.kind, input = plain(awaited), open = open[1] and open }
end

--- Whether both are of the same kind, called with the same.
local function fits(planned, awaited, now, is_foreign)
  if planned.kind ~= awaited.kind then return false end
  local input = planned.input
  if is_foreign then input, now = fingerprints.without(input), fingerprints.without(now) end
  return inputs.fits(input, now, planned.open)
end

--- The waits that a plan has at a path. One of an older almanac's plan has no kind, and is known by its name alone.
---@return almanac.PlannedWait[]
local function at(plan, path)
  local out = {}
  for _, wait in ipairs(plan.waits or {}) do
    if wait.path == path and wait.kind then out[#out + 1] = wait end
  end
  return out
end

--- What differs between the planned input and the one of now.
local function differing(planned, now)
  local names = {}
  for name in pairs(planned) do names[#names + 1] = name end
  for name in pairs(now) do
    if planned[name] == nil then names[#names + 1] = name end
  end
  table.sort(names)
  local out = {}
  for _, name in ipairs(names) do
    if not inputs.fits({ planned[name] }, { now[name] }) then out[#out + 1] = name end
  end
  return table.concat(out, ", ")
end

local function article(kind) return (kind:find "^[aeiou]" and "an " or "a ") .. kind end

--- Which of the plan's waits at a path one is; where the plan has a single other one there, why it may not take its place.
---@param plan table    as it was saved
---@param path string
---@param awaited almanac.Awaited
---@param is_foreign boolean  fingerprints of secrets say nothing
---@return integer? number    nil: none of them
---@return string? message
---@return string[]? hints    what was planned, and what it is now
function M.find(plan, path, awaited, is_foreign)
  local found = at(plan, path)
  if not found[1] then return nil end
  local now = plain(awaited)
  for _, planned in ipairs(found) do
    if fits(planned, awaited, now, is_foreign) then return planned.number end
  end
  local planned = found[1]
  if found[2] then return nil end
  if planned.kind ~= awaited.kind then
    return nil, string.format("%s is %s in the plan, and %s now", path, article(planned.kind), article(awaited.kind))
  end
  return nil, string.format("the %s has another input than in the plan: %s", awaited.kind, differing(planned.input, now)), {
    "planned: " .. json.encode(planned.input, { canonical = true }), "now:     " .. json.encode(now, { canonical = true }),
  }
end

return M
