-- Every recorded exec (40) against the simulated cluster: what the program printed, how it ended, the refusals.
local t = require "tests.harness"
local support = require "tests.stdlib.sim.support"
local exec = require "almanac.sim.api.exec"
local processes = require "almanac.sim.world.processes"
local random = require "almanac.sim.model.random"
local task = require "native.task"
local value = require "almanac.sim.model.value"

local NS, POD = "animica-devnet", "animica-services-878bf8948-47cds"

local function from_hex(text)
  return (text:gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end))
end

--- What came on each channel: { [1] = stdout, [2] = stderr, [3] = the Status }.
local function channels_of(frames)
  local out = { "", "", "" }
  for _, bytes in ipairs(frames) do
    local channel = bytes:byte(1)
    if out[channel] then out[channel] = out[channel] .. bytes:sub(2) end
  end
  return out
end

local function recorded_frames(exchange, from)
  local out = {}
  for _, frame in ipairs(exchange.frames) do
    if frame.from == from and frame.opcode == 2 then out[#out + 1] = from_hex(frame.payload_hex or "") end
  end
  return out
end

--- A socket that has a client's messages and keeps what the server sends.
local function socket_of(messages)
  local socket = { sent = {}, gone = task.condition() }
  function socket:read()
    if messages[1] then return table.remove(messages, 1) end
    while not self.closed do self.gone:wait() end
    return nil
  end
  function socket:send(bytes)
    self.sent[#self.sent + 1] = bytes
    return true
  end
  function socket:close()
    self.closed = true
    self.gone:notify()
  end
  return socket
end

local function server_with_pod()
  local options = { namespaces = { NS } }
  options.exec = { answer = function(_, ...) return options.running:answer(...) end }
  local server = support.server(options)
  options.running = exec.new(server.store, random.uuid, processes.new(server.store))
  local pod = { kind = "Pod", apiVersion = "v1", metadata = { name = POD, namespace = NS, uid = "u" },
    spec = { nodeName = "node1", containers = value.array { { name = "services", image = "x:v1" } } },
    status = { containerStatuses = value.array { { name = "services", containerID = "c", state = { running = {} } } } } }
  server.place("v1/pods", pod, { metadata = { name = POD, namespace = NS }, spec = pod.spec })
  return server
end

t.test("what a real cluster answered, frame by frame", function()
  local server, ended, refused = server_with_pod(), 0, 0
  for _, exchange in ipairs(support.exchanges "40-exec-websocket") do
    local request = support.request("GET", exchange.request.path, { Upgrade = "websocket",
      ["Sec-WebSocket-Protocol"] = exchange.request.protocol })
    request.raw_query = exchange.request.path:match "%?(.*)$"
    local response, socket = support.response(), socket_of(recorded_frames(exchange, "client"))
    function response.websocket(_, protocol)
      t.eq(protocol, exchange.request.protocol)
      return socket
    end
    server.handler(request, response)
    if exchange.response.status:find " 101 " then
      local function plain(frames)
        local out = channels_of(frames)
        out[3] = out[3]:gsub("%x%x%x%x%x%x%x%x%x%x%x%x+", "ID")
        return { out[1], out[2], value.json.decode(out[3]) }
      end
      t.eq(plain(socket.sent), plain(recorded_frames(exchange, "server")), exchange.request.path)
      t.ok(socket.closed)
      ended = ended + 1
    else
      t.eq(tostring(response.status), exchange.response.status:match " (%d+) ")
      t.eq(value.json.decode(response.body), value.json.decode(exchange.response.body))
      refused = refused + 1
    end
  end
  t.eq({ ended, refused }, { 6, 1 })
end)
