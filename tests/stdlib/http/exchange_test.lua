local clients = require "almanac.k8s.client"
local exchange = require "almanac.http.exchange"
local http = require "native.http"
local httpd = require "native.httpd"
local proxies = require "tests.proxy"
local redaction = require "almanac.base.redaction"
local settings = require "almanac.config.settings"
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

t.test("through the API server the request's own headers arrive; credentials are refused before they are lost", function()
  local seen
  local server = httpd.listen { handler = function(request, response)
    seen = request.headers
    response:send(200, {}, "answer")
  end }
  local file = t.tmpdir() .. "/kubeconfig"
  t.write_file(file, string.format([[
apiVersion: v1
kind: Config
current-context: c
clusters: [{ name: c, cluster: { server: "http://127.0.0.1:%d" } }]
contexts: [{ name: c, context: { cluster: c, user: u } }]
users: [{ name: u, user: {} }]
]], server:port()))
  local before = settings.kubeconfig
  settings.kubeconfig = file
  t.defer(function()
    settings.kubeconfig = before
    clients.forget()
    server:close()
  end)
  local function send(headers, user)
    return exchange.request { who = "t", method = "POST", url = "svc://n/s:80/x", body = "text", headers = headers, user = user }
  end
  t.eq(send({ ["content-type"] = "text/plain", ["Idempotency-Key"] = "7", ["X-Scope-OrgID"] = "o" }).status, 200)
  t.eq({ seen["content-type"], seen["idempotency-key"], seen["x-scope-orgid"] }, { "text/plain", "7", "o" })
  t.has(t.raises("usage", send, { authorization = "Bearer x" }).message, "no credentials can be sent to svc://n/s:80/x")
  t.raises("usage", send, {}, "u")
end)

t.test("a server that goes away in the middle of a TLS handshake may speak none", function()
  local closes = t.spawn { "python3", "-uc", [[
import socket
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen()
print(listening.getsockname()[1])
while True:
    listening.accept()[0].close()
]] }
  local url = "https://127.0.0.1:" .. closes:wait_line "^%d+$" .. "/"
  local err = t.raises("tls", exchange.request, { who = "http.get", url = url, insecure = true })
  t.has(err.message, "closed the connection in the middle of the TLS handshake")
  t.has(err.hint, "begins with http://")
end)

t.test("what a server says of the header that a URL's user and password became is concealed", function()
  local server = httpd.listen { handler = function(request, response)
    response:send(500, {}, "headers: " .. request.headers.authorization .. ", open-sesame-22")
  end }
  local answer = exchange.request { who = "x", url = "http://me:open%2Dsesame-22@127.0.0.1:" .. server:port() .. "/" }
  t.has(answer.body, "Basic bWU6b3Blbi1zZXNhbWUtMjI=") -- the script is given it as it is
  local shown = redaction.text(answer.body)
  t.lacks(shown, "bWU6b3Blbi1zZXNhbWUtMjI")
  t.has(shown, "open-sesame-22") -- or a script would choose what a reviewer does not see
  server:close()
end)
