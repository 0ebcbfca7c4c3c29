--- helm's release records: the Secrets (with HELM_DRIVER=configmap ConfigMaps) in which helm keeps each
--- revision, read through the Kubernetes API without a helm process.
---
--- The labels say revision and status; everything else is in `data.release` (k8s/release_record).
local api_path = require "almanac.k8s.api_path"
local errors = require "almanac.base.errors"
local json = require "native.json"
local k8s = require "almanac.k8s.client"
local pool = require "almanac.base.pool"
local process = require "native.process"
local release_record = require "almanac.k8s.release_record"
local shape = require "almanac.base.shape"
local timestamp = require "almanac.base.timestamp"

local M = {}

local CACHED = 512 -- records of which a summary is kept

---@class almanac.HelmRecord
---@field name string      of the Secret or ConfigMap
---@field uid string
---@field version string   its resourceVersion
---@field revision integer
---@field status string
---@field labels table<string, string>
---@field created number?  seconds since 1970

local drivers = {
  secret = { kind = "Secret", plural = "secrets", wrapped = true },
  configmap = { kind = "ConfigMap", plural = "configmaps", wrapped = false },
}
drivers[""], drivers.secrets, drivers.configmaps = drivers.secret, drivers.secret, drivers.configmap

--- Where helm keeps its records, as it takes it from HELM_DRIVER.
---@return { kind: "Secret"|"ConfigMap", plural: string, wrapped: boolean }
function M.driver()
  local name = process.getenv "HELM_DRIVER" or ""
  if drivers[name] then return drivers[name] end
  errors.raise {
    kind = "usage",
    message = string.format("HELM_DRIVER is %q: almanac reads helm's records from Secrets and ConfigMaps only", name),
    hint = "HELM_DRIVER must be secret (helm's default) or configmap, or not set",
  }
end

--- A list of Secrets or ConfigMaps as records, oldest revision first; what is no record is left out. Pure.
---@param items table[]
---@return almanac.HelmRecord[]
function M.of_items(items)
  local out = {}
  for _, item in ipairs(items) do
    local meta = item.metadata
    local labels = meta.labels or {}
    local revision = math.tointeger(tonumber(labels.version))
    if labels.owner == "helm" and revision then
      out[#out + 1] = {
        name = meta.name, uid = meta.uid, version = meta.resourceVersion, revision = revision,
        status = labels.status or "unknown", labels = labels, created = timestamp.epoch(meta.creationTimestamp),
      }
    end
  end
  table.sort(out, function(a, b) return a.revision < b.revision end)
  return out
end

local function path_of(target, name)
  return api_path.of { group = "", version = "v1", namespace = target.namespace, resource = M.driver().plural, name = name }
end

--- The records of a release, by their metadata alone.
---@param target { release: string, namespace: string }
---@return almanac.HelmRecord[] oldest first
function M.list(target)
  local list = k8s.request(k8s.open(), {
    who = "helm.history", path = path_of(target), object = "the records of helm release " .. target.release,
    query = { labelSelector = "owner=helm,name=" .. target.release },
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
  })
  return M.of_items(list.items or {})
end

--- The record of one revision, or nil.
---@param records almanac.HelmRecord[]
---@param revision integer
---@return almanac.HelmRecord?
function M.find(records, revision)
  for _, record in ipairs(records) do
    if record.revision == revision then return record end
  end
end

-- What is in a record ------------------------------------------------------------------------------

--- What of a release is looked at; helm writes null where it has nothing.
--- https://github.com/helm/helm/blob/v3.16.1/pkg/release/release.go
local METADATA = { name = "string?", version = "string?", appVersion = "string?" }
local RELEASE = {
  name = "string?", namespace = "string?", version = "integer?", manifest = "string?", apply_method = "string?",
  info = {
    status = "string?", description = "string?", notes = "string?", first_deployed = "string?", last_deployed = "string?",
    deleted = "string?",
  },
  chart = { optional = { metadata = { optional = METADATA }, values = { optional = { map = "any" } } } },
  config = { optional = { map = "any" } },
  hooks = { optional = { list = {
    name = "string?", kind = "string?", path = "string?", manifest = "string?", events = { optional = { list = "string" } },
  } } },
}

--- Takes away the nulls of fields that a shape has.
local function drop_nulls(value, form)
  form = type(form) == "table" and (form.optional or form)
  if type(value) ~= "table" or not form or form.map then return end
  for _, item in ipairs(form.list and value or {}) do drop_nulls(item, form.list) end
  for field, inner in next, form.list and {} or form do
    if value[field] == json.null then value[field] = nil end
    drop_nulls(value[field], inner)
  end
end

--- The release in the data of a record. Pure.
---@param data string     `data.release`
---@param wrapped boolean as a Secret has it
---@return table release as helm's JSON has it; raises kinds "corrupt", "limit" and "parse"
function M.unpack(data, wrapped)
  local release = release_record.unpack((release_record.packed(data, wrapped)))
  if type(release) ~= "table" or type(release.info) ~= "table" then
    errors.raise { kind = "corrupt", message = "it holds no release" }
  end
  drop_nulls(release, RELEASE)
  local wrong = shape.wrong(release, RELEASE)
  if wrong then errors.raise { kind = "corrupt", message = "it holds no release: " .. wrong:sub(2) .. " is missing or of another type" } end
  return release
end

--- The whole release of a record.
---@param target { release: string, namespace: string }
---@param record almanac.HelmRecord
---@return table? release nil when the record is gone
function M.load(target, record)
  local driver = M.driver()
  local ok, object = errors.try(k8s.request, k8s.open(), {
    who = "helm.history", path = path_of(target, record.name), object = driver.kind .. " " .. record.name,
  })
  if not ok and object.kind == "not_found" then return nil end
  if not ok then error(object, 0) end
  local data = type(object.data) == "table" and object.data.release
  local fine, release
  if type(data) == "string" then fine, release = errors.try(M.unpack, data, driver.wrapped) end
  if fine then return release end
  errors.raise {
    kind = "corrupt",
    message = string.format("%s %s in %s is no record of helm: %s", driver.kind, record.name, target.namespace,
      release and release.message or "it has no data.release"),
    hint = "helm cannot read it either; if that revision is not needed, delete the object and look again",
  }
end

local function text_of(value)
  return type(value) == "string" and value or nil
end

--- What `helm history` shows of a release. Pure.
---@param release table
---@return almanac.HelmRevision
function M.revision_of(release)
  local info = release.info
  local chart = type(release.chart) == "table" and type(release.chart.metadata) == "table" and release.chart.metadata
  return {
    revision = release.version, status = info.status, description = text_of(info.description) or "",
    updated = text_of(info.last_deployed),
    chart = chart and string.format("%s-%s", chart.name, chart.version) or "MISSING",
    app_version = chart and text_of(chart.appVersion) or "",
    server_side = release.apply_method == "ssa",
  }
end

local cache, cached = {}, 0 ---@type table<string, almanac.HelmRevision>, integer

--- What history shows of each record. Records hardly change: each is fetched once for each of its
--- versions, and only these few fields of it are kept.
---@param target { release: string, namespace: string }
---@param records almanac.HelmRecord[]
---@return almanac.HelmRevision[] without those that are gone by now
function M.revisions(target, records)
  local found = pool.map(records, pool.REQUESTS, function(record)
    local key = tostring(record.uid) .. "/" .. tostring(record.version)
    local known = cache[key]
    if not known then
      local release = M.load(target, record)
      if not release then return nil end
      known = M.revision_of(release)
      if cached >= CACHED then cache, cached = {}, 0 end
      cache[key], cached = known, cached + 1
    end
    return known
  end)
  local out = {}
  for i = 1, #records do
    local copy = {}
    for key, value in pairs(found[i] or {}) do copy[key] = value end
    if found[i] then out[#out + 1] = copy end
  end
  return out
end

--- The release of a revision, or of the newest.
---@param target { release: string, namespace: string }
---@param revision? integer
---@param who string public function, for errors
---@return table release as helm's JSON has it; raises kind "not_found"
function M.release(target, revision, who)
  local records = M.list(target)
  local record = records[#records]
  if revision then record = M.find(records, revision) end
  local release = record and M.load(target, record)
  if release then return release end
  local numbers = {}
  for i, known in ipairs(records) do numbers[i] = known.revision end
  errors.raise {
    kind = "not_found",
    message = #records == 0 and string.format("%s: there is no release %s in namespace %s", who, target.release,
      target.namespace) or string.format("%s: release %s has no revision %d", who, target.release, revision),
    hint = #records > 0 and "helm keeps these revisions: " .. table.concat(numbers, ", ") or nil,
  }
end

--- Deletes one record, and only the very one that was looked at.
---@param target { namespace: string }
---@param name string
---@param uid string
function M.delete(target, name, uid)
  k8s.request(k8s.open(), {
    who = "helm.repair",
    method = "DELETE",
    object = M.driver().kind .. " " .. name,
    path = path_of(target, name),
    body = { apiVersion = "v1", kind = "DeleteOptions", preconditions = { uid = uid } },
  })
end

return M
