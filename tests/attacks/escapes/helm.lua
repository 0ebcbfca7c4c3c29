--- Ways out of `allow` by releases, and by what a chart renders to.
local NS1 = [[{ helm = { "ns1" }, read = { fs = { "charts/**" } } }]]

local ROLE = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: pwned}, rules: []}"
local MAP = "{apiVersion: v1, kind: ConfigMap, metadata: {name: pwned, namespace: ns3}}"
local OWN = "{apiVersion: v1, kind: ConfigMap, metadata: {name: mine}}"
local HOOK = "{apiVersion: v1, kind: ConfigMap, metadata: {name: pwned, namespace: ns3, annotations: {helm.sh/hook: pre-install}}}"
local CRD = [[{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: toys.x.example},
  spec: {group: x.example, scope: Namespaced, names: {kind: Toy, plural: toys, singular: toy}, versions:
  [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}}]]

local POD = "{apiVersion: v1, kind: Pod, metadata: {name: pwned}, spec: {containers: [{name: a, image: '{{ .Values.image }}'}]}}"
local IMAGES = [[{ helm = { "ns1" }, images = { "ghcr.io/org/*" }, read = { fs = { "charts/**" } } }]]
local EVIL = [[helm.upgrade: this runbook may not touch images "docker.io/evil/x:latest"]]

--- A chart of one template.
local function chart(name, text, file)
  return string.format([[
mkdir -p charts/%s/templates charts/%s/crds
printf 'apiVersion: v2\nname: %s\nversion: 0.1.0\n' > charts/%s/Chart.yaml
cat > charts/%s/%s <<'END'
%s
END
]], name, name, name, name, name, file or "templates/all.yaml", text)
end

local function upgrade(name, more)
  return string.format([[helm.upgrade { release = "ns1", namespace = "ns1", chart = "charts/%s", install = true%s }]], name, more or "")
end

local ROLE_REFUSED = [[helm.upgrade: this runbook may not touch k8s "clusterrole/pwned"]]
local MAP_REFUSED = [[helm.upgrade: this runbook may not touch k8s "ns3"]]

return {
  category = "helm",
  set_up = chart("role", ROLE) .. chart("space", MAP) .. chart("two", OWN .. "\n---\n" .. MAP)
    .. chart("list", "{apiVersion: v1, kind: List, items: [" .. OWN .. ", " .. MAP .. "]}") .. chart("hook", HOOK)
    .. chart("crd", CRD, "crds/toy.yaml") .. chart("mine", OWN) .. chart("above", OWN)
    .. chart("above/charts/sub", ROLE) .. "sed -i 's|^name: .*|name: sub|' charts/above/charts/sub/Chart.yaml\n"
    .. chart("valued", "{apiVersion: v1, kind: ConfigMap, metadata: {name: pwned, namespace: {{ .Values.space }}}}")
    .. chart("pod", POD) .. chart("job", (POD:gsub("metadata: {", "metadata: {annotations: {helm.sh/hook: pre-install}, ")))
    .. chart("linked", OWN) .. "mkdir charts/linked/files; ln -s ../../../other/values.yaml charts/linked/files/x\n"
    .. chart("deep", OWN) .. "mkdir -p more/deeper; ln -s ../../more charts/deep/files; ln -s ../../other more/deeper/on\n"
    .. chart("told", OWN) .. "mkdir charts/told/files; ln -s /proc/self/environ charts/told/files/x\n"
    .. chart("wide", OWN) .. "ln -s / charts/wide/files\n"
    .. "mkdir -p other; cp -r charts/mine other/chart; echo 'a: TOP-SECRET' > other/values.yaml; ln -s ../other/chart charts/alias\n",
  { tried = "a chart with a role in no namespace", allow = NS1, call = upgrade "role", words = ROLE_REFUSED },
  { tried = "an object of another namespace", allow = NS1, call = upgrade "space", words = MAP_REFUSED },
  { tried = "a namespace out of a value", allow = NS1, call = upgrade("valued", ', set = { space = "ns3" }'), words = MAP_REFUSED },
  { tried = "a second document", allow = NS1, call = upgrade "two", words = MAP_REFUSED },
  { tried = "an item of a List", allow = NS1, call = upgrade "list", words = MAP_REFUSED },
  { tried = "a hook", allow = NS1, call = upgrade "hook", words = MAP_REFUSED },
  { tried = "a chart that it depends on", allow = NS1, call = upgrade "above", words = ROLE_REFUSED },
  { tried = "a definition in crds/", allow = NS1, call = upgrade "crd",
    words = [[helm.upgrade: this runbook may not touch k8s "customresourcedefinition/toys.x.example"]] },
  { tried = "another release", allow = NS1, call = [[helm.upgrade { release = "ns3", chart = "charts/mine", install = true }]],
    words = [[helm.upgrade: this runbook may not touch helm "ns3"]] },
  { tried = "the release's name in another namespace", allow = NS1,
    call = [[helm.upgrade { release = "ns1", namespace = "ns3", chart = "charts/mine", install = true }]],
    words = [[helm.upgrade: this runbook may not touch helm "ns3/ns1"]] },
  { tried = "its own namespace made", allow = NS1, call = upgrade("mine", ", create_namespace = true"),
    words = [[helm.upgrade: this runbook may not touch k8s "namespace/ns1"]] },
  { tried = "a chart from elsewhere", allow = NS1, call = [[helm.upgrade { release = "ns1", chart = "other/chart", install = true }]],
    words = [[helm.upgrade: this runbook may not read fs "other/chart"]] },
  { tried = "a chart that is a link", allow = NS1, call = upgrade "alias",
    words = [[helm.upgrade: this runbook may not read fs "other/chart"]] },
  { tried = "a link in a chart", allow = NS1, call = upgrade "linked",
    words = [[helm.upgrade: this runbook may not read fs "other/values.yaml"]] },
  { tried = "a link behind a link in a chart", allow = [[{ helm = { "ns1" }, read = { fs = { "charts/**", "more", "more/**" } } }]],
    call = upgrade "deep", words = [[helm.upgrade: this runbook may not read fs "other"]] },
  { tried = "helm's own environment, by a link in a chart", allow = [[{ helm = { "ns1" }, read = { fs = { "**" } } }]],
    call = upgrade "told", words = "charts/told/files/x leads to /proc/" },
  { tried = "everything, by a link in a chart", allow = [[{ helm = { "ns1" }, read = { fs = { "**" } } }]],
    call = upgrade "wide", words = "charts/wide/files leads to /" },
  { tried = "helm's own environment as values", allow = [[{ helm = { "ns1" }, read = { fs = { "**" } } }]],
    call = upgrade("mine", [[, values = { "/proc/self/environ" }]]), words = "/proc/self/environ leads to /proc/" },
  { tried = "values from elsewhere", allow = NS1, call = upgrade("mine", [[, values = { "charts/../other/values.yaml" }]]),
    words = [[helm.upgrade: this runbook may not read fs "other/values.yaml"]] },
  { tried = "a chart by URL", allow = NS1,
    call = [[helm.upgrade { release = "ns1", chart = "https://evil.invalid/a.tgz", install = true }]],
    words = [[helm.upgrade: this runbook may not read http "https://evil.invalid/a.tgz"]] },
  { tried = "a chart by a URL with `..`", allow = [[{ helm = { "ns1" }, k8s = { "ns1" }, http = { "https://evil.invalid/public/**" } }]],
    call = [[helm.upgrade { release = "ns1", chart = "https://evil.invalid/public/../private/a.tgz", install = true }]],
    words = [[helm.upgrade: this runbook may not read http "https://evil.invalid/private/a.tgz"]] },
  { tried = "a program that has the last word", allow = NS1, call = upgrade("mine", [[, post_renderer = { "other/evil" } ]]),
    words = [[helm.upgrade: this runbook may not touch shell "other/evil"]] },
  { tried = "a chart that would be an option", allow = NS1,
    call = [[helm.template { release = "ns1", namespace = "ns1", chart = "--post-renderer=./evil.sh" }]],
    words = [[helm.template: chart must not begin with a dash]] },
  { category = "images", tried = "an image out of a value", allow = IMAGES, call = upgrade("pod", ', set = { image = "evil/x" }'),
    words = EVIL },
  { category = "images", tried = "an image of a hook", allow = IMAGES,
    call = upgrade("job", ', set = { image = "evil/x" }'), words = EVIL },
  { tried = "a rollback elsewhere", allow = NS1, call = [[helm.rollback { release = "ns3", revision = 1 }]],
    words = [[helm.rollback: this runbook may not touch helm "ns3"]] },
  { tried = "an uninstall elsewhere", allow = NS1, call = [[helm.uninstall { release = "ns1", namespace = "ns3" }]],
    words = [[helm.uninstall: this runbook may not touch helm "ns3/ns1"]] },
  { tried = "the records of a release elsewhere", allow = NS1, call = [[helm.history { release = "ns3" }]],
    words = [[helm.history: this runbook may not read k8s "ns3"]] },
}
