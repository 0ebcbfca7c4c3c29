--- The types of the Kubernetes 1.36 API, as far as the simulated cluster serves them: the fields of
--- each, and how server-side apply and strategic merge patches treat its lists and maps.
local value = require "almanac.sim.model.value"
local types_text = require("almanac.sim.model.types").text

local schema = {}

-- The value a key field has in an item that does not give it.
local KEY_DEFAULTS = { protocol = "TCP" }

-- Kinds whose type is not named like the kind.
local ROOTS = {
  ["v1/Event"] = "CoreV1Event", ["events.k8s.io/v1/Event"] = "EventsV1Event",
  ["autoscaling/v2/HorizontalPodAutoscaler"] = "V2HorizontalPodAutoscaler",
}

local SCALARS = { s = "string", i = "integer", n = "number", b = "boolean", q = "quantity", x = "int-or-string",
  t = "time", y = "bytes" }

local parse_ref

local function parse_list(body)
  local elem, keys = body:match("^(.-)/([%w,]*)$")
  local list = { kind = "list", elem = parse_ref(elem or body) }
  if keys == "" then
    list.set = true
  elseif keys then
    list.keys = {}
    for k in keys:gmatch("[^,]+") do list.keys[#list.keys + 1] = k end
  end
  list.atomic = not list.set and not list.keys
  return list
end

local refs = {}

-- A type expression as { kind = "scalar"|"list"|"map"|"struct"|"any", … }; equal ones are shared.
function parse_ref(text)
  local known = refs[text]
  if known then return known end
  local out
  local first = text:sub(1, 1)
  if SCALARS[text] then
    out = { kind = "scalar", scalar = SCALARS[text] }
  elseif text == "*" then
    out = { kind = "any" }
  elseif first == "[" then
    out = parse_list(text:sub(2, -2))
  elseif first == "{" then
    out = { kind = "map", elem = parse_ref(text:match("^{(.*)}")), atomic = text:sub(-1) == "@" }
  else
    out = { kind = "struct", name = text }
  end
  refs[text] = out
  return out
end

local lines, types

local function index_lines()
  lines = {}
  local last
  for line in types_text:gmatch("[^\n]+") do
    if line:sub(1, 1) == " " then
      lines[last] = lines[last] .. line
    else
      local name, rest = line:match("^([^|]+)|(.*)$")
      last = name:gsub("@$", "")
      lines[last] = rest
      if name:sub(-1) == "@" then lines[last .. "@"] = true end
    end
  end
  types = {}
end

--- A struct type by name: { name, fields = { name = ref }, required = { name = true }, order, atomic }.
---@param name string
---@return table|nil
function schema.type(name)
  if not lines then index_lines() end
  local known = types[name]
  if known then return known end
  if not lines[name] then return nil end
  local out = { name = name, fields = {}, required = {}, order = {}, atomic = lines[name .. "@"] == true }
  for field, bang, ref in lines[name]:gmatch("([%w_$]+)(!?):(%S+)") do
    out.fields[field] = parse_ref(ref)
    out.order[#out.order + 1] = field
    if bang == "!" then out.required[field] = true end
  end
  types[name] = out
  return out
end

--- The struct type that `ref` refers to: one of the API's, or a custom resource's own.
---@param ref table
---@return table|nil
function schema.struct(ref)
  return ref.type or schema.type(ref.name)
end

--- The name of the struct type of a kind, or nil where the kind is not known.
---@param api_version string
---@param kind string
---@return string|nil
function schema.root_name(api_version, kind)
  local name = ROOTS[api_version .. "/" .. kind] or kind
  return schema.type(name) and name or nil
end

local UNTYPED = { kind = "any" }

--- The type of a kind's objects; anything goes where the kind is not known.
---@param api_version string
---@param kind string
---@return table ref
function schema.root(api_version, kind)
  local name = schema.root_name(api_version, kind)
  return name and parse_ref(name) or UNTYPED
end

--- How `ref` is walked for the value `v`: "map" (with fields), "list", or "leaf", which is owned and
--- replaced as a whole. A value of unknown type is walked by its own shape: maps, and atomic lists.
---@param ref table
---@param v any
---@return string shape, table|nil fields of a struct, table|nil elem
function schema.shape(ref, v)
  if ref.kind == "struct" then
    local t = schema.struct(ref)
    if not t or t.atomic then return "leaf" end
    return "map", t.fields
  elseif ref.kind == "map" then
    if ref.atomic then return "leaf" end
    return "map", nil, ref.elem
  elseif ref.kind == "list" then
    if ref.atomic then return "leaf" end
    return "list", nil, ref.elem
  elseif ref.kind == "any" and value.is_object(v) then
    return "map", nil, UNTYPED
  end
  return "leaf"
end

--- The value of key field `key` of a list item.
---@return any
function schema.key_value(item, key)
  local v = type(item) == "table" and item[key] or nil
  if value.is_nil(v) then v = KEY_DEFAULTS[key] end
  return v
end

--- A text that identifies an item of a keyed list or a set among its siblings: its path element in
--- managed fields ("k:{\"name\":\"a\"}", "v:\"a\""), or nil and the key field it lacks.
---@param ref table the list's type
---@param item any
---@return string|nil, string|nil missing
function schema.element(ref, item)
  if ref.set then return "v:" .. value.json.encode(item) end
  local parts = {}
  for i, key in ipairs(ref.keys) do
    local v = schema.key_value(item, key)
    if v == nil then return nil, key end
    parts[i] = value.json.encode(key) .. ":" .. value.json.encode(v)
  end
  return "k:{" .. table.concat(parts, ",") .. "}"
end

return schema
