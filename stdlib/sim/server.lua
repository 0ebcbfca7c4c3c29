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

--- Listens with what is kept under a name, on the port that it had before if it had one.
local function listen(self, name)
  local kept = self.kept[name]
  self.listeners[name] = require("native.httpd").listen {
    port = kept.port, handler = kept.handler, tls = kept.tls, body_max = BODY_MAX, private = self.private,
    on_error = function(err, request) self.report(("%s %s: %s"):format(request.method, request.path, tostring(err))) end,
  }
  kept.port = self.listeners[name]:port()
end

local function begin(self, name, port, handler, tls)
  self.kept[name] = { port = port or 0, handler = handler, tls = tls }
  listen(self, name)
  return "127.0.0.1:" .. self.kept[name].port
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
---@field open? boolean    every user of the machine is let in, and not only who started it
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
  local self = setmetatable({ cluster = c, listeners = {}, kept = {}, report = o.report, tls = o.tls,
    private = not o.open }, Server)
  local ports, tls = o.ports or {}, o.tls
  self.api = (tls and "https://" or "http://") .. begin(self, "api", ports.api, delayed(c.handle_api, o.latency),
    tls and { cert = tls.cert, key = tls.key, client_ca = tls.client_ca })
  self.devnet = "http://" .. begin(self, "devnet", ports.devnet, c.handle_devnet)
  self.loki = "http://" .. begin(self, "loki", ports.loki, c.handle_loki)
  return self
end

--- A kubeconfig that leads to it.
---@param token? string
---@param namespace? string of its context (default "default")
---@param context? string its name (default "sim")
---@return table
function Server:kubeconfig(token, namespace, context)
  local function embedded(path) return base64.encode(require("native.fs").read(path)) end
  local at, user, tls = { server = self.api }, {}, self.tls
  if tls then at["certificate-authority-data"] = embedded(tls.ca) end
  if tls and tls.client_cert then
    user["client-certificate-data"], user["client-key-data"] = embedded(tls.client_cert), embedded(tls.client_key)
  end
  if token then user.token = token end
  return {
    apiVersion = "v1", kind = "Config", ["current-context"] = context or "sim",
    clusters = { { name = "sim", cluster = at } }, users = { { name = "sim", user = user } },
    contexts = { { name = context or "sim", context = { cluster = "sim", user = "sim", namespace = namespace or "default" } } },
  }
end

--- Lets the cluster live, until the task is interrupted.
function Server:run() self.cluster.agenda:serve(require "native.task") end

--- Takes one of its services off the network, connections and all, or puts it back where it was: soon, by the task that
--- runs the server, for what listens ends with the task that began it.
---@param name "api"|"devnet"|"loki"
---@param up boolean
function Server:put(name, up)
  local agenda, coming = self.cluster.agenda, "listen\0" .. name
  if not up then agenda:cancel(coming) end
  if up == (self.listeners[name] ~= nil) then return end
  if up then return agenda:after(0, coming, function() listen(self, name) end) end
  self.listeners[name]:close()
  self.listeners[name] = nil
end

--- Ends its sockets.
function Server:close()
  for _, listener in pairs(self.listeners) do listener:close() end
  self.listeners = {}
end

return server
