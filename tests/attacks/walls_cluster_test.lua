-- What once got past `allow` in a cluster, each in more spellings than escapes/ has of it: namespaces, lists, documents, objects of
-- no namespace, contexts, releases, charts; and names that lead elsewhere in a path where there is no allow at all.
local escapes = require "tests.attacks.escapes"
local http = require "native.http"
local json = require "native.json"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"
local walls = require "tests.attacks.walls"

local BUILT = process.cwd() .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"
local HELM = process.cwd() .. "/" .. (t.getenv "ALMANAC_TEST_BIN" or ".deps/bin") .. "/helm4"

--- A project with a cluster of the namespaces ns1 and ns3, each with a ConfigMap, and a second context.
local function world()
  local p = project.new {}
  local sim = t.spawn { BUILT, "sim", "--kubeconfig", p.dir .. "/kubeconfig", "--with-namespace", "ns1", "--with-namespace", "ns3" }
  local _, api = sim:wait_line "^api=(%S+)"
  p.api, p.env = api, { KUBECONFIG = p.dir .. "/kubeconfig" }
  local config = json.decode(t.read_file(p.dir .. "/kubeconfig"))
  table.insert(config.contexts, { name = "other", context = { namespace = "ns1", user = "sim", cluster = "sim" } })
  t.write_file(p.dir .. "/kubeconfig", json.encode(config))
  for _, name in ipairs { "ns1", "ns3" } do
    local made = http.request { method = "POST", url = api .. "/api/v1/namespaces/" .. name .. "/configmaps", who = "test",
      headers = { ["Content-Type"] = "application/json" }, body = json.encode { apiVersion = "v1", kind = "ConfigMap",
        metadata = { name = "victim" }, data = { x = escapes.SECRET } } }
    t.eq(made.status, 201, made.body)
  end
  return p
end

--- What is in the cluster, of what is tried.
local function state_of(p)
  local out = {}
  for _, path in ipairs { "/api/v1/configmaps", "/api/v1/namespaces", "/api/v1/persistentvolumes", "/api/v1/secrets",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/apps/v1/deployments" } do
    for _, item in ipairs(json.decode(http.request { url = p.api .. path }.body).items or {}) do
      if item.metadata.name ~= "kube-root-ca.crt" then -- which a controller makes when it comes to it
        out[#out + 1] = string.format("%s %s/%s %s", path, item.metadata.namespace or "", item.metadata.name, item.metadata.uid)
      end
    end
  end
  table.sort(out)
  t.ok(#out >= 4, "the cluster was looked at")
  return out
end

local function try(allow, list, more)
  local p = world()
  if more then more(p) end
  local before, cases = state_of(p), {}
  for _, entry in ipairs(list) do cases[#cases + 1] = { tried = entry[1], call = entry[1], allow = allow, words = entry[2] } end
  escapes.try(p, cases, function(text) return text end, p.env)
  t.eq(state_of(p), before, "the cluster was changed")
end

local NS3 = [[may not touch k8s "ns3"]]

local function map(namespace) return string.format(
  "{ apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'pwned', namespace = '%s' } }", namespace) end

t.test("another namespace: by a manifest, a list, a list in a list, documents", function()
  local doc = "{apiVersion: v1, kind: ConfigMap, metadata: {name: pwned, namespace: ns%d}}"
  local one, three = doc:format(1), doc:format(3)
  local list = "{ apiVersion = 'v1', kind = 'List', items = { %s } }"
  try("{ k8s = { 'ns1' } }", {
    { "k8s.apply(" .. map "ns3" .. ")", NS3 }, { "k8s.create(" .. map "ns3" .. ")", NS3 },
    { "k8s.apply({ " .. map "ns1" .. ", " .. map "ns3" .. " })", NS3 },
    { "k8s.patch('configmap/victim', { data = { x = '1' } }, { namespace = 'ns3' })", NS3 },
    { "k8s.delete('configmap/victim', { namespace = 'ns3' })", NS3 },
    { "k8s.apply(" .. list:format(map "ns1" .. ", " .. map "ns3") .. ")", NS3 },
    { "k8s.apply { " .. list:format(map "ns3") .. " }", "object 1 of the manifest has no" },
    { "k8s.apply(" .. list:format(list:format(map "ns3")) .. ")", "object 1 of the manifest has no apiVersion" },
    { "k8s.apply [[{apiVersion: v1, kind: List, items: [" .. one .. ", " .. three .. "]}]]", "object 1 of the manifest" },
    { "k8s.apply { apiVersion = 'v1', kind = 'ConfigMapList', items = { " .. map "ns3" .. " } }", "k8s" },
    { "k8s.apply [[" .. one .. "\n---\n" .. three .. "]]", NS3 },
    { "k8s.apply [[---\n# first\n---\n" .. one .. "\n--- # third\n" .. three .. "\n...\n]]", NS3 },
    { "k8s.apply [[" .. one .. "\n---\n{apiVersion: v1, kind: List, items: [" .. three .. "]}]]", "object 2 of the manifest" },
  })
end)

t.test("what is in no namespace, and namespaces themselves, by each name of the kind", function()
  local function object(group, kind) return string.format("k8s.apply { apiVersion = '%s', kind = '%s', metadata = { name = 'pwned' } }",
    group, kind), string.format('this runbook may not touch k8s "%s/pwned"', kind:lower()) end
  local list = { }
  for _, entry in ipairs { { "rbac.authorization.k8s.io/v1", "ClusterRoleBinding" }, { "rbac.authorization.k8s.io/v1", "ClusterRole" },
    { "v1", "Namespace" }, { "v1", "PersistentVolume" }, { "v1", "Node" } } do list[#list + 1] = { object(entry[1], entry[2]) } end
  for _, target in ipairs { "'namespace/ns3'", "'ns/ns3'", "'namespaces/ns3'", "'Namespace/ns3'",
    "{ kind = 'Namespace', name = 'ns3' }" } do
    list[#list + 1] = { "k8s.delete(" .. target .. ")", [[this runbook may not touch k8s "namespace/ns3"]] }
    list[#list + 1] = { "k8s.delete(" .. target .. ", { namespace = 'ns1' })", "this runbook may not touch k8s" }
  end
  try("{ k8s = { 'ns1', 'ns3', '*' } }", list)
end)

t.test("another context, also where it is the same cluster", function()
  local words = [[k8s "ns1@other"]]
  try("{ k8s = { 'ns1' } }", {
    { "k8s.delete('configmap/victim', { namespace = 'ns1', context = 'other' })", words },
    { "k8s.apply(" .. map "ns1" .. ", { context = 'other' })", words },
    { "k8s.patch('configmap/victim', { data = { x = '1' } }, { namespace = 'ns1', context = 'other' })", words },
    { "k8s.get('configmap/victim', { namespace = 'ns1', context = 'other' })", words },
    { "k8s.list('configmaps', { namespace = 'ns1', context = 'other' })", words },
  })
end)

t.test("helm: another namespace, another context, and a chart with what is in no namespace", function()
  local cases = escapes.of "helm"
  local call = "helm.upgrade { release = 'ns1', namespace = 'ns1', chart = 'charts/%s', install = true%s }"
  local role, context = [[this runbook may not touch k8s "clusterrole/pwned"]], [[no option "context"]]
  try("{ helm = { 'ns1' }, read = { fs = { 'charts/**' } } }", {
    { call:format("mine", ", context = 'other'"), context },
    { "helm.uninstall { release = 'ns1', namespace = 'ns1', context = 'other' }", context },
    { "helm.rollback { release = 'ns1', namespace = 'ns1', revision = 1, context = 'other' }", context },
    { "helm.history { release = 'ns1', namespace = 'ns1', context = 'other' }", context },
    { call:format("role", ""), role }, { call:format("above", ""), role }, { call:format("crd", ""), "customresourcedefinition/" },
    { call:format("mine", ", create_namespace = true"), "namespace/ns1" },
    { "helm.upgrade { release = 'ns1', namespace = 'ns3', chart = 'charts/mine', install = true }", "ns3/ns1" },
    { "helm.uninstall { release = 'ns1', namespace = 'ns3' }", "ns3/ns1" },
    { "helm.rollback { release = 'ns1', namespace = 'ns3', revision = 1 }", "ns3/ns1" },
    { "helm.history { release = 'ns1', namespace = 'ns3' }", "this runbook may not read" },
    { "helm.manifest { release = 'ns3' }", "this runbook may not read" },
  }, function(p)
    t.write_file(p.dir .. "/almanac.yaml", "helm: " .. HELM .. "\n")
    t.must({ "sh", "-ec", cases.set_up }, { cwd = p.dir })
  end)
end)

t.test("without allow: names and paths that lead elsewhere are refused before anything is asked", function()
  local p, cases = world(), {}
  local before = state_of(p)
  for _, path in ipairs { "/../../../../../namespaces/ns3", "/%2e%2e/%2E%2e/../..//../namespaces/ns3", "/a/..;/..;/b", "/.%2e/x",
    "/a/../../../../../../namespaces/ns3" } do
    cases[#cases + 1] = { walls.step(string.format("http.delete('svc://ns1/x:80%s')", path)), "a segment . or ..", commands = { "run" } }
  end
  for _, name in ipairs { "../../ns3/configmaps/victim", "..", "a/../../../ns3/configmaps/victim", "%2e%2e/x", "victim?x=", "victim/" } do
    cases[#cases + 1] = { walls.step(string.format("k8s.delete({ kind = 'ConfigMap', name = '%s' }, { namespace = 'ns1' })", name)),
      "is no name of an object" }
    cases[#cases + 1] = { walls.step(string.format("k8s.delete('configmap/victim', { namespace = '%s' })", name)),
      "is no name of a namespace" }
  end
  walls.try(p, cases, p.env)
  t.eq(state_of(p), before, "the cluster was changed")
end)

t.test("a chart that would be an option runs nothing, where nothing is allowed as well", function()
  local p, cases = world(), {}
  t.write_file(p.dir .. "/almanac.yaml", "helm: " .. HELM .. "\n")
  t.must({ "sh", "-ec", "printf '#!/bin/sh\\ntouch " .. p.dir .. "/pwned\\ncat\\n' > post.sh; chmod +x post.sh; mkdir -p mychart" },
    { cwd = p.dir })
  for _, allow in ipairs { "allow = {},", "" } do
    local other = allow ~= "" and "this runbook may not" or "--post-renderer=" -- taken for a name, of nothing that is there
    for chart, words in pairs { ["--post-renderer=./post.sh"] = "must not begin with a dash", ["-f"] = "must not begin with a dash",
      ["--post-renderer"] = "must not begin with a dash", ["--"] = "must not begin with a dash", [" --post-renderer=./post.sh"] = other } do
      cases[#cases + 1] = { walls.step(string.format(
        "helm.template { release = 'mychart', namespace = 'ns1', chart = '%s' }", chart), allow), words }
      cases[#cases + 1] = { walls.step(string.format(
        "helm.upgrade { release = 'mychart', namespace = 'ns1', chart = '%s', install = true }", chart), allow), words }
    end
    cases[#cases + 1] = { walls.step("helm.template { release = 'mychart', namespace = 'ns1', chart = './mychart', "
      .. "values = { '--post-renderer=./post.sh' } }", allow), other }
    cases[#cases + 1] = { walls.step("helm.template { release = '--post-renderer=./post.sh', namespace = 'ns1', chart = './mychart' }",
      allow), "release must be a name" }
  end
  walls.try(p, cases, p.env)
end)
