--- Requests of http.get and http.post, and those of curl with the same in its words: paths, queries, headers,
--- names and passwords, redirects.
local errors = require "almanac.base.errors"
local exchange = require "almanac.http.exchange"
local http = require "almanac.http.client"
local httpd = require "native.httpd"
local t = require "tests.harness"

local M = { area = "HTTP", against = "curl 7.88" }

local POSTED = { method = "POST", body = "x" }
local BEARER, WITH_BEARER = { headers = { Authorization = "Bearer a" } }, { "-H", "Authorization: Bearer a" }

--- Name, path, options, curl's words; SERVER and OTHER stand for the two servers' URLs.
local cases = {
  -- Paths and URLs.
  { "a path", "/a/b" }, { "no path", "" }, { "a query in the URL", "/a?b=c" }, { "a query and no path", "?b=c" },
  { "a fragment", "/a#frag" }, { "a query and a fragment", "/a?b=c#frag" }, { "an encoded slash", "/a%2Fb" },
  { "an encoded blank", "/a%20b" }, { "a double slash", "/a//b" }, { "a dot in the path", "/a/./b" }, { "two dots in the path", "/a/../b" },
  { "an empty query", "/a?" }, { "two question marks", "/a?b?c" }, { "a plus", "/a+b?c+d" }, { "brackets", "/a[1]?b[]=1" },
  { "a colon and an at sign in the path", "/a:b@c" }, { "percent without digits", "/a%zz" }, { "a quote", '/a"b' },
  { "a backslash", "/a\\b" }, { "a blank", "/a b" }, { "Japanese in the path", "/長い" }, { "a semicolon", "/a;b=c" }, { "a tilde", "/~a" },
  -- Queries.
  { "query: text", "/q", { query = { a = "b" } }, { "-G", "--data-urlencode", "a=b" } },
  { "query: a blank and signs", "/q", { query = { a = "b c&d=e/f?g+h%i#j" } }, { "-G", "--data-urlencode", "a=b c&d=e/f?g+h%i#j" } },
  { "query: letters that stay", "/q", { query = { a = "-._~AZaz09" } }, { "-G", "--data-urlencode", "a=-._~AZaz09" } },
  { "query: brackets and quotes", "/q", { query = { a = "[{\"'!*()$,;:@" } }, { "-G", "--data-urlencode", "a=[{\"'!*()$,;:@" } },
  { "query: Japanese", "/q", { query = { a = "長い名前" } }, { "-G", "--data-urlencode", "a=長い名前" } },
  { "query: two lines", "/q", { query = { a = "b\nc\td" } }, { "-G", "--data-urlencode", "a=b\nc\td" } },
  { "query: empty text", "/q", { query = { a = "" } }, { "-G", "--data-urlencode", "a=" } },
  { "query: several names", "/q", { query = { b = "2", a = "1" } }, { "-G", "-d", "a=1", "-d", "b=2" } },
  { "query: a list", "/q", { query = { id = { 1, 2 } } }, { "-G", "-d", "id=1", "-d", "id=2" } },
  { "query: numbers", "/q", { query = { a = 5, b = 0.5, c = 1e15 } }, { "-G", "-d", "a=5", "-d", "b=0.5", "-d", "c=1000000000000000" } },
  { "query: true", "/q", { query = { a = true } }, { "-G", "-d", "a=true" } },
  { "query: beside one in the URL", "/q?x=y", { query = { a = "b" } }, { "-G", "-d", "a=b" } },
  { "query: before a fragment", "/q#frag", { query = { a = "b" } }, { "-G", "-d", "a=b" } },
  { "query: PromQL", "/q", { query = { query = 'rate(a{b=~"5.."}[5m]) > 0' } },
    { "-G", "--data-urlencode", 'query=rate(a{b=~"5.."}[5m]) > 0' } },
  -- Headers.
  { "a header", "/h", { headers = { ["X-A"] = "b" } }, { "-H", "X-A: b" } },
  { "a header's name in small letters", "/h", { headers = { ["x-a"] = "b" } }, { "-H", "x-a: b" } },
  { "an empty header", "/h", { headers = { ["X-A"] = "" } }, { "-H", "X-A;" } },
  { "a header with blanks around", "/h", { headers = { ["X-A"] = "  b c  " } }, { "-H", "X-A:   b c  " } },
  { "a header in Japanese", "/h", { headers = { ["X-A"] = "長い" } }, { "-H", "X-A: 長い" } },
  { "a header with a colon", "/h", { headers = { ["X-A"] = "b: c" } }, { "-H", "X-A: b: c" } },
  { "another Accept", "/h", { headers = { Accept = "text/plain" } }, { "-H", "Accept: text/plain" } },
  { "another User-Agent", "/h", { headers = { ["User-Agent"] = "me" } }, { "-H", "User-Agent: me" } },
  { "another Host", "/h", { headers = { Host = "example.org" } }, { "-H", "Host: example.org" } },
  { "an Authorization", "/h", BEARER, WITH_BEARER },
  -- Names and passwords.
  { "a name and a password", "/u", { user = "ann", password = "pw" }, { "-u", "ann:pw" } },
  { "a password with a colon", "/u", { user = "ann", password = "p:w" }, { "-u", "ann:p:w" } },
  { "an empty password", "/u", { user = "ann", password = "" }, { "-u", "ann:" } },
  { "a name in Japanese", "/u", { user = "長い", password = "ü" }, { "-u", "長い:ü" } },
  { "userinfo in the URL", "WITH:ann:pw@/u" }, { "encoded userinfo", "WITH:a%40b:p%3Aw@/u" }, { "a name alone in the URL", "WITH:ann@/u" },
  { "userinfo, and user beside it", "WITH:ann:pw@/u", { user = "tom", password = "x" }, { "-u", "tom:x" } },
  { "userinfo, and an Authorization beside it", "WITH:ann:pw@/u", BEARER, WITH_BEARER },
  -- Redirects of a read.
  { "301", "/to?301=/there" }, { "302", "/to?302=/there" }, { "303", "/to?303=/there" }, { "307", "/to?307=/there" },
  { "308", "/to?308=/there" },
  { "300 with a Location", "/to?300=/there" }, { "304", "/to?304=/there" }, { "a redirect without a Location", "/to?302=" },
  { "a relative redirect", "/d/to?302=there" }, { "a redirect up", "/d/e/to?302=../there" },
  { "a redirect to a query", "/to?302=%3Fa%3Db" },
  { "a redirect without a scheme", "/to?302=//OTHERHOST/there" }, { "a redirect with a fragment", "/to?302=/there%23frag" },
  { "a redirect to a blank", "/to?302=/a%20b" }, { "a redirect to another scheme", "/to?302=ftp://127.0.0.1/x" },
  { "a redirect to a file", "/to?302=file:///etc/hostname" }, { "a redirect to nothing that listens", "/to?302=http://127.0.0.1:1/" },
  { "five redirects", "/hop?5" }, { "six redirects", "/hop?6" }, { "a redirect to a redirect", "/to?302=/to%3F302%3D/there" },
  { "a password, redirected to the same server", "/to?302=/there", { user = "ann", password = "pw" }, { "-u", "ann:pw" } },
  { "a password, redirected to another", "/to?302=OTHER/there", { user = "ann", password = "pw" }, { "-u", "ann:pw" } },
  { "an Authorization, redirected to the same server", "/to?302=/there", BEARER, WITH_BEARER },
  { "an Authorization, redirected to another", "/to?302=OTHER/there", BEARER, WITH_BEARER },
  { "a Cookie, redirected to another", "/to?302=OTHER/there", { headers = { Cookie = "a=b" } }, { "-H", "Cookie: a=b" } },
  { "a header, redirected to another", "/to?302=OTHER/there", { headers = { ["X-A"] = "b" } }, { "-H", "X-A: b" } },
  { "userinfo, redirected to another", "WITH:ann:pw@/to?302=OTHER/there" },
  { "a redirect with userinfo", "/to?302=http://tom:x@OTHERHOST/there" },
  { "no redirect wanted", "/to?302=/there", { redirects = 0 }, { "--max-redirs", "0" } },
  { "one redirect wanted", "/hop?2", { redirects = 1 }, { "--max-redirs", "1" } },
}

--- What is written follows no redirect.
local writes = {
  { "a POST", "/w", POSTED }, { "a POST that is redirected", "/to?302=/there", POSTED },
  { "a POST that is redirected with 307", "/to?307=/there", POSTED },
  { "a PUT", "/w", { method = "PUT", body = "x" } }, { "a PATCH", "/w", { method = "PATCH", body = "x" } },
  { "a DELETE", "/w", { method = "DELETE" } },
  { "a POST of nothing", "/w", { method = "POST", body = "" } },
  { "a body with zeros and lines", "/w", { method = "POST", body = "a\0b\r\nc" } },
}

local world

local kept = { "authorization", "cookie", "x-a", "accept", "user-agent", "host" }
local own = { accept = "*/*", ["user-agent"] = "^curl/", host = "^127%.0%.0%.1" } -- what a program says by itself

local function described(who, request)
  local out = { who, request.method, request.raw_path .. (request.raw_query and "?" .. request.raw_query or ""), request.body }
  for _, name in ipairs(kept) do
    local value = request.headers[name]
    if value and not (own[name] and (value == own[name] or value:find(own[name]) or value == "almanac")) then
      out[#out + 1] = name .. "=" .. value
    end
  end
  return table.concat(out, " ")
end

local function handler(who)
  return function(request, response)
    world.seen[#world.seen + 1] = described(who, request)
    local query = request.raw_query or ""
    local hops = request.path == "/hop" and tonumber(query)
    if hops and hops > 0 then return response:send(302, { Location = "/hop?" .. hops - 1 }, "") end
    local status, where = query:match "^(%d+)=(.*)$"
    if not request.path:find "/to$" or not status then return response:send(200, {}, "here") end
    where = where:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    where = where:gsub("OTHERHOST", (world.other:gsub("^http://", ""))):gsub("OTHER", (world.other:gsub("%%", "%%%%")))
    response:send(tonumber(status), where ~= "" and { Location = where } or {}, "there")
  end
end

local function taken(status)
  local seen = table.concat(world.seen, ", then ")
  world.seen = {}
  return seen == "" and "sends nothing" or seen .. (status and " -> " .. status or " and fails")
end

local function by_curl(url, words, method, body)
  local argv = { "curl", "-q", "-sS", "-g", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}" }
  if not method then table.move({ "-L", "--max-redirs", "5" }, 1, 3, #argv + 1, argv) end
  if method then table.move({ "-X", method }, 1, 2, #argv + 1, argv) end
  if body then table.move({ "--data-binary", "@-", "-H", "Content-Type:" }, 1, 4, #argv + 1, argv) end
  table.move(words or {}, 1, #(words or {}), #argv + 1, argv)
  argv[#argv + 1] = url
  local code, out, said = t.run(argv, { stdin = body })
  local seen = taken(code == 0 and out)
  -- In a query that it encodes, curl writes + for a blank, and digits in small letters: the same to a server.
  if words and words[1] == "-G" then seen = seen:gsub("%%%x%x", string.upper):gsub("%+", "%%20") end
  return seen, said
end

local function url_of(path)
  local userinfo, rest = path:match "^WITH:([^/]*@)(.*)$"
  return userinfo and world.server:gsub("//", "//" .. userinfo:gsub("%%", "%%%%")) .. rest or world.server .. path
end

local function read(case)
  local opts = { expect = "any", retry = { times = 1 } }
  for key, value in pairs(case[3] or {}) do opts[key] = value end
  local url = url_of(case[2])
  local ok, answer = errors.try(http.get, url, opts)
  local ours = taken(ok and tostring(answer.status))
  local theirs, said = by_curl(url, case[4])
  return { name = case[1], ours = ours, theirs = theirs, said = said, why = not ok and answer.message or nil }
end

local function write(case)
  local url = url_of(case[2])
  local ok, answer = errors.try(exchange.request, { who = "http.post", method = case[3].method, url = url, body = case[3].body })
  local ours = taken(ok and tostring(answer.status))
  local theirs, said = by_curl(url, nil, case[3].method, case[3].body)
  return { name = case[1], ours = ours, theirs = theirs, said = said, why = not ok and answer.message or nil }
end

--- Each request, made by both.
function M.run()
  world = { seen = {} }
  local one, two = httpd.listen { handler = handler "one:" }, httpd.listen { handler = handler "another:", address = "127.0.0.2" }
  world.server, world.other = "http://127.0.0.1:" .. one:port(), "http://127.0.0.2:" .. two:port()
  local out = {}
  for i, case in ipairs(cases) do out[i] = read(case) end
  for _, case in ipairs(writes) do out[#out + 1] = write(case) end
  one:close()
  two:close()
  return out
end

local LEFT = "Almanac hands the redirect over, and `expect` judges it; curl fails"
local DOTS = "curl cuts it short; Almanac refuses, for `allow` is matched with the path as it is sent"
local NO_REDIRECT = "curl follows whatever has a Location; to Almanac that status is no redirect"

M.differ = {
  ["a dot in the path"] = DOTS, ["two dots in the path"] = DOTS,
  ["300 with a Location"] = NO_REDIRECT, ["304"] = NO_REDIRECT,
  ["six redirects"] = LEFT, ["no redirect wanted"] = LEFT, ["one redirect wanted"] = LEFT,
  ["a header, redirected to another"] = "curl sends all but Authorization and Cookie; Almanac none, for any may be secret",
  ["a redirect with userinfo"] = "Almanac sends the name and password that the redirect itself gives; curl sends none",
}

return M
