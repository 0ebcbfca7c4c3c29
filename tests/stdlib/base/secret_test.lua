--- Secrets as a script meets them: what it does with one is right, or raises in words.
local param = require "almanac.base.param"
local secret = require "almanac.base.secret"
local t = require "tests.harness"

local function raises(words, fn)
  local err = t.raises("usage", fn)
  t.has(err.message, words)
  t.lacks(err.message .. (err.hint or ""), "Pa55word")
end

t.test("two secrets are equal that have the same text, and none is equal to anything else", function()
  local one, same, other = secret.new("one", "Pa55word-one"), secret.new("same", "Pa55word-one"), secret.new("other", "Pa55word-two")
  t.eq({ one == same, one ~= same, one == other, one == {}, one == "Pa55word-one" }, { true, false, false, false, false })
  t.eq("Bearer " .. one == "Bearer " .. same, true)
  t.eq(({ [one] = 1 })[same], nil, "as a key each is its own")
end)

t.test("what would tell of its text raises", function()
  local value = secret.new("token", "Pa55word-three")
  raises("(secret token) is a secret: a script does not get to know how long it is", function() return #value end)
  raises("which comes first", function() return value < secret.new("x", "Pa55word-four") end)
  raises("which comes first", function() return "a" <= value end)
  raises("cannot look into its text, as by match", function() return value:match "." end)
  raises("cannot count with it", function() return value + 1 end)
  raises("it cannot be called", function() return value() end)
  raises("it has no fields", function() value.x = 1 end)
  t.eq(value.x, nil)
end)

t.test("what the text must be is said where it is declared, and what is wrong does not show it", function()
  local spec = param.secret { min_length = 6, pattern = "^%a%w+$" }
  t.eq(secret.is((param.value_of("p", spec, "Pa55word"))), true)
  t.eq({ param.value_of("p", spec, "Pa55w") }, { nil, "at least 6 characters long" })
  t.eq({ param.value_of("p", spec, secret.new("p", "äöüäö")) }, { nil, "at least 6 characters long" })
  t.eq({ param.value_of("p", spec, "55word") }, { nil, "of the pattern ^%a%w+$" })
  t.eq(param.wanted(spec), "a secret of at least 6 characters of the pattern ^%a%w+$, for example env:NAME or file:PATH")
  t.raises("usage", param.secret, { pattern = "(" })
end)
