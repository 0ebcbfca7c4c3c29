--- What a test gets of a world, a run and a plan: what there is to read as fields, and what can be done by methods. What
--- they are made of is not theirs to see.
local answers = require "almanac.testing.world.answers"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local lookup = require "almanac.base.lookup"
local others = require "almanac.testing.world.others"
local runs = require "almanac.testing.run"
local task = require "native.task"
local variables = require "almanac.testing.world.variables"

local M = {}

local inside = setmetatable({}, { __mode = "k" }) ---@type table<table, any>

local function of(who, handle)
  local known = inside[handle]
  if not known then
    errors.raise { kind = "usage", message = who .. ": it is called with a colon", hint = "write " .. who:gsub("%.", ":") .. "(…)" }
  end
  return known
end

--- Calls one of our functions with the permits that it needs: a test has none.
local function perform(fn, ...)
  return task.with({ permit = "effect" }, fn, ...)
end

-- Runs -------------------------------------------------------------------------------------------

local Run = {}

--- Copies into the handle what the run has now.
local function show(handle, run)
  for _, name in ipairs { "id", "runbook", "status", "code", "signal", "stdout", "output", "error", "effects", "gates", "steps",
    "seconds", "params", "report", "rollbacks" } do
    handle[name] = run[name]
  end
  return handle
end

local run_mt = { __index = Run, __metatable = false }

local function run_handle(run)
  local handle = setmetatable({}, run_mt)
  inside[handle] = run
  return show(handle, run)
end

local function again(who, verb)
  return function(self, words)
    local run = of(who, self)
    if not run.id then errors.usage("%s: the run was refused before it began", who) end
    return show(self, perform(runs.again, run, verb, words))
  end
end

Run.resume, Run.rollback = again("run.resume", "resume"), again("run.rollback", "rollback")
Run.approve, Run.reject, Run.answer = again("run.approve", "approve"), again("run.reject", "reject"), again("run.answer", "answer")

--- Gives the run up, and the lock that it holds.
function Run:abandon(reason)
  return show(self, perform(runs.again, of("run.abandon", self), "abandon", { "--reason", tostring(reason or "the test is over with it") }))
end

--- The run that a handle stands for; raises kind "usage" for anything else.
function M.run(who, handle)
  local run = type(handle) == "table" and inside[handle]
  if not run or getmetatable(handle) ~= false then errors.usage("%s: takes a run, as world:run gives it", who) end
  return run
end

-- Worlds -----------------------------------------------------------------------------------------

local World = {}
local world_mt = { __index = World, __metatable = false }

local PLAN_FIELDS = {
  environment = { "text", help = "of almanac.yaml" },
  words = { "list", of = "text", may_be_empty = true, help = "more words of the command line" },
}
local PLAN = fields.declare("world.plan", PLAN_FIELDS, { at = 3, method = true })
local RUN = fields.declare("world.run", fields.with(PLAN_FIELDS, {
  env = { "map", help = "variables of the environment, besides those of the world" },
}), { at = 3, method = true })

local PARAMS = { "map", help = "parameters of the runbook" }

function World:run(name, params, options)
  local world, given = of("world.run", self), fields.check(RUN, options)
  given.env = variables.check("world.run", given.env)
  return run_handle(perform(runs.start, world, name, fields.value("world.run", "params", PARAMS, params), given))
end

function World:plan(name, params, options)
  local world, given = of("world.plan", self), fields.check(PLAN, options)
  return perform(runs.plan, world, name, fields.value("world.plan", "params", PARAMS, params), given)
end

--- Seconds since the world was made, by its clock.
function World:seconds()
  local world = of("world.seconds", self)
  return world:now() - world.began
end

--- Lets time pass.
function World:pass(length)
  of("world.pass", self)
  perform(task.sleep, duration.parse(length))
end

--- Calls a function when so much time has passed, while a run goes on.
function World:after(length, fn)
  local world, seconds = of("world.after", self), duration.parse(length)
  if type(fn) ~= "function" then errors.usage("world.after: takes a duration and a function") end
  perform(others.later, world, seconds, fn)
end

local SET = fields.declare("world.set", answers.FIELDS, { method = true })

--- Answers otherwise from now on.
function World:set(given)
  local world = of("world.set", self)
  world.spec = fields.with(world.spec, fields.check(SET, given))
end

--- Calls a function once, before the cluster looks at a request: "PATCH */statefulsets/web".
function World:before(request, fn)
  local world = of("world.before", self)
  if type(request) ~= "string" or not request:find "^[%u*]+ " or type(fn) ~= "function" then
    errors.usage('world.before: takes a request, such as "PATCH */statefulsets/web", and a function')
  end
  others.await(world, request, fn)
end

local FAULT = fields.declare("world.fault", {
  add = { "list", of = "text", may_be_empty = true, help = "faults and outages that begin, as almanac sim --fault takes them" },
  remove = { "list", of = "text", may_be_empty = true, help = "those that end" },
}, { method = true })

--- Puts faults of the cluster, and outages, on and off: fault { add = …, remove = … }, or the two lists.
function World:fault(add, remove)
  local is_named = type(add) == "table" and #add == 0 and next(add) ~= nil
  local given = fields.check(FAULT, is_named and add or { add = add, remove = remove })
  perform(others.change, of("world.fault", self), given.add, given.remove)
end

--- How often a program was called, by its command line, with * for any text.
function World:called(line)
  local count = 0
  if type(line) ~= "string" then errors.usage "world.called: takes a command line, as sh of a world has it" end
  for _, command in ipairs(of("world.called", self).commands) do
    if lookup.find({ [line] = true }, command.line) then count = count + 1 end
  end
  return count
end

--- Kills the helm that is at work, as the kernel does where memory is short.
function World:kill_helm()
  if perform(others.kill_helm, of("world.kill_helm", self)) == 0 then errors.usage("world.kill_helm: none is at work") end
end

local function resource_of(who, store, word)
  for _, resource in ipairs(store.served.list) do
    if word == resource.singular or word == resource.plural or word:lower() == resource.kind:lower() then return resource end
    for _, short in ipairs(resource.short_names or {}) do
      if word == short then return resource end
    end
  end
  errors.usage("%s: the cluster has no kind %q", who, word)
end

local function object_of(who, ref)
  local kind, name = tostring(ref):match "^([^/]+)/(.+)$"
  if not kind then errors.usage('%s: takes an object, such as "deployment/web", and its namespace', who) end
  return kind, name
end

--- Changes an object as somebody at a terminal does; the cluster knows by whom.
function World:patch(ref, namespace, patch, by)
  local world, kind, name = of("world.patch", self), object_of("world.patch", ref)
  if type(patch) ~= "table" then errors.usage("world.patch: takes an object, its namespace and what is otherwise in it") end
  perform(others.patch, world, resource_of("world.patch", world.served.cluster.store, kind), namespace or "default", name, patch,
    tostring(by or "kubectl-edit"))
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = {}
  for key, item in pairs(value) do out[key] = copy(item) end
  return out
end

--- An object as it is in the cluster; nil: there is none.
function World:get(ref, namespace)
  local store = of("world.get", self).served.cluster.store
  local kind, name = object_of("world.get", ref)
  return copy((store:get(resource_of("world.get", store, kind).key, namespace or "default", name)))
end

--- A handle on a world.
---@param world almanac.testing.World
---@return table
function M.of_world(world)
  local handle = setmetatable({ commands = world.commands, requests = world.requests, writes = world.writes }, world_mt)
  inside[handle] = world
  return handle
end

--- The world that a handle stands for; raises kind "usage" for anything else.
function M.world(who, handle)
  local world = type(handle) == "table" and inside[handle]
  if not world or not world.served then errors.usage("%s: takes a world, as world { … } makes it", who) end
  return world
end

M.perform = perform

return M
