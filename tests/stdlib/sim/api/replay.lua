--- Replays recorded exchanges with a real Kubernetes against the simulated API, and compares.
---
--- Controllers and kubelets moved the recorded cluster between two requests; here they do not run. So
--- before each request the store is given what the recording says was there: the answer of a read is
--- what it finds. A write finds what the reads and writes before it left. The request is then sent as
--- recorded, and its answer must be the recorded one: status, type, and every field but those that
--- support.normal() names.
local json = require "native.json"
local base64 = require "almanac.base.base64"
local protobuf = require "almanac.sim.model.protobuf"
local router = require "almanac.sim.api.router"
local support = require "tests.stdlib.sim.support"
local t = require "tests.harness"
local task = require "native.task"
local value = require "almanac.sim.model.value"

local PROTOBUF = "application/vnd.kubernetes.protobuf"

---@class tests.Replay
local Replay = {}
Replay.__index = Replay

local M = {}

--- A replay against an empty cluster. `what` seeds it by hand: see prepare().
function M.new()
  local self = setmetatable({}, Replay)
  self.server = support.server {
    logs = function() return self.text end,
    proxy = function(_, _, response) response:send(200, { ["content-type"] = "text/plain" }, self.text) end,
  }
  self.server.clock.at = 1796000000 -- after everything that is recorded: managed fields are in order of time
  return self
end

--- The object in a message, from JSON or protobuf; nil when there is none, or none that can be read.
local function object_of(message)
  if message.body_base64 then return assert(protobuf.decode(base64.decode(message.body_base64))) end
  if (message.body or ""):match "^%s*{" then return value.json.decode(message.body) end
  return nil
end

--- Makes the namespace that objects of a resource are in, when it is not there.
function Replay:space(res, ns)
  if ns and res.namespaced and not self.server.store:peek("v1/namespaces", "", ns) then
    assert(self.server.store:create("v1/namespaces", { kind = "Namespace", metadata = { name = ns } }))
  end
end

--- Puts an object where the recording has it, past defaults and versions.
function Replay:place(res, object)
  if object.kind == nil then object.kind, object.apiVersion = res.kind, res.api_version end
  if object.kind ~= res.kind then return end
  local meta = object.metadata
  self:forget(res, meta.namespace, meta.name)
  local seed = value.copy(object)
  seed.metadata.resourceVersion, seed.metadata.deletionTimestamp = nil, nil
  self.server.place(res.key, object, seed)
end

--- Takes an object away, as if it had never been.
function Replay:forget(res, ns, name)
  self:space(res, ns)
  local old = self.server.store:peek(res.storage, res.namespaced and ns or "", name)
  if not old then return end
  self.server.store.collections[res.storage]:take(old)
  self.server.store.by_uid[old.metadata.uid or ""] = nil
end

local function plain_list(items) return value.is_nil(items) and {} or items end

--- Makes a list find what the recording has found.
function Replay:place_list(exchange, res, items)
  local path = exchange.request.path:gsub("limit=%d+", "limit=0")
  local there = self.server.call("GET", path)
  for _, object in ipairs(there.json and there.json.items or {}) do
    self:forget(res, object.metadata.namespace, object.metadata.name)
  end
  for _, object in ipairs(items) do self:place(res, object) end
end

--- The least a pod must be for its log to be read, and for a proxy to lead to it.
local function bare_pod(res, ns, name, container)
  return { metadata = { namespace = ns, name = name }, status = {
    containerStatuses = value.array { { name = container, restartCount = 1, state = { running = {} } } },
  }, spec = { containers = value.array { { name = container } } }, kind = res.kind, apiVersion = res.api_version }
end

--- What a proxy that has led on must have found, where no exchange before it shows that.
function Replay:place_proxied(res, route, container)
  if self.server.store:peek(res.storage, route.ns, route.target) then return end
  if res.kind == "Pod" then return self:place(res, bare_pod(res, route.ns, route.target, container)) end
  local meta = { namespace = route.ns, name = route.target }
  local number = math.tointeger(tonumber(route.port))
  local port = { name = not number and route.port or nil, port = number or 80, protocol = "TCP" }
  self:place(res, { kind = "Service", metadata = meta, spec = { ports = value.array { port } } })
  self:place(self.server.store.served.by_key["v1/endpoints"], { kind = "Endpoints", metadata = meta,
    subsets = value.array { { addresses = value.array { { ip = "10.88.0.9" } }, ports = value.array { port } } } })
end

--- Whether the store has this very version: protobuf says less of it than JSON has said before.
function Replay:has(res, route, name, answer)
  local object = name and self.server.store:peek(res.storage, route.ns or "", name)
  return object and object.metadata.resourceVersion == answer.metadata.resourceVersion
end

--- Before a request: the store as the recorded server's was.
function Replay:prepare(exchange, route)
  local method, status, answer = exchange.request.method, exchange.response.status, object_of(exchange.response)
  local res, name = route.res, route.target or route.name
  self.text = exchange.response.body
  if route.sub == "proxy" then
    if status == 200 then self:place_proxied(res, route, "main") end
  elseif status == 404 then
    self:forget(res, route.ns, name)
  elseif status == 201 and not route.sub then
    self:forget(res, route.ns, name or answer and answer.metadata.name)
    self:space(res, route.ns)
  elseif method == "GET" and status == 200 and route.sub == "log" then
    local container = exchange.request.path:match "container=(%w+)" or "node"
    self:place(res, bare_pod(res, route.ns, name, container))
  elseif method == "GET" and status == 200 and answer and not self:has(res, route, name, answer) then
    if name then self:place(res, answer) else self:place_list(exchange, res, plain_list(answer.items)) end
  elseif method == "PUT" and status == 200 and answer and not self.server.store:peek(res.storage, route.ns, name) then
    self:place(res, answer) -- what was there before is in no exchange
  end
end

local function add_differences(want, got, path, out)
  if type(want) ~= "table" or type(got) ~= "table" then
    if want ~= got then
      out[#out + 1] = string.format("%s: recorded %s, simulated %s", path, json.encode(want), json.encode(got))
    end
    return
  end
  local keys = {}
  for k in pairs(want) do keys[k] = true end
  for k in pairs(got) do keys[k] = true end
  for k in pairs(keys) do add_differences(want[k], got[k], path .. "." .. tostring(k), out) end
end

--- Where two values differ, one line each, in order.
local function differences(want, got)
  local out = {}
  add_differences(support.normal(want), support.normal(got), "", out)
  table.sort(out)
  return out
end

local function fail(exchange, what)
  error({ assertion = exchange.request.method .. " " .. exchange.request.path .. "\n  " .. what }, 0)
end

--- Sends a request and compares the whole answer; `whole` false: its status and type.
function Replay:compare(exchange, whole)
  local request, want = exchange.request, exchange.response
  if want.status == 304 then -- with the tag that this server gives
    request.headers["if-none-match"] = self.server.call("GET", request.path, request.headers).headers.etag
  end
  local got = support.replay(self.server, exchange)
  if got.status ~= want.status then
    fail(exchange, ("status: recorded %d, simulated %s: %s"):format(want.status, got.status, got.body))
  end
  -- A kind that the simulator cannot write in protobuf is answered in JSON, which these clients take too.
  local type = got.headers["content-type"]
  if want.headers["content-type"] ~= PROTOBUF or type ~= "application/json" then
    t.eq(type, want.headers["content-type"], request.path)
  end
  t.eq(got.headers.warning, want.headers.warning, request.path)
  if not whole then return got end
  local object = object_of(want)
  if object then
    local found = differences(object, object_of { body = got.json and got.body, body_base64 = not got.json
      and base64.encode(got.body) or nil })
    if found[1] then fail(exchange, table.concat(found, "\n  ", 1, math.min(#found, 8))) end
  else
    t.eq(got.body, want.body or "", request.path)
  end
  return got
end

--- What happened in a recorded watch happens in the store.
function Replay:happen(res, event)
  local store, object = self.server.store, value.copy(event.object)
  local old = store:peek(res.storage, object.metadata.namespace or "", object.metadata.name)
  if event.type == "DELETED" then store:remove(res, object)
  elseif event.type == "ADDED" then
    -- Its owners are in the recorded cluster: it is not to be collected for want of them.
    for _, ref in ipairs(object.metadata.ownerReferences or {}) do store.by_uid[ref.uid] = store.by_uid[ref.uid] or {} end
    assert(store:create(res.key, object))
  else store:replace(res, old or object, object) end
end

local function numbers_out(object)
  if object.kind == "Status" then object.message = object.message:gsub("%d+", "N") end
  return object
end

--- A recorded watch: it begins where this store is, the recorded events happen, and the same lines come.
function Replay:watch(exchange, res)
  local events, live, begun = {}, {}, false
  for _, piece in ipairs(exchange.response.stream) do
    local event = value.json.decode(piece.line)
    local ended = value.dig(event.object, "metadata", "annotations", "k8s.io/initial-events-end")
    local change = event.type == "MODIFIED" or event.type == "DELETED"
    begun = begun or change
    -- What is added before anything changes is what there was when the watch began.
    if event.type == "ADDED" and not begun then self:place(res, value.copy(event.object)) end
    -- Bookmarks in between come with time, at the server's pace.
    if event.type ~= "BOOKMARK" or ended then events[#events + 1] = event end
    if change or begun and event.type == "ADDED" then live[#live + 1] = event end
  end
  local path = exchange.request.path
  if live[1] then path = path:gsub("([?&]resourceVersion)=%d+", "%1=" .. self.server.store.rv) end
  local response = support.response()
  local watching = task.spawn(self.server.handler, support.request("GET", path, exchange.request.headers), response)
  local function lines()
    local out = {}
    for line in (response.body or ""):gmatch "[^\n]+" do out[#out + 1] = line end
    return out
  end
  t.eventually("the watch has begun", function() return #lines() >= #events - #live and response.status end, 5)
  for _, event in ipairs(live) do self:happen(res, event) end
  t.eventually("every line", function() return #lines() >= #events end, 5)
  watching:cancel()
  watching:join()
  t.eq(response.status, exchange.response.status)
  t.eq(response.headers["content-type"], exchange.response.headers["content-type"])
  for i, line in ipairs(lines()) do
    local got, want = value.json.decode(line), t.ok(events[i], "one line too many: " .. line)
    local found = differences({ want.type, numbers_out(want.object) }, { got.type, numbers_out(got.object) })
    if found[1] then fail(exchange, "line " .. i .. ": " .. table.concat(found, "\n  ", 1, math.min(#found, 8))) end
  end
end

local function is_kept(message) return not (message.body or ""):find "^<.*>$" end

--- Replays one exchange. Returns what was done with it: "compared", or why its body was not.
---@param exchange table
---@param only? { [1]: string, [2]: string }[]  paths (patterns) of which status and type are compared, and why
---@return string
function Replay:run(exchange, only)
  local path = exchange.request.path:match "^[^?]*"
  self.server.clock.at = self.server.clock.at + 1
  if not is_kept(exchange.request) or not is_kept(exchange.response) then return "the recording has not kept its body" end
  local route = router.parse(self.server.store.served, path)
  if exchange.response.stream then
    self:watch(exchange, route.res)
    return "compared"
  end
  if route then self:prepare(exchange, route) end
  for _, entry in ipairs(only or {}) do
    if path:find(entry[1]) then
      self:compare(exchange, false)
      return "status and type only: " .. entry[2]
    end
  end
  self.answer = self:compare(exchange, true)
  return "compared"
end

return M
