--- Objects that are written as tables in a script, and handed to k8s.apply, create, diff or patch: kinds that there are
--- not, fields that a kind does not have, and values that they cannot hold. What is computed, and kinds that only a
--- cluster knows, are left alone.
local discovery = require "almanac.k8s.discovery"
local fields = require "almanac.base.fields"
local literal = require "almanac.script.lint.literal"
local mend = require "almanac.script.lint.mend"
local nearest = require "almanac.base.nearest"
local resources = require "almanac.sim.model.resources"
local schema = require "almanac.sim.model.schema"
local tree = require "almanac.script.lint.tree"

local M = {}

local WHOLE = { ["k8s.apply"] = true, ["k8s.create"] = true, ["k8s.diff"] = true }

local TAKES = {
  string = { words = "text", String = true }, time = { words = "a time, as text", String = true },
  bytes = { words = "base64, as text", String = true }, quantity = { words = 'a quantity ("500m", "2Gi")', String = true, Number = true },
  integer = { words = "a whole number", Number = true }, number = { words = "a number", Number = true },
  ["int-or-string"] = { words = "a whole number, or text", Number = true, String = true },
  boolean = { words = "true or false", True = true, False = true },
}

local WRITTEN = { String = true, Number = true, True = true, False = true, Table = true }

--- The items of a table that have names, by them.
local function named(node)
  local out = {}
  for _, item in ipairs(node.items) do
    local name = tree.name_of(item)
    if name then out[name] = item end
  end
  return out
end

local function below(path, name)
  return path == "" and name or path .. "." .. name
end

local function check_scalar(scalar, node, resolved, path, report)
  local takes = TAKES[scalar]
  local fits = takes[resolved.tag] and (scalar ~= "integer" or math.tointeger(resolved.value) ~= nil)
  if fits then return end
  local shown = resolved.tag == "Table" and "a table" or fields.shown(literal.constant(resolved)[1])
  report(node.pos, "error", "object-field", string.format("%s must be %s, not %s", path, takes.words, shown),
    scalar == "string" and resolved.tag == "Number" and string.format('write it as text: "%s"', shown) or nil)
end

local check_value

local function check_struct(of, node, path, report)
  local given = named(node)
  for name, item in pairs(given) do
    if of.fields[name] then
      check_value(of.fields[name], item.value, below(path, name), report)
    elseif not name:find "^%$" then -- how a strategic merge patch says what is meant
      local guess = nearest.suffix(name, of.fields)
      report(item.key.pos, guess ~= "" and "error" or "warning", "object-field",
        string.format("%s has no field %q that Kubernetes knows%s", path == "" and of.name or path, name, guess),
        "it has " .. fields.names(of.fields), mend.of(name, of.fields, given))
    end
  end
end

--- Holds an expression against a type of the API.
function check_value(ref, node, path, report)
  local resolved = tree.resolve(node)
  if not WRITTEN[resolved.tag] then return end
  if ref.kind == "scalar" then return check_scalar(ref.scalar, node, resolved, path, report) end
  if resolved.tag ~= "Table" then return end
  local of = ref.kind == "struct" and schema.struct(ref)
  if of then return check_struct(of, resolved, path, report) end
  if ref.kind == "map" then
    for name, item in pairs(named(resolved)) do check_value(ref.elem, item.value, below(path, name), report) end
  elseif ref.kind == "list" then
    for i, item in ipairs(resolved.items) do
      if not item.key then check_value(ref.elem, item.value, string.format("%s[%d]", path, i), report) end
    end
  end
end

--- The kinds of an apiVersion, as names; nil where it is none that every cluster has.
local function kinds_of(api_version)
  local out
  for _, resource in ipairs(resources.builtin.list) do
    if resource.api_version == api_version then
      out = out or {}
      out[resource.kind] = true
    end
  end
  return out
end

local function version_of(kind)
  for _, resource in ipairs(resources.builtin.list) do
    if resource.kind == kind then return resource.api_version end
  end
end

--- Why an apiVersion has no such kind.
local function check_kind(api_version, kind, items, report)
  local kinds, other = kinds_of(api_version), version_of(kind)
  if not kinds or kinds[kind] then return end
  if other then
    report(items.apiVersion.value.pos, "error", "object-kind",
      string.format("the apiVersion of a %s is %q, not %q", kind, other, api_version))
  elseif nearest.question(kind, kinds) then
    report(items.kind.value.pos, "error", "object-kind", string.format("%s has no kind %q", api_version, kind),
      nearest.question(kind, kinds), mend.of(kind, kinds))
  end
end

local function check_object(node, report)
  local items = named(node)
  local api_version = items.apiVersion and tree.constant_text(items.apiVersion.value)
  local kind = items.kind and tree.constant_text(items.kind.value)
  if not api_version or not kind then return end
  check_kind(api_version, kind, items, report)
  if resources.builtin:of_kind(api_version, kind) then check_value(schema.root(api_version, kind), node, "", report) end
end

local function check_patch(call, report)
  local ref, patch = call.args[1] and tree.constant_text(call.args[1]), call.args[2]
  local kind = ref and ref:match "^(.-)/"
  local resource = kind and patch and discovery.find(discovery.builtin, kind)
  if not resource then return end
  local api_version = resource.group == "" and resource.version or resource.group .. "/" .. resource.version
  if resources.builtin:of_kind(api_version, resource.kind) and tree.resolve(patch).tag == "Table" then
    check_value(schema.root(api_version, resource.kind), patch, "", report)
  end
end

--- Reports what is wrong in objects.
---@param main almanac.lint.Node
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?, mend: almanac.lint.Mend?)
function M.check(main, report)
  for _, call in ipairs(main.calls) do
    local who = tree.called(call)
    local node = call.args[1] and tree.resolve(call.args[1])
    if who == "k8s.patch" then
      check_patch(call, report)
    elseif WHOLE[who] and node and node.tag == "Table" then
      if named(node).kind then check_object(node, report) end
      for _, item in ipairs(node.items) do
        local object = not item.key and tree.resolve(item.value)
        if object and object.tag == "Table" then check_object(object, report) end
      end
    end
  end
end

return M
