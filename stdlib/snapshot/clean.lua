--- What is taken out of objects before they are written down: the values of Secrets, what they are elsewhere, values
--- that go by the name of a secret, and what a server says of an object that the next one says anew. Objects are changed in place.
local json = require "native.json"

local M = {}

--- Fields that hold names of things, by themselves or in what they hold: what is replaced there is a name again.
local NAMES = {}
for field in ([[apiVersion key kind labels managedFields matchExpressions matchLabels name namespace nodeSelector ownerReferences selector
  uid image resources]]):gmatch "%S+" do NAMES[field] = true end

--- Fields whose own fields are named by whoever wrote the object, and hold texts.
local TEXTS = { annotations = true, binaryData = true, data = true, stringData = true }

local LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

--- Whose status is what controllers make of it; that of others (a Job's end, a custom resource's) is kept.
local STATUS_ANEW = { Deployment = true, ReplicaSet = true, StatefulSet = true, DaemonSet = true, PersistentVolumeClaim = true,
  PodDisruptionBudget = true, ResourceQuota = true, ReplicationController = true, Pod = true, CustomResourceDefinition = true }

---@class almanac.snapshot.Cleaning
---@field needles table
---@field emptied { object: string, what: string }[]
---@field object string  that is being cleaned: "kind/name"

local function note(c, what)
  c.emptied[#c.emptied + 1] = { object = c.object, what = what }
end

--- A list of { name, value }: the variables of a container.
local function is_variables(key, value) return key == "env" and json.is_array(value) end

--- The variables of a container that have values.
local function clean_variables(c, list, path)
  for _, variable in ipairs(list) do
    local value = type(variable) == "table" and variable.value
    if type(value) == "string" then
      local name = c.needles:clean_name(tostring(variable.name))
      local cleaned, changed = "", true
      if not c.needles:is_secret(variable.name, value) then cleaned, changed = c.needles:clean(value) end
      variable.value = cleaned
      if changed then note(c, path .. "." .. name) end
    end
  end
end

--- Bytes of a ConfigMap: what holds something secret is emptied, for a part of them is not to be replaced in base64.
local function clean_bytes(c, bytes, path)
  for key, value in pairs(bytes) do
    local _, changed = c.needles:clean(tostring(value))
    if changed then
      bytes[key] = ""
      note(c, path .. "." .. c.needles:clean_name(tostring(key)))
    end
  end
end

--- A value that is no table.
---@param how "names"|"texts"|nil  what the table around it holds
local function cleaned_value(c, key, value, how)
  if type(value) == "number" then
    local is_secret = c.needles:is_number(value)
    return is_secret and 0 or value, is_secret
  elseif type(value) ~= "string" then
    return value, false
  elseif how == "names" or not how and NAMES[key] then
    return c.needles:clean_name(value)
  elseif c.needles:is_secret(key, value) then
    return "", true
  end
  return c.needles:clean(value)
end

--- What the table in a field holds.
local function how_within(key, how)
  if how then return how end
  return NAMES[key] and "names" or TEXTS[key] and "texts" or nil
end

--- Empties a Secret; whether it held anything.
local function empty_secret(object)
  local any = false
  for _, field in ipairs { "data", "stringData" } do
    if type(object[field]) == "table" then
      for key in pairs(object[field]) do object[field][key], any = "", true end
    elseif object[field] ~= nil then
      object[field], any = nil, true
    end
  end
  local annotations = type(object.metadata) == "table" and object.metadata.annotations
  if type(annotations) == "table" then annotations[LAST_APPLIED] = nil end
  return any
end

--- Cleans what is in a table: keys, texts, values by the names of their keys, numbers.
local function clean_table(c, value, path, how)
  if value.kind == "Secret" and empty_secret(value) then note(c, path == "" and "data" or path .. ".data") end
  local renamed = {}
  for key, item in pairs(value) do
    local name, is_other = key, false
    if type(key) == "string" then name, is_other = c.needles:clean_name(key) end
    if is_other then renamed[key] = name end
    local at = path == "" and tostring(name) or path .. "." .. tostring(name)
    if type(item) ~= "table" then
      local changed
      value[key], changed = cleaned_value(c, key, item, how)
      if changed or is_other then note(c, at) end
    else
      if is_other then note(c, at) end
      if is_variables(key, item) then clean_variables(c, item, at) end
      if key == "binaryData" then clean_bytes(c, item, at) end
      clean_table(c, item, at, how_within(key, how))
    end
  end
  for key, name in pairs(renamed) do value[key], value[name] = nil, value[key] end
end

--- Data without an object: a release's values.
---@param c almanac.snapshot.Cleaning
---@param value table
---@param path string
function M.values(c, value, path) clean_table(c, value, path) end

local function clean_last_applied(c, object)
  local annotations = type(object.metadata) == "table" and object.metadata.annotations
  local text = type(annotations) == "table" and annotations[LAST_APPLIED]
  if not text then return end
  local ok, applied = pcall(json.decode, text)
  annotations[LAST_APPLIED] = nil -- not as a text: what is secret in it has its key in the JSON
  if ok and type(applied) == "table" then
    clean_table(c, applied, "last-applied")
    c.last_applied = json.encode(applied)
  end
end

--- Cleans one object.
---@param c almanac.snapshot.Cleaning
---@param object table
function M.object(c, object)
  local metadata = type(object.metadata) == "table" and object.metadata or {}
  local kind, name = c.needles:clean_name(tostring(object.kind)), (c.needles:clean_name(tostring(metadata.name)))
  c.object, c.last_applied = kind .. "/" .. name, nil
  if object.kind ~= "Secret" then clean_last_applied(c, object) end
  local namespace = metadata.namespace
  clean_table(c, object, "")
  metadata.namespace = namespace -- where it is, is no secret
  if c.last_applied then object.metadata.annotations[LAST_APPLIED] = c.last_applied end
end

--- What the next server says anew.
---@param object table
function M.tidy(object)
  local meta = object.metadata
  meta.resourceVersion, meta.selfLink = nil, nil
  if STATUS_ANEW[object.kind] then object.status = nil end
end

return M
