--- k8s.rollout: follows a workload until it is rolled out, and fails as soon as it cannot be, with
--- the reason and the last log lines. What the objects mean is almanac.rollout's; here is the watching.
---
--- The workload, its pods and its ReplicaSets come by watches. Events and claims, which only explain,
--- are listed now and then. Every half minute the workload and the pods are also read afresh, so
--- that no event that was missed makes it wait for ever.
local duration = require "almanac.duration"
local errors = require "almanac.errors"
local rollout = require "almanac.rollout"
local step = require "almanac.step"
local task = require "native.task"
local written = require "almanac.k8s_written"

local M = {}

---@class almanac.rollout.Options
---@field timeout? number|string  duration; default 10m
---@field heal? boolean           delete the pod of another revision that a StatefulSet waits for
---@field namespace? string       default the context's
---@field context? string         of the kubeconfig
---@field log_lines? integer      of the failed container, in the error; default 20

---@class almanac.rollout.Done
---@field workload string   "statefulset/animica-node"
---@field namespace string
---@field message string    kubectl's line
---@field generation integer
---@field elapsed number    seconds
---@field healed string[]   pods that were deleted

--- What it needs of a cluster; tests give their own.
---@class almanac.rollout.World
---@field watch fun(ref: string|table, opts: table): table  a watcher: next() -> event, close()
---@field list fun(ref: string, opts: table): table[]
---@field find fun(ref: string, opts: table): table?
---@field logs fun(ref: string, opts: table): string
---@field delete fun(ref: string, opts: table): any

local TICK_SECONDS = 2
local RESYNC_SECONDS = 45
-- Details are read after five seconds, then ever more rarely: most rollouts need none.
local DETAIL_SECONDS, DETAIL_SECONDS_MAX = 5, 60
local LOG_LINES = 20

-- State --------------------------------------------------------------------------------------------

--- What is known of a workload, and who is to be told when that changes.
local Follower = {}
Follower.__index = Follower

local function new(world, ref, opts)
  local now = task.now()
  return setmetatable({
    world = world, ref = ref, namespace = opts.namespace, opts = opts,
    scope = { namespace = opts.namespace, context = opts.context },
    pods = {}, replicasets = {}, events = {}, claims = {}, version = 0, signal = task.signal(), handles = {},
    started = now, details_at = now + DETAIL_SECONDS, details_wait = DETAIL_SECONDS, resynced = now,
    healed = {}, healed_names = {},
  }, Follower)
end

function Follower:changed()
  self.version = self.version + 1
  self.signal:notify()
end

local function version_of(obj)
  return tonumber(obj.metadata.resourceVersion) or 0
end

--- A newer state of the workload; one that is older than what is known says nothing.
function Follower:take_workload(obj)
  if obj and written.is_stale(obj) then -- a newer one will come
    self.existed, self.behind = true, true
    return
  end
  self.behind = nil
  local known = self.workload
  if known and obj and known.metadata.uid == obj.metadata.uid and version_of(obj) < version_of(known) then return end
  self.workload = obj
  self:changed()
end

local function values(map)
  local out = {}
  for _, v in pairs(map) do out[#out + 1] = v end
  return out
end

--- Starts following a collection in a task of its own; fn(event) keeps what it says. What goes wrong
--- there is raised by the task that waits.
function Follower:follow(ref, opts, fn)
  opts.namespace, opts.context = self.scope.namespace, self.scope.context
  self.handles[#self.handles + 1] = task.spawn(function()
    local ok, err = errors.try(function()
      local watch <close> = self.world.watch(ref, opts)
      while true do
        local event = watch:next()
        if not event then return end
        fn(event)
      end
    end)
    if not ok and not errors.is_interrupt(err) then
      self.failure = self.failure or err
      self:changed()
    end
  end)
end

function Follower:follow_collection(ref, selector, map)
  self:follow(ref, { selector = selector }, function(event)
    if not event.object then return end
    local meta = event.object.metadata
    if event.type ~= "DELETED" then
      map[meta.name] = event.object
    elseif map[meta.name] and map[meta.name].metadata.uid == meta.uid then
      map[meta.name] = nil
    end
    self:changed()
  end)
end

function Follower:follow_workload()
  self:follow(self.ref, {}, function(event)
    if event.type == "SYNCED" then
      self.synced = true
      self:changed()
    elseif event.type == "DELETED" then
      if self.workload and self.workload.metadata.uid == event.object.metadata.uid then
        self.workload = nil
        self:changed()
      end
    else
      self:take_workload(event.object)
    end
  end)
end

--- The clock that makes the waiting task look again: for graces, details, timeouts.
function Follower:tick()
  self.handles[#self.handles + 1] = task.spawn(function()
    while true do
      local left = self.started + self.timeout - task.now()
      task.sleep(left > 0 and math.min(left, TICK_SECONDS) or TICK_SECONDS)
      self:changed()
    end
  end)
end

--- Everything that was started ends here, whatever happened.
function Follower:stop()
  local shield = task.shield "cancel"
  for _, handle in ipairs(self.handles) do handle:cancel() end
  for _, handle in ipairs(self.handles) do handle:join() end
  task.shield(shield)
end

-- Details ------------------------------------------------------------------------------------------

--- A list that may be refused: who may not see events is only told less.
function Follower:list_quietly(ref, opts)
  opts.namespace, opts.context = self.scope.namespace, self.scope.context
  local ok, items = errors.try(self.world.list, ref, opts)
  if ok then return items end
  if task.interrupted() then error(items, 0) end
  return nil
end

function Follower:read_details()
  self.details_wait = math.min(2 * self.details_wait, DETAIL_SECONDS_MAX)
  self.details_at = task.now() + self.details_wait
  self.events = self:list_quietly("events", { fields = "type!=Normal" }) or self.events
  self.claims = self:list_quietly("persistentvolumeclaims", {}) or self.claims
end

--- Reads the workload and its pods afresh.
function Follower:resync()
  self.resynced = task.now()
  local ok, obj = errors.try(self.world.find, self.ref, { namespace = self.scope.namespace, context = self.scope.context })
  if not ok then
    if task.interrupted() then error(obj, 0) end
    return -- the watches say so when it lasts
  end
  if obj then self:take_workload(obj) else self.workload = nil end
  local pods = self.selector and self:list_quietly("pods", { selector = self.selector })
  if not pods then return end
  for name in pairs(self.pods) do self.pods[name] = nil end
  for _, pod in ipairs(pods) do self.pods[pod.metadata.name] = pod end
end

function Follower:given()
  return {
    workload = self.workload, pods = values(self.pods), replicasets = values(self.replicasets), events = self.events,
    claims = self.claims, now = task.wall_ms() / 1000,
  }
end

-- Failing ------------------------------------------------------------------------------------------

local hints = {
  ImagePullBackOff = "is the tag right, and was the image pushed where the cluster pulls it from?",
  ErrImagePull = "is the tag right, and was the image pushed where the cluster pulls it from?",
  InvalidImageName = "the image's name in the manifest is no valid reference",
  CreateContainerConfigError = "the ConfigMap or Secret that the container names must exist, with that key",
  OOMKilled = "raise resources.limits.memory of the container, or find out what it holds",
  Unschedulable = "free or add nodes, or lower resources.requests; kubectl describe pod shows each node's reason",
  UnboundClaim = "is there such a storage class, and can it make volumes?",
  TerminatingClaim = "the claim is held by its finalizer until the pod that uses it is gone",
  QuotaExceeded = "raise the namespace's quota, or lower what runs in it",
  ProbeFailing = "the container runs and does not become ready: its log, and what the probe asks, say why",
}

--- The last lines of the container that failed: of its previous life when it is between two.
function Follower:logs_of(d)
  if not d.pod or not d.container then return nil end
  local function read(previous)
    local ok, text = errors.try(self.world.logs, "pod/" .. d.pod, { container = d.container, previous = previous,
      tail = self.opts.log_lines or LOG_LINES, namespace = self.scope.namespace, context = self.scope.context })
    return ok and type(text) == "string" and text:find "%S" and text:gsub("%s+$", "") or nil
  end
  local crashed = (d.restarts or 0) > 0
  return read(crashed) or crashed and read(false) or nil
end

local function workload_name(self)
  local obj = self.workload
  return obj and obj.kind:lower() .. "/" .. obj.metadata.name or tostring(self.ref)
end

function Follower:fail(message, d, hint)
  d = d or {}
  errors.raise {
    kind = "rollout",
    message = message,
    workload = workload_name(self), namespace = self.workload and self.workload.metadata.namespace or self.namespace,
    reason = d.reason, pod = d.pod, container = d.container, exit_code = d.exit_code, restarts = d.restarts,
    image = d.image, detail = d.detail, logs = self:logs_of(d),
    hint = hint or hints[d.reason] or d.container and "its log says why; kubectl describe pod shows the rest" or nil,
  }
end

function Follower:fail_because(d)
  self:fail(string.format("%s cannot become ready: %s", workload_name(self), rollout.describe(d)), d)
end

function Follower:fail_late(verdict)
  if self.workload then self:read_details() end
  local given = self:given()
  given.late = true
  local d = self.workload and rollout.diagnose(given)
  local message = string.format("%s was not ready within %s: %s%s", workload_name(self),
    duration.format(self.timeout), verdict and M.short(verdict.message) or "it does not exist",
    d and "; " .. rollout.describe(d) or "")
  self:fail(message, d or { reason = "Timeout" })
end

-- Healing ------------------------------------------------------------------------------------------

--- Deletes the pod that a StatefulSet waits for: a step of its own, so that however often the
--- rollout is followed again, each pod is one journalled effect.
function Follower:heal(stuck)
  if self.healed[stuck.uid] then return end
  self.healed[stuck.uid] = true
  step.note(stuck.message)
  step.run(string.format("delete pod %s (%s)", stuck.pod, stuck.uid:sub(1, 8)), { digest = stuck.uid }, function()
    -- Not waited for: the watches see it go, and its successor come.
    self.world.delete("pod/" .. stuck.pod, { namespace = stuck.namespace, uid = stuck.uid, wait = false,
      context = self.scope.context })
    return { pod = stuck.pod, uid = stuck.uid, revision = stuck.revision }
  end)
  self.healed_names[#self.healed_names + 1] = stuck.pod
end

function Follower:meet_stuck(stuck)
  if self.opts.heal then return self:heal(stuck) end
  self:fail(stuck.message, stuck.diagnosis, string.format(
    "the pod has to be deleted: k8s.rollout(…, { heal = true }) does so, or: kubectl -n %s delete pod %s",
    stuck.namespace, stuck.pod))
end

-- Waiting ------------------------------------------------------------------------------------------

--- kubectl's line without what the step's name says already.
---@param message string
---@return string
function M.short(message)
  return (message:gsub("^Waiting for .- rollout to finish: ", ""):gsub("%.%.%.$", ""))
end

function Follower:start_pods()
  self.selector = require("almanac.k8s_objects").pod_selector(self.workload)
  self:follow_collection("pods", self.selector, self.pods)
  if self.workload.kind == "Deployment" then
    self:follow_collection("replicasets", self.selector, self.replicasets)
  end
end

--- What must be looked at again by now.
function Follower:refresh()
  local now = task.now()
  if now - self.resynced >= RESYNC_SECONDS then self:resync() end
  if self.workload and now >= self.details_at then self:read_details() end
end

--- One look at everything: the verdict when it is done, nil to go on; raises when it cannot be.
function Follower:look()
  if self.failure then error(self.failure, 0) end
  if not self.workload then
    if self.synced and not self.existed then
      errors.raise { kind = "not_found", message = string.format("k8s.rollout: there is no %s%s", tostring(self.ref),
        self.namespace and " in namespace " .. self.namespace or "") }
    end
    if self.synced then
      step.progress(self.behind and "waiting for the server to show the last change" or
        "deleted; waiting for it to be created again")
    end
    return nil
  end
  self.existed = true
  local verdict = rollout.verdict(self.workload)
  if not verdict then
    errors.usage("k8s.rollout: a %s has no rollout; Deployment, StatefulSet and DaemonSet do", self.workload.kind)
  end
  self.verdict = verdict
  if verdict.state == "done" then return verdict end
  if not self.selector then self:start_pods() end
  local given = self:given()
  local stuck = rollout.stuck_statefulset(given)
  if stuck and not self.healed[stuck.uid] then self:meet_stuck(stuck) end
  local d = rollout.diagnose(given)
  if d and d.fatal then self:fail_because(d) end
  if verdict.state == "failed" then
    self:read_details()
    self:fail_because(rollout.diagnose(self:given()) or { reason = "ProgressDeadlineExceeded", detail = verdict.message })
  end
  local text = M.short(verdict.message)
  step.progress(d and text .. "; " .. rollout.describe(d) or text)
  return nil
end

function Follower:wait()
  local deadline = self.started + self.timeout
  while true do
    self:refresh()
    local version = self.version
    local verdict = self:look()
    if verdict then return verdict end
    if task.now() >= deadline then self:fail_late(self.verdict) end
    if self.version == version then self.signal:wait() end
  end
end

--- Follows a workload in the given world. Used by k8s.rollout, and by tests with a world of theirs.
---@param world almanac.rollout.World
---@param ref string
---@param opts almanac.rollout.Options
---@return almanac.rollout.Done
function M.follow(world, ref, opts)
  local self = new(world, ref, opts)
  self.timeout = duration.parse(opts.timeout or "10m")
  self:follow_workload()
  self:tick()
  local ok, result = errors.try(self.wait, self)
  self:stop()
  if not ok then error(result, 0) end
  local obj = self.workload
  return {
    workload = workload_name(self), namespace = obj.metadata.namespace, message = result.message,
    generation = obj.metadata.generation, elapsed = task.now() - self.started, healed = self.healed_names,
  }
end

local known = { timeout = true, heal = true, namespace = true, context = true, log_lines = true }

local function check(ref, opts)
  step.require_read "k8s.rollout"
  if type(ref) ~= "string" or not ref:find "^[%w%.%-]+/[%w%.%-]+$" then
    errors.usage('k8s.rollout: the workload must be named like "deployment/animica-miner", not %s', tostring(ref))
  end
  for key in pairs(opts) do
    if not known[key] then
      errors.usage("k8s.rollout: there is no option %s; timeout, heal, namespace, context and log_lines there are",
        tostring(key))
    end
  end
end

--- In a plan nothing has been changed, so there is nothing to wait for: how it stands is shown.
local function look_once(world, ref, opts)
  local obj = world.find(ref, { namespace = opts.namespace, context = opts.context })
  local verdict = obj and rollout.verdict(obj)
  step.note(string.format("would wait up to %s; now: %s", duration.format(duration.parse(opts.timeout or "10m")),
    verdict and M.short(verdict.message) or "it does not exist"))
  return { workload = ref, namespace = obj and obj.metadata.namespace or opts.namespace,
    message = verdict and verdict.message, generation = obj and obj.metadata.generation, elapsed = 0, healed = {} }
end

--- Follows a Deployment, StatefulSet or DaemonSet until it is rolled out, by kubectl's conditions.
--- Fails as soon as it cannot be: raises kind "rollout" with workload, reason, pod, container,
--- exit_code, and the container's last lines in `logs`; at the timeout with what is known by then.
---
---     k8s.rollout("statefulset/animica-node", { timeout = "10m", heal = true })
---@param ref string              "deployment/animica-miner"
---@param opts? almanac.rollout.Options
---@return almanac.rollout.Done
function M.rollout(ref, opts)
  opts = opts or {}
  check(ref, opts)
  local k8s = require "almanac.k8s"
  local world = { watch = k8s.watch, list = k8s.list, find = k8s.find, logs = k8s.logs, delete = k8s.delete }
  local frame = step.current()
  if frame and frame.run.mode == "plan" then return look_once(world, ref, opts) end
  return M.follow(world, ref, opts)
end

return M
