--- Parameters of a run in the words with which they are typed.
local given_params = require "almanac.base.given_params"
local json = require "native.json"
local param = require "almanac.base.param"
local parameters = require "almanac.journal.parameters"
local t = require "tests.harness"

t.test("values as a command line has them", function()
  local cases = {
    { "v1", false, "v1" }, { 600, true, "10m" }, { 600, false, "600" }, { 0.25, true, "250ms" }, { true, false, "true" },
    { json.array { "a", "b" }, false, "a,b" }, { json.array { 1, 120 }, true, "1s,2m" }, { { a = 90, b = 1 }, true, "a=1m30s,b=1s" },
    { json.array {}, false, "" }, { json.array { "a,b" }, false, '["a,b"]' }, { { ["a=b"] = "c" }, false, '{"a=b":"c"}' },
    { json.array { " a" }, false, '[" a"]' }, { json.array { "" }, false, '[""]' },
  }
  for _, case in ipairs(cases) do t.eq(parameters.value(case[1], case[2]), case[3]) end
end)

t.test("what is shown of a runbook's parameters is taken as the same value", function()
  local specs = {
    settle = param.duration {}, times = param.list { of = param.duration {} }, by = param.map { of = param.duration {} },
    tags = param.list {}, count = param.integer {},
  }
  local durations = param.durations(specs)
  t.eq(durations, { "by", "settle", "times" })
  local values = given_params.resolve("x", specs, { settle = "1m12.5s", times = "1s,2m", by = "a=1h,b=250ms", tags = "a,b", count = "3" })
  for name, value in pairs(values) do
    local text = parameters.value(value, parameters.is_duration(durations, name))
    t.eq(given_params.parse("x", name, specs[name], text), value, name)
  end
end)

t.test("all of them; the journal of an older version does not say which are durations", function()
  t.eq(parameters.text({ tag = "v1", observe = 600 }, { "observe" }), "observe=10m tag=v1")
  t.eq(parameters.text({ tag = "v1", observe = 600 }), "observe=600 tag=v1")
  t.eq(parameters.text(nil), "")
end)

t.test("what is given goes before the defaults, and neither is changed", function()
  local defaults, given = { tag = "v1", observe = "1m" }, { tag = "v2" }
  t.eq(parameters.over(defaults, given), { tag = "v2", observe = "1m" })
  t.eq({ defaults, given }, { { tag = "v1", observe = "1m" }, { tag = "v2" } })
end)
