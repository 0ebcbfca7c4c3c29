-- Custom resources at the simulated API: a definition serves its kinds, checks them, and takes them along.
local t = require "tests.harness"
local support = require "tests.stdlib.sim.support"
local value = require "almanac.sim.model.value"

local CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
local CHAINS = "/apis/example.org/v1/namespaces/ns/chains"
local MERGE = { ["content-type"] = "application/merge-patch+json" }
local APPLY = { ["content-type"] = "application/apply-patch+yaml" }
local array = value.array

local SCHEMA = {
  type = "object", required = array { "spec" }, properties = {
    spec = { type = "object", required = array { "size" }, properties = {
      size = { type = "integer", minimum = 1 }, mode = { type = "string", enum = array { "full", "light" }, default = "full" },
      peers = { type = "array", ["x-kubernetes-list-type"] = "map", ["x-kubernetes-list-map-keys"] = array { "name" },
        items = { type = "object", properties = { name = { type = "string" }, url = { type = "string" } } } },
      extra = { type = "object", ["x-kubernetes-preserve-unknown-fields"] = true },
    } },
    status = { type = "object", ["x-kubernetes-preserve-unknown-fields"] = true },
  },
}

local function definition()
  return { apiVersion = "apiextensions.k8s.io/v1", kind = "CustomResourceDefinition",
    metadata = { name = "chains.example.org" }, spec = { group = "example.org", scope = "Namespaced",
      names = { plural = "chains", kind = "Chain", shortNames = array { "ch" } },
      versions = array { { name = "v1", served = true, storage = true, schema = { openAPIV3Schema = SCHEMA },
        subresources = { status = {} },
        additionalPrinterColumns = array { { name = "Size", type = "integer", jsonPath = ".spec.size" } } } } } }
end

local function server()
  local s = support.server { namespaces = { "ns" } }
  t.eq(s.call("GET", CHAINS).status, 404)
  t.eq(s.call("POST", CRDS, {}, definition()).status, 201)
  return s
end

local function chain(name, spec)
  return { apiVersion = "example.org/v1", kind = "Chain", metadata = { name = name }, spec = spec }
end

t.test("a definition is established, discovered, and described", function()
  local s = server()
  local crd = s.call("GET", CRDS .. "/chains.example.org").json
  t.eq(crd.status.conditions[2].type, "Established")
  t.eq(crd.status.acceptedNames.listKind, "ChainList")
  local aggregated = s.call("GET", "/apis", { accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" })
  local last = aggregated.json.items[#aggregated.json.items]
  t.eq(last.metadata.name, "example.org")
  t.eq(last.versions[1].resources[1].shortNames, { "ch" })
  local plain = s.call("GET", "/apis/example.org/v1").json
  t.eq({ plain.resources[1].name, plain.resources[2].name }, { "chains", "chains/status" })
  local spec = s.call("GET", "/openapi/v3/apis/example.org/v1").json
  t.eq(spec.components.schemas["org.example.v1.Chain"].properties.spec.properties.size.minimum, 1)
  t.eq(support.server({ namespaces = { "ns" } }).call("GET", CHAINS).status, 404, "another cluster has no such kind")
end)

t.test("its objects: defaults, schema, status, generation, list, table, watch", function()
  local s = server()
  local made = s.call("POST", CHAINS, {}, chain("a", { size = 3 })).json
  t.eq({ made.spec.mode, made.metadata.generation, made.kind }, { "full", 1, "Chain" })
  local bad = s.call("POST", CHAINS, {}, chain("b", { size = "many", mode = "dark" }))
  t.eq(bad.status, 422)
  t.eq(bad.json.message, 'Chain.example.org "b" is invalid: [spec.mode: Unsupported value: "dark": supported values: '
    .. '"full", "light", spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"]')
  t.eq(s.call("POST", CHAINS, {}, chain("b", {})).json.message,
    'Chain.example.org "b" is invalid: spec.size: Required value')
  t.eq(s.call("POST", CHAINS .. "?fieldValidation=Strict", {}, chain("b", { size = 1, colour = "red" })).json.message,
    'Chain in version "v1" cannot be handled as a Chain: strict decoding error: unknown field "spec.colour"')
  t.eq(s.call("PATCH", CHAINS .. "/a", { ["content-type"] = "application/strategic-merge-patch+json" },
    { spec = { size = 2 } }).status, 415)
  t.eq(s.call("PATCH", CHAINS .. "/a", MERGE, { spec = { size = 4 }, status = { phase = "x" } }).json.status, nil)
  local status = s.call("PATCH", CHAINS .. "/a/status", MERGE, { status = { observedGeneration = "2",
    conditions = array { { type = "Ready", status = "True" } } } }).json
  t.eq({ status.metadata.generation, status.status.observedGeneration }, { 2, "2" })
  local list = s.call("GET", CHAINS).json
  t.eq({ list.kind, #list.items }, { "ChainList", 1 })
  local printed = s.call("GET", CHAINS, { accept = "application/json;as=Table;v=v1;g=meta.k8s.io" }).json
  t.eq({ printed.columnDefinitions[2].name, printed.rows[1].cells[2] }, { "Size", 4 })
end)

t.test("server-side apply follows the schema: lists by key, conflicts, unknown fields", function()
  local s = server()
  local function apply(manager, spec, more)
    return s.call("PATCH", CHAINS .. "/a?fieldManager=" .. manager .. (more or ""), APPLY, chain("a", spec))
  end
  t.eq(apply("one", { size = 1, peers = array { { name = "x", url = "1" } } }).status, 201)
  t.eq(#apply("two", { peers = array { { name = "y", url = "2" } } }).json.spec.peers, 2)
  t.eq(apply("two", { peers = array { { name = "x", url = "3" } } }).json.message,
    'Apply failed with 1 conflict: conflict with "one": .spec.peers[name="x"].url')
  t.eq(apply("two", { colour = "red" }).json.message, "failed to create typed patch object (/a; example.org/v1, Kind=Chain): "
    .. ".spec.colour: field not declared in schema")
  t.eq(apply("three", { extra = { anything = { goes = 1 } } }, "&dryRun=All").json.spec.extra.anything.goes, 1)
  t.eq(s.call("GET", CHAINS .. "/a").json.spec.extra, nil)
end)

t.test("a definition that is deleted takes its objects along", function()
  local s = server()
  t.eq(s.call("POST", CHAINS, {}, chain("a", { size = 1 })).status, 201)
  local held = chain("held", { size = 1 })
  held.metadata.finalizers = array { "example.org/hold" }
  t.eq(s.call("POST", CHAINS, {}, held).status, 201)
  t.eq(s.call("DELETE", CRDS .. "/chains.example.org").json.metadata.deletionTimestamp ~= nil, true)
  t.eq(#s.call("GET", CHAINS).json.items, 1)
  t.eq(s.call("PATCH", CHAINS .. "/held", MERGE, { metadata = { finalizers = array {} } }).status, 200)
  t.eq(s.call("GET", CHAINS).status, 404)
  t.eq(s.call("GET", CRDS .. "/chains.example.org").status, 404)
  t.eq(s.call("POST", CRDS, {}, definition()).status, 201, "and it can come back")
  t.eq(#s.call("GET", CHAINS).json.items, 0)
end)

t.test("a wrong definition is refused", function()
  local s = support.server { namespaces = { "ns" } }
  local wrong = definition()
  wrong.metadata.name = "chain.example.org"
  t.eq(s.call("POST", CRDS, {}, wrong).json.message, 'CustomResourceDefinition.apiextensions.k8s.io "chain.example.org" '
    .. 'is invalid: metadata.name: Invalid value: "chain.example.org": must be spec.names.plural+"."+spec.group')
end)
