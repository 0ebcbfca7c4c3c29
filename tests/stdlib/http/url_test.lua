-- URLs: queries of every kind of value, where they go, and what is refused.
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local t = require "tests.harness"
local unknown = require "almanac.base.unknown"
local url = require "almanac.http.url"

local function with(address, query) return url.with_query("http.get", address, query) end

t.test("a query is added in order, encoded, before a fragment", function()
  t.eq(with("http://x/a", { b = "1 2&3", a = true }), "http://x/a?a=true&b=1%202%263")
  t.eq(with("http://x/a?z=1", { b = 2 }), "http://x/a?z=1&b=2")
  t.eq(with("http://x/a#frag", { b = 2 }), "http://x/a?b=2#frag")
  t.eq(with("http://x/a?z=1#frag?no", { b = 2 }), "http://x/a?z=1&b=2#frag?no")
  t.eq(with("http://x/a", { ["ä b"] = "é" }), "http://x/a?%C3%A4%20b=%C3%A9")
  t.eq(with "http://x/a", "http://x/a")
  t.eq(with("http://x/a#f", {}), "http://x/a#f")
end)

t.test("a list is its name, again and again", function()
  t.eq(with("http://x/", { id = { 1, 2, "c" } }), "http://x/?id=1&id=2&id=c")
  t.eq(with("http://x/", { id = {} }), "http://x/")
end)

t.test("numbers are written as others read them", function()
  t.eq(with("http://x/", { n = { 1e6, 1e15, 2.0, 0.1, -3, 10 / 4 } }), "http://x/?n=1000000&n=1000000000000000&n=2&n=0.1&n=-3&n=2.5")
end)

t.test("with a secret in it the URL is one", function()
  local found = with("http://x/a", { token = secret.new("token", "a b/c?"), z = 1 })
  t.ok(secret.is(found))
  t.eq(tostring(found), "http://x/a?token=(secret token)&z=1")
  t.eq(secret.reveal(found), "http://x/a?token=a%20b%2Fc%3F&z=1")
  t.eq(redaction.text "GET /a?token=a%20b%2Fc%3F&z=1", "GET /a?token=(secret token)&z=1")
  local hook = with(secret.new("hook", "http://x/a?k=1"), { z = { 1, 2 } })
  t.eq(secret.reveal(hook), "http://x/a?k=1&z=1&z=2")
end)

t.test("what no query can hold is refused, with the name", function()
  local cases = {
    { q = { a = 1 } }, { q = { 1, { 2 } } }, { q = { 1, nil, 3 } }, { q = 0 / 0 }, { q = math.huge }, { q = print },
    { q = json.null }, { q = { {} } },
  }
  for i, query in ipairs(cases) do t.has(t.raises("usage", with, "http://x/", query).message, "query.q", "case " .. i) end
  t.raises("usage", with, "http://x/", "a=1")
  t.raises("usage", with, "http://x/", { "a=1" })
  t.raises("unknown_value", with, "http://x/", { q = unknown.new "upgrade" })
end)
