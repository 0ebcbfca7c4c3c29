--- Times as Kubernetes and HTTP write them. Pure.
local M = {}

--- Days since 1970 of a civil date: https://howardhinnant.github.io/date_algorithms.html#days_from_civil
---@param y integer
---@param mo integer  from 1
---@param d integer   from 1
---@return integer
function M.days(y, mo, d)
  if mo <= 2 then y = y - 1 end
  local era = y // 400
  local yoe = y - era * 400
  local doy = (153 * (mo + (mo > 2 and -3 or 9)) + 2) // 5 + d - 1
  return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468
end

--- Seconds since 1970 of "2026-11-23T17:56:06Z" or "…+01:00", with a fraction if it has one; nil for what is
--- no such time. https://www.rfc-editor.org/rfc/rfc3339
---@param text any
---@return number?
function M.epoch(text)
  if type(text) ~= "string" then return nil end
  local y, mo, d, h, mi, s, zone = text:match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+%.?%d*)(.+)$"
  local sign, hours, minutes = (zone or ""):match "^([+-])(%d%d):(%d%d)$"
  if not y or zone ~= "Z" and not sign then return nil end
  local ahead = sign and (hours * 3600 + minutes * 60) * (sign == "-" and -1 or 1) or 0
  return M.days(math.tointeger(y), math.tointeger(mo), math.tointeger(d)) * 86400 + h * 3600 + mi * 60 + tonumber(s) - ahead
end

local months = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

--- A year of two digits is the nearest one that is not more than 50 years ahead (RFC 9110, 5.6.7).
local function whole_year(text, now)
  local year = math.tointeger(text)
  if #text > 2 then return year end
  local this = tonumber(os.date("!%Y", math.floor(now)))
  year = this - this % 100 + year
  return year > this + 50 and year - 100 or year
end

--- Seconds since 1970 of a date of HTTP, in any of its three forms; nil for what is none.
--- https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats
---@param text any
---@param now number  seconds since 1970
---@return number?
function M.http_date(text, now)
  if type(text) ~= "string" then return nil end
  local d, name, y, h, mi, s = text:match "^%a+, (%d%d)[ -](%a%a%a)[ -](%d%d%d?%d?) (%d%d):(%d%d):(%d%d) GMT$"
  if not d then name, d, h, mi, s, y = text:match "^%a%a%a (%a%a%a) ([ %d]%d) (%d%d):(%d%d):(%d%d) (%d%d%d%d)$" end
  if not d or not months[name] then return nil end
  return M.days(whole_year(y, now), months[name], math.tointeger(tonumber(d))) * 86400 + h * 3600 + mi * 60 + s
end

--- A moment in UTC: "2026-11-23T17:56:06Z".
---@param seconds number since 1970
---@return string
function M.utc(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
end

--- The same for people: "2026-11-23 17:56:06 UTC".
---@param seconds number since 1970
---@return string
function M.shown(seconds)
  return os.date("!%Y-%m-%d %H:%M:%S UTC", math.floor(seconds))
end

local LAST_MS = 253402300800000 -- the year 10000

--- Whether a value of somebody else's is a moment in milliseconds since 1970, which can be written as a date.
---@param value any
---@return boolean
function M.is_ms(value)
  return math.type(value) == "integer" and value >= 0 and value < LAST_MS
end

--- metav1.MicroTime: "2026-11-23T17:56:06.123000Z".
---@param ms integer milliseconds since 1970
---@return string
function M.micro(ms)
  return os.date("!%Y-%m-%dT%H:%M:%S", ms // 1000) .. string.format(".%06dZ", ms % 1000 * 1000)
end

return M
