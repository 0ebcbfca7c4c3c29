-- Quantities of the Kubernetes API.
local quantity = require "almanac.base.quantity"
local t = require "tests.harness"

t.test("every unit, powers of ten and of two, exponents", function()
  for text, want in pairs { ["250m"] = 0.25, ["1.5Gi"] = 1610612736, ["129e6"] = 129000000, ["1k"] = 1000, ["1Ki"] = 1024, ["100n"] = 1e-7,
    ["-2"] = -2, ["+.5"] = 0.5, ["5."] = 5, ["1E"] = 1000000000000000000, ["1E3"] = 1000, ["0"] = 0 } do
    t.eq(quantity.parse(text), want, text)
  end
  t.eq(math.type(quantity.parse "1.5Gi"), "integer")
  t.eq(quantity.parse(3), 3)
end)

t.test("what is no quantity is refused", function()
  for _, text in ipairs { "", "Gi", "1 Gi", "1gi", "1e", "1mi", "--1", "0x10", "1.5.2" } do t.raises("usage", quantity.parse, text) end
end)

t.test("as kubectl top prints them", function()
  t.eq({ quantity.cpu(0.2501), quantity.cpu(0.25), quantity.memory(14.9 * 2 ^ 20) }, { "251m", "250m", "14Mi" })
end)
