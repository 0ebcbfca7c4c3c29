local specs = require "almanac.observe.gate.spec"
local t = require "tests.harness"

local function check(more)
  local spec = { query = "x", op = "<", limit = 10, critical = 20, hold = 60, interval = 10 }
  for k, v in pairs(more or {}) do spec[k] = v end
  return specs.check("g", spec)
end

t.test("a query that compares is refused; one that only looks like it is not", function()
  local refused = {
    ["changes(x[5m]) > 0"] = ">", ["(a / b < 0.05)"] = "<", ["((x)) >= 5"] = ">=", ["a == b"] = "==", ["a != 1"] = "!=",
    ["x > 0 or vector(0)"] = ">", ["x\n<= # limit\n5"] = "<=",
  }
  for query, op in pairs(refused) do
    t.eq(specs.comparison(query), op, query)
    t.has(t.raises("usage", check, { query = query }).hint, "op and limit")
  end
  for _, query in ipairs { 'x{a=~"b<c"}', 'x{a!="<"} # > 5', "count(x > 5)", "sum(a) / sum(b)", "x > bool 5",
    "a - on(b) group_left() c", "rate(x[5m])", "`<`", "'\\'<'", "time() - max(x)", "label_replace(x, \"a\", \"<$1\", \"b\", \"(.*)>\")",
    "(a) / (b)" } do
    t.eq(specs.comparison(query), nil, query)
    check { query = query }
  end
end)

t.test("a specification is checked before anything is watched", function()
  for _, bad in ipairs { { op = "=" }, { limit = "5" }, { critical = 5 }, { critical = "x" }, { hold = "soon" },
    { interval = 0 }, { tolerate = -1 }, { errors = 1.5 }, { query = "" }, { threshold = 5 } } do
    t.raises("usage", check, bad)
  end
  t.raises("usage", specs.check, "g", { query = "x", limit = 1 })
  t.raises("usage", specs.check, "g", "x < 5")
  local spec = specs.check("g", { query = "x", limit = 1, hold = "10m" })
  t.eq({ spec.op, spec.hold, spec.interval }, { "<", 600, 15 })
  t.eq(specs.check("g", { query = "x", limit = 1, hold = "20s" }).interval, 5.0)
  t.eq(specs.check("g", { query = "x", limit = 1, hold = 0 }).interval, 1)
end)

t.test("what follows a gate that did not hold is a step to take, whatever it says of itself", function()
  local spec = specs.check("g", { query = "x", limit = 1, hold = "10m" })
  for _, verdict in ipairs { "fail", "inconclusive", "no data", "error" } do
    local lines = specs.hint(spec, verdict)
    t.lacks(lines[1], "the query: ", verdict)
    t.eq(lines[2], "the query: x", verdict)
  end
  t.has(specs.hint(spec, "fail")[1], "a resume watches it anew")
  t.eq(specs.hint(specs.check("g", { query = "x", limit = 1, hold = "10m", act = "call them" }), "fail")[1], "call them")
end)
