--- What the API and a container say about a command that was run there, in data. Pure.
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"

local M = {}

local TAIL = 4096 -- bytes of output in an error

--- A script for the container's shell: every process, and its arguments as the kernel has them.
M.LOOK = 'for p in /proc/[0-9]*; do if [ -e $p/cmdline ]; then echo "=$p"; cat $p/cmdline; echo; fi; done'

--- The end of a text, for an error.
---@param text string
---@return string
function M.tail(text) return redaction.ending(text, TAIL) end

local function base(path) return path:match "[^/]*$" end

--- A secret that is known by its label only may be any word.
local function is_word(word, wanted) return word == wanted or wanted:find "^%(secret .+%)$" ~= nil end

--- Whether a process is that command: its last arguments are the command's. Before them may stand the
--- interpreter of a script, and the program may have its full path.
local function is_command(arguments, argv)
  local skip = #arguments - #argv
  if skip < 0 then return false end
  for i = 2, #argv do
    if not is_word(arguments[skip + i], argv[i]) then return false end
  end
  return is_word(arguments[skip + 1], argv[1]) or base(arguments[skip + 1]) == base(argv[1])
end

--- The processes of a command, of what LOOK printed; never the container's first.
---@param text string
---@param argv string[]
---@return integer[] pids
function M.processes(text, argv)
  local pids = {}
  text = "\n" .. text .. "=/proc/0\n" -- each entry lies between two marks
  local from, to, pid = text:find "\n=/proc/(%d+)\n"
  while from do
    local next_from, next_to, next_pid = text:find("\n=/proc/(%d+)\n", to)
    local arguments = {}
    for argument in text:sub(to + 1, (next_from or 0) - 1):gmatch "([^\0]*)\0" do arguments[#arguments + 1] = argument end
    if next_from and pid ~= "1" and is_command(arguments, argv) then pids[#pids + 1] = math.tointeger(tonumber(pid)) end
    from, to, pid = next_from, next_to, next_pid
  end
  return pids
end

--- The container to run in: the one named, the annotated one, the only one; raises when that leaves
--- a choice.
---@param who string
---@param pod table
---@param wanted string?
---@return string name
function M.container(who, pod, wanted)
  local names = {}
  for _, container in ipairs(pod.spec.containers or {}) do names[#names + 1] = container.name end
  local annotated = (pod.metadata.annotations or {})["kubectl.kubernetes.io/default-container"]
  local all = { table.unpack(names) }
  for _, container in ipairs(pod.spec.initContainers or {}) do all[#all + 1] = container.name end
  wanted = wanted or annotated or #names == 1 and names[1] or nil
  for _, name in ipairs(all) do
    if name == wanted then return name end
  end
  errors.raise {
    kind = wanted and "not_found" or "usage",
    message = wanted and string.format("%s: pod %s has no container %q", who, pod.metadata.name, wanted)
      or string.format("%s: pod %s has several containers, and none of them is its default: say which", who, pod.metadata.name),
    hint = string.format("container = one of: %s", table.concat(all, ", ")),
  }
end

--- The id of a container that runs, or nil and why it does not.
---@param pod table
---@param name string
---@return string? id
---@return string? why
function M.running(pod, name)
  local status = pod.status or {}
  for _, list in ipairs { "containerStatuses", "initContainerStatuses" } do
    for _, container in ipairs(status[list] or {}) do
      local state = container.state or {}
      if container.name == name and state.running then return container.containerID or "" end
      if container.name == name then
        local how = state.waiting or state.terminated or {}
        return nil, string.format("it is %s%s", state.terminated and "ended" or "waiting",
          how.reason and ": " .. how.reason or "")
      end
    end
  end
  return nil, string.format("the pod is %s", status.phase or "not there yet")
end

--- How an operator ends processes in a container, as a line for a shell. Only who could look has a shell there.
---@param place almanac.k8s.ExecPlace
---@param pids integer[]
---@return string
function M.kill_command(place, pids)
  return string.format("kubectl -n %s exec %s -c %s -- sh -c 'kill %s'", place.namespace, place.pod, place.container,
    table.concat(pids, " "))
end

-- What the API says when nothing was started. There is no reason code for it.
local NOT_STARTED = { "failed to start exec", "OCI runtime exec failed", "container not found", "unable to upgrade connection" }

local function not_started(message)
  for _, words in ipairs(NOT_STARTED) do
    if message:find(words, 1, true) then return true end
  end
  return false
end

--- How a command ended, of the Status on the last channel.
---@param text string JSON
---@return { code: integer?, why: string?, not_started: boolean?, hint: string? }
function M.of_status(text)
  local ok, status = pcall(json.decode, text, { big = "text", null = "absent" })
  if not ok or type(status) ~= "table" then return { why = "the server's last word is no Status: " .. M.tail(text) } end
  if status.status == "Success" then return { code = 0 } end
  local causes = type(status.details) == "table" and status.details.causes or {}
  for _, cause in ipairs(status.reason == "NonZeroExitCode" and causes or {}) do
    local code = cause.reason == "ExitCode" and math.tointeger(tonumber(cause.message))
    if code then return { code = code } end
  end
  local message = type(status.message) == "string" and status.message or "the server does not say why"
  local why = message:match "unable to start container process: (.*)" or message
  repeat
    local n
    why, n = why:gsub("^Internal error occurred: ", "")
  until n == 0
  local missing = message:find("executable file not found", 1, true) or message:find("no such file or directory", 1, true)
  return {
    why = why:gsub(": unknown$", ""), not_started = not_started(message),
    hint = missing and "is the program in this container's image, and its path right?" or nil,
  }
end

return M
