-- Redirects that are followed stop by stop: what is asked for, what goes along, and for how long.
local httpd = require "native.httpd"
local redirect = require "almanac.http.redirect"
local t = require "tests.harness"
local task = require "native.task"
local urls = require "almanac.http.url"

--- A server that keeps what it was asked, and where it leads to from each path.
local function serve(leads)
  local seen = {}
  local server = httpd.listen { handler = function(request, response)
    seen[#seen + 1] = { path = request.path, authorization = request.headers.authorization, mine = request.headers["x-mine"] }
    local to = leads[request.path]
    if type(to) == "function" then to = to() end
    if to then response:send(302, { Location = to }, "") else response:send(200, {}, "there") end
  end }
  t.defer(function() server:close() end)
  return "127.0.0.1:" .. server:port(), seen
end

local function follow(request)
  local asked = {}
  request.who = "t"
  local response = redirect.follow(request, function(stop) asked[#asked + 1] = stop.url end)
  return response, asked
end

t.test("each stop is asked for, and a refusal ends it before it is made", function()
  local at, seen = serve { ["/a"] = "/b", ["/b"] = "c?d=1" }
  local response, asked = follow { url = "http://" .. at .. "/a", redirects = 5 }
  t.eq(response.body, "there")
  t.eq(asked, { "http://" .. at .. "/a", "http://" .. at .. "/b", "http://" .. at .. "/c?d=1" })
  t.raises("refused", redirect.follow, { who = "t", url = "http://" .. at .. "/a", redirects = 5 }, function(stop)
    if stop.url:find "/b$" then error { kind = "refused", message = "no" } end
  end)
  t.eq(#seen, 4)
end)

t.test("no more stops than wanted, and none for what changes something", function()
  local at = serve { ["/a"] = "/b", ["/b"] = "/c" }
  t.eq(follow({ url = "http://" .. at .. "/a", redirects = 1 }).status, 302)
  t.eq(follow({ url = "http://" .. at .. "/a", redirects = 0 }).status, 302)
  t.eq(follow({ url = "http://" .. at .. "/a", redirects = 5, method = "POST" }).status, 302)
end)

t.test("a URL's user goes along to the same origin, and nothing secret to another one", function()
  local other, seen_there = serve {}
  local at, seen = serve { ["/a"] = "/b", ["/b"] = "http://" .. other .. "/" }
  follow { url = "http://me:pw@" .. at .. "/a", redirects = 5, headers = { ["X-Mine"] = "secret" } }
  t.eq({ seen[1].authorization, seen[2].authorization }, { "Basic bWU6cHc=", "Basic bWU6cHc=" })
  t.eq({ seen[1].mine, seen[2].mine }, { "secret", "secret" })
  t.eq(seen_there, { { path = "/" } })
end)

t.test("the timeout is one for all of it", function()
  local clock = task.condition()
  local at
  at = serve { ["/a"] = "/b", ["/b"] = function() clock:wait() end }
  local began = task.now()
  local err = t.raises("timeout", follow, { url = "http://" .. at .. "/a", redirects = 5, timeout = 0.3 })
  t.has(err.message, "no answer from")
  t.ok(task.now() - began < 5, "and no longer")
  clock:notify()
end)

t.test("the user of a URL is put into another one", function()
  t.eq(urls.with_user_of("http://a:b@h/x", "http://h/y"), "http://a:b@h/y")
  t.eq(urls.with_user_of("http://h/x@y", "http://h/y"), "http://h/y")
  t.eq(urls.with_user_of("http://a:%40@h", "https://h"), "https://a:%40@h")
end)
