-- Names that a script chooses lead nowhere else in a URL or a path, with or without `allow`.
local cluster = require "tests.attacks.cluster"
local http = require "native.http"
local httpd = require "native.httpd"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

--- Calls of a script, and the words with which each is refused.
local function refused(p, cases, env)
  for call, words in pairs(cases) do
    p:edit("book", "return runbook { run = function() step(\"x\", function() " .. call .. " end) end }")
    local code, out, err = p:run({ "run", "book", "--no-ask" }, env)
    t.eq(code, 1, call .. ": " .. out .. err)
    t.has(out .. err, words, call)
  end
end

t.test("of a cluster: neither a service's path nor an object's name", function()
  local p = project.new {}
  local api, env = cluster.start(p, { "kube-evil" })
  refused(p, {
    [ [[http.delete("svc://ns1/x:80/../../../../../namespaces/kube-evil")]] ] = "a segment . or ..",
    [ [[http.delete("svc://ns1/x:80/%2e%2e/%2E./.%2e/%2e%2e/%2e%2e/namespaces/kube-evil")]] ] = "a segment . or ..",
    [ [[http.delete("svc://ns1/x:80/a/./b")]] ] = "a segment . or ..",
    [ [[http.delete("pod://ns1/../../namespaces/kube-evil:80/")]] ] = "is no name of an object",
    [ [[k8s.delete({ kind = "ConfigMap", name = "../../kube-evil/configmaps/x" }, { namespace = "ns1" })]] ] = "is no name of an object",
    [ [[k8s.delete({ kind = "Namespace", name = "x/../kube-evil" })]] ] = "is no name of an object",
    [ [[k8s.scale({ kind = "Deployment", name = "a/scale?x=" }, 0, { namespace = "ns1" })]] ] = "is no name of an object",
    [ [[k8s.patch({ kind = "ConfigMap", name = "%2e%2e" }, { data = { x = "1" } }, { namespace = "ns1" })]] ] = "is no name of an object",
    [ [[k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a/../b" } }]] ] = "is no name of an object",
    [ [[k8s.apply { apiVersion = "v1", kind = "Pod", metadata = { name = "a", namespace = "../x" } }]] ] = "is no name of a namespace",
    [ [[k8s.logs({ kind = "Pod", name = "a/exec?command=id" }, { namespace = "ns1" })]] ] = "is no name of an object",
    [ [[helm.history { release = "a", namespace = "../kube-evil" }]] ] = "namespace must be a name",
    [ [[helm.uninstall { release = "a/../b" }]] ] = "release must be a name",
    [ [[k8s.cordon "a/../b"]] ] = "names no object",
  }, env)
  local names = {}
  for _, item in ipairs(json.decode(http.request { url = api .. "/api/v1/namespaces" }.body).items) do names[item.metadata.name] = true end
  t.eq(names["kube-evil"], true)
end)

t.test("of other services: repositories, images, channels, and paths with dots", function()
  local reached = {}
  local server = httpd.listen { handler = function(request, response)
    reached[#reached + 1] = request.method .. " " .. request.raw_path
    response:send(200, {}, "{}")
  end }
  local p, base = project.new {}, "http://127.0.0.1:" .. server:port()
  t.write_file(p.dir .. "/almanac.yaml", string.format("endpoints: { github: %q, grafana: %q, prometheus: %q, loki: %q, ghcr.io: %q }\n",
    base, base, base, base, base))
  refused(p, {
    [ [[github.checks { repo = "org/app/../../admin", ref = "main" }]] ] = "must be OWNER/NAME",
    [ [[github.checks { repo = "org/..", ref = "main" }]] ] = "must be OWNER/NAME",
    [ [[github.issue { repo = "org/app?x", title = "x" }]] ] = "must be OWNER/NAME",
    [ [[github.comment { repo = "org/%2e%2e", number = 1, body = "x" }]] ] = "must be OWNER/NAME",
    [ [[github.comment { repo = "org/app", number = "1/../../x", body = "x" }]] ] = "number must be a whole number from 1",
    [ [[registry.tags "ghcr.io/org/../../x"]] ] = "is no image",
    [ [[registry.manifest "ghcr.io/org/app:../x"]] ] = "is no image",
    [ [[registry.manifest "ghcr.io/org/app@sha256:../x"]] ] = "is no image",
    [ [[registry.tags "ghcr.io/org/a%2e"]] ] = "is no image",
    [string.format([[http.get("%s/a/../admin")]], base)] = "a segment . or ..",
    [string.format([[http.post("%s/a/%%2e%%2E/admin", {})]], base)] = "a segment . or ..",
    [string.format([[http.get("%s/a/..")]], base)] = "a segment . or ..",
    [string.format([[prom.query("up", { url = "%s/a/../admin" })]], base)] = "a segment . or ..",
    [string.format([[loki.count("{a=\"b\"}", { url = "%s/%%2e%%2e/admin" })]], base)] = "a segment . or ..",
  })
  t.eq(reached, {})
  server:close()
end)
