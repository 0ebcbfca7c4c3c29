--- Times as Kubernetes writes them.
local M = {}

--- Seconds since 1970 of "2026-11-23T17:56:06Z", with a fraction if it has one; nil for what is no such
--- time. Pure. Days from the civil date:
--- https://howardhinnant.github.io/date_algorithms.html#days_from_civil
---@param text any
---@return number?
function M.epoch(text)
  if type(text) ~= "string" then return nil end
  local y, mo, d, h, mi, s = text:match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+%.?%d*)Z$"
  if not y then return nil end
  y, mo, d = math.tointeger(y), math.tointeger(mo), math.tointeger(d)
  if mo <= 2 then y = y - 1 end
  local era = y // 400
  local yoe = y - era * 400
  local doy = (153 * (mo + (mo > 2 and -3 or 9)) + 2) // 5 + d - 1
  local days = era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468
  return days * 86400 + h * 3600 + mi * 60 + tonumber(s)
end

--- metav1.MicroTime: "2026-11-23T17:56:06.123000Z". Pure.
---@param ms integer milliseconds since 1970
---@return string
function M.micro(ms)
  return os.date("!%Y-%m-%dT%H:%M:%S", ms // 1000) .. string.format(".%06dZ", ms % 1000 * 1000)
end

return M
