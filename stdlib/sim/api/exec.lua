--- Exec into the containers of the simulated cluster: v5 and v4 of the remote command protocol over a
--- WebSocket. The processes that it starts are in world/processes.lua.
--- https://github.com/kubernetes/kubernetes/tree/master/staging/src/k8s.io/streaming (channels)
local codec = require "native.codec"
local errors = require "almanac.sim.model.errors"
local processes = require "almanac.sim.world.processes"
local programs = require "almanac.sim.world.programs"
local value = require "almanac.sim.model.value"

local exec = {}

local Exec = {}
Exec.__index = Exec

local PROTOCOLS = { "v5.channel.k8s.io", "v4.channel.k8s.io" }
local SUCCESS = '{"metadata":{},"status":"Success"}'

-- ── what is asked for ──

local function command_of(raw_query)
  local argv = {}
  for name, text in raw_query:gmatch "([^&=]+)=?([^&]*)" do
    if name == "command" then argv[#argv + 1] = codec.percent_decode(text, true) end
  end
  return argv
end

local function protocol_of(request)
  local offered = "," .. (request.headers["sec-websocket-protocol"] or ""):gsub("%s", "") .. ","
  for _, protocol in ipairs(PROTOCOLS) do
    if offered:find("," .. protocol .. ",", 1, true) then return protocol end
  end
  return nil
end

-- ── the end of a process, as the API says it ──

local function failure(reason, message, causes, code)
  return value.json.encode {
    metadata = {}, status = "Failure", message = message, reason = reason, details = { causes = value.array(causes) },
    code = code,
  }
end

--- The Status of an exit code.
---@param code integer
---@return string json
function exec.exit_status(code)
  if code == 0 then return SUCCESS end
  return failure("NonZeroExitCode",
    ("command terminated with non-zero exit code: command terminated with exit code %d"):format(code),
    { { reason = "ExitCode", message = tostring(code) } })
end

local function internal(message)
  return failure("InternalError", "Internal error occurred: " .. message, { { message = message } }, 500)
end

--- The Status of a program that is not in the image.
---@param id string of the exec: 64 hex digits
---@param name string
---@return string json
function exec.missing_status(id, name)
  local why = name:find("/", 1, true) and ("stat %s: no such file or directory"):format(name)
    or "executable file not found in $PATH"
  return internal(("Internal error occurred: error executing command in container: failed to exec in container: failed to "
    .. "start exec %q: OCI runtime exec failed: exec failed: unable to start container process: exec: %q: %s: unknown")
    :format(id, name, why))
end

-- ── one exec ──

--- stdin as the program reads it: what a task takes from the socket.
local function stdin_of(socket, wanted)
  local task = require "native.task"
  local arrived, queue, ended = task.condition(), {}, not wanted
  local reader = task.spawn(function()
    for message in function() return socket:read() end do
      local channel, text = message:byte(1), message:sub(2)
      if channel == 0 and #text > 0 then queue[#queue + 1] = text end
      if channel == 255 and text == "\0" then ended = true end
      arrived:notify()
    end
    ended = true
    arrived:notify()
  end)
  return function()
    while not queue[1] and not ended do arrived:wait() end
    return table.remove(queue, 1)
  end, reader
end

local function serve(self, container, argv, socket, query)
  socket:send "\1"
  local read, reader = stdin_of(socket, query.stdin == "true" or query.stdin == "1")
  local status
  if not container then
    status = internal(('unable to upgrade connection: container not found ("%s")'):format(query.name))
  elseif not programs.find(argv[1]) then
    status = exec.missing_status((self.uuid() .. self.uuid()):gsub("%-", ""), argv[1])
  else
    status = exec.exit_status(processes.run(container, argv, {
      read = read, send = function(text) return socket:send(text) end,
    }))
  end
  socket:send("\3" .. status)
  socket:close()
  reader:cancel()
end

--- Answers a request for an exec: how, or nil and a Status.
---@param cx table of the API
---@param response table
---@param container_name fun(pod: table, name: string?): string?, table?
---@return table? answer
---@return table? status
function Exec:answer(cx, response, container_name)
  local route, query = cx.route, cx.query
  local pod, status = self.store:get("v1/pods", route.ns, route.name)
  if not pod then return nil, status end
  local name
  name, status = container_name(pod, query.container ~= "" and query.container or nil)
  if not name then return nil, status end
  if not value.dig(pod, "spec", "nodeName") then
    return nil, errors.bad_request(("pod %s does not have a host assigned"):format(route.name))
  end
  local argv = command_of(cx.request.raw_query or "")
  if #argv == 0 then
    return nil, errors.failure(422, "Invalid", 'PodExecOptions "" is invalid: command: Required value')
  end
  if not (cx.request.headers.upgrade or ""):lower():find("websocket", 1, true) then
    return nil, errors.bad_request "Upgrade request required"
  end
  local protocol = protocol_of(cx.request)
  if not protocol then
    return { status = 403, type = "text/plain", body = ("unable to negotiate protocol: client supports [%s], server accepts [%s]")
      :format(cx.request.headers["sec-websocket-protocol"] or "", table.concat(PROTOCOLS, " ")) }
  end
  return { status = 101, taken = function()
    local socket = response:websocket(protocol)
    serve(self, self.processes:container(pod, name), argv, socket, { stdin = query.stdin, name = name })
  end }
end

---@param store table
---@param uuid fun(): string
---@param running sim.Processes
function exec.new(store, uuid, running)
  return setmetatable({ store = store, uuid = uuid, processes = running }, Exec)
end

return exec
