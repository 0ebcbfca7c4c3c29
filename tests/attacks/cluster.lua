--- A simulated cluster that scripts try to reach: how a project finds it, what is in it, and what of it was changed.
local escapes = require "tests.attacks.escapes"
local http = require "native.http"
local json = require "native.json"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local M = {}

local root = process.cwd()
local ALMANAC = root .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"
local HELM = root .. "/" .. (t.getenv "ALMANAC_TEST_BIN" or ".deps/bin") .. "/helm4"

--- Starts one, to which the kubeconfig of a project leads; it ends with the case.
---@param p table            a project of tests.project
---@param namespaces string[]
---@return string api        its URL
---@return table<string, string> env  with which almanac finds it
function M.start(p, namespaces)
  local argv = { ALMANAC, "sim", "--kubeconfig", p.dir .. "/kubeconfig", "--ready-time", "0.05" }
  for _, name in ipairs(namespaces) do table.move({ "--with-namespace", name }, 1, 2, #argv + 1, argv) end
  local _, api = t.spawn(argv):wait_line "^api=(%S+)"
  return api, { KUBECONFIG = p.dir .. "/kubeconfig" }
end

--- Makes an object, past almanac.
---@param api string
---@param resource string  "configmaps"
---@param object table
function M.create(api, resource, object)
  object.apiVersion = "v1"
  local made = http.request { method = "POST", url = string.format("%s/api/v1/namespaces/%s/%s", api, object.metadata.namespace, resource),
    who = "tests.attacks", headers = { ["Content-Type"] = "application/json" }, body = json.encode(object) }
  t.eq(made.status, 201, made.body)
end

--- A project with a cluster: a ConfigMap called victim in each namespace, and a second context, called other.
---@param namespaces string[]
---@return table p  with `api` and `env`
function M.world(namespaces)
  local p = project.new {}
  p.api, p.env = M.start(p, namespaces)
  local config = json.decode(t.read_file(p.dir .. "/kubeconfig"))
  table.insert(config.contexts, { name = "other", context = { namespace = "default", user = "sim", cluster = "sim" } })
  t.write_file(p.dir .. "/kubeconfig", json.encode(config))
  for _, name in ipairs(namespaces) do
    M.create(p.api, "configmaps", { kind = "ConfigMap", metadata = { name = "victim", namespace = name }, data = { x = escapes.SECRET } })
  end
  return p
end

--- Gives a project a real helm, and the charts of escapes/helm.lua.
function M.add_charts(p)
  t.write_file(p.dir .. "/almanac.yaml", "helm: " .. HELM .. "\n")
  t.must({ "sh", "-ec", escapes.of("helm").set_up }, { cwd = p.dir })
end

local PATHS = { "/api/v1/configmaps", "/api/v1/namespaces", "/api/v1/nodes", "/api/v1/persistentvolumes", "/api/v1/secrets",
  "/apis/apps/v1/deployments", "/apis/batch/v1/jobs", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "/apis/rbac.authorization.k8s.io/v1/clusterroles" }

--- What is in the cluster, of what cases try to change.
---@return string[]
function M.state_of(p)
  local out = {}
  for _, path in ipairs(PATHS) do
    for _, item in ipairs(json.decode(http.request { url = p.api .. path }.body).items) do
      if item.metadata.name ~= "kube-root-ca.crt" then -- which a controller makes when it comes to it
        out[#out + 1] = string.format("%s %s/%s %s", path, item.metadata.namespace or "", item.metadata.name,
          path:find "nodes$" and tostring(item.spec.unschedulable) or item.metadata.uid)
      end
    end
  end
  table.sort(out)
  t.ok(#out >= 4, "the cluster was looked at")
  return out
end

return M
