-- What is said when the API server cannot be reached as the kubeconfig says, or does not let us in:
-- the words are a golden file.
local access = require "tests.access"
local errors = require "almanac.base.errors"
local k8s = require "almanac.public.k8s"
local k8s_client = require "almanac.k8s.client"
local k8s_errors = require "almanac.k8s.errors"
local settings = require "almanac.config.settings"
local t = require "tests.harness"

-- The text with what differs from run to run named instead.
local function plain(world, text)
  text = text:gsub(world.dir:gsub("%p", "%%%0"), "DIR"):gsub("127%.0%.0%.1:%d+", "SERVER"):gsub("after %d+ ms", "after N ms")
    :gsub("PATH %([^)]*%)", "PATH (…)")
  return (text:gsub("%d%d%d%d%-%d%d%-%d%dT[%d:]+Z", function(date)
    return date:find "^20[24][19]%-01%-01" and date or "DATE"
  end))
end

local function ask(file, context)
  settings.kubeconfig, settings.context = file, context
  k8s_client.forget()
  local ok, err = errors.try(function()
    local path = "/api/v1/namespaces/team/pods"
    return k8s_client.request(k8s_client.open(), { who = "k8s.list", path = path, tries = 1 })
  end)
  settings.kubeconfig, settings.context = nil, nil
  return ok, err
end

--- What is said to each who is refused: said lists it, refused(name, kind, file, context) asks.
local function refusals(world)
  local said = {}
  return said, function(name, kind, file, context)
    local ok, err = ask(file, context)
    t.ok(not ok, name .. " is refused")
    t.eq(err.kind, kind, name .. ": " .. tostring(err.message))
    local stderr = err.stderr and err.stderr ~= "" and "  stderr: " .. plain(world, err.stderr):gsub("%s+$", "") .. "\n" or ""
    said[#said + 1] = string.format("%s\n  %s\n%s  next: %s\n", name, plain(world, err.message), stderr,
      plain(world, err.hint or "-"))
    return err
  end
end

t.test("every way to be refused, and what is said", function()
  local world = access.start()
  local out, refused = refusals(world)
  local function config(name, user, cluster) return access.kubeconfig(world, name, user, cluster) end
  local function certificate(name, key)
    return { ["client-certificate"] = name .. ".pem", ["client-key"] = (key or name) .. ".key" }
  end
  local tom = { token = "token-of-tom" }

  refused("a kubeconfig that is not there", "not_found", world.dir .. "/nowhere")
  refused("an unknown context", "not_found", config("tom", tom), "devnot")
  refused("a client certificate out of date", "auth", config("late", certificate "late"))
  refused("a key of another certificate", "usage", config("crossed", certificate("ann", "late")))
  refused("a key that is no key", "usage", config("users", { ["client-certificate"] = "ann.pem", ["client-key"] = "users" }))
  refused("a key that is not there", "not_found", config("keyless", certificate("ann", "nobody")))
  refused("a certificate of an authority that the server does not know", "api",
    config("stranger", certificate "stranger")) -- its 401 is the server's
  refused("a server certificate of an unknown authority", "tls", config("tom", tom,
    { ["certificate-authority"] = "stranger.pem" }))
  refused("a server certificate for another name", "tls", config("tom", tom, { ["tls-server-name"] = "api.example" }))
  local late = t.spawn { t.getenv "ALMANAC_BUILD" .. "/almanac", "sim", "--cert", world.dir .. "/late.pem", "--key",
    world.dir .. "/late.key" }
  local _, late_api = late:wait_line "^api=(%S+)"
  refused("a server certificate out of date", "tls", config("tom", tom, { server = late_api }))
  refused("a proxy-url of a strange kind", "usage", config("tom", tom, { ["proxy-url"] = "ftp://127.0.0.1:1" }))
  refused("a proxy that is not there", "network", config("tom", tom, { ["proxy-url"] = "http://127.0.0.1:1" }))
  local _, url = access.proxy()
  refused("a server that the http proxy cannot reach", "network", config("tom", tom, { ["proxy-url"] = url "http",
    server = "https://127.0.0.1:1" }))
  refused("a server that the socks proxy cannot reach", "network", config("tom", tom, { ["proxy-url"] = url "socks5",
    server = "https://127.0.0.1:1" }))

  local function plugin(name, script, more) return config(name, access.plugin(world, name, script, more)) end
  local err = refused("a plugin that is not installed", "auth", plugin("none", "", { command = "cloud-login",
    installHint = "apt install cloud-login" }))
  t.eq(err.hint, "apt install cloud-login")
  refused("a plugin that fails", "auth", plugin("failing", "echo 'session expired: run cloud login' >&2; exit 7\n"))
  refused("a plugin that prints rubbish", "auth", plugin("rubbish", "echo hello\n"))
  refused("a plugin that gives a wrong pair", "usage", plugin("pair", string.format([[
one_line() { sed ':a;N;$!ba;s/\n/\\n/g' %s/$1; }
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{'
printf '"clientCertificateData":"%%s","clientKeyData":"%%s"}}' "$(one_line ann.pem)" "$(one_line late.key)"
]], world.dir)))
  refused("a plugin that has to ask", "auth", plugin("asking", "", { interactiveMode = "Always" }))

  refused("no credentials", "api", config("nobody", {}))
  refused("a token that is not accepted", "api", config("revoked", { token = "token-of-nobody" }))
  -- {"sub":"system:serviceaccount:team:deployer","exp":1577836800}
  refused("a service account's token, out of date", "api", config("deployer", { token = "eyJhbGciOiJub25lIn0."
    .. "eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6dGVhbTpkZXBsb3llciIsImV4cCI6MTU3NzgzNjgwMH0.c2ln" }))
  refused("a password that is not accepted", "api", config("bea", { username = "bea", password = "wrong" }))
  refused("a token file that is empty", "auth", (function()
    t.write_file(world.dir .. "/empty", "\n")
    return config("empty", { tokenFile = "empty" })
  end)())
  err = refused("somebody who may not impersonate", "api", config("roy", { token = "token-of-roy", as = "ann" }))
  t.eq(err.status, 403)
  t.eq(err.denied, { user = "roy", verb = "impersonate", resource = "users", group = "" })
  t.golden("k8s_access", table.concat(out, "\n"))
end)

t.test("a verb that is not allowed: whose, which verb, on what, where", function()
  local world = access.start()
  local request = { who = "k8s.scale", method = "PATCH", path = "/apis/apps/v1/namespaces/team/deployments/web/scale",
    body = { spec = { replicas = 2 } }, content_type = "application/merge-patch+json", object = "deployment/web" }
  local client = k8s_client.open { kubeconfig = access.kubeconfig(world, "roy", { token = "token-of-roy" }) }
  local err = t.raises("api", k8s_client.request, client, request)
  t.eq(err.message, 'k8s.scale: deployments.apps "web" is forbidden: User "roy" cannot patch resource "deployments/scale" '
    .. 'in API group "apps" in the namespace "team" (403 Forbidden)')
  t.eq(err.hint, 'ask whoever runs the cluster for a role with the verb patch on deployments/scale.apps in namespace team '
    .. 'for "roy", or use another --context (now "c")')
end)

t.test("who the credentials say that we are", function()
  t.eq(k8s_errors.whoami { certificate = "ann", groups = "ops, dev", not_after = "2049-01-01T00:00:00Z" },
    "the certificate of ann (ops, dev), good until 2049-01-01T00:00:00Z")
  t.eq(k8s_errors.whoami { certificate = "ann", groups = "", not_after = "2049-01-01T00:00:00Z", impersonated = "zoe" },
    'the certificate of ann, good until 2049-01-01T00:00:00Z, impersonating "zoe"')
  t.eq(k8s_errors.whoami({ token = true, claims = '{"sub":"x","exp":1577836800}' }, 1577836799),
    "the token of x, which expires on 2020-01-01T00:00:00Z")
  for _, claims in ipairs { "", "rubbish", "[]", '{"exp":"soon"}', '"text"' } do
    t.eq(k8s_errors.whoami { token = true, claims = claims }, "the bearer token")
  end
  t.eq(k8s_errors.whoami { username = "bea" }, "the password of bea")
  t.eq(k8s_errors.whoami {}, "a request without credentials")
end)

t.test("a token file that was replaced is read again after a 401", function()
  local world = access.start()
  t.write_file(world.dir .. "/token", "token-of-fay\n")
  local file = access.kubeconfig(world, "fay", { tokenFile = "token" })
  settings.kubeconfig = file
  t.defer(function() settings.kubeconfig = nil end)
  k8s_client.forget()
  k8s.list("pods", { namespace = "team" })
  t.write_file(world.dir .. "/users", '[{"name":"fay","token":"next"}]')
  t.write_file(world.dir .. "/token", "next\n")
  k8s.list("pods", { namespace = "team" })
  t.write_file(world.dir .. "/users", '[{"name":"fay","token":"another"}]')
  t.eq(t.raises("api", k8s.list, "pods", { namespace = "team" }).status, 401)
end)
