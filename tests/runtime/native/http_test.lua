-- native.http: permits, answers, streams, back-pressure, cancelling.
local http = require "native.http"
local httpd = require "native.httpd"
local t = require "tests.harness"
local task = require "native.task"

-- Answers by path; `held` are responses that a case finishes itself.
local held = {}
local function handler(request, response)
  if request.path == "/echo" then
    local names = {}
    for name, value in pairs(request.headers) do names[#names + 1] = name .. "=" .. value end
    table.sort(names)
    response:send(200, { ["X-Two"] = "2" },
      request.method .. "\n" .. table.concat(names, "\n") .. "\n" .. (request.body or ""))
  elseif request.path == "/held" then
    response:start(200, { ["Content-Type"] = "text/plain" })
    held[#held + 1] = response
    task.sleep(60)
  elseif request.path == "/lines" then
    response:start(200, {})
    local line = ("x"):rep(99) .. "\n"
    for _ = 1, 20 do response:write(line:rep(1000)) end
    response:write("the end, without a newline")
    response:finish()
  elseif request.path == "/never" then
    task.sleep(60)
  else
    response:send(404, {}, "nothing here")
  end
end

local server = httpd.listen { handler = handler }
local base = "http://127.0.0.1:" .. server:port()

t.test("a request gives status, headers in lower case, body and time", function()
  local r = http.request { url = base .. "/echo", method = "POST", body = "hi", headers = { ["X-One"] = "1" } }
  t.eq(r.status, 200)
  t.eq(r.headers["x-two"], "2")
  t.has(r.body, "POST\n")
  t.has(r.body, "x-one=1")
  t.ok(r.elapsed > 0)
  t.eq(http.request { url = base .. "/nope" }.status, 404, "a 404 is an answer, not an error")
end)

t.test("permits: reads look, effects change", function()
  local before = task.permit "read"
  local err = t.raises("refused", http.request, { url = base .. "/echo", method = "POST", who = "http.post" })
  t.has(err.message, "http.post would change something")
  t.eq(http.request { url = base .. "/echo", method = "POST", read = true }.status, 200)
  task.permit "compute"
  local outside = t.raises("outside_step", http.request, { url = base .. "/echo" })
  task.permit(before)
  t.has(outside.hint, "step(")
end)

t.test("wrong options are usage errors at the caller", function()
  t.raises("usage", http.request, {})
  t.raises("usage", http.request, { url = base, method = "get" })
  t.raises("usage", http.request, { url = base, headers = { a = {} } })
  t.raises("usage", http.request, { url = base, headers = { a = "b\r\nc: d" } })
  t.raises("usage", http.request, { url = base, timeout = -1 })
  t.raises("usage", http.request, { url = "file:///etc/passwd" })
end)

t.test("an error names the request; a password in the URL stays hidden", function()
  local err = t.raises("network", http.request, { url = "http://ops:s3cret@127.0.0.1:1/x" })
  t.has(err.message, "GET http://127.0.0.1:1/x: nothing listens at 127.0.0.1:1")
  t.lacks(err.message .. tostring(err.hint), "s3cret")
end)

t.test("a path with . or .. is refused, however it is spelled; a query may hold them", function()
  for _, path in ipairs { "/a/../b", "/..", "/a/./b", "/a/.", "/%2e%2E/b", "/a/.%2e", "/a%2f..%2fb", "/a/..;/b", "/a/..;x=1/b",
    "/a/%252e%252e/b", "/a/%25252E./b", "/a/..%5cb", "/a/%2e%2e%255cb", "/a/.%09./b", "/a/..%00/b", "/a/.%20/b", "/a%2f.;/b" } do
    t.has(t.raises("usage", http.request, { url = base .. path }).message, "segment . or ..")
  end
  for _, path in ipairs { "/a..b", "/.hidden", "/...", "/a?p=/../b", "/a%2fb", "/a;v=1/b", "/a%252fb", "/;x", "/a%5cb",
    "/a%20b", "/100%25/b", "/a.;x" } do
    t.eq(http.request { url = base .. path }.status, 404)
  end
end)

t.test("a child inherits none of our connections", function()
  t.eq(http.request { url = base .. "/echo" }.status, 200)
  local stream = http.stream { url = base .. "/held" }
  local listed = require("native.sh").exec { argv = { "sh", "-c", "ls -l /proc/$$/fd" } }.stdout
  local fds = {}
  for fd in listed:gmatch " (%d+) %->" do fds[#fds + 1] = tonumber(fd) end
  table.sort(fds)
  t.eq(fds, { 0, 1, 2 }, listed)
  stream:close()
  held[#held]:finish()
  held[#held] = nil
end)

t.test("an answer over max_bytes is refused", function()
  t.has(t.raises("limit", http.request, { url = base .. "/lines", max_bytes = 1000 }).message, "larger than 1000 bytes")
end)

t.test("a stream gives every line, the last without a newline, then nil", function()
  local s <close> = http.stream { url = base .. "/lines" }
  t.eq(s:status(), 200)
  local n, last = 0, nil
  for line in function() return s:read_line() end do
    n, last = n + 1, line
  end
  t.eq(n, 20001)
  t.eq(last, "the end, without a newline")
  t.eq(s:read_line(), nil)
end)

t.test("lines arrive as they are sent; a wait for one can be bounded", function()
  local s <close> = http.stream { url = base .. "/held" }
  t.eq({ s:read_line(0.01) }, { nil, "timeout" })
  local response = held[#held]
  response:write "first\r\nsec"
  t.eq(s:read_line(), "first")
  t.eq({ s:read_line(0.01) }, { nil, "timeout" })
  response:write "ond\n"
  t.eq(s:read_line(), "second")
  response:finish()
  t.eq(s:read_line(), nil)
end)

t.test("a line over max_line is refused", function()
  local s <close> = http.stream { url = base .. "/lines", max_line = 50 }
  t.has(t.raises("limit", s.read_line, s).message, "longer than 50 bytes")
end)

t.test("cancelling a request and a wait for a line", function()
  local request = task.spawn(http.request, { url = base .. "/never" })
  local s <close> = http.stream { url = base .. "/held" }
  local line = task.spawn(s.read_line, s)
  task.sleep(0)
  request:cancel()
  line:cancel()
  local ok, err = request:join()
  t.eq(ok, false)
  t.eq(err.kind, "cancelled")
  ok, err = line:join()
  t.eq(ok, false)
  t.eq(err.kind, "cancelled")
  held[#held]:write "still here\n"
  t.eq(s:read_line(), "still here", "the stream outlives the wait")
end)

t.test("a deadline says which request, a timeout too", function()
  local err = t.raises("timeout", http.request, { url = base .. "/never", timeout = 0.05 })
  t.has(err.message, "no answer from 127.0.0.1")
  err = t.raises("timeout", http.stream, { url = base .. "/never", answer_timeout = 0.05 })
  t.has(err.message, "no answer within 0.05")
end)

t.test("a closed stream and a second reader are refused", function()
  local s = http.stream { url = base .. "/held" }
  local reader = task.spawn(s.read_line, s)
  task.sleep(0)
  t.raises("usage", s.read_line, s)
  s:close()
  s:close()
  local _, err = reader:join()
  t.has(err.message, "closed")
  t.raises("usage", s.read_line, s)
end)

t.test("streams that are dropped are closed by the collector", function()
  for _ = 1, 20 do http.stream { url = base .. "/held" } end
  collectgarbage()
  collectgarbage()
  t.eq(http.request { url = base .. "/echo" }.status, 200)
end)

server:close()
