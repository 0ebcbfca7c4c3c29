-- A release's manifest as objects: which tags its images have, however the chart writes them.
local manifests = require "almanac.helm.manifest"
local t = require "tests.harness"

local function uses(text, tag)
  return manifests.uses_tag(manifests.objects(text, "test"), tag)
end

t.test("a tag is found however the chart writes the image, and in objects of every kind", function()
  for name, text in pairs {
    ["block style"] = 'kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - image: "ghcr.io/x/web:v2"\n',
    ["flow style"] = 'kind: Deployment\nspec: {template: {spec: {containers: [{name: web, image: ghcr.io:5000/x/web:v2}]}}}',
    ["quoted keys"] = '{"kind": "Deployment", "spec": {"containers": [{"image": "web:v2"}]}}',
    ["a list"] = 'kind: List\napiVersion: v1\nitems:\n- kind: Pod\n  spec: {containers: [{image: "web:v2"}]}',
    folded = "kind: Pod\nspec:\n  containers:\n    - image: >-\n        ghcr.io/x/web:v2\n",
    ["with a digest"] = "kind: Pod\nspec: {containers: [{image: 'web:v2@sha256:0123'}]}",
    ["a kind of its own"] = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec: {image: 'quay.io/p:v2'}",
    ["a field for the tag"] = "apiVersion: x/v1\nkind: Thing\nspec: {image: {repository: web, tag: v2}}",
    ["an argument"] = "kind: Deployment\nspec: {args: ['--sidecar-image=ghcr.io/x/web:v2']}",
    ["within a text"] = 'kind: ConfigMap\ndata:\n  config.json: |\n    {"image":"ghcr.io/x/web:v2","n":1}\n',
  } do
    t.eq(uses(text, "v2"), true, name)
    t.eq(uses(text, "v3"), false, name)
  end
end)

t.test("what is no image with that tag does not count", function()
  for name, text in pairs {
    ["a label"] = "kind: Deployment\nmetadata: {labels: {app.kubernetes.io/version: v2, image: 'web:v2'}}\nspec: {}",
    ["a template's label"] = "kind: Deployment\nspec: {template: {metadata: {labels: {version: 'web:v2'}}}}",
    ["a longer tag"] = "kind: Pod\nspec: {containers: [{image: 'web:v2.1'}, {image: 'web:v2-rc'}]}",
    ["a port"] = "kind: Pod\nspec: {containers: [{env: [{value: 'v2'}]}]}",
    ["no object"] = "# nothing\n",
  } do
    t.eq(uses(text, "v2"), false, name)
  end
end)

t.test("the values that ask for a tag", function()
  t.eq(manifests.tags_asked({ ["global.imageTag"] = "v1", tag = "v2", replicas = 3, ["a.tags"] = "x" }, { ["b.Tag"] = "", tag = "v4" }), {
    { key = "global.imageTag", tag = "v1" }, { key = "tag", tag = "v4" },
  })
  t.eq(manifests.tags_asked(nil, nil), {})
end)
