--- k8s.rollout: follows a workload until it is rolled out, and fails as soon as it cannot be, with
--- the reason and the last log lines. What the objects mean is almanac.rollout's; here is the watching.
---
--- The workload, its pods and its ReplicaSets come by watches that all who follow in the namespace share
--- (almanac.rollout_scope). Events and claims, which only explain, are listed now and then.
local arguments = require "almanac.k8s.arguments"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local rollout = require "almanac.k8s.rollout.diagnosis"
local scope = require "almanac.k8s.rollout.shared_watches"
local step = require "almanac.run.step"
local task = require "native.task"
local written = require "almanac.k8s.written"

local M = {}

---@class almanac.rollout.Options
---@field timeout? number|string  duration; default 10m
---@field heal? boolean           delete the pod of another revision that a StatefulSet waits for
---@field namespace? string       default the context's
---@field context? string         of the kubeconfig
---@field log_lines? integer      of the failed container, in the error; default 20
---@field condition? string       of a custom resource: the one that must be True; default Ready, Available or the like
---@field probe_grace? number|string  duration: a pod whose readiness probe fails for so long fails it; default never

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

-- How often it looks again where a grace may run out.
local TICK_SECONDS = 2
-- Details are read after five seconds, then ever more rarely: most rollouts need none.
local DETAIL_SECONDS, DETAIL_SECONDS_MAX = 5, 60
local LOG_LINES = 20

-- State --------------------------------------------------------------------------------------------

--- What is known of a workload, and who is to be told when that changes.
local Follower = {}
Follower.__index = Follower

local function new(world, ref, opts)
  local now = task.now()
  local resource, name = ref:match "^(.-)/(.*)$"
  return setmetatable({
    world = world, ref = ref, resource = resource, name = name, namespace = opts.namespace, opts = opts,
    scope = scope.of(world, opts.namespace, opts.context), events = {}, claims = {}, version = 0,
    signal = task.signal(), handles = {}, started = now, since = task.wall_ms() / 1000,
    details_at = now + DETAIL_SECONDS, details_wait = DETAIL_SECONDS, healed = {}, healed_names = {},
    timeout = duration.parse(opts.timeout or "10m"), probe_grace = opts.probe_grace and duration.parse(opts.probe_grace),
  }, Follower)
end

--- Something may be different: the task that waits looks again.
function Follower:changed()
  self.version = self.version + 1
  self.signal:notify()
end

local function version_of(obj)
  return tonumber(obj.metadata.resourceVersion) or 0
end

--- The workload as it is known now; a state from before our own last write, or from before one that
--- was seen, says nothing.
function Follower:refresh_workload()
  local obj = self.objects.objects[self.name]
  self.existed = self.existed or obj ~= nil
  self.behind = obj ~= nil and written.is_stale(obj)
  if self.behind then return end -- a newer one will come
  local known = self.workload
  if known and obj and known.metadata.uid == obj.metadata.uid and version_of(obj) < version_of(known) then return end
  self.workload = obj
  if obj and self.parts then self.scope:follow_parts(self, obj.metadata.uid) end
end

--- Waits until something changes, or for so many seconds.
function Follower:sleep(seconds)
  local token = task.push_deadline(math.max(seconds, 0))
  local ok, err = pcall(self.signal.wait, self.signal)
  local expired = task.pop_deadline(token)
  if not ok and not expired then error(err, 0) end
end

--- Everything that was started ends here, whatever happened.
function Follower:stop()
  local shield = task.shield "cancel"
  for _, handle in ipairs(self.handles) do handle:cancel() end
  for _, handle in ipairs(self.handles) do handle:join() end
  self.scope:leave(self)
  task.shield(shield)
end

-- Details ------------------------------------------------------------------------------------------

function Follower:read_details(age)
  self.details_wait = math.min(2 * self.details_wait, DETAIL_SECONDS_MAX)
  self.details_at = task.now() + self.details_wait
  age = age or DETAIL_SECONDS / 2
  self.events = self.scope:list("events", "type!=Normal", age)
  self.claims = self.scope:list("persistentvolumeclaims", nil, age)
  self.scaling = nil
end

--- Pods for which an autoscaler makes a node. https://github.com/kubernetes/autoscaler, event TriggeredScaleUp
function Follower:read_scaling()
  self.scaling = {}
  for _, event in ipairs(self.scope:list("events", "reason=TriggeredScaleUp", DETAIL_SECONDS / 2)) do
    if event.reason == "TriggeredScaleUp" then self.scaling[(event.involvedObject or {}).uid or ""] = true end
  end
end

function Follower:given()
  local uid = self.workload and self.workload.metadata.uid
  local pods, replicasets = {}, {}
  if uid then pods, replicasets = self.scope:parts(uid) end
  return {
    workload = self.workload, pods = pods, replicasets = replicasets, events = self.events, claims = self.claims,
    scaling = self.scaling, probe_grace = self.probe_grace, since = self.since, now = task.wall_ms() / 1000,
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
  AdmissionRefused = "an admission of the cluster refuses the pods: change what it names, or ask who runs it",
  WebhookFailed = "an admission webhook does not answer, and the pods cannot be made without it",
  ProgressDeadlineExceeded = "kubectl describe shows what its pods wait for; spec.progressDeadlineSeconds is its limit",
  BackoffLimitExceeded = "its pods failed as often as spec.backoffLimit allows; their log says why",
  DeadlineExceeded = "it ran longer than spec.activeDeadlineSeconds",
  PodFailurePolicy = "spec.podFailurePolicy names this failure as one that is not retried",
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

--- The controller itself has given up. What is wrong with the pods says more, where something is.
function Follower:fail_by_verdict(verdict)
  self:read_details(0)
  local d = rollout.diagnose(self:given())
  if d and d.reason == verdict.reason then return self:fail_because(d) end
  local said = verdict.message:gsub('^%l+ "[^"]*" ', "")
  local message = string.format("%s %s%s", workload_name(self), said, d and "; " .. rollout.describe(d) or "")
  if self.workload.kind == "Job" or not d then
    d = d or {}
    d.reason = verdict.reason
  end
  self:fail(message, d)
end

function Follower:fail_late(verdict)
  if self.workload then self:read_details(0) end
  local given = self:given()
  given.late = true
  local d = self.workload and rollout.diagnose(given)
  -- What was last seen of an object that is gone explains nothing.
  local state = not self.workload and self.existed and not self.behind and "it was deleted, and not created again" or
    verdict and M.short(verdict.message) or "it does not exist"
  local message = string.format("%s was not ready within %s: %s%s", workload_name(self), duration.format(self.timeout), state,
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
  return (message:gsub("^Waiting for .- rollout to finish: ", ""):gsub('^%l+ "[^"]*":? ', ""):gsub("%.%.%.$", ""))
end

function Follower:say(text)
  if text == self.said then return end
  self.said = text
  step.progress(text)
end

--- From now on its pods are known too: only what is not done needs them.
function Follower:use_parts()
  self.parts = { self.scope:use(self, "pods") }
  if not rollout.is_workload(self.workload) or self.workload.kind == "Deployment" then
    self.parts[2] = self.scope:use(self, "replicasets")
  end
  self.scope:follow_parts(self, self.workload.metadata.uid)
end

--- Whether all its pods have been told of: what is wrong with them explains a failure.
function Follower:knows_parts()
  for _, part in ipairs(self.parts) do
    if not part.synced then return false end
  end
  return true
end

local function check_failure(collection)
  if collection and collection.failure then error(collection.failure, 0) end
end

--- Raises what keeps a watch from going on.
function Follower:check_watches()
  check_failure(self.objects)
  for _, part in ipairs(self.parts or {}) do check_failure(part) end
end

--- The workload is not there: never, or not now.
function Follower:look_for_it()
  if not self.objects.synced then return nil end
  if not self.existed then
    errors.raise { kind = "not_found", message = string.format("k8s.rollout: there is no %s%s", tostring(self.ref),
      self.namespace and " in namespace " .. self.namespace or "") }
  end
  self:say(self.behind and "waiting for the server to show the last change"
    or "deleted; waiting for it to be created again")
  return nil
end

function Follower:verdict_of()
  if self.opts.condition and rollout.is_workload(self.workload) then
    errors.usage("k8s.rollout: a %s has a rollout of its own; condition is for custom resources", self.workload.kind)
  end
  local verdict = rollout.verdict(self.workload, self.opts.condition)
  if verdict then return verdict end
  errors.usage("k8s.rollout: a %s has no rollout; Deployment, StatefulSet, DaemonSet, Job and custom resources with "
    .. "status.conditions do", self.workload.kind)
end

--- Why it does not go on, once the graces are over.
function Follower:diagnose()
  local d = rollout.diagnose(self:given())
  if not d or not d.fatal or d.reason ~= "Unschedulable" or self.scaling then return d end
  self:read_scaling()
  return rollout.diagnose(self:given())
end

--- One look at everything: the verdict when it is done, nil to go on; raises when it cannot be.
function Follower:look()
  self:check_watches()
  self:refresh_workload()
  if not self.workload then return self:look_for_it() end
  local verdict = self:verdict_of()
  self.verdict = verdict
  if verdict.state == "done" then return verdict end
  if not self.parts then self:use_parts() end
  local given = self:given()
  local stuck = rollout.stuck_statefulset(given)
  if stuck and not self.healed[stuck.uid] then self:meet_stuck(stuck) end
  local d = self:diagnose()
  if d and d.fatal and verdict.state ~= "failed" then
    if #self.events == 0 then
      self:read_details(DETAIL_SECONDS / 2)
      d = self:diagnose()
    end
    if d and d.fatal then self:fail_because(d) end
  end
  if verdict.state == "failed" and self:knows_parts() then self:fail_by_verdict(verdict) end
  self.waiting_for = d
  local text = M.short(verdict.message)
  self:say(d and text .. "; " .. rollout.describe(d) or text)
  return nil
end

--- When it must look again though nothing has changed: for time-outs, details and graces.
function Follower:next_look(deadline)
  local at = math.min(deadline, self.workload and self.details_at or deadline)
  if self.waiting_for then at = math.min(at, task.now() + TICK_SECONDS) end
  return at - task.now()
end

function Follower:wait()
  local deadline = self.started + self.timeout
  self.objects = self.scope:use(self, self.resource, self.name)
  while true do
    self.scope:take_over(self)
    if self.workload and task.now() >= self.details_at then self:read_details() end
    local version = self.version
    local verdict = self:look()
    if verdict then return verdict end
    if task.now() >= deadline then self:fail_late(self.verdict) end
    if self.version == version then self:sleep(self:next_look(deadline)) end
  end
end

--- Follows a workload in the given world. Used by k8s.rollout, and by tests with a world of theirs.
---@param world almanac.rollout.World
---@param ref string
---@param opts almanac.rollout.Options
---@return almanac.rollout.Done
function M.follow(world, ref, opts)
  local self = new(world, ref, opts)
  local ok, result = errors.try(self.wait, self)
  self:stop()
  if not ok then error(result, 0) end
  local obj = self.workload
  return {
    workload = workload_name(self), namespace = obj.metadata.namespace, message = result.message,
    generation = obj.metadata.generation, elapsed = task.now() - self.started, healed = self.healed_names,
  }
end

local known = { timeout = true, heal = true, namespace = true, context = true, log_lines = true, condition = true,
  probe_grace = true }

local function check(ref, opts)
  step.require_read "k8s.rollout"
  if type(ref) ~= "string" or not ref:find "^[%w%.%-]+/[%w%.%-]+$" then
    errors.usage('k8s.rollout: the workload must be named like "deployment/animica-miner", not %s', tostring(ref))
  end
  if type(opts) ~= "table" then errors.usage("k8s.rollout: the options must be a table, not a %s", type(opts)) end
  for key in pairs(opts) do
    if not known[key] then
      errors.usage("k8s.rollout: there is no option %s; timeout, heal, namespace, context, log_lines, condition and "
        .. "probe_grace there are", tostring(key))
    end
  end
  if opts.condition ~= nil and (type(opts.condition) ~= "string" or opts.condition == "") then
    errors.usage('k8s.rollout: condition must be the name of a condition, like "Ready", not %s', tostring(opts.condition))
  end
end

--- In a plan nothing has been changed, so there is nothing to wait for: how it stands is shown.
local function look_once(world, ref, opts)
  local obj = world.find(ref, { namespace = opts.namespace, context = opts.context })
  local verdict = obj and rollout.verdict(obj, opts.condition)
  local healing = opts.heal and ref:find "^s" and "; would delete a pod of an older revision that keeps it waiting" or ""
  step.explain(string.format("would wait up to %s; now: %s%s", duration.format(duration.parse(opts.timeout or "10m")),
    verdict and M.short(verdict.message) or "it does not exist", healing))
  return { workload = ref, namespace = obj and obj.metadata.namespace or opts.namespace,
    message = verdict and verdict.message, generation = obj and obj.metadata.generation, elapsed = 0, healed = {} }
end

local real_world

--- Follows a Deployment, StatefulSet, DaemonSet, Job or custom resource until it is rolled out: by kubectl's
--- conditions, a Job to its end, a custom resource by its status.conditions.
--- Fails as soon as it cannot be: raises kind "rollout" with workload, reason, pod, container,
--- exit_code, and the container's last lines in `logs`; at the timeout with what is known by then.
---
---     k8s.rollout("statefulset/animica-node", { timeout = "10m", heal = true })
---@param ref string              "deployment/animica-miner"
---@param opts? almanac.rollout.Options
---@return almanac.rollout.Done
function M.rollout(ref, opts)
  opts = arguments.options("k8s.rollout", opts) or {}
  check(ref, opts)
  real_world = real_world or {
    watch = require("almanac.k8s.watch").watch, list = require("almanac.k8s.read").list, find = require("almanac.k8s.read").find,
    logs = require("almanac.k8s.logs").logs, delete = require("almanac.k8s.delete").delete,
  }
  local world = real_world
  local frame = step.current()
  if frame and frame.run.mode == "plan" then return look_once(world, ref, opts) end
  return M.follow(world, ref, opts)
end

return M
