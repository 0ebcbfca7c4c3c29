--- The categories of `allow` that are of this machine. Pure.
local categories = require "almanac.base.allow_categories"
local place = require "almanac.host.place"
local variable = require "almanac.base.variable"

local M = {} ---@type table<string, almanac.AllowCategory>

--- Programs that run whatever they are told to.
local RUNNERS = {
  sh = true, bash = true, dash = true, ksh = true, zsh = true, env = true, python = true, python3 = true, perl = true, ruby = true,
  node = true, lua = true, xargs = true, sudo = true, su = true, ssh = true, make = true, find = true, awk = true, docker = true,
  kubectl = true, helm = true, nohup = true, timeout = true, nice = true,
}

local function variable_of(pattern)
  return pattern:match "^([%u_][%u%d_]*)=(.*)$"
end

local function shell(pattern)
  local name = variable_of(pattern)
  if name then return string.format("set the variable %s, which makes programs do something else", pattern) end
  return "run " .. pattern .. (RUNNERS[pattern:match "[^/]*$"] and ", which runs and reaches whatever it is told to" or "")
end

local function env(pattern)
  local name = pattern:match "^[^=]*"
  if name:find "[*?]" then return "set variables of programs that are called " .. pattern end
  return string.format("set the variable %s of programs%s", pattern, variable.steers(name) and ", which makes them do something else" or "")
end

local function env_read(pattern)
  if pattern:find "[*?]" then return "take secrets from variables that are called " .. pattern end
  return "take a secret from the variable " .. pattern
end

local function program_of(words)
  return words[1] and words[1] ~= "-" and place.program { argv = words }[1] or nil
end

--- The program of a command; that of a text is bash.
local function program(call)
  local words = call:words()
  if not call:takes_words() then
    words = call:parameter().name == "text" and not call:has "env" and { "bash", "-c" } or {}
  end
  return program_of(words)
end

--- The program that looks whether there is anything to do.
local function program_of_check(call)
  local target = program_of(call:words_under "check")
  if target then target.access = "read" end
  return target
end

local function file(call)
  local path = call:parameter().name == "path" and call:first()
  return path and path ~= "" and place.path("fs", path) or nil
end

M.env = { change = env, read = env_read }
M.shell = {
  change = shell, read = function(pattern) return shell(pattern) .. ", to look" end, reached = program, looks_at = program_of_check,
}

M.fs = { change = categories.plain "read and write files %s", read = categories.plain "read files %s", reached = file }

local function keyed(key, keyed_format, format)
  return function(pattern)
    local value = pattern:match("^" .. key .. "=(.*)$")
    return string.format(value and keyed_format or format, value or pattern)
  end
end

M.git = {
  change = keyed("remote", "push to the remote called %s", "change the repository or remote %s"),
  read = keyed("remote", "look at the remote called %s", "look at the repository or remote %s"),
}
M.compose = {
  change = keyed("project", "act as the Compose project %s", "change the Compose project in %s"),
  read = keyed("project", "look at the Compose project %s", "look at the Compose project in %s"),
}
M.images = {
  change = categories.plain "bring no image into a cluster or a Compose project but %s", read = categories.plain "bring images %s",
}

return M
