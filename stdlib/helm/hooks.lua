--- The Jobs and Pods that helm runs as hooks, followed to their end as it does, while it waits for them: helm itself
--- only says that one failed, and waits its whole time for an image that cannot be pulled.
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
-- What helm waits for, of the hooks; others it only makes.
local KINDS = { jobs = "Job", pods = "Pod" }
local LOG_LINES = 20
local SYNC_SECONDS = 5  -- a list that takes longer is not waited for
local WORDS_SECONDS = 3 -- nor are words, of a container that has ended

---@class almanac.HelmWords  what a container said
---@field lines string[]  the last ones
---@field over boolean    it has ended

---@class almanac.HelmHooks
---@field failure? almanac.Error   of kind "rollout": why a hook cannot succeed
---@field heard table<string, almanac.HelmWords>  by pod, container and restart
---@field failed table<string, { pod: string, container: string, exit_code: integer, heard: almanac.HelmWords }>  by pod
---  and container: how it ended last
local Hooks = {}
Hooks.__index = Hooks

local function wait(self, seconds, done)
  local token = task.push_deadline(seconds)
  local ok, err = pcall(function()
    while not done() do self.changed:wait() end
  end)
  local expired = task.pop_deadline(token)
  if not ok and not expired then error(err, 0) end
end

-- Last words ---------------------------------------------------------------------------------------

function Hooks:is_of_hook(pod)
  if self.followed[pod.metadata.uid] then return true end
  for _, owner in ipairs(pod.metadata.ownerReferences or {}) do
    if self.followed[owner.uid] then return true end
  end
  return false
end

--- Hears a container from its start on: its pod may be deleted as soon as it has failed.
---@return almanac.HelmWords
function Hooks:hear(pod, container, restarts)
  local key = string.format("%s/%s/%d", pod, container, restarts or 0)
  local heard = self.heard[key]
  if heard then return heard end
  heard = { lines = {}, over = false }
  self.heard[key] = heard
  self.handles[#self.handles + 1] = task.spawn(function()
    errors.try(function()
      for line in k8s_logs.follow("pod/" .. pod, { container = container, tail = LOG_LINES, namespace = self.namespace }) do
        table.insert(heard.lines, line)
        if #heard.lines > LOG_LINES then table.remove(heard.lines, 1) end
      end
    end)
    heard.over = true
    self.changed:notify()
  end)
  return heard
end

--- Hears the containers of a hook's pod, and keeps how those ended that failed.
function Hooks:remember(pod)
  if not self:is_of_hook(pod) then return end
  local name, status = pod.metadata.name, pod.status or {}
  for _, list in ipairs { status.initContainerStatuses or {}, status.containerStatuses or {} } do
    for _, container in ipairs(list) do
      local state = container.state or {}
      local ended = state.terminated
      if state.running or ended then
        local heard = self:hear(name, container.name, container.restartCount)
        if ended and ended.exitCode ~= 0 then
          self.failed[name .. "/" .. container.name] =
            { pod = name, container = container.name, exit_code = ended.exitCode, heard = heard }
        end
      end
    end
  end
end

local function text_of(heard)
  local text = table.concat(heard.lines, "\n")
  return text:find "%S" and text or nil
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
      local failed = opts.container and self.failed[ref:match "[^/]*$" .. "/" .. opts.container]
      if failed then wait(self, WORDS_SECONDS, function() return failed.heard.over end) end
      return failed and text_of(failed.heard) or k8s_logs.logs(ref, opts)
    end,
  }
end

-- Following ----------------------------------------------------------------------------------------

--- Whether a Job or Pod is a hook of the release: others may run theirs in the same namespace.
function Hooks:is_ours(kind, object)
  if not (object.metadata.annotations or {})[HOOK] then return false end
  if not self.names then
    local ok, release = errors.try(records.release, self.target, self.revision, "helm")
    if not ok then return false end
    self.names = {}
    for _, hook in ipairs(type(release.hooks) == "table" and release.hooks or {}) do
      self.names[tostring(hook.kind) .. "/" .. tostring(hook.name)] = true
    end
  end
  return self.names[kind .. "/" .. object.metadata.name] == true
end

function Hooks:fail(err)
  if self.failure then return end
  self.failure = err
  self.changed:notify()
  self.on_failure(err)
end

---@param ref string  "jobs" or "pods"
---@param object table
function Hooks:follow(ref, object)
  self.followed[object.metadata.uid] = true
  self.handles[#self.handles + 1] = task.spawn(function()
    local ok, err = errors.try(follow.follow, self.seen, ref .. "/" .. object.metadata.name,
      { namespace = self.namespace, timeout = self.timeout, log_lines = LOG_LINES, to_end = true })
    if not ok and err.kind == "rollout" then self:fail(err) end
  end)
end

--- What comes after the list is new: an older one of a hook's name says nothing.
function Hooks:read(ref)
  local watch = k8s_watch.watch(ref, { namespace = self.namespace })
  local old, synced = {}, false
  while true do
    local event = watch:next()
    if not event then return end
    if event.type == "SYNCED" then
      synced, self.unlisted[ref] = true, nil
      self.changed:notify()
    elseif not synced then
      old[event.object.metadata.uid] = true
    elseif event.type == "ADDED" and not old[event.object.metadata.uid] and self:is_ours(KINDS[ref], event.object) then
      self:follow(ref, event.object)
    end
  end
end

--- Begins to watch: returns when the Jobs and Pods that were there before are known. Who may not see them follows none.
---@param target { release: string, namespace: string, timeout: number }
---@param revision integer whose hooks run
---@param on_failure fun(err: almanac.Error)  called once, in a task of its own
---@return almanac.HelmHooks
function M.watch(target, revision, on_failure)
  local self = setmetatable({
    target = target, namespace = target.namespace, timeout = target.timeout, revision = revision, on_failure = on_failure,
    heard = {}, failed = {}, followed = {}, unlisted = {}, readers = {}, handles = {}, changed = task.condition(),
  }, Hooks)
  self.seen = self:world()
  for ref in pairs(KINDS) do
    self.unlisted[ref], self.readers[ref] = true, true
    self.handles[#self.handles + 1] = task.spawn(function()
      errors.try(self.read, self, ref)
      self.readers[ref], self.unlisted[ref] = nil, nil
      self.changed:notify()
    end)
  end
  wait(self, SYNC_SECONDS, function() return next(self.unlisted) == nil end)
  return self
end

function Hooks:has_heard_all()
  for _, failed in pairs(self.failed) do
    if not failed.heard.over then return false end
  end
  return true
end

--- Waits, for so many seconds, for the reason of a failure that helm has seen already.
---@param seconds number
function Hooks:settle(seconds)
  if not next(self.followed) then return end
  wait(self, seconds, function() return self:has_heard_all() and (self.failure or not next(self.readers)) end)
end

--- The last words of a container of a hook that failed.
---@return { pod: string, container: string, exit_code: integer, logs: string? }?
function Hooks:last_words()
  local last
  for _, failed in pairs(self.failed) do
    if not last or failed.pod > last.pod then last = failed end
  end
  if not last then return nil end
  return { pod = last.pod, container = last.container, exit_code = last.exit_code, logs = text_of(last.heard) }
end

--- Ends everything that was begun.
function Hooks:stop()
  for _, handle in ipairs(self.handles) do handle:cancel() end
  task.with({ shield = "cancel" }, pool.join_all, self.handles)
end

return M
