-- Credential plugins: run once, kept until they expire, run again after a 401, and their failures.
local base64 = require "almanac.base.base64"
local credentials = require "almanac.k8s.credentials"
local httpd = require "native.httpd"
local json = require "native.json"
local k8s = require "almanac.public.k8s"
local k8s_client = require "almanac.k8s.client"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local task = require "native.task"
local tls = require "tests.tls"

local V1 = "client.authentication.k8s.io/v1"

t.test("what a plugin may print", function()
  local exec = { api_version = V1 }
  local function answer(status, version)
    return json.encode { apiVersion = version or V1, kind = "ExecCredential", status = status }
  end
  local c = credentials.parse(exec, answer { token = "t", expirationTimestamp = "2026-11-23T17:56:06Z" })
  t.eq(c.token, "t")
  t.ok(credentials.is_fresh(c, c.expires - 60))
  t.eq(credentials.is_fresh(c, c.expires - 5), false, "too near its end")
  t.ok(credentials.is_fresh({}, 1e12), "without an end it lasts")
  t.eq(credentials.is_fresh(nil, 0), false)
  t.eq(credentials.parse(exec, "\u{FEFF}apiVersion: " .. V1 .. "\nkind: ExecCredential\nstatus: {token: t}\n"), { token = "t" })
  for _, wrong in ipairs { "", "hello", "{}", answer { token = 5 },
    answer { token = "t", expirationTimestamp = "soon" }, answer {}, answer({ token = "t" }, V1 .. "beta1"),
    answer { clientCertificateData = "x" } } do
    local none, why = credentials.parse(exec, wrong)
    t.eq(none, nil)
    t.ok(why)
  end
end)

t.test("what a plugin is told", function()
  t.eq(base64.encode "a", "YQ==")
  t.eq(base64.encode "abc", "YWJj")
  local info = json.decode(credentials.exec_info({ api_version = V1, cluster = { server = "https://x", ca = "pem" } },
    base64.encode))
  t.eq(info.spec, { interactive = false, cluster = { server = "https://x", ["certificate-authority-data"] = "cGVt" } })
end)

--- A server that wants the token `api.token`, and a kubeconfig whose plugin is a shell script.
local function setting(script, more)
  local api, dir = { token = "one", requests = 0 }, t.tmpdir()
  local server = httpd.listen {
    tls = tls.certificate(dir),
    handler = function(request, response)
      api.requests = api.requests + 1
      if request.headers.authorization ~= "Bearer " .. api.token then
        return response:send(401, {}, '{"kind":"Status","reason":"Unauthorized","message":"Unauthorized","code":401}')
      end
      response:send(200, {}, '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}')
    end,
  }
  t.defer(function() server:close() end)
  t.write_file(dir .. "/plugin", script)
  t.write_file(dir .. "/kubeconfig", string.format([[
current-context: c
clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority: cert.pem}}]
contexts: [{name: c, context: {cluster: c, user: cloud, namespace: team}}]
users:
- name: cloud
  user:
    exec: {apiVersion: %s, command: sh, args: [%q], env: [{name: DIR, value: %q}], %s}
]], server:port(), V1, dir .. "/plugin", dir, more or "interactiveMode: Never"))
  settings.kubeconfig = dir .. "/kubeconfig"
  k8s_client.forget()
  t.defer(function() settings.kubeconfig = nil end)
  function api.runs()
    local _, n = (t.read_file(dir .. "/runs") or ""):gsub("\n", "")
    return n
  end
  return api, dir
end

local GOOD = [[
echo run >>"$DIR/runs"
token=$(cat "$DIR/token" 2>/dev/null || echo one)
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$token"
]]

t.test("a plugin is run once for many requests, also at once", function()
  local api = setting(GOOD)
  local tasks = {}
  for i = 1, 5 do tasks[i] = task.spawn(k8s.list, "pods") end
  for _, handle in ipairs(tasks) do t.ok((handle:join())) end
  k8s.list "pods"
  t.eq({ api.requests, api.runs() }, { 6, 1 })
end)

t.test("a 401 has it run again, once", function()
  local api, dir = setting(GOOD)
  k8s.list "pods"
  api.token = "two"
  t.write_file(dir .. "/token", "two")
  k8s.list "pods"
  t.eq(api.runs(), 2)
  api.token = "three"
  t.eq(t.raises("api", k8s.list, "pods").status, 401)
  t.eq(api.runs(), 3)
end)

t.test("a plugin that fails: which, of whom, and what it said", function()
  setting("echo 'session expired: run cloud login' >&2; exit 7\n", "interactiveMode: Never, installHint: see the handbook")
  local err = t.raises("auth", k8s.list, "pods")
  t.has(err.message, 'the credential plugin "sh" of user "cloud"')
  t.has(err.message, "failed with exit code 7")
  t.has(err.stderr, "run cloud login")
  t.eq(err.hint, "see the handbook")
  setting "echo hello\n"
  t.has(t.raises("auth", k8s.list, "pods").message, "it printed no ExecCredential")
  setting(GOOD, "interactiveMode: Always")
  t.has(t.raises("auth", k8s.list, "pods").message, "no terminal")
end)
