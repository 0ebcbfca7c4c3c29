-- Headers that a script gives: which it may, and where they lead.
local headers = require "almanac.http.headers"
local t = require "tests.harness"

t.test("what frames a message or makes another request of it is refused, in any spelling", function()
  for _, name in ipairs { "Content-Length", "transfer-encoding", "Transfer_Encoding", "X-HTTP-Method-Override", "x_http_method",
    "X-Original-URL", "X-Rewrite-Url", "X-Accel-Redirect", "a b", "", "a:", "x\r\ny" } do
    t.raises("usage", function() headers.check("http.get", { [name] = "x" }) end)
  end
  t.raises("usage", function() headers.check("http.get", { [1] = "x" }) end)
  for _, value in ipairs { "a\r\nb", "a\nb", "a\0b" } do
    t.has(t.raises("usage", function() headers.check("http.get", { ["X-A"] = value }) end).hint, "a second request")
  end
  local plain = { Accept = "text/plain", ["X-Request-Id"] = "1", Host = "a" }
  t.eq(headers.check("http.get", plain), plain)
end)

t.test("where they lead: hosts, a destination, and names of which nobody here knows what a server makes", function()
  t.eq(headers.leads { Host = "b", ["X-Forwarded-Host"] = "a", Destination = "/x", Accept = "x", ["X-My-Token"] = "x", ["X-Odd"] = "x" },
    { hosts = { "a", "b" }, destination = "/x", others = { "X-Odd" } })
  t.eq(headers.leads(nil), { hosts = {}, others = {} })
end)

t.test("what an API server takes as its own", function()
  local out = {}
  for i, name in ipairs { "Authorization", "Impersonate-User", "impersonate_group", "X-Remote-User", "Accept" } do
    out[i] = headers.is_credential(name)
  end
  t.eq(out, { true, true, true, true, false })
end)
