--- The parts of an effect of the script's own, held to the plan: what it makes by others is what the plan foresaw, each part
--- once and in its place.
local definitions = require "almanac.run.definitions"
local diff = require "almanac.base.diff"
local effect = require "almanac.run.effect"
local once = require "almanac.run.once"
local task = require "native.task"
local touched = require "almanac.run.touched"

local M = {}

--- The effect that the plan has, in which a call is made.
local function planned_around(plan, path, key)
  local ordinal = key:match "^(%d+)%."
  for _, planned in ipairs(plan.effects) do
    if planned.path == path and planned.ordinal == ordinal then return planned end
  end
end

--- The planned part of that number, or nil.
---@param plan table
---@param path string
---@param key string
---@return almanac.ForeseenEffect?
function M.of(plan, path, key)
  local around = planned_around(plan, path, key)
  for _, part in ipairs(around and around.makes or {}) do
    if part.ordinal == key then return part end
  end
end

--- The files that an effect writes; nil for one that touches anything else.
local function files_of(definition, input)
  local out = {}
  for i, target in ipairs(task.with({ permit = "read" }, effect.targets, definition, input)) do
    if target.category ~= "fs" then return nil end
    out[i] = target.names
  end
  return out[1] and out
end

--- Whether a call writes the planned file, one that this run changed before, with another text than was foreseen by who had
--- looked at the file as it was before the run.
local function rewrites_own_file(frame, call, part)
  if part.op ~= call.name or not part.behind_read then return false end
  local files = files_of(call.definition, call.input)
  if not files or not diff.equal(files, files_of(call.definition, part.input)) then return false end
  return touched.covers(touched.by(frame.run, frame.run.definitions), call)
end

--- What recovers may make any of the parts once more, and so may one of a plan whose parts have no numbers.
local function is_of_any_number(part, call)
  return part.ordinal == nil or once.is_of_recovery(call.key)
end

--- Whether a part is begun before another one, by their numbers: "0.1", "0.1.0", "0.2", "0.10".
local function comes_before(one, other)
  local numbers = {}
  for number in other:gmatch "%d+" do numbers[#numbers + 1] = tonumber(number) end
  local at = 0
  for number in one:gmatch "%d+" do
    at = at + 1
    if not numbers[at] then return false end
    if tonumber(number) ~= numbers[at] then return tonumber(number) < numbers[at] end
  end
  return at < #numbers
end

--- Whether a call is behind the open end of the effect that makes it: that one could not be followed further, and nothing that
--- the plan has of it comes later, or was left out before.
local function is_behind_open_end(around, frame, call)
  local by = call.key:match "^(.*)%."
  local is_open = around.makes_more and not around.open_ends -- an older version did not say which of them
  for _, key in ipairs(around.open_ends or {}) do is_open = is_open or key == by end
  if not is_open then return false end
  for _, part in ipairs(around.makes) do
    if part.ordinal and comes_before(part.ordinal, call.key) then
      if not part.nothing and not frame.run.effects[frame.path .. "#" .. part.ordinal] then return false end
    elseif part.ordinal and part.ordinal:match "^(.*)%." == by then
      return false
    end
  end
  return true
end

--- The planned part that a call within an effect is. Behind what the plan could follow, and for effects of the library's own,
--- which were planned with their parts, there is none, and no refusal.
---@param plan table
---@param frame almanac.Frame   within the effect
---@param call almanac.EffectCall
---@param fits fun(part: almanac.ForeseenEffect, call: almanac.EffectCall): boolean
---@return almanac.ForeseenEffect? part  whose ground is to be the planned one
---@return string? refused  why it may not be made
function M.find(plan, frame, call, fits)
  if not frame.within or definitions.is_builtin(frame.within) then return nil end
  local around = planned_around(plan, frame.path, call.key)
  if not around or not around.makes then return nil end
  for _, part in ipairs(around.makes) do
    if (part.ordinal == call.key or is_of_any_number(part, call)) and part.op == call.name and fits(part, call) then return part end
    if part.ordinal == call.key and rewrites_own_file(frame, call, part) then return nil end
  end
  if is_behind_open_end(around, frame, call) then return nil end
  return nil, string.format("%s, which %s makes, is not in the plan", definitions.title(call.name, call.input, frame.run.definitions),
    frame.within)
end

return M
