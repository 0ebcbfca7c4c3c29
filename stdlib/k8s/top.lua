--- k8s.top: what pods and nodes use now, from metrics.k8s.io (metrics-server).
--- https://github.com/kubernetes/metrics/blob/master/pkg/apis/metrics/v1beta1/types.go
local api_path = require "almanac.k8s.api_path"
local arguments = require "almanac.k8s.arguments"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local k8s_client = require "almanac.k8s.client"
local objects = require "almanac.k8s.objects"
local quantity = require "almanac.base.quantity"
local step = require "almanac.run.step"

local M = {}

---@class almanac.k8s.Usage
---@field name string
---@field namespace string?
---@field cpu number          cores
---@field memory integer      bytes
---@field cpu_text string     "250m"
---@field memory_text string  "14Mi"
---@field containers? { name: string, cpu: number, memory: integer }[]  of a pod
---@field cpu_share? number   of a node: of what it can give, 0 to 1
---@field memory_share? number
---@field time string         when it was measured
---@field window string       over which time, e.g. "15s"

local TOP = fields.declare("k8s.top", arguments.some, { at = 2 })

local function usage_of(metrics, used)
  local cpu, memory = quantity.parse(used.cpu or "0"), quantity.parse(used.memory or "0")
  return {
    name = metrics.metadata.name, namespace = metrics.metadata.namespace, cpu = cpu, memory = memory,
    cpu_text = quantity.cpu(cpu), memory_text = quantity.memory(memory), time = metrics.timestamp,
    window = metrics.window,
  }
end

--- A PodMetrics as a row: the sum of its containers. Pure.
---@param metrics table
---@return almanac.k8s.Usage
local function of_pod(metrics)
  local containers, cpu, memory = {}, 0, 0
  for i, c in ipairs(metrics.containers or {}) do
    containers[i] = { name = c.name, cpu = quantity.parse(c.usage.cpu or "0"), memory = quantity.parse(c.usage.memory or "0") }
    cpu, memory = cpu + containers[i].cpu, memory + containers[i].memory
  end
  local row = usage_of(metrics, { cpu = cpu, memory = memory })
  row.containers = containers
  return row
end

--- A NodeMetrics as a row, with its share of what the node can give. Pure.
---@param metrics table
---@param node table?
---@return almanac.k8s.Usage
local function of_node(metrics, node)
  local row = usage_of(metrics, metrics.usage or {})
  local can = node and node.status and (node.status.allocatable or node.status.capacity)
  if can and can.cpu then row.cpu_share = row.cpu / quantity.parse(can.cpu) end
  if can and can.memory then row.memory_share = row.memory / quantity.parse(can.memory) end
  return row
end

--- What the metrics API lists; says so where no cluster serves it.
local function measured(client, place, opts)
  place.group, place.version = "metrics.k8s.io", "v1beta1"
  local query = objects.selectors("k8s.top", { selector = opts.selector })
  local ok, answer = errors.try(k8s_client.request, client, { who = "k8s.top", path = api_path.of(place), query = query })
  if ok then return answer.items or { answer } end
  if answer.status == 404 and answer.reason ~= "NotFound" or answer.status == 503 then
    errors.raise {
      kind = "api", status = answer.status, reason = answer.reason,
      message = string.format("k8s.top: the cluster of context %q measures nothing: it does not serve metrics.k8s.io (%d)",
        client.info.context, answer.status),
      hint = answer.status == 503 and "metrics-server is installed but does not answer; look at its pods in kube-system" or
        "it needs metrics-server; where that is not installed, ask Prometheus: container_memory_working_set_bytes",
    }
  end
  error(answer, 0)
end

local function by_name(a, b)
  if a.namespace ~= b.namespace then return (a.namespace or "") < (b.namespace or "") end
  return a.name < b.name
end

local function top_nodes(target, opts)
  local rows, nodes = {}, {}
  local every = objects.target("k8s.top", "nodes", opts)
  for _, node in ipairs((objects.list("k8s.top", every, { selector = opts.selector }))) do
    nodes[node.metadata.name] = node
  end
  for i, metrics in ipairs(measured(target.client, { resource = "nodes", name = target.name }, opts)) do
    rows[i] = of_node(metrics, nodes[metrics.metadata.name])
  end
  return rows
end

local function top_pods(target, opts)
  local rows = {}
  for i, metrics in ipairs(measured(target.client, { namespace = target.namespace, resource = "pods", name = target.name }, opts)) do
    rows[i] = of_pod(metrics)
  end
  return rows
end

--- What pods or nodes use now. A read.
---
---     for _, pod in ipairs(k8s.top("statefulset/animica-node")) do … pod.memory … end
function M.top(ref, opts)
  step.require_read "k8s.top"
  opts = fields.check(TOP, opts)
  local target = objects.target("k8s.top", ref, opts)
  local resource, rows = target.resource.resource, nil
  if resource == "nodes" then
    rows = top_nodes(target, opts)
  elseif resource == "pods" then
    rows = top_pods(target, opts)
  elseif target.name then
    local workload = objects.get("k8s.top", target)
    local selector = objects.pod_selector(workload)
    if selector == "" then errors.usage("k8s.top: %s has no pods; give pods, nodes or a workload", target.label) end
    rows = top_pods({ client = target.client, namespace = target.namespace }, { selector = selector })
  else
    errors.usage("k8s.top: %q is neither pods, nodes nor one workload", tostring(ref))
  end
  table.sort(rows, by_name)
  return rows
end

return M
