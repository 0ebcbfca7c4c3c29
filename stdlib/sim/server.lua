--- A simulated cluster that is served: its API, what the devnet's pods would serve, and Loki, on three loopback
--- ports of this process.
local cluster = require "almanac.sim.cluster"
local base64 = require "almanac.base.base64"

local server = {}

local Server = {}
Server.__index = Server

local BODY_MAX = 64 << 20

local function random_uuid()
  local h = require("native.digest").random_hex(16)
  return ("%s-%s-4%s-%s%s-%s"):format(h:sub(1, 8), h:sub(9, 12), h:sub(14, 16), ("89ab"):sub(1, 1), h:sub(18, 20),
    h:sub(21, 32))
end

local function listen(self, handler, port, tls)
  self.listeners[#self.listeners + 1] = require("native.httpd").listen {
    port = port or 0, handler = handler, tls = tls, body_max = BODY_MAX,
    on_error = function(err, request) self.report(("%s %s: %s"):format(request.method, request.path, tostring(err))) end,
  }
  return "127.0.0.1:" .. self.listeners[#self.listeners]:port()
end

--- The handler behind a network: requests wait side by side, as they do there.
local function delayed(handler, seconds)
  if not seconds or seconds == 0 then return handler end
  local task = require "native.task"
  return function(...)
    task.sleep(seconds)
    return handler(...)
  end
end

---@class sim.ServerTls  files (PEM)
---@field cert string
---@field key string
---@field ca string  the authority of cert
---@field client_ca? string
---@field client_cert? string
---@field client_key? string

---@class sim.ServerOptions: sim.ClusterOptions  what is left out of it has a default here
---@field ports? { api?: integer, devnet?: integer, loki?: integer }  default: any free ones
---@field tls? sim.ServerTls
---@field latency? number  seconds that each answer of the API is late

--- Puts a cluster together and listens. It moves on in `Server:run`.
---@param o sim.ServerOptions
---@return table|nil server { cluster, api = URL, devnet = URL, loki = URL }, string|nil why
function server.start(o)
  local task = require "native.task"
  local options = { now = function() return task.wall_ms() / 1000 end, uuid = random_uuid }
  for key, v in pairs(o) do options[key] = v end
  local c, why = cluster.new(options)
  if not c then return nil, why end
  local self = setmetatable({ cluster = c, listeners = {}, report = o.report, tls = o.tls }, Server)
  local ports, tls = o.ports or {}, o.tls
  self.api = (tls and "https://" or "http://") .. listen(self, delayed(c.handle_api, o.latency), ports.api,
    tls and { cert = tls.cert, key = tls.key, client_ca = tls.client_ca })
  self.devnet = "http://" .. listen(self, c.handle_devnet, ports.devnet)
  self.loki = "http://" .. listen(self, c.handle_loki, ports.loki)
  return self
end

--- A kubeconfig that leads to it.
---@param token? string
---@param namespace? string of its context (default "default")
---@return table
function Server:kubeconfig(token, namespace)
  local function embedded(path) return base64.encode(require("native.fs").read(path)) end
  local at, user, tls = { server = self.api }, {}, self.tls
  if tls then at["certificate-authority-data"] = embedded(tls.ca) end
  if tls and tls.client_cert then
    user["client-certificate-data"], user["client-key-data"] = embedded(tls.client_cert), embedded(tls.client_key)
  end
  if token then user.token = token end
  return {
    apiVersion = "v1", kind = "Config", ["current-context"] = "sim",
    clusters = { { name = "sim", cluster = at } }, users = { { name = "sim", user = user } },
    contexts = { { name = "sim", context = { cluster = "sim", user = "sim", namespace = namespace or "default" } } },
  }
end

--- Lets the cluster live, until the task is interrupted.
function Server:run() self.cluster.agenda:serve(require "native.task") end

--- Ends its sockets.
function Server:close()
  for _, listener in ipairs(self.listeners) do listener:close() end
  self.listeners = {}
end

return server
