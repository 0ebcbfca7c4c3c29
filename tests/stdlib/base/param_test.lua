-- Parameters: what a text stands for, and what is refused in words.
local param = require "almanac.base.param"
local t = require "tests.harness"

local function parse(spec, value) return param.parse("book", "p", spec, value) end

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
