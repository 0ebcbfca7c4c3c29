--- Durations: "90s", "10m", "1h30m", "250ms" to seconds and back.
local errors = require "almanac.base.errors"

local M = {}

local unit_seconds = { ms = 0.001, s = 1, m = 60, h = 3600, d = 86400 }
local order = { d = 1, h = 2, m = 3, s = 4, ms = 5 }

local function refuse(value, why)
  errors.raise {
    kind = "usage",
    message = string.format("%s is not a duration: %s", type(value) == "string" and ("%q"):format(value)
      or tostring(value), why),
    hint = 'write a number with a unit: "250ms", "90s", "10m", "1h30m", "2d"',
  }
end

--- Seconds of a duration. A number is seconds already.
function M.parse(value)
  if type(value) == "number" then
    if value ~= value or value < 0 or value == math.huge then refuse(value, "it must be 0 or more seconds") end
    return value
  end
  if type(value) ~= "string" then refuse(value, "it is a " .. type(value)) end
  local total, at, last = 0, 1, 0
  while at <= #value do
    local number, unit, next_at = value:match("^(%d+%.?%d*)(%a*)()", at)
    if not number then refuse(value, at == 1 and "it does not begin with a number" or "it has something else in it") end
    if unit == "" then refuse(value, "the unit is missing behind " .. number) end
    if not unit_seconds[unit] then refuse(value, "there is no unit " .. unit) end
    if order[unit] <= last then refuse(value, "units go from large to small, each once") end
    total, last, at = total + tonumber(number) * unit_seconds[unit], order[unit], next_at
  end
  if at == 1 then refuse(value, "it is empty") end
  return math.tointeger(total) or total
end

--- A duration for people: "1m30s", "2h", "1.5s", "250ms".
function M.format(seconds)
  if seconds == 0 then return "0s" end
  if seconds < 0 then return "-" .. M.format(-seconds) end
  if seconds < 1 and seconds > 0 then
    return string.format("%dms", math.max(1, math.floor(seconds * 1000 + 0.5)))
  end
  if seconds < 10 and seconds ~= math.floor(seconds) then
    return (string.format("%.1fs", seconds):gsub("%.0s$", "s"))
  end
  local rest = math.floor(seconds + 0.5)
  local out = {}
  for _, unit in ipairs { "d", "h", "m", "s" } do
    local n = rest // unit_seconds[unit]
    if n > 0 then
      out[#out + 1] = string.format("%d%s", n, unit)
      rest = rest - n * unit_seconds[unit]
    end
  end
  return #out > 0 and table.concat(out) or "0s"
end

--- The same of whole days down to seconds: what is left of a second is the caller's.
local function whole_units(seconds)
  local out = {}
  for _, unit in ipairs { "d", "h", "m" } do
    local count = seconds // unit_seconds[unit]
    if count > 0 then out[#out + 1] = string.format("%d%s", count, unit) end
    seconds = seconds - count * unit_seconds[unit]
  end
  return table.concat(out), seconds
end

--- A duration as it is typed: parse gives the same number back. M.format is for reading, and rounds.
---@param seconds number  0 or more, finite
---@return string
function M.typed(seconds)
  if seconds == 0 then return "0s" end
  local units, rest = "", seconds
  if seconds < 2 ^ 53 then units, rest = whole_units(seconds) end
  if rest == 0 then return units end
  for _, form in ipairs { "%.0f", "%.3f", "%.6f", "%.15f" } do
    local digits = string.format(form, rest)
    local text = units .. (digits:find "%." and digits:gsub("0+$", "") or digits) .. "s"
    if rest < 1 and units == "" and digits:find "^0%.%d%d?%d?$" then text = string.format("%dms", math.floor(rest * 1000 + 0.5)) end
    if M.parse(text) == seconds then return text end
  end
  return string.format("%.25f", seconds):gsub("0+$", "") .. "s"
end

return M
