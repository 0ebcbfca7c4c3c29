local alerts = require "almanac.observe.alerts"
local calls = require "tests.helm_calls"
local httpd = require "native.httpd"
local prom = require "almanac.observe.prom"
local settings = require "almanac.config.settings"
local t = require "tests.harness"

-- Answers by PromQL; the last request is kept.
local answers, last = {}, nil
local server = httpd.listen {
  handler = function(request, response)
    last = request
    local answer = answers[request.query.query or request.path]
    if not answer then
      response:send(404, {}, "404 page not found")
    else
      response:send(answer.status or 200, { ["Content-Type"] = "application/json" }, answer.body)
    end
  end,
}
local base = "http://127.0.0.1:" .. server:port()

local function vector(...)
  local out = {}
  for i, value in ipairs { ... } do
    out[i] = ('{"metric":{"__name__":"up","instance":"n%d"},"value":[1795457677.031,"%s"]}'):format(i, value)
  end
  return { body = '{"status":"success","data":{"resultType":"vector","result":[' .. table.concat(out, ",") .. "]}}" }
end

t.test("without an endpoint the error says where to put it", function()
  settings.endpoints.prometheus = nil
  local err = t.raises("usage", prom.query, "up")
  t.has(err.hint, "almanac.yaml: endpoints: { prometheus:")
  settings.endpoints.prometheus = base .. "/"
end)

t.test("an instant query", function()
  answers['up{a="b c"} + 1'] = vector("1", "NaN", "+Inf")
  local r = prom.query('up{a="b c"} + 1', { time = 1795457677.5 })
  t.eq(r.type, "vector")
  t.eq(r.series[1], { labels = { __name__ = "up", instance = "n1" }, time = 1795457677.031, value = 1.0 })
  t.ok(r.series[2].value ~= r.series[2].value, "NaN")
  t.eq(r.series[3].value, math.huge)
  t.eq(last.path, "/api/v1/query")
  t.eq(last.query.time, "1795457677.5")
end)

t.test("null is nothing where it stands for a series or a field of one; it is no list of alerts", function()
  local data = '{"status":"success","warnings":null,"data":%s}'
  local function answer(text) return { body = data:format(text) } end
  answers.null_result = answer '{"resultType":"vector","result":null}'
  answers.null_metric = answer '{"resultType":"vector","result":[{"metric":null,"value":[1,"2"]}]}'
  answers.null_values = answer '{"resultType":"matrix","result":[{"metric":{},"values":null}]}'
  answers.null_scalar = answer '{"resultType":"scalar","result":null}'
  answers.null_data = answer "null"
  t.eq(prom.query("null_result").series, {})
  t.has(t.raises("no_data", prom.value, "null_result").message, "gives nothing")
  t.eq(prom.query("null_metric").series, { { labels = {}, time = 1, value = 2.0 } })
  t.eq(prom.query("null_values").series, { { labels = {} } })
  t.raises("no_data", prom.value, "null_scalar")
  t.raises("protocol", prom.query, "null_data")
  answers["/api/v1/alerts"] = answer '{"alerts":null}'
  t.raises("protocol", alerts.firing) -- Prometheus writes an empty list; what is no list must not pass for "nothing fires"
  answers["/api/v1/alerts"] = answer '{"alerts":[]}'
  t.eq(alerts.firing(), {})
  answers["/api/v1/alerts"] = answer '{"alerts":[{"labels":null,"annotations":null,"state":"firing","activeAt":null}]}'
  t.eq(alerts.firing(), { { name = "", severity = "", labels = {} } })
end)

t.test("one number, or an error that says why not", function()
  answers.one = vector "0.25"
  answers.none, answers.nan, answers.many = vector(), vector "NaN", vector("1", "2", "3", "4", "5", "6")
  answers.scalar = { body = '{"status":"success","data":{"resultType":"scalar","result":[1795457677,"3"]}}' }
  t.eq(prom.value "one", 0.25)
  t.eq(prom.value "scalar", 3.0)
  t.has(t.raises("no_data", prom.value, "none").message, "none gives nothing")
  t.has(t.raises("no_data", prom.value, "nan").hint, "clamp_min")
  local err = t.raises("several_series", prom.value, "many")
  t.has(err.message, '6 series answer many: {__name__="up", instance="n1"}, ')
  t.eq(#err.series, 5)
end)

t.test("a range", function()
  answers.up = { body = '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},'
    .. '"values":[[1795457600,"1"],[1795457615.5,"2"]]}]}}' }
  local r = prom.range("up", { from = 1795457600, to = 1795457720, step = "15s" })
  t.eq(r.series[1].points, { { time = 1795457600, value = 1.0 }, { time = 1795457615.5, value = 2.0 } })
  t.eq({ last.query.start, last.query["end"], last.query.step }, { "1795457600", "1795457720", "15" })
  prom.range("up", { from = "2m" })
  t.eq(tonumber(last.query["end"]) - tonumber(last.query.start), 120.0)
  t.eq(last.query.step, "1")
  t.raises("usage", prom.range, "up", { from = 2, to = 1 })
  t.raises("usage", prom.range, "up", {})
end)

t.test("what Prometheus refuses keeps its type and words", function()
  answers["up{"] = { status = 400, body = '{"status":"error","errorType":"bad_data",'
    .. '"error":"invalid parameter \\"query\\": 1:4: parse error: unexpected end of input inside braces"}' }
  local err = t.raises("prom", prom.query, "up{")
  t.eq({ err.error_type, err.status }, { "bad_data", 400 })
  t.has(err.message, "unexpected end of input inside braces")
  answers.slow = { status = 503, body = '{"status":"error","errorType":"timeout","error":"query timed out"}' }
  t.eq(t.raises("prom", prom.query, "slow").error_type, "timeout")
  answers.gone = { status = 502, body = "<html>Bad Gateway</html>" }
  t.has(t.raises("prom", prom.query, "gone").message, "Bad Gateway")
  answers.grafana = { body = "<html>Log in</html>" }
  t.has(t.raises("protocol", prom.query, "grafana").hint, "base")
  answers.empty = { status = 500, body = "" }
  t.has(t.raises("prom", prom.query, "empty").message, "status 500")
  t.raises("network", prom.query, "up", { url = "http://127.0.0.1:1" })
  t.raises("usage", prom.query, " ")
end)

t.test("what Prometheus says besides is kept, and noted once in a step", function()
  answers.w = { body = '{"status":"success","warnings":["PromQL warning: w"],"infos":["PromQL info: i"],'
    .. '"data":{"resultType":"vector","result":[]}}' }
  local result = prom.query "w"
  t.eq({ result.warnings, result.infos }, { { "PromQL warning: w" }, { "PromQL info: i" } })
  local seen = calls.in_step(function()
    prom.query "w"
    prom.query "w"
  end)
  t.eq(seen.notes, { "Prometheus warns: PromQL warning: w", "Prometheus says: PromQL info: i" })
end)

-- As Prometheus 2.53 answers with --enable-feature=native-histograms.
local HISTOGRAM = '{"count":"344","sum":"17.5","buckets":[[0,"0.0009","0.001","344"]]}'

t.test("a native histogram is no number, and is called what it is", function()
  answers.h = { body = '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"app":"rpc"},"histogram":[5,'
    .. HISTOGRAM .. "]}]}}" }
  answers.hs = { body = '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[[5,'
    .. HISTOGRAM .. "],[20," .. HISTOGRAM .. "]]}]}}" }
  t.eq(prom.query("h").series, { { labels = { app = "rpc" }, time = 5, histogram = { time = 5, count = 344.0, sum = 17.5 } } })
  local range = prom.range("hs", { from = 5, to = 20, step = "15s" }).series[1]
  t.eq({ #range.points, range.histograms[2].time, range.histograms[2].count }, { 0, 20, 344.0 })
  local err = t.raises("prom", prom.value, "h")
  t.eq(err.message, 'h gives a native histogram, which is no number: {app="rpc"}')
  t.has(err.hint, "histogram_quantile")
end)

t.test("firing alerts, worst first", function()
  local function alert(name, severity, state)
    return ('{"labels":{"alertname":"%s","severity":"%s"},"annotations":{"summary":"s %s"},"state":"%s",'
      .. '"activeAt":"2026-11-23T18:00:00Z","value":"1e+00"}'):format(name, severity, name, state or "firing")
  end
  answers["/api/v1/alerts"] = { body = '{"status":"success","data":{"alerts":[' .. table.concat({ alert("B", "warning"),
    alert("C", "critical"), alert("D", "page", "pending"), alert("A", "critical"), alert("P", "page") }, ",") .. "]}}" }
  local function names(list)
    local out = {}
    for i, a in ipairs(list) do out[i] = a.name end
    return table.concat(out, " ")
  end
  t.eq(names(alerts.firing()), "P A C B")
  t.eq(names(alerts.firing { severity = "warning" }), "B")
  t.eq(names(alerts.critical()), "P A C")
  t.eq(alerts.critical()[1], { name = "P", severity = "page", since = "2026-11-23T18:00:00Z", summary = "s P",
    labels = { alertname = "P", severity = "page" } })
  answers["/api/v1/alerts"] = { body = '{"status":"success","data":{"alerts":[]}}' }
  t.eq(alerts.critical(), {})
end)

server:close()
