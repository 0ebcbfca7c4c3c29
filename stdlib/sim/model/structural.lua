--- Structural schemas of custom resources (openAPIV3Schema): as types for merges and field sets, their
--- defaults, and what a real API server says against a value. Pure.
--- https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"
local schema = require "almanac.sim.model.schema"

local structural = {}

local ANY = { kind = "any" }

local ref_of

local function object_ref(s)
  if s.properties then
    local t = { name = "object", fields = {}, required = {}, order = value.sorted_keys(s.properties),
      atomic = s["x-kubernetes-map-type"] == "atomic" }
    for _, name in ipairs(t.order) do t.fields[name] = ref_of(s.properties[name]) end
    for _, name in ipairs(s.required or {}) do t.required[name] = true end
    if s["x-kubernetes-preserve-unknown-fields"] then t.rest = ANY end
    return { kind = "struct", type = t }
  end
  local more = s.additionalProperties
  if type(more) == "table" or s["x-kubernetes-map-type"] == "atomic" then
    return { kind = "map", elem = type(more) == "table" and ref_of(more) or ANY,
      atomic = s["x-kubernetes-map-type"] == "atomic" }
  end
  if s["x-kubernetes-preserve-unknown-fields"] or more == true then return ANY end
  return { kind = "struct", type = { name = "object", fields = {}, required = {}, order = {} } }
end

local function list_ref(s)
  local how = s["x-kubernetes-list-type"]
  local keys = how == "map" and s["x-kubernetes-list-map-keys"] or nil
  return { kind = "list", elem = s.items and ref_of(s.items) or ANY, keys = keys, set = how == "set" or nil,
    atomic = how ~= "set" and not keys }
end

local SCALARS = { string = "string", integer = "integer", number = "number", boolean = "boolean" }

function ref_of(s)
  if s["x-kubernetes-int-or-string"] then return { kind = "scalar", scalar = "int-or-string" } end
  if s.type == "object" then return object_ref(s) end
  if s.type == "array" then return list_ref(s) end
  return SCALARS[s.type] and { kind = "scalar", scalar = SCALARS[s.type] } or ANY
end

--- The type of the objects of a schema, as schema.lua describes types.
---@param s table openAPIV3Schema
---@return table ref
function structural.ref(s)
  local ref = ref_of(s)
  if ref.kind ~= "struct" then return ANY end
  local fields = ref.type.fields
  fields.apiVersion, fields.kind = { kind = "scalar", scalar = "string" }, { kind = "scalar", scalar = "string" }
  fields.metadata = { kind = "struct", name = "ObjectMeta" }
  return ref
end

--- Sets the defaults a schema gives, in place.
---@param s table
---@param v any
function structural.set_defaults(s, v)
  if type(v) ~= "table" then return end
  for name, sub in pairs(s.properties or {}) do
    if value.is_nil(v[name]) and sub.default ~= nil then v[name] = value.copy(sub.default) end
    structural.set_defaults(sub, v[name])
  end
  if type(s.additionalProperties) == "table" then
    for _, item in pairs(v) do structural.set_defaults(s.additionalProperties, item) end
  end
  if type(s.items) == "table" and value.is_array(v) then
    for _, item in ipairs(v) do structural.set_defaults(s.items, item) end
  end
end

local function type_name(v)
  if type(v) == "table" then return value.is_array(v) and "array" or "object" end
  if type(v) == "number" then return math.type(v) == "integer" and "integer" or "number" end
  return type(v)
end

local function fits(s, v)
  local is = type_name(v)
  if s["x-kubernetes-int-or-string"] then return is == "integer" or is == "string" end
  if not s.type or is == s.type then return true end
  return s.type == "number" and is == "integer" or s.type == "object" and is == "array" and next(v) == nil
end

local function invalid(out, at, shown, why)
  out[#out + 1] = errors.cause("FieldValueInvalid", at, ("Invalid value: %s: %s"):format(shown, why))
end

local function shown(v)
  return value.json.encode(v, { canonical = true })
end

local function check_limits(s, v, at, out)
  if s.enum then
    local found, names = false, {}
    for i, e in ipairs(s.enum) do
      found, names[i] = found or value.equal(e, v), shown(e)
    end
    if not found then
      out[#out + 1] = errors.cause("FieldValueNotSupported", at,
        ("Unsupported value: %s: supported values: %s"):format(shown(v), table.concat(names, ", ")))
    end
  end
  local function limit(broken, why) if broken then invalid(out, at, shown(v), ("%s in body %s"):format(at, why)) end end
  if type(v) == "number" then
    limit(s.minimum and v < s.minimum, "should be greater than or equal to " .. tostring(s.minimum))
    limit(s.maximum and v > s.maximum, "should be less than or equal to " .. tostring(s.maximum))
  elseif type(v) == "string" then
    limit(s.minLength and #v < s.minLength, ("should be at least %d chars long"):format(s.minLength or 0))
    limit(s.maxLength and #v > s.maxLength, ("should be at most %d chars long"):format(s.maxLength or 0))
  end
end

local check

local function check_object(s, v, at, out)
  for _, name in ipairs(s.required or {}) do
    if value.is_nil(v[name]) then
      out[#out + 1] = errors.cause("FieldValueRequired", at == "" and name or at .. "." .. name, "Required value")
    end
  end
  for _, name in ipairs(value.sorted_keys(s.properties or {})) do
    check(s.properties[name], v[name], at == "" and name or at .. "." .. name, out)
  end
  if type(s.additionalProperties) == "table" then
    for _, name in ipairs(value.sorted_keys(v)) do
      if not (s.properties and s.properties[name]) then
        check(s.additionalProperties, v[name], at .. "." .. name, out)
      end
    end
  end
end

function check(s, v, at, out)
  if v == nil or v == value.null then return end
  if not fits(s, v) then
    local what = s["x-kubernetes-int-or-string"] and "integer,string" or s.type
    return invalid(out, at, ('"%s"'):format(type_name(v)), ('%s in body must be of type %s: "%s"'):format(at, what,
      type_name(v)))
  end
  if type(v) ~= "table" then return check_limits(s, v, at, out) end
  if value.is_array(v) and s.items then
    for i, item in ipairs(v) do check(s.items, item, ("%s[%d]"):format(at, i - 1), out) end
  elseif not value.is_array(v) then
    check_object(s, v, at, out)
  end
end

--- What stands against an object, in the words of a real API server.
---@param s table openAPIV3Schema
---@param object table
---@return table[] causes
function structural.causes(s, object)
  local out = {}
  check(s, object, "", out)
  return out
end

--- The type of a resource's objects: a definition's own, or the API's.
---@param res table
---@return table ref
function structural.of(res)
  return res.ref or schema.root(res.api_version, res.kind)
end

return structural
