--- The life of a container on the simulated node: its image is pulled, it starts, ends, backs off and starts
--- again. The first argument `k` is the kubelet, `record` what it knows of the pod, `c` of the container.
local value = require "almanac.sim.model.value"
local probes = require "almanac.sim.control.probes"
local scheduling = require "almanac.sim.control.scheduling"

local container = {}

local BACKOFF_MAX = 300
local KILLED = 137

---@class sim.Container
---@field key string       its own among the pod's containers
---@field index integer    in its list
---@field init boolean     one of the init containers
---@field begun boolean    its first pull has begun
---@field state table      as the API has it
---@field last? table      how the life before ended

--- What is known of a container before it starts.
---@param spec table
---@param index integer
---@param init boolean
---@param waits_for? string the reason it waits with (default PodInitializing)
---@return sim.Container
function container.new(spec, index, init, waits_for)
  return {
    key = (init and "i" or "c") .. index, index = index, init = init, name = spec.name, image = spec.image or "", spec = spec,
    state = { waiting = { reason = waits_for or "PodInitializing" } }, restarts = 0, crashes = 0, pulls = 0,
    ready = false, begun = false,
  }
end

--- Whether an init container stays: it is started, not waited for.
---@param c sim.Container
---@return boolean
function container.stays(c) return c.init and c.spec.restartPolicy == "Always" end

--- Whether the containers after an init container may start.
---@param c sim.Container
---@return boolean
function container.passed(c)
  if container.stays(c) then return c.started_at ~= nil end
  return c.state.terminated ~= nil and c.state.terminated.exitCode == 0
end

--- Whether a container is to come to an end, rather than to run for ever.
local function comes_to_an_end(c, pod)
  if c.init then return not container.stays(c) end
  return value.dig(pod, "spec", "restartPolicy") ~= "Always"
end

--- Whether a container that has ended with a code starts again.
local function starts_again(c, pod, code)
  local policy = value.dig(pod, "spec", "restartPolicy") or "Always"
  if container.stays(c) then return true end
  if policy == "Never" or c.init and code == 0 then return false end
  return policy == "Always" or code ~= 0
end

local function later(k, record, c, seconds, what, fn)
  k:after(record, seconds, what .. c.key, function(pod) fn(k, record, c, pod) end)
end

--- ── the image ──

local function pull_error(image)
  local repository = image:match("^[^/]+/(.-):[^:/]+$") or image:match("^[^/]+/(.+)$") or image
  local host, tag = image:match("^([^/]+)/") or "docker.io", image:match(":([^:/]+)$") or "latest"
  return ('failed to pull and unpack image "%s": failed to resolve reference "%s": %s: not found'):format(
    image, image, ("%s/%s:%s"):format(host, repository, tag))
end

local function pull_back_off(k, record, c, pod)
  k:event(pod, "Normal", "BackOff", ('Back-off pulling image "%s"'):format(c.image), c)
  k:event(pod, "Warning", "Failed", "Error: ImagePullBackOff", c)
  c.state = { waiting = { reason = "ImagePullBackOff",
    message = ('Back-off pulling image "%s": ErrImagePull: %s'):format(c.image, pull_error(c.image)) } }
  k:write(record, pod)
  later(k, record, c, math.min(k.backoff * 2 ^ (c.pulls - 1), BACKOFF_MAX), "start", container.pull)
end

--- Pulls the image and starts the container, or says why there is none.
function container.pull(k, record, c, pod)
  if not k:fault(record, "missing", c) then return container.start(k, record, c, pod) end
  local why = pull_error(c.image)
  c.pulls = c.pulls + 1
  k:event(pod, "Normal", "Pulling", ('Pulling image "%s"'):format(c.image), c)
  k:event(pod, "Warning", "Failed", ('Failed to pull image "%s": %s'):format(c.image, why), c)
  k:event(pod, "Warning", "Failed", "Error: ErrImagePull", c)
  c.state = { waiting = { reason = "ErrImagePull", message = why } }
  k:write(record, pod)
  later(k, record, c, 0.5, "pull", pull_back_off)
end

--- ── starting ──

--- A container that names a ConfigMap, a Secret or a key that is not there waits for it.
local function config_missing(k, record, c, pod, why)
  k:event(pod, "Warning", "Failed", "Error: " .. why, c)
  c.state = { waiting = { reason = "CreateContainerConfigError", message = why } }
  k:write(record, pod)
  later(k, record, c, 1, "start", container.start)
end

local function become_running(k, c, pod)
  k:event(pod, "Normal", "Pulled", ('Container image "%s" already present on machine and can be accessed by '
    .. "the pod"):format(c.image), c)
  k:event(pod, "Normal", "Created", "Container created", c)
  k:event(pod, "Normal", "Started", "Container started", c)
  c.id = "containerd://" .. k.store.uuid():gsub("%-", "")
  c.started_at, c.ready, c.ran = k.now(), false, false
  c.state = { running = { startedAt = value.timestamp(c.started_at) } }
  k.logs:restart(pod, c.name)
end

--- Ends a container after a while, with a code and the reason of it where it is not the code's own.
local function end_later(k, record, c, seconds, code, reason)
  later(k, record, c, seconds, "exit", function(_, _, _, pod) container.exit(k, record, c, pod, code, reason) end)
end

--- Runs the container's own command where that can be simulated; else it ends well after a while.
local function run_to_the_end(k, record, c, pod)
  c.ready = not c.init
  k:write(record, pod)
  local id = c.id
  c.ran = k.run ~= nil and k.run(pod, c, function(code)
    local now = k:get(record)
    if now and not record.stopping and c.id == id then container.exit(k, record, c, now, code) end
  end)
  if c.ran then return end
  k.speak.started(k, record, c, pod)
  end_later(k, record, c, k.ready_time, 0)
end

--- Starts the container; how it fares is what faults and its spec say.
function container.start(k, record, c, pod)
  local missing = scheduling.missing_config(k.store, record.ns, c.spec)
  if missing then return config_missing(k, record, c, pod, missing) end
  become_running(k, c, pod)
  local crashes, killed = k:fault(record, "crash", c), k:fault(record, "oomkill", c)
  if not crashes and not killed and comes_to_an_end(c, pod) then return run_to_the_end(k, record, c, pod) end
  k.speak.started(k, record, c, pod)
  k:write(record, pod)
  if killed then return end_later(k, record, c, k.crash_time, KILLED, "OOMKilled") end
  if crashes then
    probes.refused(k, record, c, pod)
    return end_later(k, record, c, k.crash_time, 1)
  end
  probes.begin(k, record, c, pod)
  if c.init then k:go_on(record, pod) end
end

--- ── ending and starting again ──

local function back_off(k, record, c, pod)
  local delay = math.min(k.backoff * 2 ^ (c.crashes - 2), BACKOFF_MAX)
  local shown = delay >= 60 and ("%dm%ds"):format(delay // 60, delay % 60) or ("%gs"):format(delay)
  c.last = c.state.terminated or c.last
  local who = ("pod=%s_%s(%s)"):format(record.name, record.ns, record.uid)
  c.state = { waiting = { reason = "CrashLoopBackOff",
    message = ("back-off %s restarting failed container=%s %s"):format(shown, c.name, who) } }
  k:write(record, pod)
  k:event(pod, "Warning", "BackOff", ("Back-off restarting failed container %s in pod %s_%s(%s)"):format(c.name, record.name,
    record.ns, record.uid), c)
  later(k, record, c, delay, "start", container.restart)
end

--- Starts the container once more.
function container.restart(k, record, c, pod)
  c.last = c.state.terminated or c.last
  c.restarts = c.restarts + 1
  container.start(k, record, c, pod)
end

local function end_state(k, c, code, reason)
  return { terminated = { exitCode = code, reason = reason or (code == 0 and "Completed" or "Error"),
    startedAt = value.timestamp(c.started_at), finishedAt = value.timestamp(k.now()), containerID = c.id } }
end

--- A container has ended for good: an init container that failed takes the pod with it, and with the last of the
--- others those that stay are ended.
local function ended_for_good(k, record, c, pod)
  if c.init then
    record.failed = record.failed or not container.passed(c)
    return
  end
  for _, other in ipairs(record.containers) do
    local ended = other.state.terminated
    if not ended or starts_again(other, pod, ended.exitCode) then return end
  end
  for _, other in ipairs(record.init) do
    if other.state.running then
      k:cancel(record, "probe" .. other.key)
      other.state, other.ready = end_state(k, other, 0), false
      k.logs:ended(pod, other.name)
    end
  end
end

--- The container has ended with a code.
---@param reason? string (default Completed or Error)
function container.exit(k, record, c, pod, code, reason)
  if not c.state.running then return end
  k:cancel(record, "probe" .. c.key)
  if not c.ran then k.speak.exited(k, record, c, pod, code) end
  c.state = end_state(k, c, code, reason)
  k.logs:ended(pod, c.name)
  c.ready = c.init and code == 0
  local again = starts_again(c, pod, code)
  if not again then ended_for_good(k, record, c, pod) end
  k:write(record, pod)
  if not again then return c.init and container.passed(c) and k:go_on(record, pod) end
  c.crashes = c.crashes + 1
  if c.crashes == 1 then return later(k, record, c, 0.05, "start", container.restart) end
  later(k, record, c, 0.02, "backoff", back_off)
end

--- A fault was put on or taken off: what runs under it changes now.
function container.fault_changed(k, record, c, pod)
  local crash = k:fault(record, "crash", c)
  local waiting = c.state.waiting and c.state.waiting.reason
  if c.state.running and crash and not comes_to_an_end(c, pod) then
    end_later(k, record, c, k.crash_time, 1)
  elseif waiting == "CrashLoopBackOff" and not crash then
    later(k, record, c, 0.1, "start", container.restart)
  elseif (waiting == "ImagePullBackOff" or waiting == "ErrImagePull") and not k:fault(record, "missing", c) then
    k:cancel(record, "pull" .. c.key)
    later(k, record, c, 0.1, "start", container.pull)
  elseif c.state.running and not comes_to_an_end(c, pod) and c.ready == k:fault(record, "notready", c) then
    probes.soon(k, record, c)
  end
end

return container
