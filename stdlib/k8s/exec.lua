--- Commands in containers: k8s.exec, an effect, and k8s.exec_read, which only looks. The API starts a
--- command and tells how it ended; it cannot stop one. What was left behind is looked up in the
--- container's /proc, and said.
---
---     k8s.exec { pod = "statefulset/animica-node", command = { "/app/scripts/migrate.sh" },
---                check = { "/app/scripts/migrate.sh", "--is-done" }, timeout = "10m" }
---     k8s.exec("/app/scripts/migrate.sh", { pod = "statefulset/animica-node" })
local already_done = require "almanac.run.already_done"
local api_path = require "almanac.k8s.api_path"
local duration = require "almanac.base.duration"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local inputs = require "almanac.k8s.exec_input"
local k8s_client = require "almanac.k8s.client"
local labels = require "almanac.run.label"
local logs = require "almanac.k8s.logs"
local objects = require "almanac.k8s.objects"
local outcome = require "almanac.k8s.exec_outcome"
local pieces = require "almanac.base.pieces"
local scope = require "almanac.k8s.scope"
local secret = require "almanac.base.secret"
local sh = require "almanac.host.sh"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

---@class almanac.k8s.ExecResult
---@field code? integer              exit code
---@field stdout string
---@field stderr string
---@field elapsed number             seconds
---@field truncated boolean          whether output was left out
---@field pod? string                where it ran
---@field container? string
---@field already_done? boolean      k8s.exec: the check said so, nothing was run

---@class almanac.k8s.ExecPlace
---@field namespace string
---@field pod string
---@field uid string                 of the pod
---@field container string
---@field container_id string        another one: the container was started anew, its processes are gone

local KEPT = 64 * 1024         -- bytes of each stream in an effect's result, which is journalled
local READ_MAX = 16 * 1024 * 1024
local LOOK_LIMIT = 10          -- seconds to look what is left of a command
local RECOVER_LIMIT = 3600
local POLL = 1                 -- seconds; there is no event for the end of a process in a container

local function shown(argv) return sh.quote(secret.conceal_all(argv)) end

local function name_of(input) return input.title or shown(input.command) end

-- Where ------------------------------------------------------------------------------------------

--- The container that a command runs in, and the pod, as they are now.
---@param who string
---@param input table
---@return almanac.k8s.ExecPlace place
---@return almanac.k8s.Client client
local function find(who, input)
  local target = objects.one(who, input.ref, input)
  local pod = logs.pod_of(who, target)
  local container = outcome.container(who, pod, input.container)
  local id, why = outcome.running(pod, container)
  if not id then
    errors.raise {
      kind = "not_found",
      message = string.format("%s: nothing can run in container %q of pod %s: %s", who, container, pod.metadata.name, why),
      hint = "wait for it before (k8s.rollout), or see why it does not run: k8s.logs, k8s.events",
    }
  end
  return {
    namespace = target.namespace, pod = pod.metadata.name, uid = pod.metadata.uid, container = container, container_id = id,
  }, target.client
end

local function where(place) return string.format("pod %s (container %s)", place.pod, place.container) end

local function path_of(place)
  return api_path.of { group = "", version = "v1", namespace = place.namespace, resource = "pods", name = place.pod, subresource = "exec" }
end

local function open(who, client, place, argv, options)
  local request = {
    who = who, path = path_of(place), object = "pod/" .. place.pod,
    query = {
      container = place.container, command = secret.reveal_all(argv), stdout = true, stderr = true,
      stdin = options.stdin and true or nil,
    },
  }
  for key, value in pairs(options) do request[key] = value end
  local ok, session = errors.try(k8s_client.channels, client, request)
  if ok then return session end
  if options.stdin and (session.status == 400 or session.status == 403) and not session.reason then
    session.hint = "is the server older than Kubernetes 1.30? Only since then can a client say where stdin ends (v5.channel.k8s.io)"
  end
  error(session, 0)
end

-- What is left of a command ----------------------------------------------------------------------

--- The processes of that command in a container; nil and why when it cannot be told.
---@param client almanac.k8s.Client
---@param place almanac.k8s.ExecPlace
---@param argv string[]
---@return integer[]? pids
---@return string? why
local function look(client, place, argv)
  local ok, result = task.with({ shield = "cancel" }, errors.try, function()
    local session <close> = open("k8s.exec", client, place, { "sh", "-c", outcome.LOOK },
      { read = true, timeout = LOOK_LIMIT, answer_timeout = LOOK_LIMIT })
    return session:wait()
  end)
  if not ok then return nil, result.message end
  local status = result.status and outcome.of_status(result.status)
  if not status then return nil, result.cut end
  if status.code ~= 0 then return nil, "the container has no shell to look with" end
  return outcome.processes(result.stdout, secret.reveal_all(argv))
end

--- A sentence about what is left of a command.
local function left_behind(client, place, argv)
  local pids, why = look(client, place, argv)
  if not pids then
    return "it may still run in the pod (that could not be looked up: " .. tostring(why) .. ")"
  elseif #pids == 0 then
    return "it is gone from the pod"
  end
  return string.format("it still runs in the pod (process %s); to end it: %s", table.concat(pids, ", "),
    outcome.kill_command(place, pids))
end

-- Running ----------------------------------------------------------------------------------------

local function is_ok(input, code)
  for _, wanted in ipairs(input.ok) do
    if wanted == code then return true end
  end
  return false
end

--- The output so far, as far as an error carries it.
local function with_output(err, input, result)
  err.argv = secret.conceal_all(input.command)
  err.stdout, err.stderr = outcome.tail(result.stdout), outcome.tail(result.stderr)
  return err
end

--- A command whose end nobody saw.
local function raise_cut(who, client, place, input, result)
  local left = left_behind(client, place, input.command)
  errors.raise(with_output({
    kind = result.timed_out and "timeout" or "network", in_doubt = not input.idempotent,
    message = result.timed_out and string.format("%s: %s took longer than %s in %s, and the connection was closed; %s", who,
      name_of(input), duration.format(input.timeout), where(place), left)
      or string.format("%s: %s in %s: its end was not seen: %s; %s", who, name_of(input), where(place), result.cut, left),
    hint = "see what it did before it is run again",
  }, input, result))
end

--- The result of a command whose end the API told; raises when it is no success.
local function result_of(who, place, input, result)
  local ended = outcome.of_status(result.status)
  if ended.code and is_ok(input, ended.code) then
    return {
      code = ended.code, stdout = result.stdout, stderr = result.stderr, elapsed = result.elapsed,
      truncated = result.truncated, pod = place.pod, container = place.container,
    }
  elseif ended.code then
    errors.raise(with_output({
      kind = "command", code = ended.code, message = string.format("%s: %s exited with code %d after %s in %s", who,
        name_of(input), ended.code, duration.format(result.elapsed), where(place)),
    }, input, result))
  end
  errors.raise(with_output({
    kind = "command", in_doubt = not ended.not_started and not input.idempotent,
    message = string.format("%s: %s could not be run in %s: %s", who, name_of(input), where(place), ended.why),
    hint = ended.hint,
  }, input, result))
end

--- Raises an error that ended the waiting for a command, with what is left of that.
local function raise_left(client, place, input, err, result)
  err.message = string.format("%s; %s in %s: %s", err.message, name_of(input), where(place),
    left_behind(client, place, input.command))
  err.in_doubt = not input.idempotent
  error(with_output(err, input, result), 0)
end

--- Hands every line on to the step; whatever ends this early leaves the command alone, and says so.
local function stream(client, place, input, session)
  local lines = pieces.new(step.output)
  local ok, err = errors.try(function()
    while true do
      local name, line, more = session:read_line()
      if not name then return lines:finish() end
      lines:take(name, line, more)
    end
  end)
  if ok then return session:wait() end
  local stdout, stderr = session:output()
  session:close()
  raise_left(client, place, input, err, { stdout = stdout, stderr = stderr })
end

local function execute(who, client, place, input, options)
  options.stdin, options.timeout = secret.reveal(input.stdin), input.timeout
  local ok, opened = errors.try(open, who, client, place, input.command, options)
  if not ok and opened.in_doubt then raise_left(client, place, input, opened, { stdout = "", stderr = "" }) end
  if not ok then error(opened, 0) end
  local session <close> = opened
  local result = options.lines and stream(client, place, input, session) or session:wait()
  if not result.status then raise_cut(who, client, place, input, result) end
  return result_of(who, place, input, result)
end

--- Whether the check says that there is nothing to do.
local function check_passes(who, client, place, input)
  if not input.check then return false end
  local session <close> = open(who, client, place, input.check, { read = true, max_output = KEPT, timeout = input.timeout })
  local result = session:wait()
  local ended = result.status and outcome.of_status(result.status) or { why = result.cut }
  if ended.code then return ended.code == 0 end
  errors.raise {
    kind = "command", in_doubt = false, stderr = outcome.tail(result.stderr), hint = ended.hint,
    message = string.format("%s: the check %s could not be run in %s: %s", who, shown(input.check), where(place), ended.why),
  }
end

--- Runs a command in a container that only looks: your promise, since nothing can check it. It is run
--- again when the step is, and in a plan. Raises kind "command" on another exit code than those of `ok`.
function M.exec_read(first, ...)
  step.require_read "k8s.exec_read"
  local input = inputs.check(inputs.EXEC_READ, fields.gather(inputs.EXEC_READ, "k8s.exec_read", first, ...))
  labels.require_whole("k8s.exec_read", input.command)
  local place, client = find("k8s.exec_read", input)
  input.idempotent = true
  return execute("k8s.exec_read", client, place, input, { read = true, max_output = input.max_output or READ_MAX })
end

-- The effect -------------------------------------------------------------------------------------

local function client_of(input) return k8s_client.open(input) end

--- Waits until nothing is left of the command in the container it was started in. True when that is
--- certain, else false and why not.
local function wait_gone(input, place)
  local client, started = client_of(input), task.now()
  local limit = input.timeout or RECOVER_LIMIT
  while true do
    local pod = objects.find("k8s.exec", objects.one("k8s.exec", "pod/" .. place.pod, {
      namespace = place.namespace, context = input.context }))
    -- Another container under the same name: nothing of the old one's processes is left.
    if not pod or pod.metadata.uid ~= place.uid or outcome.running(pod, place.container) ~= place.container_id then return true end
    local pids, why = look(client, place, input.command)
    if not pids then return false, why end
    if #pids == 0 then return true end
    if task.now() - started > limit then
      errors.raise {
        kind = "busy", pids = pids,
        message = string.format("%s of the run that was cut short still runs in %s after %s (process %s)", name_of(input),
          where(place), duration.format(limit), table.concat(pids, ", ")),
        hint = string.format("let it end or end it (%s), then resume", outcome.kill_command(place, pids)),
      }
    end
    step.progress(string.format("waiting for process %s in %s", table.concat(pids, ", "), where(place)))
    task.sleep(POLL)
  end
end

local function recover(input, ctx)
  local place = ctx.before
  local gone, why = wait_gone(input, place)
  if input.check then
    local now, client = find("k8s.exec", input)
    if check_passes("k8s.exec", client, now, input) then return "done", already_done.found(ctx) end
  end
  if not gone then
    return "unknown", string.format("%s may still run in %s (that could not be looked up: %s)", name_of(input), where(place), why)
  end
  if input.check then return "not_done" end
  if input.idempotent then return "again" end
  return "unknown", string.format("it was started in %s, and its end was not seen; it has no check to ask", where(place))
end

effect.define("k8s.exec", {
  input = function(raw) return inputs.check(inputs.EXEC, raw) end,
  title = function(input) return string.format("run %s in %s", name_of(input), input.ref) end,
  allow = { category = "k8s", of = function(input) return { scope.of_target(objects.one("k8s.exec", input.ref, input)) } end },
  observe = function(input) return (find("k8s.exec", input)) end,
  preview = function(input, place)
    if check_passes("k8s.exec", client_of(input), place, input) then
      return already_done.preview(shown(input.check), where(place), input.title and shown(input.command))
    end
    return { summary = string.format("%s in %s of namespace %s", shown(input.command), where(place), place.namespace) }
  end,
  apply = function(input, ctx)
    local client, place = client_of(input), ctx.before
    if ctx.already then return already_done.tell(shown(input.check)) end
    return execute("k8s.exec", client, place, input, { lines = true, max_output = input.max_output or KEPT })
  end,
  recover = recover,
}, { already = function(input, place) return check_passes("k8s.exec", client_of(input), place, input) end })

--- Runs a command in a container that changes something: journalled, never twice. With `check`, a
--- command that exits 0 when there is nothing to do, it is skipped when done already and a run cut
--- short in it can go on by itself. `idempotent = true` says that running it twice does no harm.
function M.exec(first, ...)
  return effect.perform("k8s.exec", fields.gather(inputs.EXEC, "k8s.exec", first, ...))
end

return M
