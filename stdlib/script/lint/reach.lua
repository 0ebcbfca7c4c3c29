--- What a runbook's calls reach by constants, and its `allow` does not name: each run would be refused there. What is
--- computed is left to the plan.
local allow = require "almanac.base.allow"
local errors = require "almanac.base.errors"
local place = require "almanac.host.place"
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

local function file(call)
  local path = first(call)
  return path and path ~= "" and place.path("fs", path) or nil
end

local function url(call)
  local text = first(call) or option(call, "url")
  return text and urls.target("allow", text) or nil
end

local function program(call)
  local options = options_of(call)
  local words = {}
  if options and tree.resolve(call.args[1]) == options then
    if option(call, "env") ~= false or option(call, "cwd") ~= false or option(call, "argv") ~= false then return nil end
    for _, item in ipairs(options.items) do
      if not item.key then words[#words + 1] = tree.constant_text(item.value) or "-" end
    end
  elseif not options then
    for i, node in ipairs(call.args) do words[i] = tree.constant_text(node) or "-" end
  end
  return words[1] and words[1] ~= "-" and place.program { argv = words }[1] or nil
end

local function object(call)
  local ref, namespace = first(call), option(call, "namespace")
  if not ref or not namespace or option(call, "context") ~= false then return nil end
  local kind = ref:match "^[^/]*":lower()
  return not kind:find "^no" and not kind:find "^n?s$" and not kind:find "^namespace" and named("k8s", namespace) or nil
end

local function release(call)
  local name, namespace = option(call, "release"), option(call, "namespace")
  if not name or namespace == nil then return nil end
  return { category = "helm", names = release_name.allowed(name, namespace or name) }
end

local function by(category, field)
  return function(call) return named(category, option(call, field) or nil) end
end

---@type table<string, { [1]: "read"|"change", [2]: fun(call: almanac.lint.Node): almanac.Target? }>
local reached = {
  ["http.rpc"] = { "read", url }, ["sh.run"] = { "change", program }, ["sh.read"] = { "read", program },
  ["notify.send"] = { "change", by("notify", "channel") }, ["github.issue"] = { "change", by("github", "repo") },
  ["github.comment"] = { "change", by("github", "repo") }, ["github.checks"] = { "read", by("github", "repo") },
  ["grafana.annotate"] = { "change", by("grafana", "dashboard") },
}
for _, name in ipairs { "read", "exists", "stat", "digest" } do reached["fs." .. name] = { "read", file } end
for _, name in ipairs { "write", "mkdir" } do reached["fs." .. name] = { "change", file } end
for _, name in ipairs { "get", "head" } do reached["http." .. name] = { "read", url } end
for _, name in ipairs { "post", "put", "patch", "delete" } do reached["http." .. name] = { "change", url } end
for _, name in ipairs { "get", "find", "list", "logs", "rollout", "wait", "history", "top" } do
  reached["k8s." .. name] = { "read", object }
end
for _, name in ipairs { "delete", "patch", "scale", "restart", "undo", "evict", "wipe_claims" } do
  reached["k8s." .. name] = { "change", object }
end
for _, name in ipairs { "upgrade", "rollback", "uninstall", "repair" } do reached["helm." .. name] = { "change", release } end

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
    local rule = reached[who]
    local ok, target = errors.try(rule and rule[2] or function() return nil end, call)
    if ok and target and not allow.covers(plain, rule[1], target) then
      local entry = string.format("%s = { %q }", target.category, target.names[1])
      report(call.pos, "error", "allow", string.format("%s reaches %s %q, which allow does not name: it would be refused", who,
        target.category, target.names[1]),
        "name it: allow = { " .. (rule[1] == "read" and "read = { " .. entry .. " }" or entry) .. " }, or reach something else")
    end
  end
end

return M
