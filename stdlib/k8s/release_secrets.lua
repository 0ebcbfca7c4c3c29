--- The Secrets that a release's manifests hold: who reads the record reads these, too, so that they are hidden from then on as if
--- the objects had been read, in values and notes as well; and the record itself, which is all of them packed.
local errors = require "almanac.base.errors"
local release_record = require "almanac.k8s.release_record"
local secret_values = require "almanac.k8s.secret_values"
local yaml = require "native.yaml"

local M = {}

--- A document of a manifest; helm writes each behind a line of its own. What cannot be read nobody could apply.
local function hide_document(text)
  if not text:find "kind:%s*[\"']?Secret" and not text:find "\"kind\"%s*:%s*\"Secret" then return end
  local ok, objects = errors.try(yaml.decode_all, text, { dialect = "kubernetes" })
  for _, object in ipairs(ok and objects or {}) do
    local list = type(object) == "table" and type(object.items) == "table" and object.items or { object }
    for _, one in ipairs(list) do
      if type(one) == "table" and one.kind == "Secret" then secret_values.hide(one) end
    end
  end
end

local function hide_manifest(text)
  if type(text) ~= "string" or not text:find("Secret", 1, true) then return end
  text = "\n" .. text .. "\n---"
  local from = 1
  for to, after in text:gmatch "()\n%-%-%-()" do
    hide_document(text:sub(from, to))
    from = after
  end
end

local function hide_release(release)
  if type(release) ~= "table" then return end
  hide_manifest(release.manifest)
  for _, hook in ipairs(type(release.hooks) == "table" and release.hooks or {}) do
    if type(hook) == "table" then hide_manifest(hook.manifest) end
  end
end

--- Whether an object is a record of helm.
---@param object table
---@param kind string
---@return boolean
function M.is_record(object, kind)
  if kind == "Secret" then return tostring(object.type):find "^helm%.sh/" ~= nil end
  local labels = type(object.metadata) == "table" and object.metadata.labels
  return kind == "ConfigMap" and type(labels) == "table" and labels.owner == "helm"
end

local hidden = {} ---@type table<string, boolean>  by uid and version

--- Hides a record, and the values of the Secrets in it; what helm cannot read either has none.
---@param object table
---@param kind "Secret"|"ConfigMap"
function M.hide_record(object, kind)
  local meta = type(object.metadata) == "table" and object.metadata or {}
  local key = string.format("%s/%s", meta.uid, meta.resourceVersion)
  local data = type(object.data) == "table" and object.data.release
  if type(data) ~= "string" or hidden[key] then return end
  hidden[key] = meta.uid ~= nil
  local label = string.format("(secret %s/release)", meta.name)
  local ok, packed, text = errors.try(release_record.packed, data, kind == "Secret")
  if ok then secret_values.hide_bytes(packed, label) end
  secret_values.hide_bytes(ok and text or data, label)
  local is_read, release = errors.try(release_record.unpack, ok and packed or "")
  if is_read then hide_release(release) end
end

return M
