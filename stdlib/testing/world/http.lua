--- Web services as a test says they are: answers by method and URL, or by method and path, and what was asked.
local answers = require "almanac.testing.world.answers"
local errors = require "almanac.base.errors"
local json = require "native.json"
local lookup = require "almanac.base.lookup"

local M = {}

--- How a request may be named, the most exact first.
local function names_of(asked)
  local bare = asked.url:gsub("%?.*$", "")
  local target = asked.url:match "^%a+://[^/]*(.*)$"
  return { asked.method .. " " .. asked.url, asked.method .. " " .. bare, asked.method .. " " .. target, asked.method .. " " .. asked.path }
end

--- The answer, and the place of it among several that are given one after another.
local function find(self, asked)
  for _, name in ipairs(names_of(asked)) do
    local answer, pattern = lookup.find(self.spec.http or {}, name)
    if pattern ~= nil then return answer, pattern end
  end
end

--- A list is answered from one after another, the last again and again.
---@param self almanac.testing.World
---@param key string    of what is asked
---@param answer any
---@return any
function M.next_of(self, key, answer)
  if type(answer) ~= "table" or #answer == 0 then return answer end
  self.turns[key] = math.min((self.turns[key] or 0) + 1, #answer)
  return answer[self.turns[key]]
end

local function body_of(body, headers)
  if type(body) ~= "table" then return body == nil and "" or tostring(body) end
  headers["Content-Type"] = headers["Content-Type"] or "application/json"
  return json.encode(body)
end

--- Status, headers and body of an answer as a test writes it: a number is the status, text the body, a table without
--- `status`, `body` and `headers` the body as JSON.
local function plain(answer)
  local headers = {}
  if type(answer) == "number" then return answer, headers, "" end
  if type(answer) ~= "table" then return 200, headers, tostring(answer or "") end
  if answer.status == nil and answer.body == nil and answer.headers == nil then return 200, headers, body_of(answer, headers) end
  for name, value in pairs(answer.headers or {}) do headers[name] = tostring(value) end
  return answer.status or 200, headers, body_of(answer.body, headers)
end

--- Answers a request, and keeps what was asked.
---@param self almanac.testing.World
---@param request table
---@param response table
function M.handle(self, request, response)
  local scheme = request.headers["x-almanac-scheme"] or "http"
  local asked = {
    method = request.method, path = request.path, query = request.query, body = request.body, headers = request.headers,
    url = string.format("%s://%s%s%s", scheme, request.headers.host or "", request.raw_path,
      request.raw_query ~= "" and "?" .. request.raw_query or ""),
  }
  local answer, pattern = find(self, asked)
  table.insert(self.requests, { method = asked.method, url = asked.url, body = asked.body, at = self:now() - self.began })
  local ok, err = errors.try(function()
    if pattern == nil then
      local name = asked.method .. " " .. asked.url:gsub("%?.*$", "")
      self:no_answer(name, string.format("http = { [%s] = { status = 200, body = \"\" } }", json.encode(name)))
    end
    answer = M.next_of(self, "http " .. pattern, answer)
    if type(answer) == "function" then answer = answers.http(string.format("world: http[%q]", pattern), self:call(answer, asked)) end
    self:take(type(answer) == "table" and answer.takes)
    response:send(plain(answer))
  end)
  if not ok then response:send(501, { ["Content-Type"] = "text/plain" }, tostring(err.message)) end
end

return M
