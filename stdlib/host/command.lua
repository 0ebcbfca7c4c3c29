--- A command as a script may write it, made one table by fields.gather. All of these say the same:
---
---     sh.run("ops/migrate.sh", "--to", version)
---     sh.run { "ops/migrate.sh", "--to", version, timeout = "10m" }
---     sh.run { argv = { "ops/migrate.sh", "--to", version }, timeout = "10m" }
---     sh.run("ops/migrate.sh", "--to", version, { timeout = "10m" })
---
--- Pure.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local secret = require "almanac.base.secret"
local variable = require "almanac.base.variable"

local M = {}

local function is_word(value) return type(value) == "string" or math.type(value) == "integer" end

--- A checked copy of a program and its arguments, as texts.
---@param who string
---@param value any
---@param elsewhere? { write: string }  it runs where its words are not everybody's to read: a secret in it stays one;
---  write: the call as it should be, for the error
---@return string[]
function M.words(who, value, elsewhere)
  local n = 0
  if type(value) == "table" and not secret.is(value) then
    for _ in pairs(value) do n = n + 1 end
  end
  local out = {}
  for i = 1, n do
    if secret.is(value[i]) and not elsewhere then
      errors.raise { kind = "usage",
        message = string.format("%s: word %d is a secret, which every user of the machine could read there", who, i),
        hint = "hand it over in env or in stdin" }
    end
    if not is_word(value[i]) and not secret.is(value[i]) then n = 0 end
    if type(value[i]) == "string" and value[i]:find("\0", 1, true) then
      errors.usage("%s: word %d holds a zero byte, which no argument can", who, i)
    end
    out[i] = secret.is(value[i]) and value[i] or tostring(value[i])
  end
  if n == 0 or out[1] == "" then
    errors.raise {
      kind = "usage", message = who .. ": the command must be texts (or whole numbers), the program first",
      hint = "write: " .. (elsewhere and elsewhere.write
        or string.format('%s("ls", "-l", dir), or %s { "ls", "-l", dir, timeout = "10s" }', who, who)),
    }
  end
  return out
end

--- A checked copy of a command of this machine.
---@param who string
---@param value any
---@return string[]
function M.argv(who, value) return M.words(who, value) end

local function env_of(who, env)
  if type(env) ~= "table" or secret.is(env) then errors.usage("%s: env must be a table of names and values", who) end
  local out = {}
  for name, value in pairs(env) do
    if not variable.is_name(name) then errors.usage("%s: env: %s is no name of a variable", who, fields.shown(name)) end
    if value ~= false and type(value) ~= "string" and type(value) ~= "number" and not secret.is(value) then
      errors.usage("%s: env.%s must be a string, or false to remove it", who, name)
    end
    if type(value) == "string" and value:find("\0", 1, true) then
      errors.usage("%s: env.%s holds a zero byte, which no variable can", who, name)
    end
    out[name] = secret.is(value) and value or value and tostring(value)
  end
  return next(out) and out or nil
end

--- A command that looks whether there is anything to do: given as a command, or as a text, the program
--- alone. Words without options stay a list.
local function check_of(who, value)
  who = who .. ": check"
  local raw = fields.gather(M.looking, who, value)
  for key in pairs(raw) do
    if key ~= "argv" then return M.of(who, M.looking, raw) end
  end
  return M.argv(who, raw.argv)
end

--- What every command may say, wherever it runs.
---@type table<string, almanac.Field>
M.COMMON = {
  stdin = { "string", secret = true, help = "text on its standard input; without it there is none" },
  ok = { "list", of = "integer", default = { 0 }, words = "a list of exit codes", help = "exit codes that are no failure" },
  max_output = { "count", unit = "bytes", words = "a number of bytes", help = "kept of each stream: the first and the last half of them" },
}

--- And one that changes something.
---@type table<string, almanac.Field>
M.COMMON_CHANGING = {
  idempotent = { "flag", help = "running it twice does no harm" },
  title = { "text", help = "for people, in the place of the command" },
}

local LOOKING = fields.with(M.COMMON, {
  argv = {
    "list", required = true, or_words = true, take = M.argv,
    help = "the program and its arguments; the words themselves say the same",
  },
  cwd = { "text", help = "the directory to run in" },
  env = { "map", take = env_of, help = "added to the environment; false removes a variable" },
  timeout = { "seconds", help = "then TERM, and KILL `grace` later" },
  grace = { "seconds", shown_default = "5s", help = "between TERM and KILL" },
})

--- A command that only looks.
M.looking = fields.declare("sh.read", LOOKING, { positional = "argv" })

--- A command that changes something.
---@type almanac.Declaration
M.changing = fields.declare("sh.run", fields.with(fields.with(LOOKING, M.COMMON_CHANGING), {
  check = { "list", take = check_of, help = "a command that exits 0 when there is nothing to do" },
}), { positional = "argv" })

local SCRIPT = fields.with(M.changing.fields, {})
SCRIPT.argv = nil
local IS_THE_TEXT = "the text is the command, and takes no other"

--- A text that bash runs: what may be said besides.
M.script = fields.declare("sh.bash", SCRIPT, { at = 2, elsewhere = { argv = IS_THE_TEXT, [1] = IS_THE_TEXT } })

--- A checked copy of a command.
---@param who string    public name of the function, for errors
---@param declaration almanac.Declaration  M.looking or M.changing
---@param ... any       arguments of the call
---@return table command
function M.of(who, declaration, ...)
  local raw = fields.gather(declaration, who, ...)
  if raw.argv == nil then M.argv(who, nil) end
  local out = fields.check(declaration, raw, who)
  out.idempotent = out.idempotent or nil
  return out
end

return M
