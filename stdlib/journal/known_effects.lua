--- The effects of a run as its replay knows them: what each was given and saw, what came of it, and what a step that is done
--- once more had made before. Pure.
local step_name = require "almanac.base.step_name"

local M = {}

---@class almanac.KnownEffect
---@field path string
---@field seq integer?     of its intent in the journal; nil: of this execution
---@field intent table     payload of effect.intent
---@field outcome table?   payload of effect.outcome; nil: nobody knows
---@field surely_not boolean?  it was found not to have taken place
---@field is_aside boolean?  a redo set it aside: its step makes it once more
---@field first table?     payload of the first intent to make it that may have taken place, where this is a later one:
---  the world of before the effect is what that one saw

---@class almanac.KnownEffects  the part of a replay that is about effects
---@field effects table<string, almanac.KnownEffect>  by "path#ordinal"
---@field intents string[] keys of effects in the order in which they were begun
---@field made_before table<string, table<integer, almanac.KnownEffect>>  by path and ordinal: what a step that is redone had made

--- Whether a result of the library's says that it changed nothing: of one thing, or of each of several.
local function says_nothing(result)
  if type(result) ~= "table" then return false end
  for _, one in ipairs(result) do
    if not says_nothing(one) then return false end
  end
  return result[1] ~= nil or result.changed == false
end

--- Whether an effect of the library took place and changed nothing, nor did an earlier try of it: all was so before the run.
--- An almanac of before said of a command that it had been killed in that it was done already.
---@param known almanac.KnownEffect
---@return boolean
function M.changed_nothing(known)
  local intent, outcome = known.intent, known.outcome
  if known.first then return false end
  if intent.already then return not outcome or outcome.ok end
  if not outcome or not outcome.ok then return false end
  local is_done_already = type(outcome.result) == "table" and outcome.result.already_done == true
  return is_done_already and not outcome.recovered or says_nothing(outcome.result)
end

--- The first intent to make an effect that may have taken place; nil: none that is known may have.
---@param known almanac.KnownEffect?
local function first_of(known)
  if not known or known.first then return known and known.first end
  if M.changed_nothing(known) then return nil end
  local failure = known.outcome and known.outcome.error
  return not known.surely_not and not (failure and failure.refused) and known.intent or nil
end

--- What an effect's undo goes back to: what there was before it could have changed anything.
---@param known almanac.KnownEffect
---@param goes_on boolean?  it keeps a record of its own: an earlier try of it was taken back by then
---@return any
function M.undo_to(known, goes_on)
  return (not goes_on and known.first or known.intent).before
end

--- One is begun.
---@param replay almanac.KnownEffects
---@param one almanac.Event  effect.intent
function M.begin(replay, one)
  local intent = one.data
  local key = one.path .. "#" .. intent.ordinal
  local earlier = replay.effects[key] or (replay.made_before[one.path] or {})[intent.ordinal]
  local first = first_of(earlier)
  if first and (first.op ~= intent.op or first.digest ~= intent.digest) then first = nil end -- that was another effect
  replay.effects[key] = { path = one.path, seq = one.seq, intent = intent, first = first }
  replay.intents[#replay.intents + 1] = key
end

--- The one that an event is about; nil: that is begun anew since.
local function about(replay, one)
  local known = replay.effects[one.path .. "#" .. one.data.ordinal]
  return known and known.intent.id == one.data.id and known or nil
end

--- One has an outcome.
---@param replay almanac.KnownEffects
---@param one almanac.Event  effect.outcome
function M.finish(replay, one)
  local known = about(replay, one)
  if known then known.outcome = one.data end
end

--- Its recover was asked. An event of before does not say whether it is sure: "not_done" stood for "again", too.
---@param replay almanac.KnownEffects
---@param one almanac.Event  effect.recovered
function M.recover(replay, one)
  local known = about(replay, one)
  if known then known.surely_not = one.data.state == "not_done" and one.data.sure end
end

--- The effects of a step that took place, in the order in which they were begun.
---@param replay almanac.KnownEffects
---@param path string
---@return string[]
function M.titles(replay, path)
  local titles, is_told = {}, {}
  for _, key in ipairs(replay.intents) do
    local known = replay.effects[key]
    if known and known.path == path and known.outcome and known.outcome.ok and not is_told[key] then
      is_told[key], titles[#titles + 1] = true, known.intent.title or known.intent.op
    end
  end
  return titles
end

--- Forgets the effects whose path is one of those that `is_meant` accepts.
local function forget(replay, is_meant)
  for key, known in pairs(replay.effects) do
    if is_meant(known.path) then replay.effects[key] = nil end
  end
end

--- A step makes its effects once more: what it had made is kept, for what there was before is known to the first try only.
---@param replay almanac.KnownEffects
---@param path string
function M.set_aside(replay, path)
  for _, known in pairs(replay.effects) do
    if known.path == path then
      known.is_aside = true
      local made = replay.made_before[path] or {}
      replay.made_before[path], made[known.intent.ordinal] = made, known
    end
  end
  forget(replay, function(of) return of == path end)
end

--- Which try the first one is that is made now: what a redo makes is another effect than what was made before, for who
--- knows it by its id as well (a server by its Idempotency-Key, an object by its annotation). One of which nobody knows how it
--- ended keeps its id, by which it can be known.
---@param replay almanac.KnownEffects
---@param path string
---@param ordinal integer|string
---@return integer
function M.first_try(replay, path, ordinal)
  local made = (replay.made_before[path] or {})[ordinal]
  return made and made.intent.tries + (made.outcome and 1 or 0) or 1
end

--- The effects of a step, and of those in it, are taken back.
---@param replay almanac.KnownEffects
---@param path string
function M.take_back(replay, path)
  for of in pairs(replay.made_before) do
    if step_name.is_within(of, path) then replay.made_before[of] = nil end
  end
  forget(replay, function(of) return step_name.is_within(of, path) end)
end

--- A step, with those in it, has another path.
---@param replay almanac.KnownEffects
---@param from string
---@param to string
function M.move(replay, from, to)
  step_name.move(replay.made_before, from, to)
  for i, key in ipairs(replay.intents) do
    local known = replay.effects[key]
    if known and known.path .. "#" .. known.intent.ordinal == key and step_name.is_within(known.path, from) then
      local path = step_name.moved(known.path, from, to)
      local new = path .. "#" .. known.intent.ordinal
      replay.effects[key], replay.effects[new] = nil, known
      known.path, replay.intents[i] = path, new
    elseif not known and step_name.is_within(key:match "^(.*)#", from) then
      replay.intents[i] = step_name.moved(key:match "^(.*)#", from, to) .. key:match "#[^#]*$" -- an earlier try of one that was moved
    end
  end
end

--- Those that took place, or may have.
---@param replay almanac.KnownEffects
---@param with_redone boolean?  also what a redo set aside, in its order
---@return almanac.KnownEffect[] newest first
function M.newest_first(replay, with_redone)
  local list, listed = {}, {}
  for i = #replay.intents, 1, -1 do
    local key = replay.intents[i]
    local path, ordinal = key:match "^(.*)#([^#]*)$"
    local known = replay.effects[key] or with_redone and (replay.made_before[path] or {})[ordinal]
    if not listed[key] and known then
      listed[key] = true
      list[#list + 1] = known
    end
  end
  return list
end

return M
