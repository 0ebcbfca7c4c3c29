local http = require "native.http"
local httpd = require "native.httpd"
local proxies = require "tests.proxy"
local t = require "tests.harness"
local task = require "native.task"

t.test("the proxy forwards, and holds back what it is told to until it is released", function()
  local seen = {}
  local server = httpd.listen {
    handler = function(request, response)
      seen[#seen + 1] = request.method .. " " .. request.path .. " " .. request.raw_query .. " " .. request.body
      response:send(201, { ["Content-Type"] = "text/x" }, "answer")
    end,
  }
  local proxy = proxies.start { url = "http://127.0.0.1:" .. server:port() }
  proxy:hold "^PATCH "
  local patched = task.spawn(function()
    return http.request { url = proxy.url .. "/b", method = "PATCH", body = "x" }
  end)
  t.eq(http.request({ url = proxy.url .. "/a?q=1" }).status, 201)
  t.eq(proxy:wait_held(), "PATCH /b")
  t.eq(seen, { "GET /a q=1 " })
  proxy:release()
  local ok, answer = patched:join()
  t.ok(ok)
  t.eq({ answer.status, answer.body, answer.headers["content-type"] }, { 201, "answer", "text/x" })
  t.eq(seen[2], "PATCH /b  x")
  proxy:close()
  server:close()
end)
