--- What was done and may not stand any more: before a run goes on, the effects that can tell are asked whether
--- what they made is still there. Only reads, side by side, and for a few seconds.
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local pool = require "almanac.base.pool"
local task = require "native.task"

local M = {}

local SECONDS = 5 -- for all of them
local AT_ONCE = 16

---@class almanac.Standing  something that an effect made
---@field about string   what it is: of one thing that several effects made, the last one is asked
---@field look? fun(): string?  a read: how it is otherwise; nil: it stands. Without it there is nothing to ask
---@field made? boolean  it is there though the effect is not over, as what a run has made so far that goes on

---@class almanac.StandingAnswer
---@field path string    of the step
---@field text string

--- What an effect made, as its definition says. That may be a script's, which says what it likes.
local function made_by(run, intent, result)
  local definition = definitions.find(intent.op, run.definitions)
  if not definition or not definition.holds then return {} end
  local ok, list = errors.try(definition.holds, intent.input, result, intent.before, run.calls)
  local out = {}
  for _, one in ipairs(ok and type(list) == "table" and list or {}) do
    if type(one) == "table" and type(one.about) == "string" then out[#out + 1] = one end
  end
  return out
end

--- Whether an effect is made of one that is not made, as in a rehearsal: then nothing is as it would have made it.
local function is_previewed(run, known, all)
  if not run.meta.rehearsal or definitions.is_builtin(known.intent.op) then return false end
  local prefix = known.intent.ordinal .. "."
  for _, other in ipairs(all) do
    local is_part = other.path == known.path and other.intent.ordinal:sub(1, #prefix) == prefix
    local definition = is_part and definitions.find(other.intent.op, run.definitions)
    if definition and definition.is_previewed then return true end
  end
  return false
end

---@class almanac.StandingThing
---@field about string
---@field path string    of the step
---@field title string   of the effect
---@field look? fun(): string?

--- What the effects of a run made or may have, newest first, each thing once: what a later one of them made otherwise, or
--- took away, is the later one's to tell. Those with a `look` are to be asked. What is to be made once more is asked nothing,
--- and stands before what was made before it all the same.
---@param run almanac.Run
---@return almanac.StandingThing[]
function M.made(run)
  local made, seen, all = {}, {}, run.replay:effects_newest_first(true)
  for _, known in ipairs(all) do
    local intent, outcome = known.intent, known.outcome
    local done, result = outcome and outcome.ok, nil
    if done then result = outcome.result end
    local things = made_by(run, intent, result)
    local is_asked = things[1] and not known.is_aside and not is_previewed(run, known, all)
    for _, one in ipairs(things) do
      if not seen[one.about] then
        seen[one.about] = true
        made[#made + 1] = { about = one.about, path = known.path, title = intent.title or intent.op,
          look = is_asked and (done or one.made) and one.look or nil }
      end
    end
  end
  return made
end

--- Those that are to be asked.
---@param run almanac.Run
---@return almanac.StandingThing[]
local function things(run)
  local out = {}
  for _, thing in ipairs(M.made(run)) do
    if thing.look then out[#out + 1] = thing end
  end
  return out
end

local function look(thing, deadline)
  local left = deadline - task.now()
  if left <= 0 then return false, "there was no time for it" end
  local token = task.push_deadline(left)
  local ok, why = errors.try(thing.look)
  local expired = task.pop_deadline(token)
  if not ok and interrupt.of(why) then error(why, 0) end
  if not ok and expired then return false, "no answer in time" end
  if not ok then return false, why.message end
  return true, why and tostring(why)
end

--- Asks the world.
---@param run almanac.Run
---@return almanac.StandingAnswer[] otherwise   what does not stand
---@return almanac.StandingAnswer[] unasked     what could not be asked, and why
---@return integer asked
function M.ask(run)
  local asked, otherwise, unasked = things(run), {}, {}
  local deadline = task.now() + SECONDS
  task.with({ permit = "read", context = { run = run } }, pool.map, asked, AT_ONCE, function(thing)
    local ok, text = look(thing, deadline)
    local list = not ok and unasked or text and otherwise
    if list then list[#list + 1] = { path = thing.path, text = ok and text or thing.title .. ": " .. text } end
  end)
  for _, list in ipairs { otherwise, unasked } do
    table.sort(list, function(a, b) return a.path .. a.text < b.path .. b.text end)
  end
  return otherwise, unasked, #asked
end

local SHOWN = 8

local function add_lines(out, list)
  for i = 1, math.min(#list, SHOWN) do out[#out + 1] = string.format("  ! %s: %s", list[i].path, list[i].text) end
  if #list > SHOWN then out[#out + 1] = string.format("  ! and %d more", #list - SHOWN) end
end

--- Lines for people; none when all stands.
---@param otherwise almanac.StandingAnswer[]
---@param unasked almanac.StandingAnswer[]
---@return string[]
function M.describe(otherwise, unasked)
  local out = {}
  if #otherwise > 0 then out[1] = "what was done is not so any more:" end
  add_lines(out, otherwise)
  if #unasked > 0 then out[#out + 1] = "could not be asked whether it still is so:" end
  add_lines(out, unasked)
  return out
end

return M
