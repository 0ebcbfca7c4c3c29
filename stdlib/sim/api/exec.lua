--- Exec into the containers of the simulated cluster: v5 and v4 of the remote command protocol over a
--- WebSocket, and the processes that it starts. As in a real container runtime a process outlives the
--- client that started it; it ends when it writes to nobody, is killed, or its container is gone.
--- https://github.com/kubernetes/kubernetes/tree/master/staging/src/k8s.io/streaming (channels)
local errors = require "almanac.sim.model.errors"
local programs = require "almanac.sim.world.programs"
local value = require "almanac.sim.model.value"

local exec = {}

local Exec = {}
Exec.__index = Exec

local PIECE = 32768
local KILLED = 137
local PROTOCOLS = { "v5.channel.k8s.io", "v4.channel.k8s.io" }
local SUCCESS = '{"metadata":{},"status":"Success"}'

-- ── what is asked for ──

local function unescape(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end))
end

local function command_of(raw_query)
  local argv = {}
  for name, text in raw_query:gmatch "([^&=]+)=?([^&]*)" do
    if name == "command" then argv[#argv + 1] = unescape(text) end
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

-- ── containers and their processes ──

local function spec_of(pod, name)
  for _, container in ipairs(pod.spec.containers or {}) do
    if container.name == name then return container end
  end
  return { name = name }
end

local function running_id(pod, name)
  for _, status in ipairs(value.dig(pod, "status", "containerStatuses") or {}) do
    if status.name == name and value.dig(status, "state", "running") then return status.containerID or "" end
  end
  return nil
end

--- What is known of a running container: files, processes. Nil when it does not run.
local function container_of(self, pod, name)
  local id = running_id(pod, name)
  if not id then return nil end
  local key = pod.metadata.uid .. "/" .. name
  local container = self.containers[key]
  if not container or container.id ~= id then
    local spec = spec_of(pod, name)
    local main = {}
    for _, list in ipairs { spec.command or {}, spec.args or {} } do table.move(list, 1, #list, #main + 1, main) end
    if not main[1] then main[1] = "/app/" .. ((spec.image or name):match "([^/:@]+)[:@]?[^/]*$" or name) end
    container = { id = id, name = name, uid = pod.metadata.uid, files = {}, next_pid = 7, processes = { [1] = { argv = main } } }
    container.env = { PATH = "/usr/local/bin:/usr/bin:/bin", HOSTNAME = pod.metadata.name, HOME = "/root" }
    for _, variable in ipairs(spec.env or {}) do
      if type(variable.value) == "string" then container.env[variable.name] = variable.value end
    end
    self.containers[key] = container
  end
  return container
end

local function paths_of(container)
  local out = {}
  for pid in pairs(container.processes) do
    out[#out + 1] = ("/proc/%d/cmdline"):format(pid)
  end
  for path in pairs(container.files) do out[#out + 1] = path end
  for _, path in ipairs { "/bin/sh", "/bin/cat", "/etc/hostname", "/app/scripts/migrate.sh" } do out[#out + 1] = path end
  return out
end

--- A shell pattern as a Lua one.
local function glob(container, pattern)
  local lua = "^" .. pattern:gsub("[%^%$%(%)%%%.%+%-]", "%%%0"):gsub("%*", "[^/]*"):gsub("%?", "[^/]") .. "$"
  lua = lua:gsub("%[([%w]+)%%%-([%w]+)%]", "[%1-%2]")
  local seen, out = {}, {}
  for _, path in ipairs(paths_of(container)) do
    repeat
      if not seen[path] and path:find(lua) then out[#out + 1] = path end
      seen[path] = true
      path = path:gsub("/[^/]*$", "")
    until path == ""
  end
  table.sort(out)
  return out
end

local function io_of(container, process, streams)
  local task = require "native.task"
  local io = { env = container.env, pid = process.pid, files = container.files, processes = container.processes }
  io.read, io.sleep = streams.read, task.sleep
  io.breathe = function() task.sleep(0) end
  for i, name in ipairs { "out", "err" } do
    io[name] = function(text)
      for at = 1, #text, PIECE do
        -- Nobody reads any more: SIGPIPE.
        if not streams.send(string.char(i) .. text:sub(at, at + PIECE - 1)) then error({ signal = 13 }, 0) end
      end
    end
  end
  function io.paths() return paths_of(container) end
  function io.glob(pattern) return glob(container, pattern) end
  function io.read_file(path)
    local pid = math.tointeger(tonumber(path:match "^/proc/(%d+)/cmdline$"))
    local other = pid and container.processes[pid]
    if other then return table.concat(other.argv, "\0") .. "\0" end
    if path == "/etc/hostname" then return container.env.HOSTNAME .. "\n" end
    return container.files[path]
  end
  function io.write_file(path, text) container.files[path] = text end
  function io.kill(pid, signal)
    local other = pid and container.processes[pid]
    if other and other.task then
      other.signal = signal
      other.task:cancel()
    end
    return other ~= nil
  end
  function io.run(inner, argv)
    local fn = programs.find(argv[1])
    return fn and fn(inner, argv)
  end
  return io
end

--- Runs a program to its end; gives its exit code.
local function run(container, argv, streams)
  local task = require "native.task"
  local process = { pid = container.next_pid, argv = argv }
  container.next_pid = container.next_pid + 1
  container.processes[process.pid] = process
  local io = io_of(container, process, streams)
  process.task = task.spawn(function() return programs.find(argv[1])(io, argv) end)
  local ok, result = process.task:join()
  container.processes[process.pid] = nil
  if ok then return result end
  local signal = process.signal or type(result) == "table" and result.signal
  if signal then return 128 + signal end
  error(result, 0)
end

--- Ends the processes of containers that no longer run.
local function sweep(self, event)
  if event.gvr ~= "v1/pods" then return end
  local pod = event.object
  for key, container in pairs(self.containers) do
    if container.uid == pod.metadata.uid and (event.type == "DELETED" or running_id(pod, container.name) ~= container.id) then
      self.containers[key] = nil
      for _, process in pairs(container.processes) do
        if process.task then
          process.signal = KILLED - 128
          process.task:cancel()
        end
      end
    end
  end
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
    status = exec.exit_status(run(container, argv, {
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
    serve(self, container_of(self, pod, name), argv, socket, { stdin = query.stdin, name = name })
  end }
end

---@param store table
---@param uuid fun(): string
function exec.new(store, uuid)
  local self = setmetatable({ store = store, uuid = uuid, containers = {} }, Exec)
  store:subscribe(function(event) sweep(self, event) end)
  return self
end

return exec
