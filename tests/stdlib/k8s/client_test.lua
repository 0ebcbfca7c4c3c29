-- What every way of asking the API has in common: a token that the server no longer takes is read again,
-- and what it calls null is absent.
local errors = require "almanac.base.errors"
local httpd = require "native.httpd"
local k8s_client = require "almanac.k8s.client"
local k8s = require "almanac.public.k8s"
local records = require "almanac.helm.records"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local tls = require "tests.tls"

--- A server that answers `answers[path]` to whoever has the token that is in the file now.
local function setting(answers)
  local dir = t.tmpdir()
  local api = { refused = 0, token = "one" }
  local server = httpd.listen {
    tls = tls.certificate(dir), -- over plain HTTP no credential is sent
    handler = function(request, response)
      if request.headers.authorization ~= "Bearer " .. api.token then
        api.refused = api.refused + 1
        return response:send(401, {}, '{"kind":"Status","reason":"Unauthorized","message":"Unauthorized","code":401}')
      end
      response:send(200, {}, answers[request.path] or "{}")
    end,
  }
  t.defer(function() server:close() end)
  t.write_file(dir .. "/token", "one")
  t.write_file(dir .. "/kubeconfig", string.format([[
current-context: c
clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority: cert.pem}}]
contexts: [{name: c, context: {cluster: c, user: u, namespace: team}}]
users: [{name: u, user: {tokenFile: %s/token}}]
]], server:port(), dir))
  settings.kubeconfig = dir .. "/kubeconfig"
  k8s_client.forget()
  t.defer(function() settings.kubeconfig = nil end)
  --- The server takes another token from now on; `written` says whether the file has it.
  function api.rotate(token, written)
    api.token = token
    if written then t.write_file(dir .. "/token", token) end
  end
  return api
end

local PODS = '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}'

--- The ways to ask, each a function of the client.
local ways = {
  request = function(client) return k8s_client.request(client, { who = "t", path = "/api/v1/namespaces/team/pods" }) end,
  send = function(client)
    local response = k8s_client.send(client, { who = "t", method = "GET", path = "/x", headers = {}, max_bytes = 1000 })
    if response.status ~= 200 then errors.raise(k8s_client.error_of(client, { who = "t", path = "/x" }, response)) end
  end,
  stream = function(client)
    k8s_client.stream(client, { who = "t", path = "/api/v1/namespaces/team/pods", query = { watch = true } }):close()
  end,
}

for name, ask in pairs(ways) do
  t.test("a token file that changed is read again after a 401, once: " .. name, function()
    local api = setting { ["/api/v1/namespaces/team/pods"] = PODS }
    local client = k8s_client.open()
    ask(client)
    t.eq(api.refused, 0)
    api.rotate("two", true)
    ask(client)
    t.eq(api.refused, 1)
    api.rotate("three", false)
    local err = t.raises("api", ask, client)
    t.eq(err.status, 401)
    t.ok(api.refused <= 3, "asked for ever")
  end)
end

t.test("a command in a container has its token renewed as every other request", function()
  local api = setting { ["/api/v1/namespaces/team/pods"] = PODS }
  local client = k8s_client.open()
  ways.request(client) -- reads the file
  api.rotate("two", true)
  -- It speaks no WebSocket: that it was asked with the new token is what counts.
  local _, err = errors.try(k8s_client.channels, client, { who = "t", path = "/exec" })
  t.eq(api.refused, 1)
  t.ok(err.status ~= 401, err.message)
end)

t.test("a list whose items are null is empty", function()
  setting {
    ["/api/v1/namespaces/team/pods"] = '{"kind":"PodList","apiVersion":"v1","metadata":{"continue":null},"items":null}',
    ["/api/v1/namespaces/team/secrets"] =
      '{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"1"},"items":null}',
    ["/api/v1/namespaces/team/pods/p"] =
      '{"kind":"Pod","metadata":{"name":"p","annotations":null,"ownerReferences":null},"spec":{"containers":null},"status":null}',
  }
  t.eq(#k8s.list "pods", 0)
  t.eq(#records.list { release = "r", namespace = "team" }, 0)
  t.eq(k8s.get "pod/p", { kind = "Pod", metadata = { name = "p" }, spec = {} })
end)

t.test("TLS asked of a server that speaks none, and none of one that speaks it: the words say where to look", function()
  local dir = t.tmpdir()
  local function said(scheme, server)
    t.write_file(dir .. "/config", string.format([[
clusters: [{ name: c, cluster: { server: "%s://127.0.0.1:%d" } }]
contexts: [{ name: one, context: { cluster: c } }]
current-context: one]], scheme, server:port()))
    k8s_client.forget()
    local client = k8s_client.open { kubeconfig = dir .. "/config" }
    local err = t.raises(nil, k8s_client.request, client, { who = "k8s.get", path = "/version", tries = 1 })
    server:close()
    return err
  end
  local function handler(_, response) response:send(200, {}, "{}") end
  local err = said("https", httpd.listen { handler = handler })
  -- It answers the handshake in plain text, or only closes: which is seen first is the network's to say.
  t.ok(err.message:find("does not speak TLS on that port", 1, true) or
    err.message:find("closed the connection in the middle of the TLS handshake", 1, true), err.message)
  t.has(err.hint, "in a kubeconfig: the cluster's server")
  t.has(said("http", httpd.listen { handler = handler, tls = tls.certificate(dir) }).hint, "does it want TLS (https://)?")
end)
