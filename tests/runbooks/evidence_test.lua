-- runbooks/lib/evidence.lua: what a Prometheus remembers, and what is no proof.
local httpd = require "native.httpd"
local json = require "native.json"
local sandbox = require "almanac.script.sandbox"
local settings = require "almanac.config.settings"
local t = require "tests.harness"

local evidence = sandbox.load("runbooks/any.lua", 'return require "lib.evidence"').result

--- The series that a query has, by a part of it: lists of values, one for each point that was asked for.
local remembered = {}

local function series_of(query)
  local promql, out = query.query, json.array {}
  for part, all in pairs(remembered) do
    if promql:find(part, 1, true) then
      for i, values in ipairs(all) do
        local points = json.array {}
        for j, value in ipairs(values) do
          points[j] = { tonumber(query.start) + (j - 1) * tonumber(query.step), tostring(value) }
        end
        out[i] = { metric = { alertname = values.name, instance = tostring(i) }, values = points }
      end
    end
  end
  return out
end

local server = httpd.listen { handler = function(request, response)
  if request.path == "/api/v1/alerts" then
    return response:send(200, {}, json.encode { status = "success", data = { alerts = json.array {} } })
  end
  local query = request.query
  if request.body ~= "" then
    query = {}
    for name, value in request.body:gmatch "([^&=]+)=([^&]*)" do
      query[name] = require("native.codec").percent_decode(value, true)
    end
  end
  response:send(200, {}, json.encode { status = "success", data = { resultType = "matrix", result = series_of(query) } })
end }
settings.endpoints.prometheus = "http://127.0.0.1:" .. server:port()

local function constant(value, count)
  local out = {}
  for i = 1, count or 41 do out[i] = value end
  return out
end

t.test("gates that held are shown with their lowest, highest and last value", function()
  local peers = constant(9)
  peers[20] = 7
  remembered = { p2p_peers_connected = { peers } }
  t.eq(evidence.held({ "peers" }, 600), { peers = { min = 7, max = 9, last = 9, samples = 41, limit = ">= 5" } })
end)

t.test("one sample that is past the limit is enough, and its time is said", function()
  local peers = constant(9)
  peers[20] = 4
  remembered = { p2p_peers_connected = { peers } }
  local err = t.raises("gate", evidence.held, { "peers" }, 600)
  t.ok(err.message:find "^peers was 4 at %d%d:%d%d:%d%dZ; healthy is >= 5 %(runbooks/lib/gates.lua%)$", err.message)
end)

t.test("no data, a short memory and several series prove nothing", function()
  for verdict, series in pairs { ["no data"] = {}, error = { constant(9), constant(9) } } do
    remembered = { p2p_peers_connected = series }
    t.eq(t.raises("gate", evidence.held, { "peers" }, 600).verdict, verdict)
  end
  remembered = { p2p_peers_connected = { constant(9, 20) } }
  t.has(t.raises("gate", evidence.held, { "peers" }, 600).message, "Prometheus has 20 of 40 samples of the last 10m")
end)

t.test("the head's interval, standing still, and too slow", function()
  local head = {}
  for i = 1, 41 do head[i] = 100 + (i - 1) * 2.5 end
  remembered = { head_height = { head } }
  local seen = evidence.block_interval(600, 6, 0.5)
  t.eq({ seen.blocks, seen.interval }, { 100, 6.0 })
  t.has(t.raises("gate", evidence.block_interval, 600, 3, 0.5).message, "a block every 6.00 s")
  remembered = { head_height = { constant(100) } }
  t.has(t.raises("gate", evidence.block_interval, 600, 6, 0.5).message, "the head stands at 100 since 10m")
end)

t.test("an alert that fired and is over is seen", function()
  remembered = {}
  t.eq(evidence.no_critical_alerts(1200), { firing = 0, window = 1200 })
  local fired = constant(1, 3)
  fired.name = "HeadStalled"
  remembered = { ALERTS = { fired } }
  local err = t.raises("gate", evidence.no_critical_alerts, 1200)
  t.ok(err.message:find "^fired in the last 20m: HeadStalled, at %d+:%d+:%d+Z still$", err.message)
  t.ok(err.hint:find "^resume after %d+:%d+:%d+Z, when none fired for 20m$", err.hint)
end)
