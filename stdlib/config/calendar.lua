--- When runs may begin: windows, and freezes over them, as almanac.yaml has them. Pure but for the loading of
--- time zones: a moment goes in, what holds then comes out.
local timestamp = require "almanac.base.timestamp"
local zones = require "almanac.config.zone"

local M = {}

local DAY = 86400
local HORIZON = 400 -- days in which the next window is looked for
local NAMES = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" }
local BY_NAME = {}
for i, name in ipairs(NAMES) do BY_NAME[name] = i - 1 end

---@class almanac.Period  a window or a freeze
---@field zone almanac.Zone
---@field reason string?
---@field days table<integer, boolean>?  recurring: weekdays from 0, Sunday; from and to are seconds of a day
---@field from integer     of a day, or dated: local seconds
---@field to integer       not in it

--- "mon-fri", "sat, sun", "daily".
local function days_of(text)
  local days = {}
  for word in (text == "daily" and "sun-sat" or text):lower():gmatch "[^%s,]+" do
    local first, last = word:match "^(%a%a%a)%a*%-(%a%a%a)%a*$"
    if not first then first = word:match "^(%a%a%a)%a*$" end
    local from, to = BY_NAME[first], BY_NAME[last or first]
    if not from or not to then return nil end
    local day = from
    days[day] = true
    while day ~= to do
      day = (day + 1) % 7
      days[day] = true
    end
  end
  return next(days) and days or nil
end

local function seconds_of_day(text)
  local h, mi = text:match "^(%d%d?):(%d%d)$"
  h, mi = math.tointeger(h), math.tointeger(mi)
  return h and mi < 60 and (h < 24 or h == 24 and mi == 0) and h * 3600 + mi * 60 or nil
end

--- "2026-12-20" or "2026-12-20 18:00" in local seconds; the end of a day where `to_end`.
local function date_of(text, to_end)
  local y, mo, d, rest = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
  if not y then return nil end
  local day = timestamp.days(math.tointeger(y), math.tointeger(mo), math.tointeger(d))
  if os.date("!%Y-%m-%d", day * DAY) ~= y .. "-" .. mo .. "-" .. d then return nil end
  if rest == "" then return (day + (to_end and 1 or 0)) * DAY end
  local time = seconds_of_day(rest:match "^[ T](.+)$" or "")
  return time and day * DAY + time
end

--- A period of almanac.yaml: { days, from, to, zone } recurs, { from, to, zone } with dates does not.
---@param raw table<string, string>
---@return almanac.Period?
---@return string? why  what is wrong with it
---@return string? key  where
function M.period(raw)
  for _, key in ipairs { "from", "to", "zone" } do
    if not raw[key] then return nil, key .. " is missing" end
  end
  local zone = zones.load(raw.zone)
  local from, to = date_of(raw.from, false), date_of(raw.to, true)
  if from and to then
    if raw.days then return nil, "a period with dates has no days", "days" end
    if from >= to then return nil, "it ends before it begins", "to" end
    return { zone = zone, reason = raw.reason, from = from, to = to }
  end
  from, to = seconds_of_day(raw.from), seconds_of_day(raw.to)
  local times = { from = from, to = to }
  for _, key in ipairs { "from", "to" } do
    if not times[key] then
      return nil, string.format("%s is a time, \"09:00\", or, as both are then, a date, \"2026-12-20\" or \"2026-12-20 18:00\", not %q",
        key, raw[key]), key
    end
  end
  local days = days_of(raw.days or "daily")
  if not days then return nil, string.format("days are such as \"mon-fri\", \"sat, sun\" or \"daily\", not %q", raw.days), "days" end
  return { zone = zone, reason = raw.reason, days = days, from = from, to = to }
end

--- Whether a moment is in a period. A recurring one that ends before it begins ends on the next day.
---@param period almanac.Period
---@param epoch integer
---@return boolean
local function contains(period, epoch)
  local clock = period.zone:clock(epoch)
  if not period.days then return clock >= period.from and clock < period.to end
  local day, second = clock // DAY, clock % DAY
  local today, yesterday = period.days[(day + 4) % 7], period.days[(day + 3) % 7] -- 1970-01-01 was a Thursday
  if period.from < period.to then return today and second >= period.from and second < period.to or false end
  return today and second >= period.from or yesterday and second < period.to or false
end

local function find(periods, epoch)
  for _, period in ipairs(periods) do
    if contains(period, epoch) then return period end
  end
end

local function is_open(windows, freezes, epoch)
  return not find(freezes, epoch) and (#windows == 0 or find(windows, epoch) ~= nil)
end

--- The moments behind `now` at which it may open: a window begins, or a freeze ends.
local function openings(windows, freezes, now)
  local out = {}
  local function add(period, edge)
    if not period.days then
      out[#out + 1] = period.zone:moment(edge)
      return
    end
    local today = period.zone:clock(now) // DAY
    for day = today - 1, today + HORIZON do out[#out + 1] = period.zone:moment(day * DAY + edge) end
  end
  for _, period in ipairs(windows) do add(period, period.from) end
  for _, period in ipairs(freezes) do add(period, period.to) end
  table.sort(out)
  return out
end

--- When it opens next. Where clocks are put forward over the beginning of a window it opens with the jump.
local function next_opening(windows, freezes, now)
  for _, moment in ipairs(openings(windows, freezes, now)) do
    if moment > now and is_open(windows, freezes, moment) then
      while moment - 60 > now and is_open(windows, freezes, moment - 60) do moment = moment - 60 end
      return moment
    end
  end
end

---@class almanac.Opening
---@field open boolean
---@field freeze almanac.Period?  that it is closed by; nil: no window is open
---@field next integer?      epoch at which it opens; nil: not in the next year
---@field zone almanac.Zone? of what opens or closes

--- Whether a run may begin.
---@param windows almanac.Period[]  none: always
---@param freezes almanac.Period[]  go before windows
---@param now integer  seconds since 1970
---@return almanac.Opening
function M.decide(windows, freezes, now)
  local freeze = find(freezes, now)
  if not freeze and (#windows == 0 or find(windows, now)) then return { open = true } end
  local zone = (freeze or windows[1]).zone
  return { open = false, freeze = freeze, next = next_opening(windows, freezes, now), zone = zone }
end

return M
