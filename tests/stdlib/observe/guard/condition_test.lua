-- A guard's condition, look by look.
local conditions = require "almanac.observe.guard.condition"
local specs = require "almanac.observe.guard.spec"
local t = require "tests.harness"

local function gate(more)
  local raw = { name = "lag", query = "lag", op = "<=", limit = 5, critical = 20 }
  for field, value in pairs(more or {}) do raw[field] = value end
  return specs.check("g", { gates = { raw } }).gates[1]
end

local function at(value) return { time = 1, value = value } end

t.test("more unhealthy looks in a row than it tolerates are a breach; one healthy look forgives", function()
  local spec, condition = gate { tolerate = 2 }, conditions.new "lag"
  for _, value in ipairs { 6, 7, 5, 6, 6 } do t.eq(condition:gate(spec, at(value)), nil, "lag " .. value) end
  local breach = condition:gate(spec, at(6))
  t.eq(breach, { name = "lag", kind = "gate", value = 6, limit = 5, why = "6 is not <= 5" })
end)

t.test("one look past the critical limit is a breach", function()
  local breach = conditions.new("lag"):gate(gate { tolerate = 9 }, at(20))
  t.eq(breach.why, "20 is past the critical limit 20")
  t.eq(breach.critical, true)
end)

t.test("a guard that sees nothing is a breach: nothing, NaN, several series and an error alike", function()
  local spec, condition = gate { errors = 3 }, conditions.new "lag"
  for _, sample in ipairs { { missing = "no data" }, { missing = "NaN" }, { series = { "{a}", "{b}" } } } do
    t.eq(condition:gate(spec, sample), nil)
  end
  local breach = condition:gate(spec, { error = "refused" })
  t.eq(breach.kind, "blind")
  t.eq(breach.why, "4 looks in a row saw nothing: refused")
end)

t.test("what the operator let pass is no breach until it was healthy once, or is worse", function()
  local spec, condition = gate { tolerate = 0 }, conditions.new "lag"
  condition:let_pass(condition:gate(spec, at(6)))
  t.eq(condition:gate(spec, at(9)), nil)
  t.eq(condition:gate(spec, at(21)).critical, true)
  condition:let_pass(condition:gate(spec, at(21)))
  t.eq(condition:gate(spec, at(22)), nil)
  t.eq(condition:gate(spec, at(1)), nil)
  t.ok(condition:gate(spec, at(6)), "it counts again")
end)

t.test("an alert is a breach while it fires", function()
  local condition = conditions.new "alert Down"
  local down = { name = "Down", severity = "page", since = "2026-11-28T20:00:00Z", summary = "the node", labels = {} }
  t.eq(condition:alert(down).why, "it fires, severity page, since 2026-11-28T20:00:00Z: the node")
  condition:let_pass(condition:alert(down))
  t.eq(condition:alert(down), nil)
  t.eq(condition:alert(nil), nil)
  t.ok(condition:alert(down), "it fires anew")
end)

t.test("what is no guard is refused in words", function()
  local function why(spec) return t.raises("usage", function() specs.check("g", spec) end).message end
  t.has(why {}, 'guard "g" watches nothing')
  t.has(why { alerts = {}, on_breach = "panic" }, "on_breach")
  t.has(why { gates = { { name = "a", query = "x < 5", limit = 5 } } }, "the query compares")
  local two = { name = "a", query = "x", limit = 5 }
  t.has(why { gates = { two, two } }, 'two gates are called "a"')
  t.has(why { gates = { { name = "a", query = "x", op = "<", limit = 5, critical = 4 } } }, "is on the healthy side")
end)
