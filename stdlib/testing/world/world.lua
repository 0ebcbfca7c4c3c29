--- The world of a test: a simulated cluster, answers of everything else, a directory, and a clock that does not wait.
--- Runs in it are processes of their own (see testing/run.lua), which reach nothing but it.
local clock = require "native.clock"
local digest = require "native.digest"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local folder = require "almanac.testing.world.folder"
local fs = require "native.fs"
local helm = require "almanac.testing.world.helm"
local http = require "almanac.testing.world.http"
local httpd = require "native.httpd"
local loki = require "almanac.testing.world.loki"
local others = require "almanac.testing.world.others"
local place = require "almanac.testing.world.place"
local process = require "native.process"
local prometheus = require "almanac.testing.world.prometheus"
local releases = require "almanac.testing.world.releases"
local server = require "almanac.sim.server"
local settling = require "almanac.sim.control.settling"
local sh = require "almanac.testing.world.sh"
local snapshot_file = require "almanac.snapshot.file"
local task = require "native.task"
local variables = require "almanac.testing.world.variables"

local M = {}

--- Where a stand-in asks.
M.STAND_IN = "stand-in.test"

---@class almanac.testing.Granted  what who runs the tests allows them; a test's author cannot
---@field real table<string, boolean>  modules whose programs run for real: sh
---@field helm? string                 the helm binary

---@class almanac.testing.World
---@field spec table          as the test gave it, checked
---@field dir string
---@field cwd string          where runs work
---@field real string[]       programs that run as they are
---@field helm? string[]      what helm is started by
---@field served table        the simulated cluster
---@field address string      of everything else, host:port
---@field began number        seconds since 1970
---@field requests table[]    what was asked of web services
---@field writes table[]      what was asked of the cluster, and changes it
---@field commands table[]    what was called of programs
---@field unanswered table[]  what nobody had an answer for: { what, line }
---@field turns table<string, integer>
---@field awaited table[]     requests of the cluster at which something happens: { request, fn }
---@field prometheus_is_silent? boolean
local World = {}
World.__index = World

--- Seconds since 1970, by the simulated clock.
function World.now() return task.wall_ms() / 1000 end

--- Calls a function of the test: it only computes.
function World.call(_, fn, ...) return task.with({ permit = "compute" }, fn, ...) end

--- Notes that the test has no answer, and raises it.
---@param what string  that was asked
---@param line string  that would answer it
function World:no_answer(what, line)
  table.insert(self.unanswered, { what = what, line = line })
  errors.raise { kind = "no_answer", message = string.format("the test gives no answer for %s; in its world: %s", what, line) }
end

--- Something went wrong in the world itself; the case fails of it.
function World:complain(what)
  if not self.closed then table.insert(self.complaints, what) end -- what is under way is cancelled at its end
end

--- Lets an answer take its time.
---@param length any         a duration, or nil
---@param is_program? boolean  the process that asks keeps the clock from jumping
function World.take(_, length, is_program)
  if not length then return end
  if is_program then clock.excuse(1) end
  local ok, err = errors.try(task.sleep, duration.parse(length))
  if is_program then clock.excuse(-1) end
  if not ok then error(err, 0) end
end

local function dispatch(self, request, response)
  local host = (request.headers.host or ""):gsub(":%d+$", "")
  if host == M.STAND_IN then return sh.handle(self, request, response) end
  if host == folder.host "prometheus" or host == folder.host "alertmanager" or request.path:find "^/api/v1/query" then
    if prometheus.handle(self, request, response) then return end
  elseif host == folder.host "loki" or request.path:find "^/loki/api/" then
    return loki.handle(self, request, response)
  end
  http.handle(self, request, response)
end

--- The objects that the cluster begins with: tables, and files of manifests.
local function objects_of(spec, project)
  local out, resources = {}, nil
  local given = spec.objects or {}
  if type(given) == "string" then given = { given } end
  for _, one in ipairs(given) do
    if type(one) == "string" then
      local list, header = snapshot_file.read(place.existing("world: objects", project, one))
      for _, object in ipairs(list) do out[#out + 1] = object end
      resources = header and header.resources or resources
    else
      out[#out + 1] = one
    end
  end
  return out, resources
end

local READS = { GET = true, HEAD = true, OPTIONS = true }

local function note_of(self)
  return function(method, path, query, status)
    if READS[method] or query.dryRun or path:find "/selfsubject" then return end
    table.insert(self.writes, { method = method, path = path, status = status, at = self:now() - self.began })
  end
end

local function start_cluster(self, project)
  local objects, resources = objects_of(self.spec, project)
  for _, object in ipairs(releases.known(self) or {}) do objects[#objects + 1] = object end
  local served, why = server.start {
    objects = objects, resources = resources, namespaces = self.spec.namespaces, faults = self.spec.faults,
    ready_time = self.spec.ready_time, report = function(text) self:complain(text) end,
    request_log = note_of(self), devnet_ready = true, asked = function(request) return others.asked(self, request) end,
  }
  if not served then errors.usage("world: %s", why) end
  self.served = served
  self.life = task.spawn(function() served:run() end)
end

local SETTLE_SECONDS = 30 -- besides what the test says that a pod takes

--- Waits until the cluster is as one that has been up: what a fault keeps down stays so.
local function settle(self)
  settling.wait(self.served.cluster.store, SETTLE_SECONDS + (self.spec.ready_time or 0))
end

--- Begins what a world has.
local function begin(self, granted)
  start_cluster(self, self.project)
  self.listener = httpd.listen {
    port = 0, private = true, body_max = 64 << 20, handler = function(request, response) dispatch(self, request, response) end,
    on_error = function(err) self:complain(tostring(err)) end,
  }
  self.address = "127.0.0.1:" .. self.listener:port()
  local found
  self.cwd, self.real, found = folder.make(self.dir, self.project, self.spec, self.served, granted.helm)
  self.helm = found and helm.words(self.exe, found, self.dir, self.address)
  releases.install(self, settle)
  settle(self)
end

--- Makes the world that a test describes. Its time begins when what it has is up.
---@param spec table    checked
---@param dir string    that is there and empty
---@param project string  the operator's project
---@param granted almanac.testing.Granted
---@return almanac.testing.World
function M.new(spec, dir, project, granted)
  if spec.real_sh and not granted.real.sh then
    errors.raise { kind = "usage", message = "world: real_sh: no program runs for real unless who runs the tests says so",
      hint = "look at what it runs (" .. table.concat(spec.real_sh, ", ") .. "), then: almanac test --real sh" }
  end
  variables.check("world", spec.env) -- before anything is begun
  local self = setmetatable({
    spec = spec, dir = dir, requests = {}, writes = {}, commands = {}, unanswered = {}, complaints = {}, turns = {}, awaited = {},
    began = task.wall_ms() / 1000, project = project, exe = process.exe(), secret = digest.random_hex(8),
  }, World)
  local ok, err = errors.try(begin, self, granted)
  if not ok then
    self:close()
    error(err, 0)
  end
  self.began, self.writes = self.now(), {} -- what installed it is no write of a run
  return self
end

--- Ends it. Its directory stays.
function World:close()
  self.closed = true
  if self.life then
    self.life:cancel()
    self.life:join()
    self.life = nil
    self.served:close()
  end
  if self.listener then
    self.listener:close()
    self.listener = nil
  end
end

--- Removes its directory.
function World:remove() fs.remove_tree(self.dir) end

return M
