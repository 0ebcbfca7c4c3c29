--- One simulated cluster, put together: the store, its controllers and node, the API over it, the
--- devnet its pods serve, and Loki. Without sockets: main.lua serves the three handlers.
local timestamp = require "almanac.base.timestamp"
local value = require "almanac.sim.model.value"
local store = require "almanac.sim.model.store"
local agenda = require "almanac.sim.control.agenda"
local api = require "almanac.sim.api.api"
local chatter = require "almanac.sim.world.chatter"
local controllers = require "almanac.sim.control.controllers"
local devnet = require "almanac.sim.world.devnet"
local errors = require "almanac.sim.model.errors"
local events = require "almanac.sim.control.events"
local exec = require "almanac.sim.api.exec"
local faults = require "almanac.sim.world.faults"
local kubelet = require "almanac.sim.control.kubelet"
local logs = require "almanac.sim.world.logs"
local loki = require "almanac.sim.world.loki"
local processes = require "almanac.sim.world.processes"
local proxy = require "almanac.sim.api.proxy"
local restore = require "almanac.sim.control.restore"

local cluster = {}

local JSON = { ["Content-Type"] = "application/json" }
local NAMESPACES = { "default", "kube-system", "kube-public", "kube-node-lease" }

local function nanoseconds(seconds)
  local whole = math.floor(seconds)
  return math.tointeger(whole) * 1000000000 + math.tointeger(math.floor((seconds - whole) * 1e9))
end

-- ── logs ──

local function stamp(seconds)
  local whole = math.floor(seconds)
  return (value.timestamp(whole):gsub("Z$", (".%09dZ"):format(math.floor((seconds - whole) * 1e9))))
end

local function line_text(line, timestamps)
  return (timestamps and stamp(line.time) .. " " or "") .. line.text .. "\n"
end

--- The lines of a container as text; with `follow` a function that waits for the next piece.
local function read_logs(self, pod, container, o)
  local since = o.since_time and timestamp.epoch(o.since_time) or o.since and self.now() - o.since
  local lines = self.logs:read(pod, container, { previous = o.previous, tail = o.tail, since = since })
  if not lines then
    return nil, ('previous terminated container "%s" in pod "%s" not found'):format(container, pod.metadata.name)
  end
  local out = {}
  for _, line in ipairs(lines) do out[#out + 1] = line_text(line, o.timestamps) end
  local text = table.concat(out)
  if o.limit then text = text:sub(1, o.limit) end
  if not o.follow or o.previous then return text end
  local task = require "native.task"
  local arrived, queue, over = task.condition(), { text }, false
  local stop = self.logs:follow(pod, container, function(line)
    if line then queue[#queue + 1] = line_text(line, o.timestamps) else over = true end
    arrived:notify()
  end)
  return function()
    while queue[1] == nil and not over do arrived:wait() end
    if queue[1] == nil then
      stop()
      return nil
    end
    local piece = table.concat(queue)
    queue = {}
    return piece
  end
end

-- ── the API server's proxy, and the faults' own path ──

local function unreachable(response, message)
  local status = errors.failure(503, "ServiceUnavailable", message)
  response:send(503, JSON, value.json.encode(status) .. "\n")
end

local function forward(url, request, rest, response)
  local query = request.raw_query ~= "" and "?" .. request.raw_query or ""
  local ok, answer = pcall(require("native.http").request, {
    who = "almanac sim", method = request.method, url = url .. rest .. query, body = request.body, timeout = 30, read = true,
    headers = { ["Content-Type"] = request.headers["content-type"], Accept = request.headers.accept },
  })
  if not ok then return unreachable(response, "error trying to reach service: " .. tostring(answer.message)) end
  response:send(answer.status, { ["Content-Type"] = answer.headers["content-type"] }, answer.body)
end

--- What is asked of a service or a pod through the API server.
local function lead(self, route, request, response, object)
  local asked = value.shallow(request)
  asked.path = route.rest
  local url = object.kind == "Service" and (object.metadata.annotations or {})[proxy.FORWARD]
  if url then return forward(url, request, route.rest, response) end
  if route.target == "loki" then return self.loki:handle(asked, response) end
  local name = object.kind == "Pod" and kubelet.workload(object) or route.target
  if self.devnet:proxy(route.ns, name, route.rest, asked, response) then return end
  unreachable(response, ('no endpoints available for service "%s"'):format(route.name))
end

local function change_faults(self, request, response)
  local function refuse(why) response:send(400, JSON, value.json.encode { error = why } .. "\n") end
  if request.method == "POST" then
    local ok, wanted = pcall(value.json.decode, request.body)
    if not ok or type(wanted) ~= "table" then
      return refuse 'send {"add":["crash=WORKLOAD"],"remove":[]}'
    end
    local done, why = self.faults:change(wanted.add or {}, wanted.remove or {})
    if not done then return refuse(why) end
  elseif request.method ~= "GET" then
    return response:send(405, JSON, '{"error":"GET or POST"}\n')
  end
  response:send(200, JSON, value.json.encode { faults = value.array(self.faults:list()) } .. "\n")
end

---@class sim.ClusterOptions
---@field now fun(): number             unix seconds
---@field report fun(text: string)      something went wrong inside
---@field uuid? fun(): string
---@field tokens? table<string, string> bearer tokens accepted; nil: anybody may
---@field users? sim.User[]|fun(): sim.User[]  see almanac.sim.identity; nil: anybody may
---@field request_log? fun(method: string, path: string, query: table, status: integer, user: string|nil)
---@field asked? fun(request: table): boolean  called before a request of the API is looked at; false: nobody answers it
---@field faults? string[]
---@field namespaces? string[]          made beforehand
---@field ready_time? number            seconds until a pod is ready (default 0.5)
---@field backoff? number               first crash back-off (default 10)
---@field block_time? number            seconds between blocks (default 6)
---@field rpc_rate? number              JSON-RPC requests that the devnet gets a second (default 42)
---@field devnet_ready? boolean         the devnet serves whatever the cluster holds
---@field devnet_namespace? string      (default animica-devnet)
---@field objects? table[]              there beforehand, as another cluster has them (see control/restore.lua); the one
---  node then stands for all of that cluster's: it has every label, and room for all
---@field unread? table<string, boolean>  resources that could not be read there: what pods ask of them is made up, empty
---@field resources? table<string, string>  plural names of their custom kinds: "apiVersion/Kind" → resource

--- Namespaces that are there already stay as they are.
local function make_namespaces(self, ...)
  for _, list in ipairs { NAMESPACES, ... } do
    for _, name in ipairs(list) do
      self.store:create("v1/namespaces", { metadata = { name = name, labels = { ["kubernetes.io/metadata.name"] = name } },
        spec = { finalizers = value.array { "kubernetes" } }, status = { phase = "Active" } })
    end
  end
end

--- Once a second, or once a block: signs of life in the logs, and the chain moves on.
local function tick(self, every)
  self.devnet:advance()
  chatter.tick(self.kubelet, self.devnet:head())
  self.agenda:after(every, "tick", function() tick(self, every) end)
end

--- Puts a cluster together. Returns nil and why when a fault's name or an object is wrong.
---@param o sim.ClusterOptions
---@return table|nil cluster { store, agenda, faults, handle_api, handle_devnet, handle_loki, restored: sim.Restored }
---@return string|nil why
function cluster.new(o)
  local self = { now = o.now, faults = faults.new(), devnet_ready = o.devnet_ready }
  local ok, why = self.faults:change(o.faults or {})
  if not ok then return nil, why end
  self.store = store.new { now = o.now, uuid = o.uuid }
  self.agenda = agenda.new { now = o.now, report = function(key, err)
    o.report(key:gsub("%z", " ") .. ": " .. tostring(err))
  end }
  self.events, self.logs = events.new(self.store, o.now), logs.new(o.now)
  self.loki = loki.new(function() return nanoseconds(o.now()) end)
  self.logs:listen(function(pod, container, line)
    local meta = pod.metadata
    local app = value.dig(meta, "labels", "app") or kubelet.workload(pod)
    self.loki:push({ namespace = meta.namespace, app = chatter.app(app), pod = meta.name, container = container },
      nanoseconds(line.time), line.text)
  end)
  local running = processes.new(self.store)
  local handle = api.new(self.store, {
    tokens = o.tokens, users = o.users, request_log = o.request_log,
    logs = function(pod, container, opts) return read_logs(self, pod, container, opts) end,
    exec = exec.new(self.store, self.store.uuid, running),
    proxy = function(route, request, response, object) return lead(self, route, request, response, object) end,
    proxy_anything = o.devnet_ready,
  })
  self.handle_api = function(request, response)
    if o.asked and not o.asked(request) then return end
    if request.path == "/sim/faults" then return change_faults(self, request, response) end
    return handle(request, response)
  end
  controllers.start(self.store, { agenda = self.agenda, events = self.events, now = o.now, faults = self.faults })
  local function run(pod, c, ended)
    return running:run_main(pod, c.name, function(line) self.logs:print(pod, c.name, line) end, ended)
  end
  self.kubelet = kubelet.start(self.store, { agenda = self.agenda, events = self.events, faults = self.faults,
    logs = self.logs, now = o.now, speak = chatter, run = run, ready_time = o.ready_time, backoff = o.backoff,
    roomy = o.objects ~= nil })
  self.devnet = devnet.new(self.store, { faults = self.faults, now = o.now, block_time = o.block_time, rpc_rate = o.rpc_rate,
    always_ready = o.devnet_ready, namespace = o.devnet_namespace })
  self.handle_devnet = function(request, response) return self.devnet:handle(request, response) end
  self.handle_loki = function(request, response) return self.loki:handle(request, response) end
  self.restored, why = restore.into(self.store, o.objects or {}, o.resources, o.unread)
  if not self.restored then return nil, why end
  make_namespaces(self, o.namespaces or {}, self.restored.namespaces)
  tick(self, math.max(0.2, math.min(o.block_time or 6, 5)))
  return self
end

return cluster
