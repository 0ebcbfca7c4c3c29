--- When a request that failed is tried again. Pure.
local timestamp = require "almanac.base.timestamp"

local M = {}

local RETRY_AFTER_MAX = 60 -- seconds

--- Seconds that a server asks to be left alone (https://www.rfc-editor.org/rfc/rfc9110#name-retry-after);
--- nil when it says nothing that can be read.
local function asked_for(text, now)
  local seconds = type(text) == "string" and text:match "^%s*(%d+)%s*$"
  if seconds then return tonumber(seconds) end
  local date = timestamp.http_date(text, now)
  return date and math.max(0, date - now)
end

--- Seconds to wait before the next try of a read, or nil when there shall be none.
---@param tried integer  tries so far
---@param retry { times?: integer, delay?: number }
---@param failure { kind?: string, status?: integer, retry_after?: string }  retry_after: seconds, or a date
---@param now number seconds since 1970
---@return number?
function M.delay(tried, retry, failure, now)
  if tried >= (retry.times or 3) then return nil end
  local again = failure.kind == "network" or failure.status == 429 or failure.status == 502 or
    failure.status == 503 or failure.status == 504
  if not again then return nil end
  local asked = asked_for(failure.retry_after, now)
  if asked then return asked <= RETRY_AFTER_MAX and asked or nil end
  return (retry.delay or 0.5) * 2 ^ (tried - 1)
end

return M
