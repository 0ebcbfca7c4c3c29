-- The credentials for a registry go over TLS, whatever a script says of it.
local client = require "almanac.http.registry.client"
local images = require "almanac.base.image_reference"
local settings = require "almanac.config.settings"
local t = require "tests.harness"

local function has_credentials(image, plain_http)
  local credentials = client.open("registry.tags", images.parse("registry.tags", image), plain_http).credentials
  return credentials.authorization ~= nil or credentials.token ~= nil
end

t.test("plain_http of a script sends none over the network; this machine, and what almanac.yaml says, is another matter", function()
  settings.endpoints = {
    ["ghcr.io"] = { user = "ann", password = "hunter2-of-ghcr" }, ["localhost:5000"] = { user = "ann", password = "hunter2-of-here" },
    ["127.0.0.1:5000"] = { user = "ann", password = "hunter2-of-here" },
    ["old.example"] = { url = "http://old.example", user = "ann", password = "hunter2-of-old" },
  }
  t.defer(function() settings.endpoints = {} end)
  t.eq(has_credentials("ghcr.io/org/app"), true)
  t.eq(has_credentials("ghcr.io/org/app", true), false)
  t.eq(has_credentials("localhost:5000/org/app", true), true)
  t.eq(has_credentials("127.0.0.1:5000/org/app", true), true)
  t.eq(has_credentials("old.example/org/app", true), true)
  t.eq(has_credentials("old.example/org/app"), true)
end)
