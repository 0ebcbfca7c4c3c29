--- The stage of a rehearsal: the simulated cluster, what is asked of Prometheus, and what goes wrong when. It lives in the
--- process that was started, and outlives the one that runs the runbook, which may be killed on it.
local contents = require "almanac.sim.contents"
local differences = require "almanac.rehearsal.difference"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local json = require "native.json"
local numbers = require "almanac.rehearsal.numbers"
local moments = require "almanac.rehearsal.moment"
local outages = require "almanac.sim.outage"
local prometheus = require "almanac.sim.world.prometheus"
local server = require "almanac.sim.server"
local settling = require "almanac.sim.control.settling"
local snapshot_file = require "almanac.snapshot.file"
local task = require "native.task"

local M = {}

local Stage = {}
Stage.__index = Stage

local JSON = { ["Content-Type"] = "application/json" }
local SETTLE_SECONDS, REACH_SECONDS = 30, 3
--- Headers of an answer that are Prometheus' own; others are of the connection.
local FORWARDED = { ["content-type"] = true }

-- What happens ------------------------------------------------------------------------------------

--- Notes what the rehearsal did, and gives the words of it.
function Stage:tell(text)
  self.story[#self.story + 1] = { seconds = self.begun and task.now() - self.begun or 0, text = text }
  return text
end

local function switch(self, entry, on)
  if entry.what == "gate" then
    self.numbers:spoil(entry.gate, on)
  elseif entry.what == "fault" then
    self.served.cluster.faults:change(on and { entry.name } or {}, on and {} or { entry.name })
  elseif outages.put(self.served, entry.name, on) then
    self.prometheus_is_silent = on
  end
end

--- Puts a fault on, and has it taken off when its time is over. What is said of it.
local function put_on(self, entry)
  switch(self, entry, true)
  local lasts = entry.when.lasts
  if lasts then
    self.passing, self.ends = self.passing + 1, self.ends + 1 -- each has an end of its own, also of one fault put on twice
    self.served.cluster.agenda:after(lasts, "rehearsal over\0" .. self.ends, function()
      switch(self, entry, false)
      self.passing = self.passing - 1
      self.passed:notify()
      self:order { say = { self:tell(entry.name .. " is over") } }
    end)
  end
  local is_outage = outages.WORDS[entry.name]
  return self:tell(entry.name .. (is_outage and ": " .. is_outage or " is put on"))
end

--- Waits until everything is over that was put on for a while.
function Stage:wait_out()
  while self.passing > 0 do self.passed:wait() end
end

--- What the inside is answered, for what comes now.
local function answer_of(self, entries, where)
  local answer = { say = json.array {} }
  for _, entry in ipairs(entries) do
    if entry.what == "kill" then
      answer.die = true
      answer.say[#answer.say + 1] = self:tell("killed " .. where)
    else
      answer.say[#answer.say + 1] = put_on(self, entry)
    end
  end
  return answer
end

local function at_point(self, message)
  if message.what == "step" then return answer_of(self, self.schedule:at_step(message.path), "") end
  local entries, n = self.schedule:at_effect(message.id, message.what)
  local where = string.format("%s effect %d (%s)%s", message.what == "applied" and "behind" or "before", n, message.op,
    message.what == "applied" and ", whose outcome was not written down yet" or ", which was begun")
  return answer_of(self, entries, where)
end

-- What is served -----------------------------------------------------------------------------------

--- Has the inside do something as soon as it listens.
function Stage:order(order)
  self.orders[#self.orders + 1] = order
  self.ordered:notify()
end

local function give_orders(self, response)
  response:on_close(function() self.ordered:notify() end)
  while not self.orders[1] and not response:closed() do self.ordered:wait() end
  if response:closed() then return nil end
  return table.remove(self.orders, 1)
end

--- Asks the real Prometheus what the inside asked; where there is none, or a gate's query is to be bad, the simulated one.
local function ask_prometheus(self, request, response)
  if self.prometheus_is_silent then return prometheus.be_silent(response) end
  if not self.prometheus or self.numbers:is_spoilt(prometheus.parameters(request).query or "") then
    if self.numbers:handle(request.path:gsub("^/prometheus", ""), request, response) then return end
    return response:send(404, { ["Content-Type"] = "text/plain" }, "the Prometheus of a rehearsal does not know this\n")
  end
  local query = request.raw_query ~= "" and "?" .. request.raw_query or ""
  local ok, answer = errors.try(require("native.http").request, {
    who = "almanac rehearse", method = request.method, url = self.prometheus .. request.raw_path:gsub("^/prometheus", "") .. query,
    body = request.body ~= "" and request.body or nil, timeout = 60, read = true,
    headers = { ["Content-Type"] = request.headers["content-type"], Authorization = request.headers.authorization },
  })
  if not ok then return response:send(502, { ["Content-Type"] = "text/plain" }, answer.message .. "\n") end
  local headers = {}
  for name, value in pairs(answer.headers) do headers[FORWARDED[name:lower()] and name or ""] = value end
  headers[""] = nil
  response:send(answer.status, headers, answer.body)
end

local function handle(self, request, response)
  if request.path:find "^/prometheus/" then return ask_prometheus(self, request, response) end
  if request.headers.authorization ~= "Bearer " .. self.token then return response:send(403, JSON, "{}") end
  local answer
  if request.path == "/point" then
    answer = at_point(self, json.decode(request.body))
  elseif request.path == "/gates" then
    self.numbers:learn(json.decode(request.body))
    answer = {}
  elseif request.path == "/canary" then
    self.numbers:learn_canary(json.decode(request.body))
    answer = {}
  elseif request.path == "/orders" then
    answer = give_orders(self, response)
  elseif request.path == "/dying" then
    self.killed = true
    self.child:kill "KILL"
  end
  if answer then response:send(200, JSON, json.encode(answer)) end
end

-- The cluster --------------------------------------------------------------------------------------

--- Waits until the copy is up.
---@return string[] left  what did not come up
function Stage:settle()
  local left = settling.wait(self.served.cluster.store, SETTLE_SECONDS)
  self.before = contents.of(self.served.cluster.store)
  return left
end

--- What is otherwise in the cluster since it had settled.
---@return almanac.rehearsal.Difference
function Stage:difference() return differences.of(self.before, contents.of(self.served.cluster.store)) end

--- Why a Prometheus does not answer at all, or nil. Whom it lets in is for the one who asks it.
local function why_silent(url)
  local ok, answer = errors.try(require("native.http").request, {
    who = "almanac rehearse", method = "GET", url = url .. "/-/ready", timeout = REACH_SECONDS, read = true,
  })
  return not ok and tostring(answer.message):match "^[^\n]*" or nil
end

---@class almanac.rehearsal.StageOptions
---@field objects table[]
---@field header almanac.SnapshotHeader?
---@field namespaces string[]
---@field schedule table
---@field directory string     where its files are
---@field context string       name of the context
---@field namespace string     of the context
---@field prometheus string?   URL of a real one
---@field in_cluster string?   URL of one that is reached through the API
---@field answers table?       that a file has for queries; then no real one is asked
---@field report fun(text: string)

local function log_of(lines)
  return function(method, path, query, status)
    lines[#lines + 1] = json.encode { method = method, path = path, query = query, status = status }
  end
end

--- Opens a stage, in tasks of its own. It ends with `close`.
---@param o almanac.rehearsal.StageOptions
---@return table stage  raises kind "usage" for a fault that there is none of
function M.open(o)
  local self = setmetatable({
    schedule = o.schedule, story = {}, orders = {}, ordered = task.condition(), requests = {}, prometheus = o.prometheus,
    passing = 0, ends = 0, passed = task.condition(), -- what is put on for a while
    token = require("native.digest").random_hex(16), directory = o.directory, in_cluster = o.in_cluster,
  }, Stage)
  local resources, unread = snapshot_file.cluster_options(o.header)
  local served, why = server.start {
    report = function(text) if not self.closed then o.report(text) end end,
    objects = o.objects, resources = resources, unread = unread, namespaces = o.namespaces,
    request_log = log_of(self.requests), devnet_namespace = o.namespaces[1],
  }
  if not served then errors.usage("%s", why) end
  self.served = served
  self.life = task.spawn(served.run, served)
  local devnet = served.cluster.devnet
  self.numbers = numbers.new { answers = o.answers, faults = served.cluster.faults, now = function() return task.wall_ms() / 1000 end,
    is_up = function(workload, namespace) return (namespace and devnet:of_namespace(namespace) or devnet):up(workload) end,
    pods = function() return (served.cluster.store:list "v1/pods") end }
  self.control = require("native.httpd").listen {
    port = 0, private = true, handler = function(request, response) return handle(self, request, response) end,
    on_error = function(err) o.report(tostring(err)) end,
  }
  self.url = "http://127.0.0.1:" .. self.control:port()
  if o.answers then
    self.prometheus, self.no_prometheus = nil, "as --prom says"
  elseif o.prometheus then
    self.no_prometheus = why_silent(o.prometheus)
    if self.no_prometheus then
      self.prometheus, self.no_prometheus = nil, string.format("%s does not answer (%s)", o.prometheus, self.no_prometheus)
    end
  else
    self.no_prometheus = o.in_cluster and o.in_cluster .. " would lead into the copy" or "almanac.yaml names none"
  end
  local here = o.directory:find "^/" and "" or require("native.process").cwd() .. "/" -- a program may work elsewhere
  self.kubeconfig = here .. o.directory .. "/kubeconfig"
  fs.keep(self.kubeconfig, json.encode(served:kubeconfig(nil, o.namespace, o.context)) .. "\n")
  return self
end

--- The clock of the rehearsal begins: what comes by it is due from now on.
function Stage:begin()
  self.begun = task.now()
  self.numbers.began = task.wall_ms() / 1000
  for i, entry in ipairs(self.schedule:timed()) do
    self.served.cluster.agenda:after(entry.when.seconds, "rehearsal\0" .. i, function()
      entry.came = true
      if entry.what ~= "kill" then return self:order { say = { put_on(self, entry) } } end
      self:order { say = { self:tell("killed " .. moments.text(entry.when)) }, die = true }
    end)
  end
end

--- Writes down what the API was asked, and ends everything.
function Stage:close()
  self.closed = true -- what was under way in the cluster is cut off, and that is no news
  fs.keep(self.directory .. "/requests.jsonl", table.concat(self.requests, "\n") .. "\n")
  self.served:close()
  self.control:close()
  self.life:cancel()
end

return M
