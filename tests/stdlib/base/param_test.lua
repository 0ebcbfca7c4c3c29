-- Parameters: what a text stands for, and what is refused in words.
local given_params = require "almanac.base.given_params"
local param = require "almanac.base.param"
local t = require "tests.harness"

local function parse(spec, value) return given_params.parse("book", "p", spec, value) end

local function refused(spec, value, said)
  local err = t.raises("refused", function() parse(spec, value) end)
  t.has(err.message, said)
end

t.test("whole numbers", function()
  local spec = param.integer {}
  for text, value in pairs { ["5"] = 5, ["-5"] = -5, ["1e3"] = 1000, ["1.0"] = 1, ["0x10"] = 16, ["0x0000000000000000000001"] = 1,
    ["0x7fffffffffffffff"] = math.maxinteger } do
    t.eq(parse(spec, text), value, text)
  end
  for _, text in ipairs { "", "x", "1.5", "9223372036854775808", "0x10000000000000001", "0xffffffffffffffff", "nan", "1e999" } do
    refused(spec, text, "must be a whole number of at most 64 bits")
  end
end)

t.test("numbers", function()
  local spec = param.number { max = 10 }
  t.eq(parse(spec, "0.5"), 0.5)
  t.eq(parse(spec, "-1e3"), -1000.0)
  for _, text in ipairs { "nan", "inf", "x", "0x10000000000000001" } do refused(spec, text, "must be a number") end
  for _, value in ipairs { "1e999", "-1e999", math.huge } do refused(spec, value, "must be a number that a double can hold") end
  refused(spec, "11", "at most 10")
end)

t.test("lists keep their empty items", function()
  local spec = param.list {}
  for text, items in pairs { [""] = {}, a = { "a" }, ["a,b"] = { "a", "b" }, ["a,,b"] = { "a", "", "b" }, ["a, b ,"] = { "a", "b", "" },
    [","] = { "", "" } } do
    t.eq(parse(spec, text), items, text)
  end
  refused(param.list { of = param.integer {} }, "1,,2", "a list whose item 2 is a whole number")
end)

t.test("a pattern that is none is refused where it is declared", function()
  local err = t.raises("usage", function() param.string { pattern = "^v[%d+$" } end)
  t.has(err.message, 'param.string: pattern must be a Lua pattern, not "^v[%d+$": a [ has no ]')
  t.raises("usage", function() param.string { pattern = 5 } end)
  t.eq(param.again(param.string { pattern = "^v%d+$" }).pattern, "^v%d+$")
end)

t.test("where a secret is looked up is no matter of its declaration", function()
  local spec = param.secret { default = "env:ALMANAC_TEST_NOT_SET" }
  refused(spec, spec.default, "must be in the environment as ALMANAC_TEST_NOT_SET, which is not set")
  local list = param.list { of = param.secret {}, default = { "env:ALMANAC_TEST_NOT_SET" } }
  t.eq(list.default, { "env:ALMANAC_TEST_NOT_SET" })
end)

t.test("a default for people", function()
  local function shown(spec) return param.shown(spec, spec.default) end
  t.eq(shown(param.list { default = { "a", "b" } }), "a,b")
  t.eq(shown(param.list { default = {} }), "(empty)")
  t.eq(shown(param.integer { default = 5 }), "5")
  t.eq(shown(param.secret { default = "env:TOKEN" }), "env:TOKEN")
  t.eq(shown(param.secret { default = "hunter2" }), "(secret)")
  t.eq(shown(param.list { of = param.secret {}, default = { "hunter2", "file:/x" } }), "(secret),file:/x")
  local err = t.raises("usage", function() param.list { of = param.integer {}, default = { "1", "x" } } end)
  t.has(err.message, 'its default "1,x" is not a list whose item 2 is a whole number')
end)

t.test("names and values", function()
  local spec = param.map { of = param.integer {} }
  for text, value in pairs { [""] = {}, ["a=1"] = { a = 1 }, ["a=1, b = 2"] = { a = 1, b = 2 } } do t.eq(parse(spec, text), value, text) end
  t.eq(parse(spec, { a = 1 }), { a = 1 })
  refused(spec, "a", "names and values, as a=1,b=2")
  refused(spec, "=1", "names and values, as a=1,b=2")
  refused(spec, { 1 }, "names and values, as a=1,b=2")
  refused(spec, "a=x", "names and values whose a is a whole number")
  t.eq(param.shown(spec, { b = 2, a = 1 }), "a=1,b=2")
  t.eq(param.shown(spec, {}), "(empty)")
end)

t.test("what the items of a list are is a parameter, too: another table is refused, with and without a default", function()
  for _, of in ipairs { { x = 1 }, {}, "string", param.string } do
    for _, more in ipairs { { "a" }, {} } do
      local err = t.raises("usage", param.list, { of = of, default = more[1] and more })
      t.has(err.message, "param.list: of must be made by param.string, param.duration, …, not ")
    end
    t.has(t.raises("usage", param.map, { of = of }).message, "param.map: of must be made by")
  end
  t.eq(param.list({ of = param.list { of = param.integer {} } }).of.of.type, "integer")
end)
