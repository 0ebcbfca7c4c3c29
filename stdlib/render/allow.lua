--- What `allow` of a runbook means, in words: one line for each pattern. Pure.
local param = require "almanac.base.param"
local variable = require "almanac.base.variable"

local M = {}

local function in_context(context)
  return context and " of context " .. context or " of the context that almanac runs in"
end

--- A name of a cluster, and the context that it is in.
local function split(pattern, context)
  local name, other = pattern:match "^([^@]*)@(.+)$"
  if pattern == "**" then return nil, " of every context" end
  return name or pattern, in_context(other or context)
end

local function of_namespace(namespace)
  return namespace == "*" and "every namespace" or "namespace " .. namespace
end

--- Programs that run whatever they are told to.
local RUNNERS = {
  sh = true, bash = true, dash = true, ksh = true, zsh = true, env = true, python = true, python3 = true, perl = true, ruby = true,
  node = true, lua = true, xargs = true, sudo = true, su = true, ssh = true, make = true, find = true, awk = true, docker = true,
  kubectl = true, helm = true, nohup = true, timeout = true, nice = true,
}

local function variable_of(pattern)
  return pattern:match "^([%u_][%u%d_]*)=(.*)$"
end

---@alias almanac.AllowWords fun(pattern: string, context: string?): string

local words = {} ---@type table<string, { change: almanac.AllowWords, read: almanac.AllowWords }>

local function k8s(verb)
  return function(pattern, context)
    local name, where = split(pattern, context)
    if not name then return verb .. " every object" .. where end
    local kind, object = name:match "^([^/]*)/(.*)$"
    if kind then return string.format("%s %s %s%s", verb, kind, object == "*" and "of any name" or object, where) end
    return string.format("%s objects in %s%s", verb, of_namespace(name), where)
  end
end
words.k8s = { change = k8s "change", read = k8s "look at" }

local function helm(verb, rest)
  return function(pattern, context)
    local name, where = split(pattern, context)
    if not name then return verb .. " every release" .. where .. rest end
    local namespace, release = name:match "^([^/]*)/(.*)$"
    if not namespace then
      if name == "*" then return verb .. " each release in the namespace of its name" .. where .. rest end
      namespace, release = name, name
    end
    return string.format("%s %s in %s%s%s", verb, release == "*" and "every release" or "release " .. release, of_namespace(namespace),
      where, rest)
  end
end
words.helm = { change = helm("change", ", with any object there"), read = helm("look at", "") }

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
words.env = { change = env, read = env_read }
words.shell = { change = shell, read = function(pattern) return shell(pattern) .. ", to look" end }

local function plain(format)
  return function(pattern) return string.format(format, pattern) end
end

local function http(verb)
  return function(pattern)
    local socket, proxy = pattern:match "^unix=(.*)$", pattern:match "^proxy=(.*)$"
    if socket then return "talk through the socket " .. socket end
    if proxy then return "go through the proxy " .. proxy end
    return verb .. " " .. pattern
  end
end
words.http = { change = http "read and send to", read = http "read" }
local header = plain "send the header %s, of which a server makes what it likes"
words.headers = { change = header, read = header }
words.fs = { change = plain "read and write files %s", read = plain "read files %s" }

local function keyed(key, keyed_format, format)
  return function(pattern)
    local value = pattern:match("^" .. key .. "=(.*)$")
    return string.format(value and keyed_format or format, value or pattern)
  end
end
words.git = {
  change = keyed("remote", "push to the remote called %s", "change the repository or remote %s"),
  read = keyed("remote", "look at the remote called %s", "look at the repository or remote %s"),
}
words.compose = {
  change = keyed("project", "act as the Compose project %s", "change the Compose project in %s"),
  read = keyed("project", "look at the Compose project %s", "look at the Compose project in %s"),
}
words.images = { change = plain "bring no image into a cluster or a Compose project but %s", read = plain "bring images %s" }
words.registry = { change = plain "look at images of %s", read = plain "look at images of %s" }
words.github = { change = plain "write to issues of GitHub's %s, and read there", read = plain "read GitHub's %s" }
words.grafana = { change = plain "annotate Grafana's dashboard %s", read = plain "look at Grafana's dashboard %s" }
words.notify = { change = plain "tell the channel %s", read = plain "look at the channel %s" }

local function add(out, allow, access, context)
  for _, category in ipairs(param.sorted_names(allow)) do
    local say = words[category] and words[category][access]
    for _, pattern in ipairs(category ~= "read" and allow[category] or {}) do
      out[#out + 1] = "  " .. (say and say(pattern, context) or string.format("touch %s %s (an effect of its own)", category, pattern))
    end
  end
end

--- What a runbook may reach.
---@param allow almanac.Allow?
---@param context string?  of the kubeconfig that almanac would use, where that is known
---@return string[] lines
function M.lines(allow, context)
  if not allow then return { "may touch: anything that its runner may (it declares no allow)" } end
  local out = { "may reach:" }
  add(out, allow, "change", context)
  add(out, allow.read or {}, "read", context)
  out[#out + 1] = #out > 1 and "  nothing else, but queries to the services that almanac.yaml names"
    or "  nothing, but queries to the services that almanac.yaml names"
  return out
end

return M
