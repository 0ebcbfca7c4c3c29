-- What once got past `allow` in a cluster, each in more spellings than escapes/ has of it: namespaces, lists, documents, objects of
-- no namespace, contexts, releases, charts; and names that lead elsewhere in a path where there is no allow at all.
local cluster = require "tests.attacks.cluster"
local escapes = require "tests.attacks.escapes"
local t = require "tests.harness"
local walls = require "tests.attacks.walls"

local function world() return cluster.world { "ns1", "ns3" } end

local function try(allow, list, more)
  local p = world()
  if more then more(p) end
  local before, cases = cluster.state_of(p), {}
  for _, entry in ipairs(list) do cases[#cases + 1] = { tried = entry[1], call = entry[1], allow = allow, words = entry[2] } end
  escapes.try(p, cases, function(text) return text end, p.env)
  t.eq(cluster.state_of(p), before, "the cluster was changed")
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
    { "k8s.apply { " .. list:format(map "ns3") .. " }", NS3 },
    { "k8s.apply(" .. list:format(list:format(map "ns3")) .. ")", NS3 },
    { "k8s.apply [[{apiVersion: v1, kind: List, items: [" .. one .. ", " .. three .. "]}]]", NS3 },
    { "k8s.apply [[{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [" .. three .. "]}]}]]", NS3 },
    { "k8s.apply [[{apiVersion: v1, kind: ConfigMapList, items: [{metadata: {name: pwned, namespace: ns3}}]}]]", NS3 },
    { "k8s.apply [[{apiVersion: v1, kind: List, items: [{metadata: {name: pwned, namespace: ns3}}]}]]", "object 1 of the manifest has no" },
    { "k8s.apply { apiVersion = 'v1', kind = 'ConfigMapList', items = { " .. map "ns3" .. " } }", NS3 },
    { "k8s.apply [[" .. one .. "\n---\n" .. three .. "]]", NS3 },
    { "k8s.apply [[---\n# first\n---\n" .. one .. "\n--- # third\n" .. three .. "\n...\n]]", NS3 },
    { "k8s.apply [[" .. one .. "\n---\n{apiVersion: v1, kind: List, items: [" .. three .. "]}]]", NS3 },
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
    list[#list + 1] = { "k8s.delete(" .. target .. ", { namespace = 'ns1' })", [[this runbook may not touch k8s "namespace/ns3"]] }
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
    { "helm.history { release = 'ns1', namespace = 'ns3' }", [[this runbook may not read k8s "ns3"]] },
    { "helm.manifest { release = 'ns3' }", [[this runbook may not read k8s "ns3"]] },
  }, cluster.add_charts)
end)

t.test("without allow: names and paths that lead elsewhere are refused before anything is asked", function()
  local p, cases = world(), {}
  local before = cluster.state_of(p)
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
  t.eq(cluster.state_of(p), before, "the cluster was changed")
end)

t.test("a chart that would be an option runs nothing, where nothing is allowed as well", function()
  local p, cases = world(), {}
  cluster.add_charts(p)
  t.must({ "sh", "-ec", "printf '#!/bin/sh\\ntouch " .. p.dir .. "/pwned\\ncat\\n' > post.sh; chmod +x post.sh; mkdir -p mychart" },
    { cwd = p.dir })
  for _, allow in ipairs { "allow = {},", "" } do
    local as_values = allow ~= "" and "this runbook may not" or "open --post-renderer=./post.sh: no such file"
    for chart, words in pairs { ["--post-renderer=./post.sh"] = "must not begin with a dash", ["-f"] = "must not begin with a dash",
      ["--post-renderer"] = "must not begin with a dash", ["--"] = "must not begin with a dash",
      [" --post-renderer=./post.sh"] = "chart must not begin or end with a space" } do
      cases[#cases + 1] = { walls.step(string.format(
        "helm.template { release = 'mychart', namespace = 'ns1', chart = '%s' }", chart), allow), words }
      cases[#cases + 1] = { walls.step(string.format(
        "helm.upgrade { release = 'mychart', namespace = 'ns1', chart = '%s', install = true }", chart), allow), words }
    end
    cases[#cases + 1] = { walls.step("helm.template { release = 'mychart', namespace = 'ns1', chart = './mychart', "
      .. "values = { '--post-renderer=./post.sh' } }", allow), as_values }
    cases[#cases + 1] = { walls.step("helm.template { release = '--post-renderer=./post.sh', namespace = 'ns1', chart = './mychart' }",
      allow), "release must be a name" }
  end
  walls.try(p, cases, p.env)
end)
