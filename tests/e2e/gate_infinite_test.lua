-- A gate whose value is infinite, and a step that returns NaN: both are journalled, and read back alike.
local httpd = require "native.httpd"
local project = require "tests.project"
local t = require "tests.harness"

t.test("an infinite value is compared, and it and NaN go through the journal", function()
  local server = httpd.listen { handler = function(request, response)
    local value = (request.raw_query or ""):find("nan", 1, true) and "NaN" or "+Inf"
    response:send(200, {}, '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"' ..
      value .. '"]}]}}')
  end }
  local p = project.new { book = [[return runbook { run = function()
    local passed = gate("ratio", { query = "inf", op = ">", limit = 1, hold = "100ms", interval = "50ms" })
    local seen = step("look", function() return prom.query("nan").series[1].value end)
    step("compare", function() return { passed.value, seen } end)
    step("fails once", function() sh.run { "sh", "-c", "test -e again" } end)
    step("after", function() return { passed.value, seen } end)
  end }]] }
  t.write_file(p.dir .. "/almanac.yaml", "endpoints: { prometheus: 'http://127.0.0.1:" .. server:port() .. "' }\n")
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 1, err)
  t.write_file(p.dir .. "/again", "")
  local resumed, _, why = p:run { "resume", p:newest() }
  t.eq(resumed, 0, why)
  local _, log = p:run { "log", p:newest(), "--json" }
  local _, results = log:gsub('%["%+Inf","NaN"%]', "")
  t.eq(results, 2, log)
  server:close()
end)
