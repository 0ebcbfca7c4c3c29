--- What a runbook's calls reach by constants, and its `allow` does not name: each run would be refused there. What is
--- computed is left to the plan.
local allow = require "almanac.base.allow"
local commands = require "almanac.script.lint.commands"
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local image_reference = require "almanac.base.image_reference"
local literal = require "almanac.script.lint.literal"
local manual = require "almanac.script.manual.manual"
local nature = require "almanac.script.manual.nature"
local place = require "almanac.host.place"
local public = require "almanac.script.public"
local release_name = require "almanac.helm.release_name"
local tree = require "almanac.script.lint.tree"
local urls = require "almanac.http.url"

local M = {}

--- The table of options of a call: the first that is written there.
local function options_of(call)
  for _, node in ipairs(call.args) do
    local found = tree.resolve(node)
    if found.tag == "Table" then return found end
  end
end

--- The constant of an option: nil where it is computed, false where there is none.
local function option(call, name)
  local options = options_of(call)
  for _, item in ipairs(options and options.items or {}) do
    local key = item.key and tree.resolve(item.key)
    if not item.key or key.tag ~= "String" then
      if item.key then return nil end
    elseif key.value == name then
      return tree.constant_text(item.value)
    end
  end
  if options or #call.args == 1 then return false end
  return nil -- what is handed over was made elsewhere
end

local function first(call)
  local node = call.args[1]
  if not node or tree.resolve(node).tag == "Table" then return nil end
  return tree.constant_text(node)
end

local function named(category, name)
  return name and { category = category, names = { name } } or nil
end

local function by(category, field)
  return function(call) return named(category, option(call, field) or nil) end
end

local function url(call)
  local text = first(call) or option(call, "url")
  return text and urls.target("allow", text) or nil
end

--- The words of a command; those that are computed as "-". What sets its environment or directory may run another.
local function command_of(call)
  local options = options_of(call)
  local words = {}
  if options and (option(call, "env") ~= false or option(call, "cwd") ~= false) then return words end
  if options and tree.resolve(call.args[1]) == options then
    if option(call, "argv") ~= false then return words end
    for _, item in ipairs(options.items) do
      if not item.key then words[#words + 1] = tree.constant_text(item.value) or "-" end
    end
    return words
  end
  for i, node in ipairs(call.args) do
    if tree.resolve(node) ~= options then words[i] = tree.constant_text(node) or "-" end
  end
  return words
end

local function program(call, entry)
  local words = command_of(call)
  if not commands.takes_words(entry) then -- but a text, which bash runs
    words = entry.params[1].name == "text" and (not options_of(call) or option(call, "env") == false) and { "bash", "-c" } or {}
  end
  return words[1] and words[1] ~= "-" and place.program { argv = words }[1] or nil
end

--- A command in a pod may do anything there, whoever says that it only looks.
local function in_pod(target)
  if target then target.access = "change" end
  return target
end

local function object(call, entry)
  local takes, namespace = entry.params[1] or { type = "" }, option(call, "namespace")
  if option(call, "context") ~= false then return nil end
  if takes.name == "node" then
    local name = first(call)
    return name and named("k8s", "node/" .. name) or nil
  end
  if commands.takes_words(entry) then return in_pod(option(call, "pod") and named("k8s", namespace or nil)) end
  local ref = takes.type:find("almanac.Ref", 1, true) and first(call)
  if not ref or not namespace then return nil end
  local kind = ref:match "^[^/]*":lower()
  return not kind:find "^no" and not kind:find "^n?s$" and not kind:find "^namespace" and named("k8s", namespace) or nil
end

local function release(call)
  local name, namespace = option(call, "release"), option(call, "namespace")
  if not name or namespace == nil then return nil end
  return { category = "helm", names = release_name.allowed(name, namespace or name) }
end

local function image(call)
  local text = first(call)
  return text and named("registry", image_reference.parse("allow", text).name) or nil
end

local function file(call, entry)
  local path = entry.params[1] and entry.params[1].name == "path" and first(call)
  return path and path ~= "" and place.path("fs", path) or nil
end

--- How the constants of a call tell what it reaches, by the category that it asks `allow` for.
---@type table<string, fun(call: almanac.lint.Node, entry: almanac.manual.Entry): almanac.Target?>
local readers = {
  fs = file, github = by("github", "repo"), helm = release, http = url, k8s = object, registry = image, shell = program,
}

--- What an effect says of itself, asked with what is written down: the options, and the other arguments by their names.
local function asked_of(definition, call, entry)
  local options = options_of(call)
  local raw = options and literal.value(options) or {}
  for i, value in ipairs(entry.params) do
    if value.name ~= "options" and call.args[i] then raw[value.name] = literal.value(call.args[i]) end
  end
  local ok, input = errors.try(definition.input or function(given) return given end, raw)
  local names = definition.allow.of(ok and input or raw)
  return type(names) == "string" and named(definition.allow.category, names) or nil
end

local function target_of(who, call)
  local _, entry = manual.find(who)
  if not entry then return nil end
  public.load(who:match "^[^.]*")
  local definition = definitions.find(who)
  local category = definition and definition.allow and definition.allow.category or definitions.category_of(who:match "^[^.]*")
  if readers[category] then return readers[category](call, entry) end
  return definition and definition.allow and asked_of(definition, call, entry)
end

--- The context of a run is not known here: what a pattern says of it is not compared.
local function without_contexts(given)
  local out = {}
  for category, patterns in pairs(given) do
    local list = {}
    for i, pattern in ipairs(patterns) do
      list[i] = (category == "k8s" or category == "helm") and pattern:gsub("@.*$", "") or pattern
    end
    out[category] = list
  end
  if given.read then out.read = without_contexts(given.read) end
  return out
end

--- Reports constants that `allow` does not name.
---@param main almanac.lint.Node
---@param given almanac.Allow?  of the runbook
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?)
function M.check(main, given, report)
  if not given then return end
  local plain = without_contexts(given)
  for _, call in ipairs(main.calls) do
    local who = tree.called(call)
    local access = who and nature.of(who)
    local ok, target = errors.try(access and target_of or function() return nil end, who, call)
    access = ok and target and target.access or access
    if ok and target and not allow.covers(plain, access, target) then
      local entry = string.format("%s = { %q }", target.category, target.names[1])
      report(call.pos, "error", "allow", string.format("%s reaches %s %q, which allow does not name: it would be refused", who,
        target.category, target.names[1]),
        "name it: allow = { " .. (access == "read" and "read = { " .. entry .. " }" or entry) .. " }, or reach something else")
    end
  end
end

return M
