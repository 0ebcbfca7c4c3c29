-- luassert's words: what holds, what does not, and what is said of it.
local assertion = require "almanac.testing.assertion"
local json = require "native.json"
local t = require "tests.harness"

local assert_of = assertion.words()

local function fails(fn, ...)
  local args = table.pack(...)
  local err = t.raises("assertion", function() fn(table.unpack(args, 1, args.n)) end)
  return err.message
end

t.test("what holds gives its value back", function()
  t.eq(assert_of.equal(3, 3), 3)
  assert_of.same({ a = { 1, 2 } }, { a = { 1, 2 } })
  assert_of.same(json.array {}, {})
  assert_of.is_true(true)
  assert_of.is_nil(nil)
  assert_of.matches("^v%d", "v1")
  assert_of.contains("b", "abc")
  assert_of.contains({ 1 }, { { 2 }, { 1 } })
  assert_of.near(1, 1.05, 0.1)
  assert_of.is_not.equal(1, 2)
  assert_of.are.equal(1, 1)
  assert_of.has_no.error(function() end)
  assert_of.is.string "x"
  assert_of.is_not_nil(false)
  assert_of.not_nil(1)
  assert_of.not_equal(1, 2)
  assert_of.are_not_same({ 1 }, { 2 })
  assert_of.does_not.match("^a", "b")
  assert_of["not"].contains("a", "b")
  assert_of.has_no.errors(function() end)
end)

t.test("what does not is told with both sides, and where they part", function()
  t.eq(fails(assert_of.equal, "done", "failed"), 'expected: "done"\n     got: "failed"')
  t.has(fails(assert_of.same, { spec = { replicas = 2 } }, { spec = { replicas = 3 } }), "at: .spec.replicas is 3, not 2")
  t.has(fails(assert_of.same, { 1 }, { 1, 2 }), "at: [2] is 2, not nil")
  t.has(fails(assert_of.same, nil, {}), "expected: nil")
  t.has(fails(assert_of.is_not.same, { 1 }, { 1 }), "expected anything but the same as { 1 }")
  t.has(fails(assert_of.matches, "^v", nil), "got: nil")
  t.eq(fails(assert_of.is_true, 1, "it is so"), "it is so\nexpected: true\n     got: 1")
end)

t.test("errors: none, another, by its kind", function()
  local function raise() error { kind = "gate", message = "the gate failed" } end
  assert_of.has_error(raise)
  assert_of.has_error(raise, "gate failed")
  assert_of.has_error(raise, { kind = "gate" })
  t.has(fails(assert_of.has_error, function() end), "got: none")
  t.has(fails(assert_of.has_error, raise, { kind = "prom" }), "the gate failed")
  t.has(fails(assert_of.has_no_error, raise), "expected no error")
end)

t.test("a value that holds itself, and one that is long, are told all the same", function()
  local itself = {}
  itself.again = itself
  t.eq(assertion.shown(itself), "{ again = { itself } }")
  t.ok(#assertion.shown(("x"):rep(10000)) < 600)
end)
