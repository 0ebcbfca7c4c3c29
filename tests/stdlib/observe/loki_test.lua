local httpd = require "native.httpd"
local json = require "native.json"
local loki = require "almanac.observe.loki"
local t = require "tests.harness"

-- A server that answers as the recorded Loki did, by the query it was asked.
local recorded, last = {}, nil
for line in t.read_file("tests/fixtures/recordings/50-loki.jsonl"):gmatch "[^\n]+" do
  local exchange = json.decode(line, { big = "text" })
  local query = exchange.request.query
  if query ~= json.null and query.query then recorded[exchange.request.path .. " " .. query.query] = exchange.response end
end
local server = httpd.listen {
  handler = function(request, response)
    last = request
    local answer = recorded[request.path .. " " .. tostring(request.query.query)]
    if answer then
      response:send(answer.status, { ["Content-Type"] = "application/json" }, answer.body)
    else
      response:send(404, {}, "404 page not found")
    end
  end,
}
local url = "http://127.0.0.1:" .. server:port()

local ERRORS = '{namespace="animica-devnet"} |= "ERROR" | json'

t.test("log lines, newest first, with exact times", function()
  local r = loki.query_range(ERRORS, { url = url, from = 1795457613.98, to = 1795457676.997 })
  t.eq(r.type, "streams")
  t.eq(#r.entries, 2)
  t.eq(r.entries[1].time_ns, "1795457620982589874")
  t.eq(r.entries[1].labels.method, "tx.send")
  t.eq(r.entries[2].line, '{"level":"ERROR","msg":"panic: chain db corrupt"}')
  t.eq(r.truncated, false)
  t.eq({ last.query.start, last.query["end"], last.query.limit, last.query.direction },
    { "1795457613980000000", "1795457676997000000", "100", "backward" })
  t.eq(loki.query_range(ERRORS, { url = url, direction = "forward" }).entries[1].time_ns, "1795457619982589874")
  t.eq(loki.query_range(ERRORS, { url = url, limit = 2 }).truncated, true)
end)

t.test("no lines are no lines", function()
  t.eq(loki.query_range('{namespace="nothing-here"} |= "ERROR"', { url = url }).entries, {})
end)

t.test("a range is that long", function()
  loki.query_range(ERRORS, { url = url, since = "10m" })
  t.eq(math.tointeger(tonumber(last.query["end"])) - math.tointeger(tonumber(last.query.start)), 600 * 1000000000)
end)

t.test("metric queries give series", function()
  local by_app = 'sum by (app) (count_over_time({namespace="animica-devnet"} |= "ERROR" [5m]))'
  local r = loki.query(by_app, { url = url })
  t.eq(r.type, "vector")
  t.eq(r.series[2], { labels = { app = "rpc" }, time = 1795457677.03, value = 1.0 })
  r = loki.query_range('sum by (app) (count_over_time({namespace="animica-devnet"} |= "ERROR" [1m]))',
    { url = url, step = "15s" })
  t.eq(r.type, "matrix")
  t.eq(r.series[1].points[4], { time = 1795457670, value = 1.0 })
end)

t.test("a count of lines", function()
  local function answer(result)
    return { status = 200, body = '{"status":"success","data":{"resultType":"vector","result":[' .. result .. "]}}" }
  end
  recorded['/loki/api/v1/query sum(count_over_time({app="node"} |= "x" [600s]))'] =
    answer '{"metric":{},"value":[1795457677.03,"12"]}'
  recorded['/loki/api/v1/query sum(count_over_time({app="none"} [600s]))'] = answer ""
  t.eq(loki.count('{app="node"} |= "x"', { url = url, since = "10m" }), 12)
  t.eq(loki.count('{app="none"}', { url = url, since = "10m" }), 0)
end)

t.test("what Loki refuses keeps its words", function()
  local err = t.raises("loki", loki.query_range, '{namespace="animica-devnet" |= ', { url = url })
  t.eq({ err.status, err.error_type }, { 400, "bad_data" })
  t.has(err.message, "parse error at line 0, col 29: syntax error: unexpected |=, expecting } or ,")
  t.has(t.raises("loki", loki.query_range, "{}", { url = url }).message, "at least one regexp or equality matcher")
  t.has(t.raises("loki", loki.query, "unknown", { url = url }).message, "404")
  t.raises("usage", loki.query_range, "{}", { limit = 0, url = url })
  t.raises("usage", loki.query_range, "{}", { direction = "up", url = url })
  t.raises("usage", loki.query_range, "", { url = url })
end)

t.test("null is nothing, wherever it stands", function()
  local api = require "almanac.observe.api"
  local function result(data) return loki.result(api.parse("loki", "loki.query", 200, '{"status":"success","data":' .. data .. "}")) end
  t.eq(result('{"resultType":"streams","result":null}').entries, {})
  t.eq(result('{"resultType":"streams","result":[{"stream":null,"values":null}]}').entries, {})
  t.eq(result('{"resultType":"streams","result":[{"stream":null,"values":[["1","a"]]}]}').entries,
    { { time_ns = "1", line = "a", labels = {} } })
  t.eq(result('{"resultType":"vector","result":null}').series, {})
end)

server:close()
