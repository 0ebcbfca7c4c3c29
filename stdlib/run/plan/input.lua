--- What an effect or a wait is given, held against what the plan has of it. Pure.
local diff = require "almanac.base.diff"

local M = {}

--- Whether a text is the planned one, but for what the step `after` was to make known of it.
local function fits_text(planned, after, now)
  local mark = "(known after " .. after .. ")"
  if planned == mark then return true end -- all of it was open
  if type(now) ~= "string" then return false end
  local pattern = planned:gsub("%p", "%%%0"):gsub(mark:gsub("%p", "%%%0"):gsub("%p", "%%%0"), ".*")
  return now:find("^" .. pattern .. "$") ~= nil
end

local function fits(planned, now, open, at)
  if open[at] then return fits_text(planned, open[at], now) end
  if type(planned) ~= "table" or type(now) ~= "table" then return diff.equal(planned, now) end
  for key in pairs(now) do
    if planned[key] == nil then return false end
  end
  for key, value in pairs(planned) do
    local part = at .. "/" .. tostring(key):gsub("~", "~0"):gsub("/", "~1")
    if now[key] == nil and not open[part] or not fits(value, now[key], open, part) then return false end
  end
  return true
end

--- Whether an input is the planned one in all that the plan knew.
---@param planned any
---@param now any
---@param open? { at: string, after: string }[]  what it did not know: almanac.base.unknown
---@return boolean
function M.fits(planned, now, open)
  local after = {}
  for _, part in ipairs(open or {}) do after[part.at] = part.after end
  return fits(planned, now, after, "")
end

return M
