--- helm's records of releases in a snapshot: values and manifests in them are cleaned as objects are, and what is left
--- is a record that helm reads, not compressed.
local base64 = require "almanac.base.base64"
local clean = require "almanac.snapshot.clean"
local errors = require "almanac.base.errors"
local json = require "native.json"
local records = require "almanac.helm.records"
local yaml = require "native.yaml"

local M = {}

--- Whether an object is such a record.
---@param object table
---@return boolean
function M.is(object)
  local labels = object.metadata.labels or {}
  return labels.owner == "helm" and (object.type == "helm.sh/release.v1" or object.kind == "ConfigMap" and labels.version ~= nil)
    and type(object.data) == "table" and type(object.data.release) == "string"
end

--- What is in a record, or nil and why.
---@param object table
---@return table|nil release, string|nil why
function M.open(object)
  local ok, release = errors.try(records.unpack, object.data.release, object.kind == "Secret")
  if ok then return release end
  return nil, release.message
end

--- The documents of a manifest as text, each with what stands before it ("---" and "# Source: …").
local function documents(text)
  local out, at = {}, 1
  text = "\n" .. text
  for from in text:gmatch "()\n%-%-%-" do
    if from > at then out[#out + 1] = text:sub(at, from - 1) end
    at = from
  end
  out[#out + 1] = text:sub(at)
  out[1] = out[1]:gsub("^\n", "")
  return out
end

local function decoded(document)
  local ok, object = pcall(yaml.decode, document, { dialect = "kubernetes" })
  return ok and type(object) == "table" and object or nil
end

--- The objects that a release's manifests hold.
---@param release table
---@return table[]
function M.objects(release)
  local out = {}
  local function add(text)
    for _, document in ipairs(documents(type(text) == "string" and text or "")) do
      local object = decoded(document)
      if object and type(object.kind) == "string" then out[#out + 1] = object end
    end
  end
  add(release.manifest)
  for _, hook in ipairs(type(release.hooks) == "table" and release.hooks or {}) do add(hook.manifest) end
  return out
end

--- What stands before a document, and says where it is from.
local function head_of(c, document)
  local head = document:match "^(\n?%-%-%-[^\n]*\n(#[^\n]*\n)*)" or document:match "^\n?%-%-%-[^\n]*\n" or ""
  local source = document:match "\n(# Source:[^\n]*\n)" or ""
  return (c.needles:clean(head .. source))
end

--- A manifest as it was, but for documents in which something is secret; comments, too.
local function clean_manifest(c, text)
  local out = {}
  for i, document in ipairs(documents(text)) do
    local object, count = decoded(document), #c.emptied
    local cleaned, changed = c.needles:clean(document)
    if object then
      clean.object(c, object)
      if changed or #c.emptied > count then cleaned = head_of(c, document) .. yaml.encode(object):gsub("\n$", "") end
    elseif document:find "Secret" then
      cleaned = head_of(c, document) -- of what cannot be read nobody knows what is in it
    end
    out[i] = cleaned
  end
  return table.concat(out)
end

--- A chart without its sources, which no command reads from a record. Its schema goes when something is in it.
local function strip_chart(c, chart)
  if type(chart) ~= "table" then return end
  for _, field in ipairs { "templates", "files" } do
    if type(chart[field]) == "table" then chart[field] = json.array {} end
  end
  if type(chart.schema) == "string" and select(2, c.needles:clean(chart.schema)) then chart.schema = nil end
  for _, part in ipairs(type(chart.dependencies) == "table" and chart.dependencies or {}) do strip_chart(c, part) end
end

--- Cleans a release, and puts it into its record.
---@param c almanac.snapshot.Cleaning
---@param object table the record
---@param release table of M.open
function M.clean(c, object, release)
  local name = string.format("release %s revision %s", (c.needles:clean_name(tostring(release.name))), tostring(release.version))
  local function within(fn, ...)
    local from = #c.emptied + 1
    local result = fn(c, ...)
    for i = from, #c.emptied do
      local entry = c.emptied[i]
      entry.object, entry.what = name, entry.object ~= name and entry.object .. " " .. entry.what or entry.what
    end
    c.object = name
    return result
  end
  c.object = name
  local manifests = {} -- texts of objects, which are cleaned as these
  local function take_manifest(holder)
    if type(holder) == "table" and type(holder.manifest) == "string" then
      manifests[#manifests + 1], holder.manifest = { holder, within(clean_manifest, holder.manifest) }, nil
    end
  end
  take_manifest(release)
  for _, hook in ipairs(type(release.hooks) == "table" and release.hooks or {}) do take_manifest(hook) end
  strip_chart(c, release.chart)
  within(clean.values, release, "")
  for _, one in ipairs(manifests) do one[1].manifest = one[2] end
  local text = base64.encode(json.encode(release))
  object.data, object.stringData, object.binaryData = nil, nil, nil
  clean.object(c, object)
  object.data = { release = object.kind == "Secret" and base64.encode(text) or text }
end

return M
