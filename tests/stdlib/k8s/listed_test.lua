-- Lists in manifests: what they stand for, as kubectl reads them.
local listed = require "almanac.k8s.listed"
local t = require "tests.harness"
local yaml = require "native.yaml"

local function names(text)
  local out = {}
  for _, document in ipairs(yaml.decode_all(text, { dialect = "kubernetes" })) do
    for _, object in ipairs(listed.add({}, document)) do
      out[#out + 1] = string.format("%s %s %s", object.apiVersion, object.kind, object.metadata and object.metadata.name)
    end
  end
  return out
end

t.test("a List, lists in lists, and lists of one kind", function()
  t.eq(names [[
apiVersion: v1
kind: List
items:
- { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }
- apiVersion: v1
  kind: List
  items: [{ apiVersion: apps/v1, kind: Deployment, metadata: { name: b } }]
---
{ apiVersion: v1, kind: ConfigMapList, items: [{ metadata: { name: c } }, { apiVersion: v1, kind: Secret, metadata: { name: d } }] }
]], { "v1 ConfigMap a", "apps/v1 Deployment b", "v1 ConfigMap c", "v1 Secret d" })
end)

t.test("what only ends with the word is an object, and an empty list is nothing", function()
  t.eq(names "{ apiVersion: x/v1, kind: AllowList, metadata: { name: a }, spec: { items: [1] } }", { "x/v1 AllowList a" })
  t.eq(names "{ apiVersion: v1, kind: List, items: [] }", {})
  t.eq(names "{ apiVersion: v1, kind: List, items: null, metadata: { name: a } }", { "v1 List a" })
end)

t.test("an item is not changed for what its list says", function()
  local item = { metadata = { name = "a" } }
  local out = listed.add({}, { kind = "ConfigMapList", apiVersion = "v1", items = { item } })
  t.eq(out[1].kind, "ConfigMap")
  t.eq(item.kind, nil)
end)
