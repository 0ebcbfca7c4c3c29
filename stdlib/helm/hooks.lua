--- The Jobs that helm runs as hooks, followed as rollouts are while it waits for them: helm itself only says
--- that a Job failed, and waits its whole time for an image that cannot be pulled.
local errors = require "almanac.base.errors"
local follow = require "almanac.k8s.rollout.follow"
local k8s_delete = require "almanac.k8s.delete"
local k8s_logs = require "almanac.k8s.logs"
local k8s_read = require "almanac.k8s.read"
local k8s_watch = require "almanac.k8s.watch"
local pool = require "almanac.base.pool"
local records = require "almanac.helm.records"
local task = require "native.task"

local M = {}

local HOOK = "helm.sh/hook" -- annotation
local LOG_LINES = 20
local SYNC_SECONDS = 5 -- a list that takes longer is not waited for

---@class almanac.HelmHooks
---@field failure? almanac.Error   of kind "rollout": why a hook cannot succeed
---@field words table<string, { pod: string, container: string, exit_code: integer, logs: string? }>  of containers
---  that failed, by pod and container: a hook's pod may be deleted as soon as it failed
local Hooks = {}
Hooks.__index = Hooks

-- Last words ---------------------------------------------------------------------------------------

local function read_logs(ref, opts)
  local ok, text = errors.try(k8s_logs.logs, ref, opts)
  return ok and text or nil
end

function Hooks:is_of_hook(pod)
  for _, owner in ipairs(pod.metadata.ownerReferences or {}) do
    if self.followed[owner.uid] then return true end
  end
  return false
end

--- Keeps what the failed containers of a hook's pod said last.
function Hooks:remember(pod)
  if not self:is_of_hook(pod) then return end
  local status = pod.status or {}
  for _, list in ipairs { status.initContainerStatuses or {}, status.containerStatuses or {} } do
    for _, container in ipairs(list) do
      local ended = (container.state or {}).terminated
      local key = pod.metadata.name .. "/" .. container.name
      if ended and ended.exitCode ~= 0 and not self.words[key] then
        local words = { pod = pod.metadata.name, container = container.name, exit_code = ended.exitCode }
        self.words[key], self.reading = words, self.reading + 1
        words.logs = read_logs("pod/" .. words.pod, { container = words.container, tail = LOG_LINES, namespace = self.namespace })
        self.reading = self.reading - 1
        self.changed:notify()
      end
    end
  end
end

--- A watch that tells `see` of each object that it passes on.
local function seen_by(inner, see)
  return setmetatable({
    next = function(_, ...)
      local event, why = inner:next(...)
      if event and event.object and event.type ~= "DELETED" then see(event.object) end
      return event, why
    end,
  }, { __index = function(_, name) return function(_, ...) return inner[name](inner, ...) end end })
end

--- The cluster as a follower of rollouts sees it, with a memory.
function Hooks:world()
  return {
    list = k8s_read.list, find = k8s_read.find, delete = k8s_delete.delete,
    watch = function(ref, opts)
      local inner = k8s_watch.watch(ref, opts)
      return ref == "pods" and seen_by(inner, function(pod) self:remember(pod) end) or inner
    end,
    logs = function(ref, opts)
      local known = opts.container and self.words[ref:match "[^/]*$" .. "/" .. opts.container]
      return known and known.logs or k8s_logs.logs(ref, opts)
    end,
  }
end

-- Following ----------------------------------------------------------------------------------------

--- Whether a Job is a hook of the release: others may run theirs in the same namespace.
function Hooks:is_ours(job)
  if not (job.metadata.annotations or {})[HOOK] then return false end
  if not self.names then
    local ok, release = errors.try(records.release, self.target, self.revision, "helm")
    if not ok then return false end
    self.names = {}
    for _, hook in ipairs(type(release.hooks) == "table" and release.hooks or {}) do
      if hook.kind == "Job" then self.names[hook.name] = true end
    end
  end
  return self.names[job.metadata.name] == true
end

function Hooks:fail(err)
  if self.failure then return end
  self.failure = err
  self.changed:notify()
  self.on_failure(err)
end

function Hooks:follow(job)
  self.followed[job.metadata.uid] = true
  self.handles[#self.handles + 1] = task.spawn(function()
    local ok, err = errors.try(follow.follow, self.seen, "job/" .. job.metadata.name,
      { namespace = self.namespace, timeout = self.timeout, log_lines = LOG_LINES })
    if not ok and err.kind == "rollout" then self:fail(err) end
  end)
end

--- Jobs that come after the list are new: an older one of a hook's name says nothing.
function Hooks:read()
  local watch = k8s_watch.watch("jobs", { namespace = self.namespace })
  local old = {}
  while true do
    local event = watch:next()
    if not event then return end
    if event.type == "SYNCED" then
      self.synced = true
      self.changed:notify()
    elseif not self.synced then
      old[event.object.metadata.uid] = true
    elseif event.type == "ADDED" and not old[event.object.metadata.uid] and self:is_ours(event.object) then
      self:follow(event.object)
    end
  end
end

local function wait(self, seconds, done)
  local token = task.push_deadline(seconds)
  local ok, err = pcall(function()
    while not done() do self.changed:wait() end
  end)
  local expired = task.pop_deadline(token)
  if not ok and not expired then error(err, 0) end
end

--- Begins to watch: returns when the Jobs that were there before are known. Who may not see Jobs follows none.
---@param target { release: string, namespace: string, timeout: number }
---@param revision integer whose hooks run
---@param on_failure fun(err: almanac.Error)  called once, in a task of its own
---@return almanac.HelmHooks
function M.watch(target, revision, on_failure)
  local self = setmetatable({
    target = target, namespace = target.namespace, timeout = target.timeout, revision = revision, on_failure = on_failure,
    words = {}, reading = 0, followed = {}, handles = {}, changed = task.condition(),
  }, Hooks)
  self.seen = self:world()
  self.handles[1] = task.spawn(function()
    errors.try(self.read, self)
    self.blind = true
    self.changed:notify()
  end)
  wait(self, SYNC_SECONDS, function() return self.synced or self.blind end)
  return self
end

--- Waits, for so many seconds, for the reason of a failure that helm has seen already.
---@param seconds number
function Hooks:settle(seconds)
  if not next(self.followed) then return end
  wait(self, seconds, function() return self.reading == 0 and (self.failure or self.blind) end)
end

--- The last words of a container of a hook that failed.
---@return { pod: string, container: string, exit_code: integer, logs: string? }?
function Hooks:last_words()
  local out
  for _, words in pairs(self.words) do
    if not out or words.pod > out.pod then out = words end
  end
  return out
end

--- Ends everything that was begun.
function Hooks:stop()
  for _, handle in ipairs(self.handles) do handle:cancel() end
  task.with({ shield = "cancel" }, pool.join_all, self.handles)
end

return M
