--- What may refuse a pod before it exists: resource quotas, in the API server's words, and the webhook
--- that the fault refuse=WORKLOAD stands for.
--- https://kubernetes.io/docs/concepts/policy/resource-quotas/
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"
local pods = require "almanac.sim.control.pods"
local quantity = require "almanac.base.quantity"

local quota = {}

local QUOTAS, PODS = "v1/resourcequotas", "v1/pods"

local function parse(text)
  local done, number = pcall(quantity.parse, text)
  return done and number or 0
end

--- The amount of "requests.cpu" and the like that a pod asks for, and a container that does not say.
local function asked(pod, resource)
  if resource == "pods" or resource == "count/pods" then return 1 end
  local list, name = resource:match("^(%a+)%.(.+)$")
  if not list then list, name = "requests", resource end
  if list ~= "requests" and list ~= "limits" then return nil end
  local sum = 0
  for _, c in ipairs(pod.spec.containers or {}) do
    local amount = value.dig(c, "resources", list, name)
    if amount == nil then return nil, c.name end
    sum = sum + parse(amount)
  end
  return sum
end

--- A number as the API writes that resource.
local function shown(resource, number)
  if resource:find("cpu", 1, true) then
    if number == math.floor(number) then return ("%d"):format(number) end
    return quantity.cpu(number)
  end
  if not resource:find("memory", 1, true) or number == 0 then return ("%d"):format(number) end
  for _, unit in ipairs { "Gi", "Mi", "Ki" } do
    local size = parse("1" .. unit)
    if number % size == 0 then return ("%d%s"):format(number // size, unit) end
  end
  return ("%d"):format(number)
end

local function used_of(store, ns, resource)
  local sum = 0
  for _, pod in ipairs((store:list(PODS, ns))) do
    if not pods.finished(pod) then sum = sum + (asked(pod, resource) or 0) end
  end
  return sum
end

--- What a pod is over of one quota: the words, or nil.
local function over(store, q, pod)
  local requested, used, limited, missing = {}, {}, {}, {}
  for _, resource in ipairs(value.sorted_keys(value.dig(q, "spec", "hard") or {})) do
    local limit = q.spec.hard[resource]
    local amount, container = asked(pod, resource)
    if container then
      missing[#missing + 1] = resource .. " for: " .. container
    elseif amount then
      local have = used_of(store, pod.metadata.namespace, resource)
      if have + amount > parse(limit) then
        requested[#requested + 1] = resource .. "=" .. shown(resource, amount)
        used[#used + 1] = resource .. "=" .. shown(resource, have)
        limited[#limited + 1] = resource .. "=" .. tostring(limit)
      end
    end
  end
  if #missing > 0 then return ("failed quota: %s: must specify %s"):format(q.metadata.name, table.concat(missing, "; ")) end
  if #requested == 0 then return nil end
  return ("exceeded quota: %s, requested: %s, used: %s, limited: %s"):format(q.metadata.name,
    table.concat(requested, ","), table.concat(used, ","), table.concat(limited, ","))
end

local function name_of(pod)
  return pod.metadata.name or (pod.metadata.generateName or "") .. "xxxxx"
end

--- The refusal of a new pod, or nil.
---@param store table
---@param faults table|nil
---@param workload string
---@param pod table
---@return table|nil status
function quota.refuse(store, faults, workload, pod)
  local res = store.served.by_key[PODS]
  local image = value.dig(pod, "spec", "containers", 1, "image")
  if faults and faults:on_pod("refuse", pod.metadata.namespace, workload, image) then
    return errors.failure(400, "BadRequest", ('admission webhook "policy.sim.example" denied the request: image %s is not '
      .. "signed"):format(image or "?"))
  end
  for _, q in ipairs((store:list(QUOTAS, pod.metadata.namespace))) do
    local why = over(store, q, pod)
    if why then return errors.forbidden(res, name_of(pod), why) end
  end
  return nil
end

--- What a quota's status says by now.
---@param store table
---@param q table
---@return table actions
function quota.reconcile(store, q)
  local used = {}
  for resource in pairs(value.dig(q, "spec", "hard") or {}) do
    used[resource] = shown(resource, used_of(store, q.metadata.namespace, resource))
  end
  local status = { hard = value.copy(q.spec.hard), used = used }
  if value.equal(status, q.status or {}) then return {} end
  local changed = value.shallow(q)
  changed.status = status
  return { { op = "status", gvr = QUOTAS, object = changed } }
end

return quota
