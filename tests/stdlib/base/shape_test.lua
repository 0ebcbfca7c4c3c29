-- The shape of data from outside: what fits, and where it does not.
local json = require "native.json"
local shape = require "almanac.base.shape"
local t = require "tests.harness"

local SHAPE = {
  name = "string", count = "integer?", any = "any", sources = { map = "string" },
  steps = { list = { path = "string", first = "integer?" } }, gates = { optional = { list = { text = "string" } } },
}

local function wrong(text) return shape.wrong(json.decode(text), SHAPE) end

t.test("what fits, with fields that nobody asks for", function()
  t.eq(wrong '{"name":"x","any":null,"sources":{},"steps":[],"more":1}', nil)
  t.eq(wrong '{"name":"x","any":1,"count":2,"sources":{"a":"b"},"steps":[{"path":"p"}],"gates":[{"text":"t"}]}', nil)
end)

t.test("where something is missing, or of another type", function()
  local good = '"any":1,"sources":{},"steps":[]'
  for text, at in pairs {
    ["null"] = ".", ["[]"] = ".any", ["5"] = ".",
    ['{"name":5,' .. good .. "}"] = ".name",
    ['{"name":"x","count":1.5,' .. good .. "}"] = ".count",
    ['{"name":"x","count":null,' .. good .. "}"] = ".count",
    ['{"name":"x","any":1,"sources":{"a":5},"steps":[]}'] = ".sources.a",
    ['{"name":"x","any":1,"sources":{},"steps":{"a":{"path":"p"}}}'] = ".steps",
    ['{"name":"x","any":1,"sources":{},"steps":[{"path":"p"},{}]}'] = ".steps.2.path",
    ['{"name":"x",' .. good .. ',"gates":"x"}'] = ".gates",
  } do
    if at ~= ".any" then t.eq(wrong(text), at, text) else t.ok(wrong(text), text) end
  end
end)
