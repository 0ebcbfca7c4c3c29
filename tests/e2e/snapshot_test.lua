-- almanac snapshot: what a namespace holds, read with gets and lists alone, with nothing secret in it; and a simulated
-- cluster that has it, in which helm finds its release.
local base64 = require "almanac.base.base64"
local clients = require "tests.sim_clients"
local fs = require "native.fs"
local http = require "native.http"
local httpd = require "native.httpd"
local json = require "native.json"
local t = require "tests.harness"
local yaml = require "native.yaml"

local ALMANAC = require("native.process").exe()
local PASSWORD, DSN_PASSWORD, BY_NAME, URL_PASSWORD = "correct-horse-9", "dsn-pass-word-77", "t0ken-by-name-only", "url-pa55word"
local SHOWN = { PASSWORD, DSN_PASSWORD, BY_NAME, URL_PASSWORD }

local CHART = {
  ["Chart.yaml"] = "apiVersion: v2\nname: shop\nversion: 1.2.3\n",
  ["values.yaml"] = "image: web:1\ndb: { password: change-me-now, host: db.example }\napi: { token: x }\n",
  ["templates/all.yaml"] = [[
apiVersion: v1
kind: Secret
metadata: { name: db }
stringData:
  password: {{ .Values.db.password }}
  namespace: {{ .Release.Namespace }}
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data:
  url: postgres://web:{{ .Values.db.password }}@{{ .Values.db.host }}/shop
  plain: hello
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: web
        image: {{ .Values.image }}
        env:
        - { name: API_TOKEN, value: {{ .Values.api.token }} }
        - { name: MODE, value: live }
        - { name: PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }
]],
}

local USERS = [[
- { name: admin, groups: ["system:masters"], token: all }
- { name: roy, token: look, read_only: true }
]]

--- A cluster with a release of two revisions, a Secret apart, and a kind of its own.
local function shop(...)
  local sim = clients.start(...)
  for name, text in pairs(CHART) do
    fs.mkdir(sim.dir .. "/shop/templates")
    t.write_file(sim.dir .. "/shop/" .. name, text)
  end
  local set = (" --set db.password=%s --set api.token=%s"):format(PASSWORD, BY_NAME)
  sim.must("helm3", ("install shop %s/shop%s"):format(sim.dir, set))
  sim.must("helm3", ("upgrade shop %s/shop%s --set image=web:2"):format(sim.dir, set))
  t.write_file(sim.dir .. "/more.yaml", ([[
apiVersion: v1
kind: Secret
metadata: { name: dsn, annotations: { kubectl.kubernetes.io/last-applied-configuration: '{"stringData":{"dsn":"DSN"}}' } }
stringData: { dsn: DSN }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: copies }
data:
  base64: BASE64
  link: https://user:URLPASS@example.com/x
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: tills.shop.example.com }
spec:
  group: shop.example.com
  scope: Namespaced
  names: { kind: Till, plural: tills }
  versions:
  - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }
]]):gsub("DSN", DSN_PASSWORD):gsub("BASE64", base64.encode("x" .. DSN_PASSWORD .. "y")):gsub("URLPASS", URL_PASSWORD))
  sim.must("kubectl34", "apply --server-side -f " .. sim.dir .. "/more.yaml")
  t.write_file(sim.dir .. "/till.yaml",
    "apiVersion: shop.example.com/v1\nkind: Till\nmetadata: { name: first }\nspec: { drawer: 3, clientSecret: " .. BY_NAME .. " }\n")
  sim.must("kubectl34", "apply --server-side -f " .. sim.dir .. "/till.yaml")
  return sim
end

local function snapshot(sim, path, kubeconfig, ...)
  local code, _, err = t.run({ ALMANAC, "snapshot", "-o", path, "-n", clients.NS, "--kubeconfig", kubeconfig or sim.kubeconfig, ... },
    { cwd = sim.dir, env = { HOME = sim.dir, KUBECONFIG = false } })
  return code, err
end

--- The texts of a value, those in records of helm too.
local function texts(value, out)
  if type(value) == "table" then
    if value.type == "helm.sh/release.v1" then
      texts(require("almanac.helm.records").unpack(value.data.release, true), out)
    end
    for key, item in pairs(value) do
      texts(key, out)
      texts(item, out)
    end
  elseif type(value) == "string" then
    out[#out + 1] = value
  end
  return out
end

local function named(objects, kind, name)
  for _, o in ipairs(objects) do
    if o.kind == kind and o.metadata.name == name then return o end
  end
  error("no " .. kind .. " " .. name)
end


t.test("which namespace it takes where none is named stands on its first line", function()
  local sim = clients.start()
  local code, _, err = t.run({ ALMANAC, "snapshot", "-o", "x.yaml", "--kubeconfig", sim.kubeconfig },
    { cwd = sim.dir, env = { HOME = sim.dir, KUBECONFIG = false } })
  t.eq(code, 0, err)
  t.ok(err:find "^namespace default, the one of the context %S+; another one: %-n NAMESPACE\n", err)
end)

t.test("nothing secret is in it, and helm finds its release where it is put", function()
  local sim = shop()
  local path = sim.dir .. "/shop.yaml"
  local code, err = snapshot(sim, path)
  t.eq(code, 0, err)
  t.has(err, "objects of animica-devnet, 1 release;")
  t.eq(t.must { "stat", "-c", "%a", path }, "600")
  local file = yaml.decode(t.read_file(path))
  t.eq(file.almanac, "snapshot")
  t.eq(file.version, 1)
  local known = require("native.needles").new()
  for _, secret in ipairs(SHOWN) do known:add(secret) end
  known:add "change-me-now"
  for _, text in ipairs(texts(file, {})) do t.ok(not known:find(text), "it holds a secret: " .. text) end
  t.eq(named(file.objects, "Secret", "db").data, { password = "", namespace = "" })
  t.eq(named(file.objects, "ConfigMap", "settings").data.plain, "hello")
  t.has(named(file.objects, "ConfigMap", "settings").data.url, "@db.example/shop")
  t.eq(named(file.objects, "ConfigMap", "settings").metadata.namespace, clients.NS, "a name that a Secret holds, too, is none")
  local web = named(file.objects, "Deployment", "web")
  t.eq(web.spec.template.spec.containers[1].env[1], { name = "API_TOKEN", value = "" })
  t.eq(web.spec.template.spec.containers[1].env[2].value, "live")
  t.ok(web.metadata.managedFields, "who set what is kept")
  t.eq(web.status, nil)
  t.eq(web.metadata.resourceVersion, nil)
  t.eq(named(file.objects, "Till", "first").spec, { drawer = 3, clientSecret = "" })
  for _, o in ipairs(file.objects) do t.ok(o.kind ~= "Event" and o.kind ~= "Pod", o.kind) end

  local copy = clients.start("--objects", path)
  copy.must("kubectl34", "rollout status deployment/web --timeout=20s")
  t.eq(#json.decode(copy.must("helm3", "history shop -o json")), 2)
  t.has(copy.must("helm4", "get values shop"), "web:2")
  t.has(copy.must("helm3", "get manifest shop"), "# Source: shop/templates/all.yaml")
  copy.must("helm3", ("upgrade shop %s/shop --reuse-values --set image=web:3 --wait --timeout 20s"):format(sim.dir))
  copy.must("helm3", "rollback shop 1 --wait --timeout 20s")
  t.eq(copy.get("tills.shop.example.com first").spec.drawer, 3)
end)

t.test("a user who may only look, and not at everything: what is not read is said, and nothing else is asked than to look", function()
  local sim = shop()
  local log = sim.dir .. "/requests.jsonl"
  t.write_file(sim.dir .. "/users.yaml", USERS)
  local path = sim.dir .. "/objects.json"
  local code, err = snapshot(sim, path)
  t.eq(code, 0, err)
  local here = clients.start("--objects", path, "--users", sim.dir .. "/users.yaml", "--request-log", log,
    "--tls", sim.dir .. "/tls")
  local config = json.decode(t.read_file(here.kubeconfig))
  config.users[1].user = { token = "look" }
  t.write_file(here.dir .. "/roy", json.encode(config))
  code, err = snapshot(here, here.dir .. "/again.yaml", here.dir .. "/roy")
  t.eq(code, 0, err)
  here.process:kill "TERM"
  here.process:wait()
  for line in t.read_file(log):gmatch "[^\n]+" do t.eq(json.decode(line).method, "GET", line) end
  t.ok(#yaml.decode(t.read_file(here.dir .. "/again.yaml")).objects > 5)
end)

--- A server before another one that refuses what a user may not see.
local function refusing(url, pattern)
  return httpd.listen { port = 0, body_max = 64 << 20, handler = function(request, response)
    if request.raw_path:find(pattern) then
      return response:send(403, { ["Content-Type"] = "application/json" }, json.encode { kind = "Status", apiVersion = "v1",
        status = "Failure", reason = "Forbidden", code = 403, message = "secrets is forbidden" })
    end
    local query = request.raw_query ~= "" and "?" .. request.raw_query or ""
    local answer = http.request { who = "test", method = request.method, url = url .. request.raw_path .. query, read = true,
      headers = { Accept = request.headers.accept } }
    response:send(answer.status, { ["Content-Type"] = answer.headers["content-type"] }, answer.body)
  end }
end

t.test("who may not see Secrets gets the rest; in the copy what its pods ask of them is there, and empty", function()
  local sim = shop()
  local server <close> = refusing(sim.api, "/secrets")
  local config = json.decode(t.read_file(sim.kubeconfig))
  config.clusters[1].cluster.server = "http://127.0.0.1:" .. server:port()
  t.write_file(sim.dir .. "/partly", json.encode(config))
  local code, err = snapshot(sim, sim.dir .. "/x.yaml", sim.dir .. "/partly")
  t.eq(code, 0, err)
  t.has(err, "! not read: secrets in animica-devnet: ")
  local copy = clients.start("--objects", sim.dir .. "/x.yaml")
  copy.must("kubectl34", "rollout status deployment/web --timeout=20s")
  t.eq(copy.get("secret db").data, { password = "" })
end)

t.test("what is missing is said, with the next step", function()
  local sim = clients.start()
  local code, err = snapshot(sim, sim.dir .. "/x.yaml", nil, "-n", "nowhere")
  t.eq(code, 1)
  t.has(err, "there is no namespace nowhere")
  t.ok(not fs.exists(sim.dir .. "/x.yaml"), "nothing is written")
  local _
  code, _, err = t.run { ALMANAC, "snapshot" }
  t.eq(code, 2)
  t.has(err, "-o FILE is missing, where it is written")
end)

