--- A GitHub for a test, as its documentation has it: check runs, statuses, issues and comments of one repository,
--- pages with their Link, a token, and refusals. https://docs.github.com/en/rest
local httpd = require "native.httpd"
local json = require "native.json"
local t = require "tests.harness"
local urls = require "native.codec"

local M = {}

---@class tests.FakeGithub
---@field url string
---@field runs table[]       check runs
---@field statuses table[]
---@field issues table[]     by number
---@field comments table[]
---@field requests string[]  "METHOD /path"
---@field refuse? fun(request: table): integer?, table?, table?   status, body and headers, in the place of an answer
---@field on_post? fun(path: string)   called when a POST took place, before it is answered
local Github = {}
Github.__index = Github

local function query_of(request)
  local out = {}
  for name, value in (request.raw_query or ""):gmatch "([^&=]+)=([^&]*)" do out[name] = urls.percent_decode(value, true) end
  return out
end

--- One page of a list, and the Link to the next: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
local function page_of(self, request, list)
  local query = query_of(request)
  local size, page = tonumber(query.per_page) or 30, tonumber(query.page) or 1
  local out = json.array {}
  for i = (page - 1) * size + 1, math.min(page * size, #list) do out[#out + 1] = list[i] end
  local is_last = page * size >= #list
  local here = self.url .. request.path
  local link = string.format('<%s?page=%d>; rel="next", <%s?page=9>; rel="last"', here, page + 1, here)
  return out, { Link = not is_last and link or nil }
end

local function newest_first(list)
  local out = {}
  for i = #list, 1, -1 do out[#out + 1] = list[i] end
  return out
end

local function wrapped(self, request, name, list)
  local page, headers = page_of(self, request, list)
  return 200, { total_count = #list, [name] = page }, headers
end

local handlers = {
  ["GET /commits/.+/check%-runs"] = function(self, request)
    return wrapped(self, request, "check_runs", self.runs)
  end,
  ["GET /commits/.+/status"] = function(self, request)
    return wrapped(self, request, "statuses", self.statuses)
  end,
  ["GET /issues"] = function(self, request)
    local list, headers = page_of(self, request, query_of(request).direction == "desc" and newest_first(self.issues) or self.issues)
    return 200, list, headers
  end,
  ["GET /issues/(%d+)"] = function(self, _, number) return 200, self.issues[tonumber(number)] end,
  ["POST /issues"] = function(self, _, _, body)
    local issue = { number = #self.issues + 1, title = body.title, body = body.body, labels = body.labels, state = "open" }
    issue.html_url = self.url .. "/issues/" .. issue.number
    self.issues[issue.number] = issue
    return 201, issue
  end,
  ["PATCH /issues/(%d+)"] = function(self, _, number, body)
    local issue = self.issues[tonumber(number)]
    issue.state, issue.state_reason = body.state, body.state_reason
    return 200, issue
  end,
  ["GET /issues/%d+/comments"] = function(self, request)
    local list, headers = page_of(self, request, self.comments)
    return 200, list, headers
  end,
  ["POST /issues/%d+/comments"] = function(self, _, _, body)
    local comment = { id = 1000 + #self.comments, body = body.body, html_url = self.url .. "/comment" }
    table.insert(self.comments, comment)
    return 201, comment
  end,
  ["DELETE /issues/comments/(%d+)"] = function(self, _, id)
    for i, comment in ipairs(self.comments) do
      if comment.id == tonumber(id) then
        table.remove(self.comments, i)
        return 204
      end
    end
  end,
}

local function answer(self, request)
  if self.refuse then
    local status, body, headers = self.refuse(request)
    if status then return status, body, headers end
  end
  if not request.headers["user-agent"] then return 403, { message = "Request forbidden by administrative rules." } end
  if request.headers.authorization ~= "Bearer t0ken" then return 401, { message = "Bad credentials" } end
  local rest = request.path:match "^/repos/org/app(/.*)$"
  for pattern, handler in pairs(rest and handlers or {}) do
    local method, path = pattern:match "^(%u+) (.*)$"
    local matched = method == request.method and table.pack(rest:match("^" .. path .. "$"))
    if matched and matched[1] then
      local body = request.body ~= "" and json.decode(request.body) or nil
      local status, value, headers = handler(self, request, matched[1], body)
      if status then return status, value, headers end
    end
  end
  return 404, { message = "Not Found" }
end

--- Starts it; it ends with the case.
---@return tests.FakeGithub
function M.start()
  local self = setmetatable({ runs = {}, statuses = {}, issues = {}, comments = {}, requests = {} }, Github)
  local server = httpd.listen { handler = function(request, response)
    self.requests[#self.requests + 1] = request.method .. " " .. request.path
    local status, value, headers = answer(self, request)
    if request.method == "POST" and status == 201 and self.on_post then self.on_post(request.path) end
    response:send(status, headers or {}, value and json.encode(value) or "")
  end }
  self.url = "http://127.0.0.1:" .. server:port()
  t.defer(function() server:close() end)
  return self
end

return M
