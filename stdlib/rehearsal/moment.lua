--- When something comes in a rehearsal: at once, so long after its begin, when a step begins, with an effect; and for
--- how long. Pure.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local nearest = require "almanac.base.nearest"

local M = {}

---@class almanac.rehearsal.Moment
---@field kind "at"|"step"|"effect"
---@field seconds number?  of "at"
---@field step string?     its path, or the last names of it
---@field effect integer?  the first is 1
---@field lasts number?    seconds; nil: to the end

local HINT = "WHEN is a duration behind the run's begin (30s), step NAME, or effect N; +DURATION behind it says how long"

--- What is no moment, with the word that its first one was probably meant to be.
local function refuse(who, text, more)
  local words = { step = true, effect = true }
  for _, word in ipairs(more or {}) do words[word] = true end
  errors.raise {
    kind = "usage", message = string.format("%s: %q is no moment%s", who, text, nearest.suffix(text:match "^%a*", words)),
    hint = HINT .. (more and "; or " .. table.concat(more, ", or ") or ""),
  }
end

local function seconds_of(who, text, more)
  local ok, seconds = errors.try(duration.parse, text)
  return ok and seconds or refuse(who, text, more)
end

--- Reads "30s", "step upgrade the release", "effect 2", with "+20s" behind it. Raises kind "usage".
---@param who string  the option
---@param text string "": at once
---@param more? string[]  what the option takes besides
---@return almanac.rehearsal.Moment
function M.parse(who, text, more)
  local when, lasts = text:match "^(.-)%s*%+%s*([%d.]+%a[%w.]*)$"
  when = when or text
  local moment = { lasts = lasts and seconds_of(who, lasts) }
  if when == "" then
    moment.kind, moment.seconds = "at", 0
  elseif when:find "^effect%s" then
    local n = math.tointeger(tonumber(when:match "^effect%s+(%d+)$"))
    if not n or n < 1 then errors.raise { kind = "usage", message = string.format("%s: %q names no effect", who, when), hint = HINT } end
    moment.kind, moment.effect = "effect", n
  elseif when:find "^step%s" then
    moment.kind, moment.step = "step", when:match "^step%s+(.-)%s*$"
  else
    moment.kind, moment.seconds = "at", seconds_of(who, when, more)
  end
  return moment
end

--- Whether a step is the one that is meant.
---@param moment almanac.rehearsal.Moment
---@param path string
---@return boolean
function M.is_step(moment, path)
  return moment.kind == "step" and (path == moment.step or path:sub(-#moment.step - 1) == "/" .. moment.step)
end

--- A moment in words.
---@param moment almanac.rehearsal.Moment
---@return string
function M.text(moment)
  local words = moment.kind == "effect" and "with effect " .. moment.effect
    or moment.kind == "step" and string.format("when step %q begins", moment.step)
    or moment.seconds == 0 and "at once" or "after " .. duration.format(moment.seconds)
  return words .. (moment.lasts and ", for " .. duration.format(moment.lasts) or "")
end

return M
