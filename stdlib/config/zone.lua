--- Time zones, by the tzdata of the system: how far a zone's clocks are ahead of UTC at some moment.
--- Format: https://www.rfc-editor.org/rfc/rfc8536; the rule behind the table is a TZ of POSIX,
--- https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap08.html#tag_08_03
local errors = require "almanac.base.errors"
local process = require "native.process"
local timestamp = require "almanac.base.timestamp"

local M = {}

local DIRECTORY = "/usr/share/zoneinfo"
local HEADER = 44 -- bytes

---@class almanac.Zone
---@field name string
---@field times integer[]   seconds since 1970 of the transitions, ascending
---@field kinds integer[]   which kind of time begins with each
---@field types { ahead: integer, abbreviation: string }[]
---@field rule almanac.ZoneRule?  for what is behind the last transition
local Zone = {}
Zone.__index = Zone

---@class almanac.ZoneRule
---@field std { ahead: integer, abbreviation: string }
---@field dst { ahead: integer, abbreviation: string }?
---@field from fun(year: integer): integer  local seconds at which dst begins
---@field to fun(year: integer): integer

-- The rule ---------------------------------------------------------------------------------------

local function seconds_of(text)
  local sign, h, mi, s = text:match "^([+-]?)(%d+):?(%d*):?(%d*)$"
  if not h then return nil end
  local total = h * 3600 + (tonumber(mi) or 0) * 60 + (tonumber(s) or 0)
  return math.tointeger(sign == "-" and -total or total)
end

--- A day of "M3.5.0/2": the fifth, or last, Sunday of March at 2; "J60": day 60, February 29 never counted;
--- "59": day 59 from 0.
local function day_rule(text)
  local date, time = text:match "^([^/]+)/?(.*)$"
  local at = seconds_of(time == "" and "2" or time)
  local month, week, weekday = date:match "^M(%d+)%.(%d)%.(%d)$"
  if month then
    month, week, weekday = math.tointeger(month), math.tointeger(week), math.tointeger(weekday)
    return function(year)
      local first = timestamp.days(year, month, 1)
      local day = first + (weekday - (first + 4)) % 7 + (week - 1) * 7 -- 1970-01-01 was a Thursday
      local after = month == 12 and timestamp.days(year + 1, 1, 1) or timestamp.days(year, month + 1, 1)
      while day >= after do day = day - 7 end
      return day * 86400 + at
    end
  end
  local julian, number = date:match "^(J?)(%d+)$"
  number = math.tointeger(number)
  return function(year)
    local leap = timestamp.days(year, 3, 1) - timestamp.days(year, 2, 28) == 2
    local day = julian == "" and number or number - 1 + (leap and number >= 60 and 1 or 0)
    return (timestamp.days(year, 1, 1) + day) * 86400 + at
  end
end

local function name_and_rest(text)
  local name, rest = text:match "^<([^>]+)>(.*)$"
  if not name then name, rest = text:match "^(%a+)(.*)$" end
  return name, rest
end

--- The rule of a POSIX TZ: "CET-1CEST,M3.5.0,M10.5.0/3"; nil for "".
---@param text string
---@return almanac.ZoneRule?
function M.rule(text)
  local std, rest = name_and_rest(text)
  if not std then return nil end
  local offset, behind = rest:match "^([+-]?[%d:]+)(.*)$"
  local rule = { std = { ahead = -seconds_of(offset), abbreviation = std } }
  local dst, more = name_and_rest(behind)
  if not dst then return rule end
  local dst_offset, days = more:match "^([+-]?[%d:]*),(.*)$"
  rule.dst = { ahead = dst_offset ~= "" and -seconds_of(dst_offset) or rule.std.ahead + 3600, abbreviation = dst }
  local from, to = days:match "^([^,]+),(.+)$"
  rule.from, rule.to = day_rule(from), day_rule(to)
  return rule
end

local function by_rule(rule, epoch)
  if not rule.dst then return rule.std end
  local year = tonumber(os.date("!%Y", epoch + rule.std.ahead))
  local from, to = rule.from(year) - rule.std.ahead, rule.to(year) - rule.dst.ahead
  local summer
  if from < to then summer = epoch >= from and epoch < to else summer = not (epoch >= to and epoch < from) end
  return summer and rule.dst or rule.std
end

-- The table --------------------------------------------------------------------------------------

local function counts_at(bytes, at)
  local magic, version = bytes:sub(at, at + 3), bytes:sub(at + 4, at + 4)
  if magic ~= "TZif" then errors.raise { kind = "parse", message = "it is no TZif file" } end
  local utc, std, leap, time, kind, char = string.unpack(">I4I4I4I4I4I4", bytes, at + 20)
  return { utc = utc, std = std, leap = leap, time = time, kind = kind, char = char, version = version }
end

local function size_of(n, width)
  return n.time * (width + 1) + n.kind * 6 + n.char + n.leap * (width + 4) + n.std + n.utc
end

--- A zone of the bytes of a TZif file, version 2 or later.
---@param name string
---@param bytes string
---@return almanac.Zone  raises kind "parse"
function M.decode(name, bytes)
  local old = counts_at(bytes, 1)
  if old.version == "\0" then errors.raise { kind = "parse", message = "it is a TZif file of version 1" } end
  local start = 1 + HEADER + size_of(old, 4)
  local n = counts_at(bytes, start)
  local at = start + HEADER
  local zone = setmetatable({ name = name, times = {}, kinds = {}, types = {} }, Zone)
  for i = 1, n.time do zone.times[i] = string.unpack(">i8", bytes, at + (i - 1) * 8) end
  local kinds = at + n.time * 8
  for i = 1, n.time do zone.kinds[i] = bytes:byte(kinds + i - 1) + 1 end
  local types = kinds + n.time
  local names = types + n.kind * 6
  for i = 1, n.kind do
    local ahead, _, where = string.unpack(">i4BB", bytes, types + (i - 1) * 6)
    zone.types[i] = { ahead = ahead, abbreviation = string.unpack("z", bytes, names + where) }
  end
  zone.rule = M.rule(bytes:sub(start + HEADER + size_of(n, 8)):match "^\n([^\n]*)\n" or "")
  return zone
end

local loaded = {}

--- A zone by its name, such as "Europe/Berlin".
---@param name string
---@return almanac.Zone  raises kind "refused"
function M.load(name)
  if loaded[name] then return loaded[name] end
  if name == "UTC" then
    loaded[name] = setmetatable({ name = name, times = {}, kinds = {}, types = {}, rule = M.rule "UTC0" }, Zone)
    return loaded[name]
  end
  local directory = process.getenv "TZDIR" or DIRECTORY
  local ok, zone = errors.try(function()
    if not name:find "^%a[%w_+%-]*$" and not name:find "^%a[%w_+%-]*/[%w_+%-/]+$" then
      errors.raise { kind = "parse", message = "zones are named as Europe/Berlin is" }
    end
    return M.decode(name, require("native.fs").read(directory .. "/" .. name))
  end)
  if not ok then
    errors.raise {
      kind = "refused", message = string.format("there is no time zone %q: %s", name, zone.message),
      hint = "zones are files below " .. directory .. " (Debian's package tzdata): UTC, Europe/Berlin, America/New_York, …",
    }
  end
  loaded[name] = zone
  return zone
end

--- The time that the zone keeps at a moment.
---@param epoch integer seconds since 1970
---@return integer ahead of UTC, in seconds
---@return string abbreviation
function Zone:at(epoch)
  local times = self.times
  local kind
  if #times == 0 or epoch >= times[#times] then
    kind = self.rule and by_rule(self.rule, epoch) or self.types[self.kinds[#times] or 1]
  elseif epoch < times[1] then
    kind = self.types[1]
  else
    local low, high = 1, #times -- times[low] <= epoch < times[high]
    while high - low > 1 do
      local middle = (low + high) // 2
      if times[middle] <= epoch then low = middle else high = middle end
    end
    kind = self.types[self.kinds[low]]
  end
  return kind.ahead, kind.abbreviation
end

--- A moment of the zone's clocks, as "local seconds": what os.date "!" shows of it is what the clock shows.
---@param epoch integer
---@return integer
function Zone:clock(epoch)
  return epoch + (self:at(epoch))
end

--- The moment at which the clocks show this; one that they skip is as far behind the gap as it is in it.
---@param clock integer local seconds
---@return integer epoch
function Zone:moment(clock)
  local guess = clock - (self:at(clock))
  return clock - (self:at(guess))
end

--- A moment for people: "Mon 2026-11-30 09:00 CET".
---@param epoch integer
---@return string
function Zone:format(epoch)
  local ahead, abbreviation = self:at(epoch)
  return os.date("!%a %Y-%m-%d %H:%M ", epoch + ahead) .. abbreviation
end

return M
