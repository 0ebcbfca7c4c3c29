--- What the simulated controllers know about pods: which are active, ready and available, whose they
--- are, and how one is made from a template. Pure: objects in, objects out.
local timestamp = require "almanac.base.timestamp"
local value = require "almanac.sim.model.value"

local pods = {}

local SAFE = "bcdfghjklmnpqrstvwxz2456789"

local function canonical(v, out)
  if type(v) ~= "table" then
    out[#out + 1] = type(v) == "string" and ("%q"):format(v) or tostring(v)
  elseif value.is_array(v) then
    out[#out + 1] = "["
    for _, x in ipairs(v) do
      canonical(x, out)
      out[#out + 1] = ","
    end
    out[#out + 1] = "]"
  else
    out[#out + 1] = "{"
    for _, k in ipairs(value.sorted_keys(v)) do
      out[#out + 1] = tostring(k) .. "="
      canonical(v[k], out)
      out[#out + 1] = ","
    end
    out[#out + 1] = "}"
  end
end

--- A short hash of a value, written in the letters Kubernetes uses for names. FNV-1a, 32 bits.
--- https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go (SafeEncodeString)
---@param v any
---@return string
function pods.hash(v)
  local out = {}
  canonical(v, out)
  local h = 2166136261
  for _, b in ipairs { table.concat(out):byte(1, -1) } do h = ((h ~ b) * 16777619) & 0xffffffff end
  return (tostring(h):gsub(".", function(c)
    local at = c:byte() % #SAFE + 1
    return SAFE:sub(at, at)
  end))
end

--- The owner that manages an object, or nil.
---@param object table
---@return table|nil reference
function pods.controller(object)
  for _, ref in ipairs(object.metadata.ownerReferences or {}) do
    if ref.controller then return ref end
  end
  return nil
end

--- A reference that makes `owner` the controller of something.
---@param owner table
---@return table
function pods.owner_reference(owner)
  return value.array {
    {
      apiVersion = owner.apiVersion, kind = owner.kind, name = owner.metadata.name,
      uid = owner.metadata.uid, controller = true, blockOwnerDeletion = true,
    },
  }
end

---@return table|nil condition
function pods.condition(object, kind)
  for _, c in ipairs(value.dig(object, "status", "conditions") or {}) do
    if c.type == kind then return c end
  end
  return nil
end

function pods.terminating(pod) return pod.metadata.deletionTimestamp ~= nil end

function pods.finished(pod)
  local phase = value.dig(pod, "status", "phase")
  return phase == "Succeeded" or phase == "Failed"
end

--- Neither ended nor ending.
function pods.active(pod) return not pods.finished(pod) and not pods.terminating(pod) end

function pods.ready(pod)
  local c = pods.condition(pod, "Ready")
  return c ~= nil and c.status == "True"
end

function pods.running_and_ready(pod)
  return value.dig(pod, "status", "phase") == "Running" and pods.ready(pod)
end

--- Ready for at least `min_ready` seconds.
---@param pod table
---@param min_ready integer|nil
---@param now number
---@return boolean available, number|nil wait seconds until it is, when only time is missing
function pods.available(pod, min_ready, now)
  if not pods.ready(pod) then return false end
  if not min_ready or min_ready == 0 then return true end
  local since = timestamp.epoch(pods.condition(pod, "Ready").lastTransitionTime) or now
  if now - since >= min_ready then return true end
  return false, min_ready - (now - since)
end

--- A pod made from a template, owned by `owner`.
---@param template table spec.template
---@param owner table
---@param extra { name?: string, generate?: string, labels?: table<string, string> }
---@return table pod
function pods.from_template(template, owner, extra)
  local meta = template.metadata or {}
  local labels = value.copy(meta.labels or {})
  for k, v in pairs(extra.labels or {}) do labels[k] = v end
  return {
    apiVersion = "v1", kind = "Pod",
    metadata = {
      name = extra.name, generateName = extra.generate, namespace = owner.metadata.namespace,
      labels = labels, annotations = meta.annotations and value.copy(meta.annotations),
      ownerReferences = pods.owner_reference(owner),
    },
    spec = value.copy(template.spec),
    status = { phase = "Pending" },
  }
end

--- A number or a percentage of `total`, as in maxSurge.
---@param v integer|string|nil
---@param total integer
---@param up boolean rounds up
---@param default integer|string
---@return integer
function pods.share(v, total, up, default)
  if value.is_nil(v) then v = default end
  local percent = type(v) == "string" and tonumber(v:match("^(%d+)%%$"))
  if not percent then return math.tointeger(tonumber(v)) or 0 end
  local n = total * percent / 100
  return up and math.ceil(n) or math.floor(n)
end

--- What is left of a set of fields once zeros are dropped, as Go's omitempty does.
---@param fields table<string, integer>
---@return table
function pods.omit_zero(fields)
  local out = {}
  for k, v in pairs(fields) do
    if v ~= 0 then out[k] = v end
  end
  return out
end

return pods
