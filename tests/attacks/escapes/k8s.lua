--- Ways out of `allow` by objects of a cluster, their names, and the paths of its API.
local NS1 = [[{ k8s = { "ns1" } }]]

local function config_map(name, namespace)
  return string.format([[{ apiVersion = "v1", kind = "ConfigMap", metadata = { name = %q%s }, data = { x = "1" } }]], name,
    namespace and string.format(", namespace = %q", namespace) or "")
end

local function apply(object) return string.format([[k8s.apply({ %s }, {})]], object) end

local cases = {
  category = "k8s",
  { tried = "a manifest's own namespace", allow = NS1, call = apply(config_map("pwned", "ns3")),
    words = [[k8s.apply: this runbook may not touch k8s "ns3"]] },
  { tried = "an item of a List", allow = NS1,
    call = string.format([[k8s.apply { apiVersion = "v1", kind = "List", items = { %s, %s } }]], config_map("ok", "ns1"),
      config_map("pwned", "ns3")),
    words = [[k8s.apply: this runbook may not touch k8s "ns3"]] },
  { tried = "an item of a List within text", allow = NS1,
    call = [==[k8s.apply [[
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: ok, namespace: ns1}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: pwned, namespace: ns3}}]]]==],
    words = [[k8s.apply: this runbook may not touch k8s "ns3"]] },
  { tried = "a second document", allow = NS1,
    call = [==[k8s.apply [[{apiVersion: v1, kind: ConfigMap, metadata: {name: ok, namespace: ns1}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: pwned, namespace: ns3}}]]]==],
    words = [[k8s.apply: this runbook may not touch k8s "ns3"]] },
  { tried = "the namespace that is taken where none is said", allow = NS1, call = apply(config_map "pwned"),
    words = [[k8s.apply: this runbook may not touch k8s "default"]] },
  { tried = "an object in no namespace", allow = [[{ k8s = { "*" } }]],
    call = apply [[{ apiVersion = "v1", kind = "Node", metadata = { name = "pwned" } }]],
    words = [[k8s.apply: this runbook may not touch k8s "node/pwned"]] },
  { tried = "a role in no namespace", allow = [[{ k8s = { "*", "clusterrole/*" } }]],
    call = apply [[{ apiVersion = "rbac.authorization.k8s.io/v1", kind = "ClusterRoleBinding", metadata = { name = "pwned" } }]],
    words = [[k8s.apply: this runbook may not touch k8s "clusterrolebinding/pwned"]] },
  { tried = "another namespace itself, to look at", allow = [[{ k8s = { "ns1" } }]], call = [[k8s.get "namespace/ns3"]],
    words = [[k8s.get: this runbook may not read k8s "namespace/ns3"]] },
  { tried = "the namespace itself, which it may look into, changed", allow = [[{ k8s = { "ns1" } }]],
    call = [[k8s.patch("namespace/ns1", { metadata = { labels = { pwned = "1" } } })]],
    words = [[k8s.patch: this runbook may not touch k8s "namespace/ns1"]] },
  { tried = "the namespace itself", allow = [[{ k8s = { "ns3" } }]], call = [[k8s.delete "namespace/ns3"]],
    words = [[k8s.delete: this runbook may not touch k8s "namespace/ns3"]] },
  { tried = "another context", allow = NS1, call = [[k8s.delete("configmap/victim", { namespace = "ns1", context = "other" })]],
    words = [[k8s.delete: this runbook may not touch k8s "ns1@other"]] },
  { tried = "another context, by `*`", allow = [[{ k8s = { "*", "*/*" } }]],
    call = [[k8s.delete("configmap/victim", { namespace = "ns1", context = "other" })]],
    words = [[k8s.delete: this runbook may not touch k8s "ns1@other"]] },
  { tried = "the kinds of another context's server", allow = NS1, call = [[k8s.list("toys.x.example", { context = "other" })]],
    words = [[this runbook may not read k8s "*@other"]] },
  { tried = "the kinds of a server where nothing may be reached", allow = [[{ fs = { "**" } }]], call = [[k8s.list "toys.x.example"]],
    words = [[this runbook may not read k8s "*"]] },
  { tried = "a read elsewhere", allow = NS1, call = [[note(k8s.get("configmap/victim", { namespace = "ns3" }).data.x)]],
    words = [[k8s.get: this runbook may not read k8s "ns3"]] },
  { tried = "all namespaces", allow = NS1, call = [[k8s.list("pods", { all_namespaces = true })]],
    words = [[k8s.list: this runbook may not read k8s "*"]] },
  { tried = "nodes", allow = NS1, call = [[k8s.list "nodes"]], words = [[k8s.list: this runbook may not read k8s "node/*"]] },
  { tried = "a cordon", allow = [[{ k8s = { "node/a-*" } }]], call = [[k8s.cordon "b-1"]],
    words = [[k8s.cordon: this runbook may not touch k8s "node/b-1"]] },
  { tried = "logs elsewhere", allow = NS1, call = [[k8s.logs("pod/x", { namespace = "ns3" })]],
    words = [[this runbook may not read k8s "ns3"]] },
  { tried = "what is used elsewhere", allow = NS1, call = [[k8s.top("pods", { namespace = "ns3" })]],
    words = [[k8s.top: this runbook may not read k8s "ns3"]] },
  { tried = "a watch elsewhere", allow = NS1, call = [[k8s.wait("pod/x", { namespace = "ns3", deleted = true, timeout = "1s" })]],
    words = [[this runbook may not read k8s "ns3"]] },
  { tried = "a change to what may be read", allow = [[{ read = { k8s = { "ns1" } } }]],
    call = [[k8s.scale("deployment/web", 3, { namespace = "ns1" })]],
    words = [[k8s.scale: this runbook may not touch k8s "ns1"]] },
  { tried = "a command where may be read", allow = [[{ read = { k8s = { "ns1" } } }]],
    call = [[k8s.exec_read("id", { pod = "deployment/web", namespace = "ns1" })]],
    words = [[this runbook may not touch k8s "ns1"]] },
  { tried = "a Secret of another namespace", allow = NS1, call = [[note(tostring(k8s.find("secret/x", { namespace = "kube-system" })))]],
    words = [[k8s.find: this runbook may not read k8s "kube-system"]] },
  { tried = "a service of another namespace by `..`", allow = [[{ http = { "svc://ns1/x:80/**" } }]],
    call = [[http.delete("svc://ns1/x:80/../../../../../namespaces/ns3")]],
    words = [[http.request: this runbook may not touch http "svc://ns1/namespaces/ns3"]] },
  { tried = "the same by `%2e%2e`", allow = [[{ http = { "svc://ns1/x:80/**" } }]],
    call = [[http.get("svc://ns1/x:80/%2e%2e/%2E%2e/%2e%2e/%2e%2e/%2e%2e/namespaces/ns3")]],
    words = [[http.get: this runbook may not read http "svc://ns1/namespaces/ns3"]] },
}

--- Names that Kubernetes would not take, or that lead elsewhere in a path.
local NAMES = {
  { "`..` and slashes", "../../ns3/configmaps/victim" }, { "a slash", "a/b" }, { "a question mark", "a?x=y" }, { "a hash", "a#b" },
  { "`%2e%2e`", "%2e%2e" }, { "two dots alone", ".." }, { "a newline", "a\nb" }, { "a capital", "Victim" }, { "nothing in it", "" },
  { "an escape", "a\27[2J" },
}

for _, entry in ipairs(NAMES) do
  table.insert(cases, { tried = "a name with " .. entry[1], allow = NS1,
    call = string.format([[k8s.delete({ kind = "ConfigMap", name = %q }, { namespace = "ns1" })]], entry[2]),
    words = [[is no name of an object]] })
  table.insert(cases, { tried = "a namespace with " .. entry[1], allow = [[{ k8s = { "**" } }]],
    call = string.format([[k8s.get("configmap/victim", { namespace = %q })]], entry[2]), words = [[is no name of a namespace]] })
end

--- Images, of a runbook that names which may be brought.
local IMAGES = [[{ k8s = { "ns1" }, images = { "ghcr.io/org/*", "docker.io/x/web" } }]]
local EVIL = [[this runbook may not touch images "docker.io/evil/x:latest"]]

local function pod(template)
  return string.format([[{ apiVersion = "v1", kind = "Pod", metadata = { name = "pwned", namespace = "ns1" }, spec = { %s } }]], template)
end

local function try_image(tried, call, words)
  table.insert(cases, { category = "images", tried = tried, allow = IMAGES, call = call, words = words or EVIL })
end

local GOOD = [[containers = { { name = "a", image = "ghcr.io/org/a:v1" } }]]
local BAD = [[containers = { { name = "a", image = "evil/x" } }]]
try_image("a pod", "k8s.apply(" .. pod(BAD) .. ")")
try_image("an object that is created", "k8s.create(" .. pod(BAD) .. ")")
try_image("an init container", "k8s.apply(" .. pod(GOOD .. [[, initContainers = { { name = "b", image = "evil/x" } }]]) .. ")")
try_image("an ephemeral container", "k8s.apply(" .. pod(GOOD .. [[, ephemeralContainers = { { name = "b", image = "evil/x" } }]]) .. ")")
try_image("an image as a volume",
  "k8s.apply(" .. pod(GOOD .. [[, volumes = { { name = "b", image = { reference = "evil/x" } } }]]) .. ")")
try_image("a repository below, by `*`", "k8s.apply(" .. pod [[containers = { { name = "a", image = "ghcr.io/org/deep/a:v1" } }]] .. ")",
  [[may not touch images "ghcr.io/org/deep/a:v1"]])
try_image("another registry of the same path", "k8s.apply(" .. pod [[containers = { { name = "a", image = "ghcr.io:443/org/a" } }]] .. ")",
  [[may not touch images "ghcr.io:443/org/a:latest"]])
try_image("a schedule", [[k8s.apply { apiVersion = "batch/v1", kind = "CronJob", metadata = { name = "pwned", namespace = "ns1" },
  spec = { schedule = "0 0 1 1 *", jobTemplate = { spec = { template = { spec = { ]] .. BAD .. [[ } } } } } }]])
try_image("a strategic patch", [[k8s.patch("deployment/web", { spec = { template = { spec = { ]] .. BAD
  .. [[ } } } }, { namespace = "ns1" })]])
try_image("a JSON patch", [[k8s.patch("deployment/web", { { op = "replace", path = "/spec/template/spec/containers/0/image",
  value = "evil/x" } }, { namespace = "ns1", type = "json" })]])
try_image("a JSON patch that copies it from an annotation", [[k8s.patch("deployment/web", { { op = "copy",
  from = "/metadata/annotations/x", path = "/spec/template/spec/containers/0/image" } }, { namespace = "ns1", type = "json" })]],
  [[this runbook may not touch images "what is at /metadata/annotations/x"]])

return cases
