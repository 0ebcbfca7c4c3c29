--- A proxy before the simulated API server that can hold one request back: so that a client is
--- killed in the middle of its work, every time at the same place; or answer one by itself. Plain HTTP, no watches.
local http = require "native.http"
local httpd = require "native.httpd"
local t = require "tests.harness"
local task = require "native.task"

local M = {}

local forwarded = { "accept", "authorization", "content-type", "user-agent" }

---@class tests.Proxy
---@field url string
---@field requests string[] "METHOD path" in the order they came
local Proxy = {}
Proxy.__index = Proxy

local function forward(proxy, request)
  local headers = {}
  for _, name in ipairs(forwarded) do
    headers[name] = request.headers[name]
  end
  headers["accept-encoding"] = nil
  local url = proxy.target.url .. request.raw_path
  if request.raw_query and request.raw_query ~= "" then
    url = url .. "?" .. request.raw_query
  end
  return http.request {
    url = url, method = request.method, headers = headers, body = request.body, read = true, who = "tests.proxy",
    ca_file = proxy.target.ca_file, cert_file = proxy.target.cert_file, key_file = proxy.target.key_file,
  }
end

--- Starts it. `target` is { url, ca_file?, cert_file?, key_file? } of the server behind it.
---@param target table
---@return tests.Proxy
function M.start(target)
  local proxy = setmetatable({ target = target, requests = {}, changed = task.condition() }, Proxy)
  proxy.server = httpd.listen {
    body_max = 64 << 20,
    handler = function(request, response)
      local line = request.method .. " " .. request.path
      proxy.requests[#proxy.requests + 1] = line
      while proxy.pattern and line:find(proxy.pattern) do
        proxy.held = line
        proxy.changed:notify()
        proxy.changed:wait()
      end
      local ok, answer = pcall(forward, proxy, request)
      if ok and proxy.instead and line:find(proxy.instead.pattern) then
        answer, proxy.instead = proxy.instead.answer, nil
      end
      if ok then
        response:send(answer.status, { ["Content-Type"] = answer.headers["content-type"] }, answer.body)
      else
        response:send(502, {}, tostring(answer))
      end
    end,
  }
  proxy.url = "http://127.0.0.1:" .. proxy.server:port()
  return proxy
end

--- Holds back every request whose "METHOD path" matches, from now on.
---@param pattern string
function Proxy:hold(pattern)
  self.pattern, self.held = pattern, nil
end

--- The next request whose "METHOD path" matches is handed on, and answered so in the place of the server.
---@param pattern string
---@param answer { status: integer, headers: table<string, string>, body: string }
function Proxy:answer_instead(pattern, answer)
  self.instead = { pattern = pattern, answer = answer }
end

--- Waits until a request is held; returns its "METHOD path".
---@return string
function Proxy:wait_held()
  return t.eventually("a request is held, of " .. table.concat(self.requests, ", "), function() return self.held end, 30)
end

--- Lets everything through again.
function Proxy:release()
  self.pattern = nil
  self.changed:notify()
end

function Proxy:close()
  self:release()
  self.server:close()
end

return M
