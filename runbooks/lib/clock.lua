--- Times of UTC as texts and as seconds since 1970. Pure.
local clock = {}

--- Days since 1970-01-01. http://howardhinnant.github.io/date_algorithms.html#days_from_civil
local function days(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

--- The time that a text such as "2026-11-28T21:00:00Z" or "2026-11-28 21:00:00 +0000 UTC" says; nil: it is none, or of
--- another zone.
---@param text string
---@return integer? epoch
function clock.parse(text)
  local y, mo, d, h, mi, s, rest = tostring(text):match "^(%d%d%d%d)-(%d%d)-(%d%d)[T ](%d%d):(%d%d):(%d%d)(.*)$"
  local zone = rest and rest:gsub("^%.%d+", ""):gsub("^%s+", "")
  if not zone or zone ~= "Z" and not zone:find "^[+-]00:?00" then return nil end
  local function number(digits) return math.tointeger(tonumber(digits)) end
  return days(number(y), number(mo), number(d)) * 86400 + number(h) * 3600 + number(mi) * 60 + number(s)
end

--- "2026-11-28 21:00 UTC".
---@param epoch number
---@return string
function clock.format(epoch)
  local day, rest = math.floor(epoch) // 86400, math.floor(epoch) % 86400
  -- The inverse of days(): http://howardhinnant.github.io/date_algorithms.html#civil_from_days
  local z = day + 719468
  local era = z // 146097
  local of_era = z - era * 146097
  local year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local mp = (5 * of_year + 2) // 153
  local month = mp + (mp < 10 and 3 or -9)
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  return string.format("%04d-%02d-%02d %02d:%02d UTC", year, month, of_year - (153 * mp + 2) // 5 + 1, rest // 3600,
    rest % 3600 // 60)
end

return clock
