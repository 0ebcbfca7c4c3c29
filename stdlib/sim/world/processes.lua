--- The processes of the simulated containers, and the files that they see. As in a real container runtime a
--- process outlives the client that started it; it ends when it writes to nobody, is killed, or its container
--- is gone.
local environment = require "almanac.sim.world.environment"
local programs = require "almanac.sim.world.programs"
local value = require "almanac.sim.model.value"

local processes = {}

---@class sim.Processes
local Processes = {}
Processes.__index = Processes

local PIECE = 32768
local KILLED = 137

local LISTS = { { "containers", "containerStatuses" }, { "initContainers", "initContainerStatuses" } }

local function spec_of(pod, name)
  for _, list in ipairs(LISTS) do
    for _, container in ipairs(pod.spec[list[1]] or {}) do
      if container.name == name then return container end
    end
  end
  return { name = name }
end

local function running_id(pod, name)
  for _, list in ipairs(LISTS) do
    for _, status in ipairs(value.dig(pod, "status", list[2]) or {}) do
      if status.name == name and value.dig(status, "state", "running") then return status.containerID or "" end
    end
  end
  return nil
end

--- What a container runs as its first process; made up where its image's own entry point is not known.
---@param spec table
---@return string[] argv
---@return boolean own whether the spec says so
local function main_of(spec)
  local main = {}
  for _, list in ipairs { spec.command or {}, spec.args or {} } do table.move(list, 1, #list, #main + 1, main) end
  if spec.command and main[1] then return main, true end
  return { "/app/" .. ((spec.image or spec.name):match "([^/:@]+)[:@]?[^/]*$" or spec.name), table.unpack(main) }, false
end

--- What is known of a running container: files, processes. Nil when it does not run.
---@param pod table
---@param name string
---@return table|nil
function Processes:container(pod, name)
  local id = running_id(pod, name)
  if not id then return nil end
  local key = pod.metadata.uid .. "/" .. name
  local container = self.containers[key]
  if not container or container.id ~= id then
    local spec = spec_of(pod, name)
    container = { id = id, name = name, uid = pod.metadata.uid, files = {}, next_pid = 7, processes = { [1] = { argv = (main_of(spec)) } } }
    container.env = environment.of(self.store, pod, spec)
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

--- Runs a program to its end.
---@param container table
---@param argv string[] of a program that there is
---@param streams { read: fun(): string|nil, send: fun(text: string): boolean } text begins with 1 (out) or 2 (err)
---@param pid? integer (default: the next one)
---@return integer code
function processes.run(container, argv, streams, pid)
  local task = require "native.task"
  local process = { pid = pid or container.next_pid, argv = argv }
  container.next_pid = math.max(container.next_pid, process.pid + 1)
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

--- Runs a container's own command, where every program in it is simulated. Returns at once.
---@param pod table
---@param name string of the container, which has just started
---@param print fun(line: string)
---@param ended fun(code: integer)
---@return boolean taken false: it cannot be run here
function Processes:run_main(pod, name, print, ended)
  local argv, own = main_of(spec_of(pod, name))
  local container = own and programs.are_known(argv) and self:container(self.store:peek("v1/pods", pod.metadata.namespace,
    pod.metadata.name), name)
  if not container then return false end
  local rest = ""
  local function send(text)
    rest = rest .. text:sub(2)
    rest = rest:gsub("([^\n]*)\n", function(line)
      print(line)
      return ""
    end)
    return true
  end
  require("native.task").spawn(function()
    local code = processes.run(container, argv, { read = function() return nil end, send = send }, 1)
    if rest ~= "" then print(rest) end
    ended(code)
  end)
  return true
end

--- What a container takes from elsewhere, it has as that was when it started.
local function note_environments(self, pod)
  for _, list in ipairs(LISTS) do
    for _, spec in ipairs(value.dig(pod, "spec", list[1]) or {}) do
      if environment.has_references(spec) then self:container(pod, spec.name) end
    end
  end
end

--- Ends the processes of containers that no longer run.
local function sweep(self, event)
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

---@param store table
---@return sim.Processes
function processes.new(store)
  local self = setmetatable({ store = store, containers = {} }, Processes)
  store:subscribe(function(event)
    if event.gvr ~= "v1/pods" then return end
    sweep(self, event)
    if event.type ~= "DELETED" then note_environments(self, event.object) end
  end)
  return self
end

return processes
