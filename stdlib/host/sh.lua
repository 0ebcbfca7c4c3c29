--- Commands: argument lists, never a shell line, except in sh.bash which says so.
---
---     local head = sh.read("git", "rev-parse", "HEAD").stdout
---     sh.run { argv = { "ops/scripts/migrate.sh", "--to", version }, timeout = "10m",
---              check = { "ops/scripts/migrate.sh", "--is-at", version } }
local duration = require "almanac.base.duration"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local native = require "native.sh"
local secret = require "almanac.base.secret"
local step = require "almanac.run.step"
local survivors = require "almanac.run.survivors"
local task = require "native.task"

local M = {}

---@class almanac.Command
---@field argv string[]            program and arguments
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

local function is_list_of(kind, value)
  if type(value) ~= "table" then return false end
  local n = 0
  for _ in pairs(value) do n = n + 1 end
  for i = 1, n do
    local v = value[i]
    if kind == "string" and math.type(v) ~= "integer" and type(v) ~= "string" then return false end
    if kind == "integer" and math.type(v) ~= "integer" then return false end
  end
  return n > 0
end

local function argv_of(who, value, name)
  if not is_list_of("string", value) then
    errors.raise {
      kind = "usage",
      message = string.format("%s: %s must be a list of strings, the program first", who, name),
      hint = string.format('write: %s { %s = { "ls", "-l", dir } }', who, name),
    }
  end
  local out = {}
  for i, v in ipairs(value) do out[i] = tostring(v) end
  return out
end

local function env_of(who, env)
  if env == nil then return nil end
  if type(env) ~= "table" then errors.usage("%s: env must be a table of names and values", who) end
  local out = {}
  for name, value in pairs(env) do
    if type(name) ~= "string" or name == "" or name:find("=", 1, true) then
      errors.usage("%s: env: %q is no name of a variable", who, tostring(name))
    end
    if value ~= false and type(value) ~= "string" and type(value) ~= "number" and not secret.is(value) then
      errors.usage("%s: env.%s must be a string, or false to remove it", who, name)
    end
    out[name] = secret.is(value) and value or value and tostring(value)
  end
  return next(out) and out or nil
end

local read_fields = {
  argv = true, cwd = true, env = true, stdin = true, timeout = true, grace = true, ok = true, max_output = true,
}
local run_fields = setmetatable({ check = true, idempotent = true, title = true }, { __index = read_fields })

local function text_of(who, raw, name)
  local value = raw[name]
  if value ~= nil and type(value) ~= "string" then errors.usage("%s: %s must be a string", who, name) end
  return value
end

--- Checks and normalises what a caller gave.
local function normalise(who, raw, fields)
  if type(raw) ~= "table" then errors.usage("%s: takes a table: %s { argv = { … } }", who, who) end
  for key in pairs(raw) do
    if not fields[key] then errors.usage("%s: no option %q", who, tostring(key)) end
  end
  local input = {
    argv = argv_of(who, raw.argv, "argv"),
    cwd = text_of(who, raw, "cwd"),
    env = env_of(who, raw.env),
    stdin = text_of(who, raw, "stdin"),
    timeout = raw.timeout and duration.parse(raw.timeout),
    grace = raw.grace and duration.parse(raw.grace),
    ok = raw.ok or { 0 },
    max_output = raw.max_output,
    check = raw.check and argv_of(who, raw.check, "check"),
    idempotent = raw.idempotent and true or nil,
    title = text_of(who, raw, "title"),
  }
  if not is_list_of("integer", input.ok) then errors.usage("%s: ok must be a list of exit codes", who) end
  return input
end

--- One argument as a shell would need it.
local function quote(word)
  if word:find "^[%w_%-%./=:,@%%+]+$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- A command as a line that can be pasted into a shell; long ones are cut.
---@param argv string[]
---@return string
function M.quote(argv)
  local words = {}
  for i, word in ipairs(argv) do words[i] = quote(word) end
  local line = table.concat(words, " "):gsub("%s*\n%s*", " ")
  return #line > 200 and line:sub(1, 197) .. "…" or line
end

local function tail(text)
  if #text <= TAIL then return text end
  local cut = text:sub(-TAIL)
  return "[…]" .. (cut:match "\n.*$" or cut)
end

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
    argv = input.argv, cwd = input.cwd, stdin = input.stdin, timeout = input.timeout, grace = input.grace,
    max_output = input.max_output, env = {},
  }
  for name, value in pairs(input.env or {}) do options.env[name] = secret.reveal(value) end
  for key, value in pairs(extra) do options[key] = value end
  return options
end

--- Runs a command that only looks: your promise, since nothing can check it. It is run again when
--- the step is, and in a plan. Raises kind "command" on another exit code than those of `ok`.
---@param command almanac.Command|string  or the program, and its arguments behind it
---@return almanac.CommandResult
function M.read(command, ...)
  step.require_read "sh.read"
  if type(command) == "string" then command = { argv = { command, ... } } end
  local input = normalise("sh.read", command, read_fields)
  local result = native.exec(native_options(input, { read = true, who = "sh.read" }))
  if not is_ok(input, result) then fail(input, result) end
  return result
end

--- Where a program is, or nil.
---@param name string
---@return string? path
function M.which(name)
  step.require_read "sh.which"
  return native.which(name)
end

-- The effect -------------------------------------------------------------------------------------

local already_done = { code = 0, stdout = "", stderr = "", elapsed = 0, truncated = false, already_done = true }

local function check_passes(input)
  if not input.check then return false end
  local options = native_options(input, { argv = input.check, read = true, who = "sh.run", max_output = KEPT })
  options.stdin = nil
  return native.exec(options).code == 0
end

--- Hands every line on; whatever ends this early also ends the child, and keeps its output.
local function stream(input, child)
  local ok, err = errors.try(function()
    while true do
      local name, line = child:read_line()
      if not name then return end
      step.output(name, line)
    end
  end)
  if ok then return child:wait() end
  child:stop()
  local old = task.shield "cancel"
  local result = child:wait()
  task.shield(old)
  err.argv, err.stdout, err.stderr = input.argv, tail(result.stdout), tail(result.stderr)
  err.code, err.signal = result.code, result.signal
  err.in_doubt = not input.idempotent
  error(err, 0)
end

--- Runs a child that carries the effect's id, its lines going to the step. Shared with helm.
---@param input table a normalised command
---@param id string effect id
---@param who string public name, for errors
---@return almanac.CommandResult
function M.run_child(input, id, who)
  local options = native_options(input, { who = who, max_output = input.max_output or KEPT })
  options.env[survivors.variable] = id
  local child <close> = native.start(options)
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
  input = function(raw) return normalise("sh.run", raw, run_fields) end,
  title = function(input) return "run " .. (input.title or M.quote(input.argv)) end,
  allow = { category = "shell", of = function(input) return input.argv[1] end },
  preview = function(input)
    if check_passes(input) then
      return { summary = "already done: " .. M.quote(input.check) .. " says so", nothing = true, result = already_done }
    end
    local words = input.title and { M.quote(input.argv) } or {} -- else they are the title
    if input.cwd then words[#words + 1] = "in " .. input.cwd end
    return { summary = #words > 0 and table.concat(words, " ") or nil }
  end,
  apply = function(input, ctx)
    if check_passes(input) then return already_done end
    local result = M.run_child(input, ctx.id, "sh.run")
    if not is_ok(input, result) then fail(input, result) end
    return result
  end,
  recover = function(input, ctx)
    local waited = survivors.wait(ctx.id, M.quote(input.argv), input.timeout or RECOVER_LIMIT)
    if input.check then
      if not check_passes(input) then return "not_done" end
      return "done", already_done
    end
    if input.idempotent then return "not_done" end
    return "unknown", string.format("%s was started, and %s; it has no check to ask", M.quote(input.argv),
      waited and "ended while nobody could see how" or "its end was not seen")
  end,
})

--- Runs a command that changes something: journalled, never twice. With `check`, a command that
--- exits 0 when there is nothing to do, it is skipped when done already and a run cut short in it
--- can go on by itself. `idempotent = true` says that running it twice does no harm.
---@param command almanac.Command  and: check? string[], idempotent? boolean
---@return almanac.CommandResult  raises kind "command" on another exit code than those of `ok`
function M.run(command)
  return effect.perform("sh.run", command)
end

--- Runs a text through `bash -euo pipefail -c`: as sh.run in everything else.
---@param text string
---@param options? table  the fields of sh.run but argv
---@return almanac.CommandResult
function M.bash(text, options)
  if type(text) ~= "string" then errors.usage("sh.bash: takes the text of a script, not a %s", type(text)) end
  local command = {}
  for key, value in pairs(options or {}) do command[key] = value end
  command.argv = { "bash", "-euo", "pipefail", "-c", text }
  command.title = command.title or "bash: " .. (text:match "^%s*([^\n]*)")
  return effect.perform("sh.run", command)
end

return M
