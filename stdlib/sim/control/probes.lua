--- The readiness probes of the simulated node's containers.
local value = require "almanac.sim.model.value"

local probes = {}

local SLOW = 20
local FAILED = "Readiness probe failed: "

--- The port a probe names, as a number.
local function port_of(c, port)
  for _, p in ipairs(c.spec.ports or {}) do
    if p.name == port then return p.containerPort end
  end
  return port
end

local function address(record, c, how) return ("%s:%s"):format(record.ip, port_of(c, how.port)) end

--- What a probe of each kind says when nobody listens, and when the container says that it is not ready.
local SAYS = {
  httpGet = {
    refused = function(record, c, how)
      local at = address(record, c, how)
      return ('Get "http://%s%s": dial tcp %s: connect: connection refused'):format(at, how.path or "/", at)
    end,
    unready = function() return "HTTP probe failed with statuscode: 503" end,
  },
  tcpSocket = {
    refused = function(record, c, how) return ("dial tcp %s: connect: connection refused"):format(address(record, c, how)) end,
  },
  grpc = {
    refused = function(record, c, how)
      return ('timeout: failed to connect service "%s" within 1s: context deadline exceeded'):format(address(record, c, how))
    end,
    unready = function() return "service unhealthy (responded with \"NOT_SERVING\")" end,
  },
  exec = { unready = function() return "" end },
}

local function fails(k, record, c, pod, why)
  for kind, says in pairs(SAYS) do
    local how = value.dig(c.spec, "readinessProbe", kind)
    local say = how and (says[why] or says.refused)
    if say then k:event(pod, "Warning", "Unhealthy", FAILED .. say(record, c, how), c) end
  end
end

--- A probe meets a container in which nobody listens yet.
function probes.refused(k, record, c, pod)
  if not value.dig(c.spec, "readinessProbe", "exec") then fails(k, record, c, pod, "refused") end
end

local function probe(k, record, c, pod)
  local failing = k:fault(record, "notready", c)
  if failing then fails(k, record, c, pod, "unready") end
  if c.ready == failing and c.state.running then
    c.ready = not failing
    k:write(record, pod)
  end
  if failing then
    local period = value.dig(c.spec, "readinessProbe", "periodSeconds") or 10
    probes.soon(k, record, c, math.min(period, 1))
  end
end

--- Has a container probed after `seconds` (default: at once).
function probes.soon(k, record, c, seconds)
  k:after(record, seconds or 0.05, "probe" .. c.key, function(pod) probe(k, record, c, pod) end)
end

--- A container has started: one without a probe is ready at once.
function probes.begin(k, record, c, pod)
  local slow = k:fault(record, "slow", c)
  if c.spec.readinessProbe or slow then return probes.soon(k, record, c, slow and SLOW or k.ready_time) end
  c.ready = not k:fault(record, "notready", c)
  k:write(record, pod)
end

return probes
