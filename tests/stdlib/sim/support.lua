--- What the tests of the simulated API share: a server without a socket, the recordings, and a way to
--- compare answers that leaves out what differs each time.
local fs = require "native.fs"
local value = require "almanac.sim.model.value"
local store = require "almanac.sim.model.store"
local api = require "almanac.sim.api.api"
local base64 = require "almanac.base.base64"

local support = {}

local Response = {}
Response.__index = Response

function Response:send(status, headers, body) self.status, self.headers, self.body = status, headers, body end
function Response:start(status, headers) self.status, self.headers, self.body = status, headers, "" end
function Response:write(text)
  if self.gone then return false end
  self.body = self.body .. text
  if self.on_write then self:on_write() end
  return true
end
function Response:finish() self.finished = true end
function Response:closed() return self.gone == true end
function Response:on_close(fn) self.close_fn = fn end

function support.response() return setmetatable({}, Response) end

local function unescape(s)
  return (s:gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end))
end

--- A request in the shape native.httpd gives it.
function support.request(method, target, headers, body)
  local path, text = target:match("^([^?]*)%??(.*)$")
  local query = {}
  for k, v in text:gmatch("([^&=]+)=?([^&]*)") do query[unescape(k)] = unescape(v) end
  local lower = {}
  for k, v in pairs(headers or {}) do lower[k:lower()] = v end
  return { method = method, path = unescape(path), query = query, headers = lower, body = body or "" }
end

--- A server at a fixed time, with the namespaces named; its `call` answers { status, headers, body, json }.
function support.server(opts)
  opts = opts or {}
  local clock = { at = 1700000000 }
  local s = store.new { now = function() return clock.at end, history = opts.history }
  local handler = api.new(s, opts)
  local server = { store = s, clock = clock, handler = handler }
  function server.call(method, target, headers, body)
    if type(body) == "table" then body = value.json.encode(body) end
    if body and not (headers and headers["content-type"]) then
      headers = value.shallow(headers)
      headers["content-type"] = "application/json"
    end
    local response = support.response()
    handler(support.request(method, target, headers, body), response)
    if response.body and response.body:match("^%s*{") then
      local done, json = pcall(value.json.decode, response.body)
      response.json = done and json or nil
    end
    return response
  end
  --- Puts an object into the store as it is, past defaults, versions and events.
  function server.place(key, object, seed)
    assert(s:create(key, seed or object))
    s.collections[key]:put(object)
  end
  for _, name in ipairs(opts.namespaces or {}) do
    assert(s:create("v1/namespaces", { kind = "Namespace", metadata = { name = name } }))
  end
  return server
end

--- The exchanges of a recording, oldest first.
function support.exchanges(name)
  local out = {}
  for line in fs.read("tests/fixtures/recordings/" .. name .. ".jsonl"):gmatch("[^\n]+") do
    out[#out + 1] = value.json.decode(line)
  end
  return out
end

--- Sends a recorded request.
function support.replay(server, exchange)
  local request = exchange.request
  local body = request.body
  if request.body_base64 then body = base64.decode(request.body_base64) end
  return server.call(request.method, request.path, request.headers, body)
end

local VOLATILE = { uid = "UID", resourceVersion = "RV", creationTimestamp = "TIME", time = "TIME",
  deletionTimestamp = "TIME", clusterIP = "IP", continue = "TOKEN" }

--- `v` with what differs from server to server replaced by a word.
function support.normal(v)
  if type(v) ~= "table" then return v end
  local out = {}
  for k, x in pairs(v) do
    if VOLATILE[k] and type(x) == "string" and x ~= "None" then x = VOLATILE[k] end
    if k == "clusterIPs" and x[1] ~= "None" then x = { "IP" } end
    out[k] = support.normal(x)
  end
  return out
end

--- A recorded answer's body, decoded and normal.
function support.recorded(exchange)
  return support.normal(value.json.decode(exchange.response.body))
end

return support
