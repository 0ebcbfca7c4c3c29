-- Who a request of the simulated API is from: tokens, passwords, certificates, and nobody.
local t = require "tests.harness"
local base64 = require "almanac.base.base64"
local support = require "tests.stdlib.sim.support"

local USERS = { { name = "ann", token = "sesame" }, { name = "bea", password = "pass:word" },
  { name = "roy", token = "look", read_only = true } }

local function status(server, credential, method)
  return server.call(method or "GET", "/api/v1/namespaces/ns/configmaps", { authorization = credential },
    method and { metadata = { name = "a" } } or nil).status
end

t.test("a token, a password with a colon, and what is neither", function()
  local server = support.server { users = USERS, namespaces = { "ns" } }
  local function basic(text) return "Basic " .. base64.encode(text) end
  for credential, want in pairs { ["Bearer sesame"] = 200, ["Bearer nothing"] = 401, [basic "bea:pass:word"] = 200,
    [basic "bea:word"] = 401, [basic "nobody:"] = 401, ["Basic !"] = 401, ["Basic "] = 401, ["Digest x"] = 401 } do
    t.eq(status(server, credential), want, credential)
  end
  t.eq(status(server, nil), 401)
end)

t.test("a user who may only look", function()
  local server = support.server { users = USERS, namespaces = { "ns" } }
  t.eq({ status(server, "Bearer look"), status(server, "Bearer look", "POST"), status(server, "Bearer sesame", "POST") },
    { 200, 403, 201 })
end)
