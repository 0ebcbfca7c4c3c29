--- A moment as people type it: a date, a time of day of it, or how long ago.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local timestamp = require "almanac.base.timestamp"

local M = {}

local DAYS_AGO = { today = 0, yesterday = 1 }

--- "06:19", or "06:19:05" as our own lists have it: hours, minutes, seconds.
local function time_of_day(text)
  local hour, minute, rest = text:match "^([0-2]%d):([0-5]%d)(.*)$"
  local second = rest == "" and "0" or (rest or ""):match "^:([0-5]%d)$"
  if not second or tonumber(hour) > 23 then return nil end
  return tonumber(hour), tonumber(minute), tonumber(second)
end

--- A day, or the last time that it was such a time of day, by this machine's clock.
local function by_the_day(text, now)
  local day, days = os.date("*t", math.floor(now)), DAYS_AGO[text]
  if days then return os.time { year = day.year, month = day.month, day = day.day - days, hour = 0 } end
  local hour, minute, second = time_of_day(text)
  if not hour then return nil end
  local at = { year = day.year, month = day.month, day = day.day, hour = hour, min = minute, sec = second }
  if os.time(at) <= now then return os.time(at) end
  at.day = day.day - 1
  return os.time(at)
end

--- A date, or a moment, by this machine's clock; of UTC where it says so, as reports do.
local function by_the_clock(text)
  local date, time = text:match "^(%d%d%d%d%-%d%d%-%d%d) (%d%d:%d%d:%d%d) UTC$"
  if date then return timestamp.epoch(date .. "T" .. time .. "Z") end
  local year, month, day, rest = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)(.*)$"
  local hour, minute, second = time_of_day(rest == "" and "00:00" or (rest or ""):match "^ (.*)$" or "")
  return hour and os.time { year = year, month = month, day = day, hour = hour, min = minute, sec = second }
end

--- What was typed; a usage error for what is no time.
---@param what string   what takes it: "--since"
---@param text string
---@param now number    seconds since 1970
---@return number seconds  since 1970
function M.parse(what, text, now)
  local at = timestamp.epoch(text) or by_the_clock(text) or by_the_day(text, now)
  if at then return at end
  local ok, ago = errors.try(duration.parse, text)
  if ok then return now - ago end
  errors.raise {
    kind = "usage", message = string.format("%s takes a time, not %q", what, text),
    hint = "a date (2026-11-28, yesterday), a moment (2026-11-28T06:19:05Z), a time of day (06:19), or how long ago (90m, 7d)",
  }
end

return M
