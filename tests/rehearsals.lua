--- A project in which runbooks are rehearsed on a copy of a cluster with the devnet's release in it.
local clients = require "tests.sim_clients"
local json = require "native.json"
local process = require "native.process"
local t = require "tests.harness"

local M = { namespace = clients.NS, old = "v0.5.0-a1b2c3d", new = "v0.5.1-b2c3d4e" }

local ALMANAC, ROOT = process.exe(), process.cwd()
local HELM = ROOT .. "/.deps/bin/helm3"

local kept

--- The text of a snapshot of a cluster with helm's release in it, taken once.
local function snapshot()
  if not kept then
    local real = clients.start()
    real.must("helm3", clients.upgrade(M.old))
    t.must { ALMANAC, "snapshot", "-o", real.dir .. "/devnet.yaml", "-n", M.namespace, "--kubeconfig", real.kubeconfig }
    kept = t.read_file(real.dir .. "/devnet.yaml")
  end
  return kept
end

--- The real cluster, as far as these tests go: a simulated one that has those objects.
---@param ... string  more words for almanac sim
function M.real_cluster(...)
  local objects = t.tmpdir() .. "/devnet.yaml"
  t.write_file(objects, snapshot())
  return clients.start("--objects", objects, ...)
end

--- A runbook that upgrades the release, waits for the node, and counts revisions.
M.ROLLOUT = [[
return runbook {
  summary = "upgrade the devnet",
  params = { tag = param.string { required = true } },
  run = function(p)
    step("upgrade", function()
      helm.upgrade { release = "animica-devnet", chart = "ops/helm/animica-devnet", set = { ["global.imageTag"] = p.tag } }
    end)
    step("ready", function() return k8s.rollout("statefulset/animica-node", { namespace = "animica-devnet", timeout = "20s" }) end)
    step("revisions", function() return #helm.history { release = "animica-devnet" } end)
  end,
}
]]

local Project = {}
Project.__index = Project

--- A project with these runbooks, and a snapshot beside them unless there is a cluster.
---@param runbooks table<string, string>  name → source
---@param config? string  more of almanac.yaml
---@param real? table     a cluster
function M.project(runbooks, config, real)
  local p = setmetatable({ dir = t.tmpdir() }, Project)
  t.must { "mkdir", "-p", p.dir .. "/runbooks", p.dir .. "/ops" }
  t.must { "cp", "-r", ROOT .. "/tests/fixtures/devnet/ops/helm", p.dir .. "/ops/helm" }
  for name, text in pairs(runbooks) do t.write_file(p.dir .. "/runbooks/" .. name .. ".lua", text) end
  t.write_file(p.dir .. "/almanac.yaml", ("kubeconfig: %s\nhelm: %s\n%s"):format(real and real.kubeconfig or "nowhere", HELM, config or ""))
  if not real then t.write_file(p.dir .. "/devnet.yaml", snapshot()) end
  return p
end

function Project:run(words)
  local argv = { ALMANAC, table.unpack(words) }
  return t.run(argv, { cwd = self.dir, timeout = 60, env = { HOME = self.dir, KUBECONFIG = false, NO_COLOR = "1" } })
end

function Project:rehearse(...)
  local code, out, err = self:run { "rehearse", ... }
  self.store = err:match "%-%-store (%S+)"
  return code, err, out
end

function Project:status()
  local _, out = self:run { "status", "--json", "--store", self.store }
  return json.decode(out)
end

--- What the steps of the run returned, by name.
function Project:results()
  local out = {}
  for _, node in ipairs(self:status().steps) do out[node.name] = node.result end
  return out
end

return M
