-- The credentials for a registry go over TLS, whatever a script says of it.
local client = require "almanac.http.registry.client"
local httpd = require "native.httpd"
local images = require "almanac.base.image_reference"
local registry = require "almanac.http.registry.registry"
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

t.test("a registry without TLS does not choose who else gets the password in the clear", function()
  local realm, authorization
  local server = httpd.listen { handler = function(request, response)
    authorization = request.headers.authorization
    if request.path == "/token" then return response:send(200, {}, '{"token":"t0ken"}') end
    local headers = authorization ~= "Bearer t0ken" and { ["WWW-Authenticate"] = string.format('Bearer realm="%s"', realm) } or {}
    response:send(headers["WWW-Authenticate"] and 401 or 404, headers, "")
  end }
  t.defer(function()
    server:close()
    settings.endpoints = {}
  end)
  local near = "127.0.0.1:" .. server:port()
  settings.endpoints = {
    [near] = { user = "ann", password = "hunter2-of-here" },
    ["old.example"] = { url = "http://" .. near, user = "ann", password = "hunter2-of-old" },
  }
  for _, image in ipairs { near .. "/org/app:v1", "old.example/org/app:v1" } do
    for _, other in ipairs { "http://192.0.2.1/token", "http://localhost@192.0.2.1/token", "http://localhost.example/token",
      "http://127.0.0.1.example/token", "HTTP://192.0.2.1/token", "ftp://192.0.2.1/token" } do
      realm = other
      local err = t.raises("refused", registry.manifest, image, { plain_http = true })
      t.has(err.message, "http://" .. near .. " sends for its tokens to " .. other)
      t.eq(authorization, nil, "nothing was sent for " .. other)
    end
    realm = "http://localhost:" .. server:port() .. "/token"
    t.raises("not_found", registry.manifest, image, { plain_http = true })
    t.eq(authorization, "Bearer t0ken")
  end
end)
