-- What a preview of a script's own may return: a part of the plan that others read.
local form = require "almanac.run.plan.form"
local json = require "native.json"
local secret = require "almanac.base.secret"
local t = require "tests.harness"
local unknown = require "almanac.base.unknown"

t.test("its fields are plain, concealed and told; what it returns besides is left alone", function()
  local result = { n = 1 }
  local preview = form.preview("own.set", {
    summary = secret.new("pin", "1234"), result = result, warnings = json.array { unknown.new "a" },
  })
  t.has(preview.summary, "secret pin")
  t.eq(type(preview.warnings[1]), "string")
  t.ok(preview.result == result)
  t.eq(form.preview("own.set", nil), nil)
end)

t.test("what is missing or of another type is named with the effect", function()
  local function why(returned) return t.raises("usage", form.preview, "own.set", returned).message end
  t.has(why "text", "own.set: its preview must return a table, not a string")
  t.has(why { summary = 5 }, "own.set: of what its preview returned, summary is missing or of another type")
  t.has(why { changes = json.array { { object = "x", action = "make" } } }, "changes.1.action is")
  t.has(why { changes = json.array { { action = "create" } } }, "changes.1.object is")
  t.has(why { warnings = { first = "x" } }, "warnings is")
end)
