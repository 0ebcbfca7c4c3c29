-- A gate in a real run: it passes, fails, has no data, is killed and goes on. Prometheus is a server
-- of this test, so that the values are ours.
local httpd = require "native.httpd"
local t = require "tests.harness"

local ALMANAC = require("native.process").cwd() .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"

local values, asked = {}, 0 -- what the next queries give; the last one stays
local server = httpd.listen {
  handler = function(_, response)
    asked = asked + 1
    local value = #values > 1 and table.remove(values, 1) or values[1]
    local out = {}
    for i, v in ipairs(type(value) == "table" and value or { value }) do
      out[i] = ('{"metric":{"instance":"node-%d"},"value":[1795457677.031,"%s"]}'):format(i, v)
    end
    response:send(200, {}, '{"status":"success","data":{"resultType":"vector","result":[' .. table.concat(out, ",") .. "]}}")
  end,
}

local function script(dir, hold, interval)
  t.write_file(dir .. "/watch.lua", string.format([[
return runbook {
  summary = "Watch one number",
  params = {},
  run = function()
    gate("lag", { query = "lag", op = "<=", limit = 5, critical = 20, hold = %q, interval = %q,
      url = "http://127.0.0.1:%d" })
  end,
}
]], hold, interval, server:port()))
end

local function run(dir, ...)
  return t.run({ ALMANAC, ... }, { cwd = dir })
end

t.test("a gate that holds passes, and says how it stands", function()
  local dir = t.tmpdir()
  script(dir, "300ms", "50ms")
  values = { 3 }
  local code, _, err = run(dir, "run", "watch.lua")
  t.eq(code, 0, err)
  t.has(err, "3 <= 5, held 0s of 300ms")
end)

t.test("its verdict is its own, whatever its step returns", function()
  local dir = t.tmpdir()
  t.write_file(dir .. "/watch.lua", string.format([[
return runbook { run = function()
  parallel("gates", { one = function()
    gate { query = "lag", limit = 5, hold = "60ms", interval = "20ms", url = "http://127.0.0.1:%d" }
  end })
end }]], server:port()))
  values = { 3 }
  local code, _, err = run(dir, "run", "watch.lua")
  t.eq(code, 0, err)
  local _, text = run(dir, "report", "--format", "json")
  local gate = require("native.json").decode(text).gates[1]
  t.eq({ gate.path, gate.verdict }, { "gates/one", "pass" })
  t.lacks(select(2, run(dir, "report")), "not decided")
end)

t.test("a steady infinity passes where it is healthy, and its result can be journalled", function()
  local dir = t.tmpdir()
  script(dir, "100ms", "30ms")
  values = { "-Inf" }
  local code, _, err = run(dir, "run", "watch.lua")
  t.eq(code, 0, err)
  t.has(err, "-Inf <= 5, held")
end)

t.test("past the critical limit it fails at once", function()
  local dir = t.tmpdir()
  script(dir, "10m", "20ms")
  values = { 3, 7, 21 }
  local code, _, err = run(dir, "run", "watch.lua")
  t.eq(code, 1, err)
  t.has(err, 'gate "lag": fail: 21 is past the critical limit 20')
end)

t.test("no data is no pass", function()
  local dir = t.tmpdir()
  script(dir, "100ms", "20ms")
  values = { {} }
  local code, _, err = run(dir, "run", "watch.lua")
  t.eq(code, 1, err)
  t.has(err, 'gate "lag": no data: the query gave nothing')
end)

t.test("several series are named", function()
  local dir = t.tmpdir()
  script(dir, "10m", "20ms")
  values = { { 1, 2 } }
  local code, _, err = run(dir, "run", "watch.lua")
  t.eq(code, 1, err)
  t.has(err, 'error: 2 series answer, one is needed: {instance="node-1"}, {instance="node-2"}')
end)

t.test("killed in the middle, it goes on with the time that is left", function()
  local dir = t.tmpdir()
  script(dir, "3s", "200ms")
  values = { 3 }
  local p = t.spawn({ ALMANAC, "run", "watch.lua", "--json" }, { cwd = dir })
  p:wait_line "held 2[%.s]" -- two seconds and more are behind it
  p:kill "KILL"
  p:wait()
  asked = 0
  local code, out, err = run(dir, "resume", "--json")
  t.eq(code, 0, out .. err)
  t.ok(asked <= 8, "asked only for what was left, not " .. asked .. " times")
  t.ok(asked >= 1, "asked again")
end)

t.test("of another query, or in front of a redo, what it saw does not count", function()
  local dir = t.tmpdir()
  local book = [[
return runbook { run = function()
  step("set", function() sh.run { "sh", "-c", "echo set >> log" } end)
  gate("lag", { query = %q, limit = 5, hold = %q, interval = "50ms", url = "http://127.0.0.1:]] .. server:port() .. [[" })
end }]]
  local function stopped()
    local p = t.spawn({ ALMANAC, "run", "watch.lua", "--json" }, { cwd = dir })
    p:wait_line '"held":%d?%.?[1-9]'
    p:kill "INT"
    t.eq((p:wait()), 130)
  end
  values = { 3 }
  t.write_file(dir .. "/watch.lua", book:format("lag", "10m"))
  stopped()
  t.write_file(dir .. "/watch.lua", book:format("another lag", "10ms"))
  local code, _, err = run(dir, "resume")
  t.eq(code, 0, err)
  t.has(err, "lag  begins anew: its query was edited")
  t.write_file(dir .. "/watch.lua", book:format("lag", "10m"))
  stopped()
  t.write_file(dir .. "/watch.lua", book:format("lag", "10ms"))
  code, _, err = run(dir, "resume", "--redo", "set")
  t.eq(code, 0, err)
  t.has(err, "lag  3 < 5, held 0s of 10ms")
end)

t.test("a plan looks once", function()
  local dir = t.tmpdir()
  script(dir, "10m", "15s")
  values = { 7 }
  asked = 0
  local _, out, err = run(dir, "plan", "watch.lua")
  t.has(out .. err, "7 is not <= 5, would watch for 10m")
  t.eq(asked, 1)
end)

server:close()
