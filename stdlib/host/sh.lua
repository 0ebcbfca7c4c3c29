--- Commands: argument lists, never a shell line, except in sh.bash which says so.
---
---     local head = sh.read("git", "rev-parse", "HEAD").stdout
---     sh.run { argv = { "ops/scripts/migrate.sh", "--to", version }, timeout = "10m",
---              check = { "ops/scripts/migrate.sh", "--is-at", version } }
local already_done = require "almanac.run.already_done"
local children = require "almanac.config.children"
local command = require "almanac.host.command"
local duration = require "almanac.base.duration"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local labels = require "almanac.run.label"
local native = require "native.sh"
local pieces = require "almanac.base.pieces"
local place = require "almanac.host.place"
local reach = require "almanac.run.reach"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local shell_word = require "almanac.base.shell_word"
local step = require "almanac.run.step"
local survivors = require "almanac.run.survivors"
local task = require "native.task"
local trusted = require "almanac.host.trusted"

local M = {}

---@class almanac.Command
---@field argv? string[]           program and arguments; or the words themselves, { "ls", "-l", cwd = … }
---@field cwd? string              directory to run in
---@field env? table<string, string|false>  added to the environment; false removes
---@field stdin? string            text on its standard input; without it there is none
---@field timeout? number|string   duration; then TERM, and KILL `grace` later
---@field grace? number|string     duration, default 5 s
---@field ok? integer[]            exit codes that are no failure, default { 0 }
---@field max_output? integer      bytes kept of each stream: the first and the last half of them

---@class almanac.CommandResult
---@field code? integer            exit code
---@field signal? string           "KILL", … when a signal ended it
---@field stdout string
---@field stderr string
---@field elapsed number           seconds
---@field truncated boolean        whether output was left out
---@field already_done? boolean    sh.run: the check said so, nothing was run

local TAIL = 4096      -- bytes of output in an error
local KEPT = 64 * 1024 -- bytes of each stream in an effect's result, which is journalled
local RECOVER_LIMIT = 3600

--- A command as a line that can be pasted into a shell; long ones are cut.
function M.quote(argv)
  local words = {}
  for i, word in ipairs(argv) do words[i] = shell_word.plain(word) end
  return redaction.excerpt((redaction.text(table.concat(words, " ")):gsub("%s*\n%s*", " ")), 200)
end

local function tail(text) return redaction.ending(text, TAIL) end

local function is_ok(input, result)
  for _, code in ipairs(input.ok) do
    if result.code == code then return true end
  end
  return false
end

local function fail(input, result)
  errors.raise {
    kind = "command",
    message = string.format("%s %s after %s", input.title or M.quote(input.argv),
      result.signal and "was ended by SIG" .. result.signal or "exited with code " .. result.code,
      duration.format(result.elapsed)),
    argv = input.argv,
    code = result.code,
    signal = result.signal,
    stdout = tail(result.stdout),
    stderr = tail(result.stderr),
  }
end

local function native_options(input, extra)
  local options = {
    argv = input.argv, cwd = input.cwd, stdin = secret.reveal(input.stdin), timeout = input.timeout, grace = input.grace,
    max_output = input.max_output, env = {}, keep_env = children.kept(input.takes or input.argv[1]),
  }
  for name, value in pairs(input.env or {}) do options.env[name] = secret.reveal(value) end
  for key, value in pairs(extra) do options[key] = value end
  return options
end

--- What a command runs, as targets of `allow`.
local function targets_of(input)
  return place.program { argv = input.argv, cwd = input.cwd, env = native_options(input, {}).env }
end

--- Starts a program by one of native.sh's functions.
local function begin(start, options, access)
  if reach.is_asked() then reach.require(options.who, access, options.within or place.program(options)) end
  trusted.check_command(options.argv, options.cwd)
  local ok, started = errors.try(start, options)
  if ok then return started end
  if started.kind == "not_found" and #options.argv == 1 and options.argv[1]:find "%s" then
    started.hint = "no shell takes the line apart: give each word on its own, or write sh.bash"
  end
  if started.in_doubt == nil and not errors.is_interrupt(started) then started.in_doubt = false end -- no program ran
  error(started, 0)
end

--- Runs a command that only looks: your promise, since nothing can check it. It is run again when
--- the step is, and in a plan. Raises kind "command" on another exit code than those of `ok`.
function M.read(first, ...)
  step.require_read "sh.read"
  local input = command.of("sh.read", command.looking, first, ...)
  labels.require_whole("sh.read", { input.argv, input.env })
  local result = begin(native.exec, native_options(input, { read = true, who = "sh.read" }), "read")
  if not is_ok(input, result) then fail(input, result) end
  return result
end

local PROGRAM = { "text", required = true, help = "of a program" }

--- Where a program is, or nil. Under `allow`, of one that may be run.
function M.which(name)
  step.require_read "sh.which"
  name = fields.value("sh.which", "name", PROGRAM, name)
  if reach.is_asked() then
    reach.require("sh.which", "read", name:find("/", 1, true) and { place.read(name) } or place.program { argv = { name } })
  end
  return native.which(name)
end

-- The effect -------------------------------------------------------------------------------------

--- The check as a command: it runs where the command does, with its environment, unless it says otherwise.
local function check_of(input)
  local check = input.check
  local own = check.argv and check or { argv = check, ok = { 0 } }
  local out = { argv = own.argv, ok = own.ok, stdin = own.stdin, max_output = own.max_output }
  for _, key in ipairs { "cwd", "env", "timeout", "grace" } do out[key] = own[key] or input[key] end
  return out
end

local function check_passes(input)
  if not input.check then return false end
  local check = check_of(input)
  local options = native_options(check, { read = true, who = "sh.run", max_output = check.max_output or KEPT })
  return is_ok(check, begin(native.exec, options, "read"))
end

--- Hands every line on; whatever ends this early also ends the child, and keeps its output.
local function stream(input, child)
  local lines = pieces.new(step.output)
  local ok, err = errors.try(function()
    while true do
      local name, line, more = child:read_line()
      if not name then return lines:finish() end
      lines:take(name, line, more)
    end
  end)
  if ok then return child:wait() end
  lines:finish()
  child:stop()
  local result = task.with({ shield = "cancel" }, child.wait, child)
  err.argv, err.stdout, err.stderr = input.argv, tail(result.stdout), tail(result.stderr)
  err.code, err.signal = result.code, result.signal
  err.in_doubt = not input.idempotent
  error(err, 0)
end

--- Runs a child that carries the effect's id, its lines going to the step. Shared with helm.
---@param input table a normalised command; `within`: what stands for the program where `allow` is asked
---@param id string effect id
---@param who string public name, for errors
---@return almanac.CommandResult
function M.run_child(input, id, who)
  local within = input.within or reach.is_asked() and targets_of(input) or nil
  local options = native_options(input, { who = who, max_output = input.max_output or KEPT, within = within })
  options.env[survivors.variable] = id
  local child <close> = begin(native.start, options, "change")
  local result = stream(input, child)
  if result.timed_out then
    errors.raise {
      kind = "timeout",
      message = string.format("%s took longer than %s and was stopped", input.title or M.quote(input.argv),
        duration.format(input.timeout)),
      argv = input.argv,
      stdout = tail(result.stdout),
      stderr = tail(result.stderr),
      in_doubt = not input.idempotent,
    }
  end
  result.stopped, result.timed_out = nil, nil
  return result
end

effect.define("sh.run", {
  input = function(raw) return command.of("sh.run", command.changing, raw) end,
  title = function(input) return "run " .. (input.title or M.quote(input.argv)) end,
  allow = {
    category = "shell",
    of = function(input)
      local out = targets_of(input)
      for _, target in ipairs(input.check and targets_of(check_of(input)) or {}) do
        target.access = "read"
        out[#out + 1] = target
      end
      return out
    end,
  },
  preview = function(input)
    if check_passes(input) then
      return already_done.preview(M.quote(check_of(input).argv), nil, input.title and M.quote(input.argv))
    end
    trusted.check_command(input.argv, input.cwd)
    local words = input.title and { M.quote(input.argv) } or {} -- else they are the title
    if input.cwd then words[#words + 1] = "in " .. input.cwd end
    return { summary = #words > 0 and table.concat(words, " ") or nil }
  end,
  apply = function(input, ctx)
    if ctx.already then return already_done.tell(M.quote(check_of(input).argv)) end
    local result = M.run_child(input, ctx.id, "sh.run")
    if not is_ok(input, result) then fail(input, result) end
    return result
  end,
  recover = function(input, ctx)
    local waited = survivors.wait(ctx.id, M.quote(input.argv), input.timeout or RECOVER_LIMIT)
    if input.check then
      if not check_passes(input) then return "not_done" end
      return "done", already_done.found(ctx)
    end
    if input.idempotent then return "again" end
    return "unknown", string.format("%s was started, and %s; it has no check to ask", M.quote(input.argv),
      waited and "ended while nobody could see how" or "its end was not seen")
  end,
}, { already = check_passes, expected = function() return { code = 0, stdout = "", stderr = "", elapsed = 0, truncated = false } end })

--- Runs a command that changes something: journalled, never twice. With `check`, a command that
--- exits 0 when there is nothing to do, it is skipped when done already and a run cut short in it
--- can go on by itself. `idempotent = true` says that running it twice does no harm.
function M.run(first, ...)
  return effect.perform("sh.run", fields.gather(command.changing, "sh.run", first, ...))
end

--- Runs a text through `bash -euo pipefail -c`: as sh.run in everything else.
function M.bash(text, options)
  if type(text) ~= "string" then errors.usage("sh.bash: takes the text of a script, not a %s", type(text)) end
  local script = fields.check(command.script, options)
  script.argv = { "bash", "-euo", "pipefail", "-c", text }
  script.title = script.title or "bash: " .. (text:match "^%s*([^\n]*)")
  return effect.perform("sh.run", script)
end

return M
