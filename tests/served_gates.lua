--- Gates whose values a test sets while they are watched: a server of the test answers their queries.
local httpd = require "native.httpd"

local M = {}

---@class tests.ServedGates
---@field values table<string, number|false>  by query; false: no data
local Served = {}
Served.__index = Served

local function answer(value)
  local series = value and string.format('{"metric":{},"value":[1795457677.031,"%s"]}', value) or ""
  return '{"status":"success","data":{"resultType":"vector","result":[' .. series .. "]}}"
end

---@param values table<string, number|false>
---@return tests.ServedGates
function M.serve(values)
  local served = setmetatable({ values = values }, Served)
  served.server = httpd.listen {
    handler = function(request, response)
      local query = request.query.query or request.body:match "query=([%w_]+)"
      response:send(200, {}, answer(served.values[query]))
    end,
  }
  return served
end

--- The options of a gate on one of them, as a runbook writes them: it is healthy below a limit.
---@param query string
---@param limit number
---@param hold string
---@param more? string  further options
---@return string
function Served:options(query, limit, hold, more)
  return string.format('{ query = "%s", op = "<", limit = %s, hold = "%s", interval = "200ms", url = "http://127.0.0.1:%d"%s }',
    query, limit, hold, self.server:port(), more and ", " .. more or "")
end

return M
