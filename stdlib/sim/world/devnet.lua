--- What the devnet's pods serve, gathered on one port: metrics, JSON-RPC, health and the explorer. It
--- follows the simulated cluster: what is not Ready there does not answer here, its metrics are gone,
--- and without a node the chain stands still.
---
---   /metrics /rpc /healthz /readyz          the node's (and, for /metrics, everybody's)
---   /services/… /explorer/… /da/…           the same, of one part; / of explorer is its page
---   /ns/NAMESPACE/…                         all of it for another namespace
local value = require "almanac.sim.model.value"
local metrics = require "almanac.sim.world.metrics"

local devnet = {}

local Devnet = {}
Devnet.__index = Devnet

local TEXT = { ["Content-Type"] = "text/plain; charset=utf-8" }
local METRICS = { ["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8" }
local JSON = { ["Content-Type"] = "application/json" }
local HTML = { ["Content-Type"] = "text/html; charset=utf-8" }

local CHAIN_ID = 1337
local FIRST_BLOCK = 184200
local FINALITY = 12

local KINDS = { "apps/v1/statefulsets", "apps/v1/deployments", "apps/v1/daemonsets" }
local PARTS = { services = "animica-services", explorer = "animica-explorer", miner = "animica-miner",
  node = "animica-node", da = "animica-node", ["studio-web"] = "animica-studio-web",
  ["explorer-web"] = "animica-explorer-web" }

---@class sim.DevnetOptions
---@field faults table
---@field now fun(): number        unix seconds
---@field namespace? string        whose workloads these are (default animica-devnet)
---@field block_time? number       seconds between blocks (default 6)
---@field rpc_rate? number         JSON-RPC requests a second (default 42)
---@field always_ready? boolean    do not look at the cluster: everything is up

---@param store table
---@param opts sim.DevnetOptions
function devnet.new(store, opts)
  local now = opts.now()
  return setmetatable({
    store = store, faults = opts.faults, now = opts.now, namespace = opts.namespace or "animica-devnet",
    block_time = opts.block_time or 6, rpc_rate = opts.rpc_rate or 42, always_ready = opts.always_ready, counters = {},
    last = now, started = now,
    blocks = 0.0, final_blocks = 0.0, beacon = now, others = {}, opts = opts,
  }, Devnet)
end

--- Whether a workload has a pod that is Ready.
---@param workload string
---@return boolean
function Devnet:up(workload)
  if self.always_ready then return true end
  for _, gvr in ipairs(KINDS) do
    local object = self.store:peek(gvr, self.namespace, workload)
    local n = object and (value.dig(object, "status", "readyReplicas") or value.dig(object, "status", "numberReady"))
    if n and n > 0 then return true end
  end
  return false
end

function Devnet:chain()
  local head = FIRST_BLOCK + math.floor(self.blocks)
  return {
    head = head, finalized = FIRST_BLOCK + math.floor(self.final_blocks) - FINALITY, mining = self:up("animica-miner"),
    beacon = self.beacon, beacon_stale = self.started - 3600, rpc_rate = self.rpc_rate,
  }
end

--- Lets the chain and the counters run up to now. Called often, so that an outage is not missed.
function Devnet:advance()
  local now = self.now()
  local seconds = now - self.last
  if seconds <= 0 then return end
  self.last = now
  local function has(kind, v) return self.faults:has(kind, v) end
  if self:up("animica-node") then
    if not has("head-stall") then
      self.blocks = self.blocks + seconds / self.block_time
      if not has("finality-stall") then self.final_blocks = self.blocks end
    end
    self.beacon = math.floor(now)
  end
  metrics.advance(self.counters, seconds, self:chain(), has, function(w) return self:up(w) end)
  for _, other in pairs(self.others) do other:advance() end
end

---@return integer
function Devnet:head() return self:chain().head end

local rpc = {}

rpc["chain.getHead"] = function(self)
  local head = self:head()
  return { height = head, number = head, hash = ("0x%064x"):format(head), timestamp = math.floor(self.now()) }
end

rpc["chain.getChainId"] = function(self)
  return self.faults:has("wrong-chain") and 1 or CHAIN_ID
end

local function rpc_error(id, code, message)
  return value.json.encode { jsonrpc = "2.0", id = id == nil and value.null or id,
    error = { code = code, message = message } }
end

function Devnet:answer_rpc(request, response)
  local ok, call = pcall(value.json.decode, request.body)
  if not ok or type(call) ~= "table" then
    return response:send(200, JSON, rpc_error(nil, -32700, "Parse error"))
  end
  local method = rpc[call.method]
  if not method then return response:send(200, JSON, rpc_error(call.id, -32601, "Method not found")) end
  response:send(200, JSON, value.json.encode { jsonrpc = "2.0", id = call.id == nil and value.null or call.id,
    result = method(self) })
end

function Devnet:answer_metrics(part, response)
  local workload = PARTS[part]
  local text = metrics.render(self.counters, self:chain(), function(kind, v) return self.faults:has(kind, v) end,
    function(w) return self:up(w) end, workload and function(w) return w == workload end)
  response:send(200, METRICS, text)
end

local function unavailable(response) response:send(503, TEXT, "no pod of it is ready\n") end

--- Serves one part ("node", "explorer", …); `part` nil is the node, with everybody's metrics.
function Devnet:serve(part, path, request, response)
  local workload = PARTS[part or "node"]
  local down = part == "explorer" and "explorer-down" or (workload == "animica-node" and "rpc-down")
  if part and not self:up(workload) or (down and path ~= "/metrics" and self.faults:has(down)) then
    return unavailable(response)
  end
  if path == "/metrics" then return self:answer_metrics(part, response) end
  if not self:up(workload) then return unavailable(response) end
  if path == "/healthz" or path == "/readyz" then return response:send(200, TEXT, "ok\n") end
  if workload == "animica-node" and (path == "/rpc" or path == "/" and request.method == "POST") then
    if request.method ~= "POST" then return response:send(405, TEXT, "POST a JSON-RPC request\n") end
    return self:answer_rpc(request, response)
  end
  if part == "explorer" and path == "/api/head" then
    return response:send(200, JSON, value.json.encode { height = self:head() })
  end
  if path == "/" then
    return response:send(200, HTML, ("<!doctype html><title>%s</title>\n"):format(workload))
  end
  response:send(404, TEXT, "404 page not found\n")
end

--- The same for another namespace.
function Devnet:of_namespace(ns)
  if ns == self.namespace then return self end
  if not self.others[ns] then
    local opts = value.shallow(self.opts)
    opts.namespace, opts.always_ready = ns, nil
    self.others[ns] = devnet.new(self.store, opts)
  end
  return self.others[ns]
end

--- Answers one HTTP request.
function Devnet:handle(request, response)
  self:advance()
  local path = request.path
  local ns, rest = path:match("^/ns/([^/]+)(/.*)$")
  if ns then return self:of_namespace(ns):route(rest, request, response) end
  self:route(path, request, response)
end

function Devnet:route(path, request, response)
  local part, rest = path:match("^/([%w%-]+)(/?.*)$")
  if part and PARTS[part] then return self:serve(part, rest == "" and "/" or rest, request, response) end
  self:serve(nil, path, request, response)
end

--- Answers what a service of the cluster is asked through the API server's proxy. False when the devnet
--- has no such service.
---@param ns string
---@param service string
---@param path string
---@return boolean served
function Devnet:proxy(ns, service, path, request, response)
  for part, workload in pairs(PARTS) do
    if workload == service and part ~= "da" then
      self:advance()
      self:of_namespace(ns):serve(part, path, request, response)
      return true
    end
  end
  return false
end

return devnet
