--- Loki as a test says it is; where it says nothing, the simulated cluster's, which holds what its pods print.
--- https://grafana.com/docs/loki/latest/reference/loki-http-api/
local errors = require "almanac.base.errors"
local json = require "native.json"
local lookup = require "almanac.base.lookup"

local M = {}

local JSON = { ["Content-Type"] = "application/json" }

--- The log query within a count, which is what loki.count asks.
local function counted(query)
  return query:match "^%s*sum%s*%(%s*count_over_time%s*%((.*)%[[%w.]+%]%s*%)%s*%)%s*$"
end

--- The recorded answer to a query: lines, or a number.
local function answer_of(self, query)
  local inner = counted(query)
  local answer, pattern = lookup.find(self.spec.loki, query)
  if pattern == nil and inner then answer, pattern = lookup.find(self.spec.loki, inner) end
  if pattern == nil then
    self:no_answer("loki " .. query, string.format("loki = { [%s] = {} }", json.encode(inner and inner:match "^%s*(.-)%s*$" or query)))
  end
  if type(answer) == "function" then answer = self:call(answer, self:now() - self.began, query) end
  if type(answer) == "string" then answer = { answer } end
  if type(answer) == "table" and inner then answer = #answer end
  return answer or (inner and 0 or {})
end

local function data_of(self, query)
  local answer, now = answer_of(self, query), self:now()
  if type(answer) == "number" then
    return { resultType = "vector", result = json.array { { metric = {}, value = { now, string.format("%.17g", answer) } } } }
  end
  local values = json.array {}
  for i, line in ipairs(answer) do
    values[i] = { string.format("%d", math.floor((now - (#answer - i + 1) / 1000) * 1000) * 1000000), tostring(line) }
  end
  return { resultType = "streams", result = json.array { #values > 0 and { stream = {}, values = values } or nil } }
end

--- Answers a request of Loki's API.
---@param self almanac.testing.World
---@param request table
---@param response table
function M.handle(self, request, response)
  if not self.spec.loki or not request.query.query then return self.served.cluster.handle_loki(request, response) end
  local ok, data = errors.try(data_of, self, request.query.query)
  if ok then
    response:send(200, JSON, json.encode { status = "success", data = data })
  else
    response:send(400, { ["Content-Type"] = "text/plain" }, tostring(data.message))
  end
end

return M
