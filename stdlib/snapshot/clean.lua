--- What is taken out of objects before they are written down: the values of Secrets, what they are elsewhere, values
--- that go by the name of a secret, and what a server says of an object that the next one says anew. Keys and names
--- stay. Objects are changed in place.
local json = require "native.json"

local M = {}

--- Never looked into: names of things.
local IDENTITY = { apiVersion = true, kind = true, managedFields = true, ownerReferences = true, labels = true, name = true,
  namespace = true, uid = true, matchLabels = true, image = true, resources = true }

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

local function clean_variables(c, list, path)
  for _, variable in ipairs(list) do
    local name, value = type(variable) == "table" and variable.name, type(variable) == "table" and variable.value
    if c.needles:is_secret(name, value) then
      variable.value = ""
      note(c, path .. "." .. name)
    elseif type(value) == "string" then
      local cleaned, changed = c.needles:clean(value)
      variable.value = cleaned
      if changed then note(c, path .. "." .. tostring(name)) end
    end
  end
end

--- Bytes of a ConfigMap: what holds something secret is emptied, for a part of them is not to be replaced in base64.
local function clean_bytes(c, bytes, path)
  for key, value in pairs(bytes) do
    local _, changed = c.needles:clean(value)
    if changed then
      bytes[key] = ""
      note(c, path .. "." .. tostring(key))
    end
  end
end

--- Cleans what is in a table: texts, and values by the names of their keys.
local function clean_table(c, value, path)
  for key, item in pairs(value) do
    local at = path == "" and tostring(key) or path .. "." .. tostring(key)
    if is_variables(key, item) then
      clean_variables(c, item, at)
    elseif key == "binaryData" and type(item) == "table" then
      clean_bytes(c, item, at)
    elseif type(item) == "table" then
      if not IDENTITY[key] then clean_table(c, item, at) end
    elseif type(item) == "string" and not IDENTITY[key] then
      if c.needles:is_secret(key, item) then
        value[key] = ""
        note(c, at)
      else
        local cleaned, changed = c.needles:clean(item)
        value[key] = cleaned
        if changed then note(c, at) end
      end
    end
  end
end

--- Data without an object: a release's values.
---@param c almanac.snapshot.Cleaning
---@param value table
---@param path string
function M.values(c, value, path) clean_table(c, value, path) end

local function empty(object, field)
  local any = false
  for key in pairs(type(object[field]) == "table" and object[field] or {}) do
    object[field][key], any = "", true
  end
  return any
end

--- Empties a Secret; whether it held anything.
local function empty_secret(object)
  local data, text = empty(object, "data"), empty(object, "stringData")
  local annotations = object.metadata and object.metadata.annotations
  if annotations then annotations[LAST_APPLIED] = nil end
  return data or text
end

local function clean_last_applied(c, object)
  local annotations = object.metadata and object.metadata.annotations
  local text = annotations and annotations[LAST_APPLIED]
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
  c.object, c.last_applied = string.format("%s/%s", tostring(object.kind), tostring(object.metadata and object.metadata.name)), nil
  if object.kind == "Secret" then
    if empty_secret(object) then note(c, "data") end
    return
  end
  clean_last_applied(c, object)
  clean_table(c, object, "")
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
