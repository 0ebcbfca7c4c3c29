--- The helm process of an effect: run with its hooks followed, and what is to say when it fails.
local cli = require "almanac.helm.cli"
local errors = require "almanac.base.errors"
local history = require "almanac.helm.history"
local hooks = require "almanac.helm.hooks"
local parse = require "almanac.helm.parse"
local pool = require "almanac.base.pool"
local sh = require "almanac.host.sh"
local task = require "native.task"

local M = {}

M.KILL_MARGIN = 30 -- seconds we give helm beyond its own timeout, to mark the release failed

local SETTLE = 5     -- seconds in which the reason of a failure that helm has seen reaches us
local HOOK_GRACE = 5 -- seconds in which helm itself sees that a hook has failed

-- A hook that has ended so: helm sees it by itself, and deletes what it has to. The rest it would wait out.
local ENDED = { BackoffLimitExceeded = true, DeadlineExceeded = true, PodFailed = true }

--- Whether a helm that failed may have left its revision pending.
local function left_pending(input, before)
  local ok, now = errors.try(history.observe, input)
  if not ok then return true end
  return now.revision > before.revision and parse.is_pending(now.status)
end

--- How a helm that did not end by itself left the release, in words.
local function left_words(input)
  local ok, now = errors.try(history.observe, input)
  if not ok then return "how it left the release could not be seen: " .. now.message end
  if now.revision == 0 then return "there is no release " .. input.release .. " now" end
  return string.format("it left the release at revision %d (%s)", now.revision, now.status)
end

local function raise_stopped(input, message, stderr, kind)
  errors.raise {
    kind = kind, message = message .. "; " .. left_words(input),
    hint = "resume the run: it looks at the release, repairs it where it is pending, and goes on",
    stderr = stderr, in_doubt = true,
  }
end

-- Hooks --------------------------------------------------------------------------------------------

local function hint_of(input, ctx, failure)
  local good = ctx.before.good
  local back = good and string.format("helm.rollback { release = %q, revision = %d } goes back", input.release, good)
    or "there is no good revision to go back to"
  return string.format("%s%s. Objects are changed only where it ran after them (post-…); %s",
    failure.hint and failure.hint .. ". " or "", "Mend the hook and do it again", back)
end

--- Raises why a hook failed, in the words of its pod.
local function raise_hook(input, ctx, action, failure, stopped)
  errors.raise {
    kind = "helm",
    message = string.format("%s failed in a hook: %s%s; %s", action, failure.message, stopped and "; helm was stopped" or "",
      left_words(input)),
    hint = hint_of(input, ctx, failure),
    hook = failure.workload, reason = failure.reason, pod = failure.pod, container = failure.container,
    exit_code = failure.exit_code, logs = failure.logs, in_doubt = left_pending(input, ctx.before),
  }
end

--- Why a hook failed: what its follower says, with the words of a container that may be gone by now.
---@param watched almanac.HelmHooks
---@return table? failure
local function failure_of(watched)
  local failure, words = watched.failure, watched:last_words()
  if failure and failure.pod or not words then return failure end
  local ended = string.format("container %s of pod %s exited with code %d", words.container, words.pod, words.exit_code)
  failure = failure or {}
  return {
    message = failure.message and failure.message .. "; " .. ended or ended, workload = failure.workload, reason = failure.reason,
    hint = failure.hint, pod = words.pod, container = words.container, exit_code = words.exit_code, logs = words.logs,
  }
end

--- Runs helm in a task that is cancelled when a hook cannot succeed.
---@return boolean ran
---@return table result or error
---@return almanac.HelmHooks watched
---@return boolean stopped  because of a hook
local function run_with_hooks(input, revision, child)
  local helm, stopped
  local watched = hooks.watch(input, revision, function(failure)
    if ENDED[failure.reason] then task.sleep(HOOK_GRACE) end
    stopped = true
    helm:cancel()
  end)
  local ok, result
  helm = task.spawn(function() ok, result = errors.try(child) end)
  local interrupted = pool.join_all { helm }
  stopped = stopped and not interrupted and not ok
  if not interrupted and ok and result.code ~= 0 then errors.try(watched.settle, watched, SETTLE) end
  watched:stop()
  if ok == nil then error(interrupted, 0) end
  return ok, result, watched, stopped
end

--- Runs the helm of an effect; raises what it says, in doubt when it did not end by itself.
---@param input table with release, namespace, timeout
---@param ctx almanac.EffectContext
---@param action string for messages: "helm upgrade animica-devnet"
---@param words string[] helm's arguments
---@param revision integer whose hooks run
function M.run(input, ctx, action, words, revision)
  local argv = { cli.binary(), table.unpack(words) }
  local ran, result, watched, stopped = run_with_hooks(input, revision, function()
    return sh.run_child({
      argv = argv, env = cli.environment(), takes = "helm", timeout = input.timeout + M.KILL_MARGIN, grace = 10,
      title = action, within = {}, -- the effect has asked
    }, ctx.id, action)
  end)
  if stopped then raise_hook(input, ctx, action, failure_of(watched), true) end
  if not ran and result.kind == "timeout" then raise_stopped(input, result.message, result.stderr, "timeout") end
  if not ran then error(result, 0) end
  if result.code == 0 then return end
  if result.signal then
    raise_stopped(input, string.format("%s was ended by SIG%s", action, result.signal), result.stderr, "helm")
  end
  local failure = failure_of(watched)
  if failure and parse.is_hook_failure(result.stderr) then raise_hook(input, ctx, action, failure, false) end
  local err = parse.failure(result.stderr, action)
  err.argv, err.code = argv, result.code
  err.in_doubt = not (err.kind == "network" and result.stderr:find "[Cc]luster unreachable")
    and left_pending(input, ctx.before)
  errors.raise(err)
end

return M
