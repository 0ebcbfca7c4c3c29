--- When a request that failed is tried again. Pure.
local M = {}

local RETRY_AFTER_MAX = 60 -- seconds

--- Seconds to wait before the next try of a read, or nil when there shall be none.
---@param tried integer  tries so far
---@param retry { times?: integer, delay?: number }
---@param failure { kind?: string, status?: integer, retry_after?: string }
---@return number?
function M.delay(tried, retry, failure)
  if tried >= (retry.times or 3) then return nil end
  local again = failure.kind == "network" or failure.status == 429 or failure.status == 502 or
    failure.status == 503 or failure.status == 504
  if not again then return nil end
  local asked = tonumber(failure.retry_after)
  if asked then return asked <= RETRY_AFTER_MAX and math.max(asked, 0) or nil end
  return (retry.delay or 0.5) * 2 ^ (tried - 1)
end

return M
