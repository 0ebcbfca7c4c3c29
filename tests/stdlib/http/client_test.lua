-- http: URLs, what is expected, retries, JSON, JSON-RPC, checks.
local http = require "almanac.http.client"
local retry = require "almanac.base.retry"
local httpd = require "native.httpd"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local t = require "tests.harness"
local task = require "native.task"

local asked = 0
local server = httpd.listen {
  handler = function(request, response)
    if request.path == "/flaky" then
      asked = asked + 1
      if asked < 3 then return response:send(503, { ["Retry-After"] = "0" }, "warming up") end
      response:send(200, { ["Content-Type"] = "application/json" }, '{"tries":' .. asked .. "}")
    elseif request.path == "/broken" then
      asked = asked + 1
      response:send(500, {}, "panic: no database\n  at main.go")
    elseif request.path == "/text" then
      response:send(200, {}, "hello")
    elseif request.path == "/moved" then
      response:send(302, { Location = "/text" }, "")
    elseif request.path == "/later" then
      asked = asked + 1
      if asked > 1 then return response:send(200, {}, "now") end
      response:send(503, { ["Retry-After"] = "Sun, 06 Nov 1994 08:49:37 GMT" }, "")
    elseif request.path == "/slow" then
      task.sleep(60)
    else
      response:send(404, {}, "nothing at " .. request.raw_path .. "?" .. (request.raw_query or ""))
    end
  end,
}
local base = "http://127.0.0.1:" .. server:port()

t.test("a verb takes what it has a use for, and refuses the rest", function()
  for _, name in ipairs { "method", "body", "check" } do
    t.has(t.raises("usage", http.get, base .. "/text", { [name] = "GET" }).message, 'http.get: no option "' .. name .. '"')
  end
  t.has(t.raises("usage", http.post, { url = base, method = "GET" }).message, 'http.post: no option "method"')
  t.has(t.raises("usage", http.request, { url = base, method = 3 }).message, "http.request: method must be text, not 3")
  local input = require("almanac.run.definitions").find("http.request").input
  local purge = { url = base, method = "PURGE", body = "x", json = {} }
  t.has(t.raises("usage", input, purge).message, "http.request: give body or json, not both", "there is no http.purge")
  local definition = require("almanac.run.definitions").find "http.request"
  local odd = { url = "http://a\\b/", method = "PROPFIND" }
  t.has(t.raises("usage", definition.allow.of, odd).message, "http.request: ")
  t.has(t.raises("usage", http.request, { url = base }).message, "http.request: method is missing")
  t.has(t.raises("usage", http.request, { url = base, method = "get", body = "x" }).message, 'http.request: no option "body"')
end)

t.test("what is expected", function()
  t.ok(http.is_expected(204))
  t.eq(http.is_expected(302), false)
  t.ok(http.is_expected(404, 404))
  t.ok(http.is_expected(404, { 200, 404 }))
  t.ok(http.is_expected(500, "any"))
end)

local NOW = 784111777 -- Sun, 06 Nov 1994 08:49:37 GMT

t.test("a server says when to come back, in seconds or as a date", function()
  local function delay(text) return retry.delay(1, {}, { status = 503, retry_after = text }, NOW) end
  t.eq(delay "7", 7)
  t.eq(delay "Sun, 06 Nov 1994 08:49:57 GMT", 20)
  t.eq(delay "Sunday, 06-Nov-94 08:49:57 GMT", 20)
  t.eq(delay "Sun Nov  6 08:49:57 1994", 20)
  t.eq(delay "Sun, 06 Nov 1994 08:49:17 GMT", 0, "past")
  t.eq(delay "Sun, 06 Nov 1994 09:49:37 GMT", nil, "nobody waits an hour")
  for _, text in ipairs { "soon", "-1", "0x10", "Sun, 06 Foo 1994 08:49:37 GMT", "" } do t.eq(delay(text), 0.5, text) end
end)

t.test("a date that has passed is waited for no longer", function()
  asked = 0
  t.eq(http.get(base .. "/later").body, "now")
end)

t.test("times are durations", function()
  t.has(t.raises("timeout", http.get, base .. "/slow", { timeout = "20ms", retry = { times = 1, delay = "1ms" } }).message, "/slow")
  t.raises("usage", http.get, base, { timeout = "20" })
  t.raises("usage", http.get, base, { connect_timeout = "x" })
  t.raises("usage", http.get, base, { retry = { delay = "x" } })
end)

t.test("a secret in the query or as the URL is sent whole", function()
  local token = secret.new("token", "s3cret/+ text")
  t.has(http.get(base .. "/nope", { query = { t = token }, expect = 404 }).body, "t=s3cret%2F%2B%20text")
  local err = t.raises("http", http.get, base .. "/nope", { query = { t = token } })
  t.has(err.message, "GET " .. base .. "/nope?t=(secret token) answered 404")
  t.lacks(redaction.text(err.message), "s3cret")
  t.eq(http.get(secret.new("hook", base .. "/text")).body, "hello")
  t.has(t.raises("http", http.get, secret.new("hook", base .. "/secret-hook")).message, "GET (secret hook) answered 404")
end)

t.test("only what may pass is tried again, and only so often", function()
  t.eq(retry.delay(1, {}, { kind = "network" }), 0.5)
  t.eq(retry.delay(2, {}, { status = 503 }), 1.0)
  t.eq(retry.delay(3, {}, { status = 503 }), nil)
  t.eq(retry.delay(1, {}, { status = 503, retry_after = "7" }), 7)
  t.eq(retry.delay(1, {}, { status = 503, retry_after = "3600" }), nil, "nobody waits an hour")
  t.eq(retry.delay(1, {}, { status = 500 }), nil)
  t.eq(retry.delay(1, {}, { kind = "tls" }), nil)
  t.eq(retry.delay(1, {}, { kind = "timeout" }), nil)
end)

t.test("a server that is warming up is asked again", function()
  asked = 0
  t.eq(http.get(base .. "/flaky", { json = true }).json, { tries = 3 })
end)

t.test("a broken server is not; the error holds what it said", function()
  asked = 0
  local err = t.raises("http", http.get, base .. "/broken")
  t.eq(asked, 1)
  t.eq(err.status, 500)
  t.has(err.message, "GET " .. base .. "/broken answered 500 Internal Server Error: panic: no database at main.go")
end)

t.test("redirects of reads are followed, as many as wanted", function()
  t.eq(http.get(base .. "/moved").body, "hello")
  local err = t.raises("http", http.get, base .. "/moved", { redirects = 0 })
  t.has(err.hint, "/text")
end)

t.test("a 404 is an error unless expected", function()
  t.eq(t.raises("http", http.get, base .. "/nope").status, 404)
  t.has(http.get(base .. "/nope", { expect = 404, query = { q = "a b" } }).body, "/nope?q=a%20b")
end)

t.test("no JSON where JSON was wanted", function()
  t.has(t.raises("http", http.get, base .. "/text", { json = true }).message, "no JSON")
end)

t.test("a dead server: how often it was tried", function()
  local err = t.raises("network", http.get, "http://127.0.0.1:1/", { retry = { delay = 0.01 } })
  t.has(err.message, "nothing listens at 127.0.0.1:1")
  t.has(err.message, "(3 tries)")
end)

t.test("misuse is refused at once", function()
  t.raises("usage", http.get)
  t.has(t.raises("usage", http.get, base, { tiemout = 3 }).message, "tiemout")
  t.raises("outside_step", http.post, base)
end)

t.test("what the check of a write means", function()
  t.eq(http.judge_check({}, { status = 200, body = "" }), "done")
  t.eq(http.judge_check({ expect = 200, contains = "id-1" }, { status = 200, body = "id-2" }), "not_done")
  t.eq(http.judge_check({}, { status = 404, body = "" }), "not_done")
  t.eq((http.judge_check({}, { status = 503, body = "" })), "unknown")
end)

t.test("reads need a step", function()
  local before = task.permit "compute"
  local err = t.raises("outside_step", http.get, base)
  task.permit(before)
  t.has(err.message, "http.get")
end)

server:close()
