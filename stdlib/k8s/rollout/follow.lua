--- Follows a workload until it is rolled out, and fails as soon as it cannot be, with the reason and the
--- last log lines. What the objects mean is for verdict, diagnosis and stuck; here is the watching.
---
--- The workload, its pods and its ReplicaSets come by watches that all who follow in the namespace share
--- (shared_watches). Events and claims, which only explain, are listed now and then.
local diagnosis = require "almanac.k8s.rollout.diagnosis"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local failure = require "almanac.k8s.rollout.failure"
local fields = require "almanac.k8s.rollout.fields"
local revision = require "almanac.k8s.rollout.revision"
local shared_watches = require "almanac.k8s.rollout.shared_watches"
local step = require "almanac.run.step"
local stuck_set = require "almanac.k8s.rollout.stuck"
local task = require "native.task"
local verdicts = require "almanac.k8s.rollout.verdict"
local written = require "almanac.k8s.written"

local M = {}

---@class almanac.rollout.Options
---@field timeout? number|string  duration; default 10m
---@field heal? boolean           delete the pod of another revision that a StatefulSet waits for
---@field namespace? string       default the context's
---@field context? string         of the kubeconfig
---@field log_lines? integer      of the failed container, in the error; default 20
---@field condition? string       of a custom resource: the one that must be True; default Ready, Available or the like
---@field to_end? boolean         a Pod is followed until it has ended, not until it is ready
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
---@field watch fun(ref: string|table, opts: table): table  a watcher: next() -> event, close(), what_is_wrong() -> string?
---@field list fun(ref: string, opts: table): table[]
---@field find fun(ref: string, opts: table): table?
---@field logs fun(ref: string, opts: table): string
---@field delete fun(ref: string, opts: table): any

-- How often it looks again where a grace may run out.
local TICK_SECONDS = 2
-- Details are read after five seconds, then ever more rarely: most rollouts need none.
local DETAIL_SECONDS, DETAIL_SECONDS_MAX = 5, 60

-- State --------------------------------------------------------------------------------------------

--- What is known of a workload, and who is to be told when that changes.
local Follower = {}
Follower.__index = Follower

local function new(world, ref, opts)
  local now = task.now()
  local resource, name = ref:match "^(.-)/(.*)$"
  return setmetatable({
    world = world, ref = ref, resource = resource, name = name, namespace = opts.namespace, opts = opts,
    shared = shared_watches.of(world, opts.namespace, opts.context), events = {}, claims = {}, version = 0,
    signal = task.condition(), handles = {}, started = now, since = task.wall_ms() / 1000,
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
  if obj and self.parts then self.shared:follow_parts(self, obj.metadata.uid) end
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
  task.with({ shield = "cancel" }, function()
    for _, handle in ipairs(self.handles) do handle:cancel() end
    for _, handle in ipairs(self.handles) do handle:join() end
    self.shared:leave(self)
  end)
end

-- Details ------------------------------------------------------------------------------------------

function Follower:read_details(age)
  self.details_wait = math.min(2 * self.details_wait, DETAIL_SECONDS_MAX)
  self.details_at = task.now() + self.details_wait
  age = age or DETAIL_SECONDS / 2
  self.events = self.shared:list("events", "type!=Normal", age)
  self.claims = self.shared:list("persistentvolumeclaims", nil, age)
  self.scaling = nil
end

--- Pods for which an autoscaler makes a node. https://github.com/kubernetes/autoscaler, event TriggeredScaleUp
function Follower:read_scaling()
  self.scaling = {}
  for _, event in ipairs(self.shared:list("events", "reason=TriggeredScaleUp", DETAIL_SECONDS / 2)) do
    if event.reason == "TriggeredScaleUp" then self.scaling[(event.involvedObject or {}).uid or ""] = true end
  end
end

function Follower:given()
  local uid = self.workload and self.workload.metadata.uid
  local pods, replicasets = {}, {}
  if uid then pods, replicasets = self.shared:parts(uid) end
  return {
    workload = self.workload, pods = pods, replicasets = replicasets, events = self.events, claims = self.claims,
    scaling = self.scaling, probe_grace = self.probe_grace, to_end = self.opts.to_end, since = self.since, now = task.wall_ms() / 1000,
  }
end

-- Failing ------------------------------------------------------------------------------------------

local function workload_name(self)
  local obj = self.workload
  return obj and obj.kind:lower() .. "/" .. obj.metadata.name or tostring(self.ref)
end

function Follower:fail(message, d, hint)
  failure.raise({
    workload = workload_name(self), world = self.world, log_lines = self.opts.log_lines, context = self.shared.context,
    namespace = self.workload and self.workload.metadata.namespace or self.namespace,
  }, message, d, hint)
end

function Follower:fail_because(d)
  self:fail(string.format("%s cannot become ready: %s", workload_name(self), diagnosis.describe(d)), d)
end

--- The controller itself has given up. What is wrong with the pods says more, where something is.
function Follower:fail_by_verdict(verdict)
  self:read_details(0)
  local d = diagnosis.diagnose(self:given())
  if d and d.reason == verdict.reason then return self:fail_because(d) end
  local said = verdict.message:gsub('^%l+ "[^"]*" ', "")
  local message = string.format("%s %s%s", workload_name(self), said, d and "; " .. diagnosis.describe(d) or "")
  if self.workload.kind == "Job" or self.workload.kind == "Pod" or not d then
    d = d or {}
    d.reason = verdict.reason
  end
  self:fail(message, d)
end

function Follower:fail_late(verdict)
  if self.workload and not self.objects:what_is_wrong() then self:read_details(0) end
  if self.stuck then self:fail_stuck(self.stuck, "was not ready within " .. duration.format(self.timeout)) end
  local given = self:given()
  given.late = true
  local d = self.workload and diagnosis.diagnose(given)
  local wrong = self.objects:what_is_wrong()
  if wrong then
    local known = verdict and "was last seen as: " .. M.short(verdict.message) or "whether it exists is not known"
    self:fail(string.format("%s: after %s nobody knows how it stands: %s (%s)", workload_name(self), duration.format(self.timeout),
      wrong, known), { reason = "Timeout" }, "see to the API server, then resume the run: the rollout is followed anew")
  end
  -- What was last seen of an object that is gone explains nothing.
  local state = not self.workload and self.existed and not self.behind and "it was deleted, and not created again" or
    verdict and M.short(verdict.message) or "it does not exist"
  local message = string.format("%s was not ready within %s: %s%s", workload_name(self), duration.format(self.timeout), state,
    d and "; " .. diagnosis.describe(d) or "")
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
      context = self.shared.context })
    return { pod = stuck.pod, uid = stuck.uid, revision = stuck.revision }
  end)
  self.healed_names[#self.healed_names + 1] = stuck.pod
end

function Follower:fail_stuck(stuck, late)
  local message = late and string.format("%s %s: %s", workload_name(self), late, stuck.message) or stuck.message
  self:fail(message, stuck.diagnosis, "the pod has to be deleted: " .. stuck.remedy)
end

--- What holds up a StatefulSet: taken away where that is wanted. Without that, one that cannot become ready
--- ends the rollout, and one that only takes too long is named until the time is over.
function Follower:meet_stuck()
  local stuck, waiting = stuck_set.find(self:given())
  if stuck and #self.events == 0 and not self.healed[stuck.uid] then -- its probe's words
    self:read_details(DETAIL_SECONDS / 2)
    stuck, waiting = stuck_set.find(self:given())
  end
  self.stuck, self.may_recover = nil, waiting
  if not stuck or self.healed[stuck.uid] then return end
  if self.opts.heal then return self:heal(stuck) end
  if stuck.certain then self:fail_stuck(stuck) end
  self.stuck = stuck
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
  if self.workload.kind == "Pod" then
    self.parts = {}
    return
  end
  self.parts = { self.shared:use(self, "pods") }
  if not verdicts.is_workload(self.workload) or self.workload.kind == "Deployment" then
    self.parts[2] = self.shared:use(self, "replicasets")
  end
  self.shared:follow_parts(self, self.workload.metadata.uid)
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
  if self.opts.condition and verdicts.is_workload(self.workload) then
    errors.usage("k8s.rollout: a %s has a rollout of its own; condition is for custom resources", self.workload.kind)
  end
  local verdict = verdicts.verdict(self.workload, self.opts.condition, self.opts.to_end)
  if verdict then return verdict end
  errors.usage("k8s.rollout: a %s has no rollout; Deployment, StatefulSet, DaemonSet, Job, Pod and custom resources with "
    .. "status.conditions do", self.workload.kind)
end

--- Why it does not go on, once the graces are over.
function Follower:diagnose()
  local d = diagnosis.diagnose(self:given())
  if not d or not d.fatal or d.reason ~= "Unschedulable" or self.scaling then return d end
  self:read_scaling()
  return diagnosis.diagnose(self:given())
end

--- The verdict of a Deployment whose conditions still tell of the deadline of a rollout before; nil: they do not.
function Follower:newest_verdict()
  local obj = self.workload
  local progressing = obj.kind == "Deployment" and fields.condition(obj, "Progressing")
  if not progressing or not revision.is_deadline_of_another(obj, self:given().replicasets, progressing.message) then return nil end
  local status = {}
  for name, value in pairs(obj.status) do status[name] = value end
  status.conditions = nil
  return verdicts.deployment { metadata = obj.metadata, spec = obj.spec, status = status }
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
  if verdict.state == "failed" then
    verdict = self:newest_verdict() or verdict
    self.verdict = verdict
  end
  self:meet_stuck()
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
  local held_up = self.stuck and string.format("%s; it goes on once that pod is deleted: %s", self.stuck.message, self.stuck.remedy)
  self:say(table.concat({ M.short(verdict.message), d and diagnosis.describe(d) or held_up }, "; "))
  return nil
end

--- When it must look again though nothing has changed: for time-outs, details and graces.
function Follower:next_look(deadline)
  local at = math.min(deadline, self.workload and self.details_at or deadline)
  if self.waiting_for or self.stuck or self.may_recover then at = math.min(at, task.now() + TICK_SECONDS) end
  return at - task.now()
end

function Follower:wait()
  local deadline = self.started + self.timeout
  self.objects = self.shared:use(self, self.resource, self.name)
  while true do
    self.shared:take_over(self)
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

return M
