-- The simulated Loki gives the answers a real one gave, request by request.
local t = require "tests.harness"
local json = require "native.json"
local loki = require "almanac.sim.world.loki"
local logql = require "almanac.sim.world.logql"
local regex = require "almanac.sim.world.regex"

local function encode(s)
  return (s:gsub("[^%w%-_%.~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function ask(server, method, path, query, body)
  local q, got = {}, {}
  for k, v in pairs(query or {}) do q[k] = tostring(v) end
  server:handle({ method = method, path = path, query = q, headers = {}, body = body or "" }, {
    send = function(_, status, headers, text) got.status, got.headers, got.body = status, headers, text end,
  })
  return got
end

-- What the answer says, without how long it took.
local function essence(body)
  local ok, v = pcall(json.decode, body)
  if not ok then return body end
  if v.data and v.data.stats then v.data.stats = nil end
  return v
end

t.test("every exchange of the recording", function()
  -- The instant queries were asked at this time.
  local server = loki.new(function() return 1795457677030000000 end)
  local n = 0
  for line in t.read_file("tests/fixtures/recordings/50-loki.jsonl"):gmatch("[^\n]+") do
    local x = json.decode(line)
    local query = x.request.query ~= json.null and x.request.query or nil
    local body = x.request.body ~= json.null and json.encode(x.request.body) or ""
    local got = ask(server, x.request.method, x.request.path, query, body)
    local what = x.request.method .. " " .. x.request.path .. " " .. (query and query.query or "")
    t.eq(got.status, x.response.status, what)
    t.eq(essence(got.body), essence(x.response.body), what)
    local kind = x.response.headers["content-type"]
    if kind ~= json.null then t.eq(got.headers["Content-Type"], kind, what) end
    n = n + 1
  end
  t.eq(n, 13)
end)

local function filled()
  local server = loki.new(function() return 100 * 1000000000 end)
  for i = 1, 20 do
    server:push({ app = i % 2 == 0 and "rpc" or "node", namespace = "n" }, i * 1000000000,
      i % 5 == 0 and ('{"level":"error","n":%d}'):format(i) or ("level=info n=%d"):format(i))
  end
  return server
end

local function result(server, path, query)
  local got = ask(server, "GET", "/loki/api/v1/" .. path, query)
  t.eq(got.status, 200, got.body)
  return json.decode(got.body).data.result
end

local WINDOW = { start = "0", ["end"] = "100000000000" }

local function window(query, more)
  local q = { query = query }
  for k, v in pairs(WINDOW) do q[k] = v end
  for k, v in pairs(more or {}) do q[k] = v end
  return q
end

t.test("times: nanoseconds, seconds, seconds with a fraction, RFC 3339; others are refused", function()
  local server = filled()
  for text, first in pairs { ["11000000000"] = 11, ["3"] = 3, ["2.5"] = 3, ["1970-01-01T00:00:03Z"] = 3,
    ["1970-01-01T00:00:03.5Z"] = 4 } do
    local lines = result(server, "query_range", { query = '{namespace="n"} |~ "n=' .. first .. '$"', start = text,
      ["end"] = "20", direction = "forward" })
    t.eq(#lines, 1, text)
    local earlier = result(server, "query_range", { query = '{namespace="n"} |~ "n=' .. first - 1 .. '$"', start = text,
      ["end"] = "20" })
    t.eq(#earlier, 0, text)
  end
  local got = ask(server, "GET", "/loki/api/v1/query_range", { query = '{namespace="n"}', start = "yesterday" })
  t.eq(got.status, 400)
  t.has(got.body, "could not parse 'yesterday' as a time")
end)

t.test("limit and direction choose the entries, newest first by default", function()
  local server = filled()
  local got = result(server, "query_range", window('{app="node"}', { limit = 3 }))
  local times = {}
  for _, s in ipairs(got) do
    for _, v in ipairs(s.values) do times[#times + 1] = v[1] end
  end
  table.sort(times)
  t.eq(#times, 3)
  t.eq(times[3], "19000000000")
  got = result(server, "query_range", window('{app="node"}', { limit = 1, direction = "forward" }))
  t.eq(got[1].values[1][1], "1000000000")
end)

t.test("filters on lines and labels, json and logfmt", function()
  local server = filled()
  local function count(query)
    local n = 0
    for _, s in ipairs(result(server, "query_range", window(query, { limit = 1000 }))) do n = n + #s.values end
    return n
  end
  t.eq(count '{namespace="n"}', 20)
  t.eq(count '{namespace="n",app!="rpc"}', 10)
  t.eq(count '{app=~"rp.|nod"}', 10)
  t.eq(count '{namespace="n"} != "error"', 16)
  t.eq(count '{namespace="n"} !~ "(?i)ERROR|n=1$"', 15)
  t.eq(count '{namespace="n"} | json | n >= 15', 2)
  t.eq(count '{namespace="n"} | logfmt | level="info" | n < 4', 3)
  t.eq(count '{namespace="n"} | json | __error__=""', 4)
end)

t.test("rate, aggregations and comparison", function()
  local server = filled()
  local got = result(server, "query", { query = 'sum(rate({namespace="n"} [50s]))', time = "50" })
  t.eq(got[1].value[2], "0.4")
  got = result(server, "query", { query = 'max by (app) (count_over_time({namespace="n"} [1m])) > 3', time = "21" })
  t.eq(#got, 2)
  got = result(server, "query", { query = 'count(count_over_time({namespace="n"} [1m])) > 30', time = "21" })
  t.eq(#got, 0)
end)

t.test("what is not understood is answered 400 in Loki's words", function()
  local server = filled()
  for query, words in pairs {
    [""] = "syntax error: unexpected $end",
    ["{app=node}"] = "syntax error: unexpected IDENTIFIER, expecting STRING",
    ['{app="node"} |~ "("'] = "error parsing regexp: missing closing )",
    ['count_over_time({app="node"})'] = "unexpected ), expecting [",
    ['nonsense({app="node"}[5m])'] = "syntax error: unexpected IDENTIFIER",
  } do
    local got = ask(server, "GET", "/loki/api/v1/query_range", window(query))
    t.eq(got.status, 400, query)
    t.has(got.body, words, query)
  end
  local instant = ask(server, "GET", "/loki/api/v1/query", { query = '{app="node"}' })
  t.has(instant.body, "log queries are not supported as an instant query type")
  t.eq(ask(server, "GET", "/loki/api/v1/nope").status, 404)
  t.eq(ask(server, "GET", "/loki/api/v1/push").status, 405)
  t.eq(ask(server, "POST", "/loki/api/v1/push", nil, "{").status, 400)
end)

t.test("a query may come as a form", function()
  local server, got = filled(), {}
  server:handle({ method = "POST", path = "/loki/api/v1/query_range", query = {},
    headers = { ["content-type"] = "application/x-www-form-urlencoded" },
    body = "start=0&end=100000000000&query=" .. encode '{app="rpc"} |= "level"' },
    { send = function(_, status, _, text) got.status, got.body = status, text end })
  t.eq(got.status, 200)
  t.ok(#json.decode(got.body).data.result > 0)
end)

t.test("regular expressions", function()
  for _, case in ipairs {
    { "panic|traceback", "a panic", true }, { "^a.c$", "abc", true }, { "^a.c$", "abcd", false },
    { "(?i)ERR(OR)?", "an error", true }, { "[^a-c]+$", "abcx", true }, { "\\bnode\\b", "a node.", true },
    { "\\bnode\\b", "nodes", false }, { "a{2,3}b", "aaab", true }, { "a{2,3}b", "ab", false },
    { "(ab|a)(bc|c)d", "abcd", true }, { "(a*)*b", "aaac", false }, { "\\d+\\.\\d+", "v1.25", true },
    { "[[:digit:]]{3}", "x123", true }, { "a.*?c", "abcbc", true }, { "(?:x|y)z", "yz", true },
  } do
    local find = regex.compile(case[1])
    t.eq(find(case[2]), case[3], case[1] .. " on " .. case[2])
  end
  local none, why = regex.compile("a)")
  t.eq(none, nil)
  t.has(why, "unexpected )")
end)

t.test("durations", function()
  t.eq(logql.seconds("1h30m"), 5400)
  t.eq(logql.seconds("5x"), nil)
end)
