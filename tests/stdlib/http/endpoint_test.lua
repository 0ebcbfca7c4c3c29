-- Endpoints of almanac.yaml: where a service is, and as whom it is asked.
local config = require "almanac.config.file"
local endpoints = require "almanac.http.endpoint"
local httpd = require "native.httpd"
local prom = require "almanac.observe.prom"
local secret = require "almanac.base.secret"
local settings = require "almanac.config.settings"
local t = require "tests.harness"

local function with(given)
  settings.endpoints = given
  t.defer(function() settings.endpoints = {} end)
end

t.test("a URL alone, a token, a user with a password, and none", function()
  local dir = t.tmpdir()
  t.write_file(dir .. "/token", "t0ken\n")
  with { a = "http://a/", b = { url = "http://b", token = "file:" .. dir .. "/token" }, c = { user = "u", password = "p" } }
  t.eq(endpoints.find "a", { url = "http://a" })
  t.eq(endpoints.find "none", {})
  local b = endpoints.authorization(endpoints.find "b")
  t.eq({ tostring(b), secret.reveal(b) }, { "Bearer (secret token of b)", "Bearer t0ken" })
  t.eq(secret.reveal(endpoints.authorization(endpoints.find "c")), "Basic dTpw")
  t.eq(endpoints.authorization(endpoints.find "a"), nil)
end)

t.test("what is wrong with one is named", function()
  with { a = { token = "x", user = "u", password = "p" }, b = { user = "u" }, c = { token = "env:NOT_SET_ANYWHERE" } }
  t.has(t.raises("refused", endpoints.find, "a").message, "a token and a user")
  t.has(t.raises("refused", endpoints.find, "b").message, "go together")
  t.has(t.raises("refused", endpoints.find, "c").message, "NOT_SET_ANYWHERE, which is not set")
end)

t.test("almanac.yaml takes text or a mapping of the known keys", function()
  local dir = t.tmpdir()
  local function load(text)
    t.write_file(dir .. "/almanac.yaml", text)
    t.defer(function() settings.endpoints = {} end)
    config.load { config = dir .. "/almanac.yaml" }
    return settings.endpoints
  end
  t.eq(load 'endpoints: { a: "http://a", b: { url: "http://b", token: x } }', { a = "http://a", b = { url = "http://b", token = "x" } })
  t.has(t.raises("refused", load, "endpoints: { a: { tokn: x } }").message, 'no key "tokn" in endpoints.a')
  t.has(t.raises("refused", load, "endpoints: { a: 7 }").message, "endpoints.a must be text or a mapping")
end)

t.test("Prometheus is asked with its endpoint's token, and another URL without it", function()
  local seen = {}
  local server = httpd.listen { handler = function(request, response)
    seen[#seen + 1] = request.headers.authorization or "none"
    response:send(200, {}, '{"status":"success","data":{"resultType":"vector","result":[]}}')
  end }
  t.defer(function() server:close() end)
  local url = "http://127.0.0.1:" .. server:port()
  with { prometheus = { url = url .. "/", token = "t0ken" } }
  prom.query "up"
  prom.query("up", { url = url })
  prom.query("up", { url = url .. "/other" })
  t.eq(seen, { "Bearer t0ken", "Bearer t0ken", "none" })
end)
