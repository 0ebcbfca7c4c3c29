--- metrics.k8s.io: what the running pods and the node use, as metrics-server would say. The numbers are
--- made up, but the same for the same container, and they move a little with time.
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"
local respond = require "almanac.sim.api.respond"

local usage = {}

local WINDOW = 15

--- A whole number that is always the same for a text.
local function number_of(text)
  local h = 5381
  for i = 1, #text do h = (h * 33 + text:byte(i)) % 4294967296 end
  return h
end

--- What a container uses: nanocores and KiB.
---@param name string of the container
---@param pod string
---@param now number
---@return integer cpu, integer memory
local function of_container(name, pod, now)
  local base, swing = number_of(name), math.sin(now / 60 + number_of(pod) % 7)
  local cpu = (10 + base % 190) * 1000000 * (1 + swing / 10)
  local memory = (24 + base % 232) * 1024 * (1 + swing / 50)
  return math.floor(cpu), math.floor(memory)
end

local function row(kind, object, now, rest)
  local out = {
    kind = kind, apiVersion = "metrics.k8s.io/v1beta1", timestamp = value.timestamp(math.floor(now)),
    window = ("%ds"):format(WINDOW), metadata = {
      name = object.metadata.name, namespace = object.metadata.namespace, labels = object.metadata.labels,
      creationTimestamp = value.timestamp(math.floor(now)),
    },
  }
  for k, v in pairs(rest) do out[k] = v end
  return out
end

local function quantities(cpu, memory) return { cpu = cpu .. "n", memory = memory .. "Ki" } end

--- The PodMetrics of a pod, or nil: nothing of it runs.
---@param pod table
---@param now number
---@return table|nil
local function of_pod(pod, now)
  local containers = value.array {}
  for _, c in ipairs(value.dig(pod, "status", "containerStatuses") or {}) do
    if value.dig(c, "state", "running") then
      containers[#containers + 1] = { name = c.name, usage = quantities(of_container(c.name, pod.metadata.name, now)) }
    end
  end
  if #containers == 0 then return nil end
  return row("PodMetrics", pod, now, { containers = containers })
end

local function of_node(store, node, now)
  local cpu, memory = 120 * 1000000, 512 * 1024
  for _, pod in ipairs((store:list("v1/pods", nil))) do
    local metrics = pod.spec.nodeName == node.metadata.name and of_pod(pod, now)
    for _, c in ipairs(metrics and metrics.containers or {}) do
      local a, b = of_container(c.name, pod.metadata.name, now)
      cpu, memory = cpu + a, memory + b
    end
  end
  return row("NodeMetrics", node, now, { usage = quantities(cpu, memory) })
end

--- GET of the metrics of one pod or node, or of all that the selectors choose.
function usage.serve(cx)
  local route, now, query = cx.route, cx.store.now(), cx.query
  local is_node = route.res.kind == "NodeMetrics"
  local storage = is_node and "v1/nodes" or "v1/pods"
  local function metrics_of(object)
    if is_node then return of_node(cx.store, object, now) end
    return of_pod(object, now)
  end
  if route.name then
    local object = cx.store:peek(storage, route.ns or "", route.name)
    local metrics = object and metrics_of(object)
    if not metrics then return nil, errors.not_found(route.res, route.name) end
    return { status = 200, body = value.json.encode(metrics) .. "\n" }
  end
  local objects, status = cx.store:list(storage, route.ns, { labels = query.labelSelector, fields = query.fieldSelector })
  if not objects then return nil, status end
  local rows = {}
  for _, object in ipairs(objects) do rows[#rows + 1] = metrics_of(object) end
  return respond.list(cx, rows, {})
end

return usage
