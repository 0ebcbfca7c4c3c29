--- The file of a snapshot: its header, and the objects of a namespace as an API server gives them. YAML, or JSON
--- where its name ends in .json (which is YAML, too). Manifests as kubectl takes them are read as well.
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local json = require "native.json"

local M = {}

local KIND, VERSION = "snapshot", 1
local BYTES_MAX = 256 << 20

---@class almanac.SnapshotHeader
---@field almanac "snapshot"
---@field version integer     of the format
---@field taken string        RFC 3339
---@field server string       URL of the API server
---@field server_version string?
---@field context string?
---@field cluster string?     uid of kube-system: which cluster it is
---@field namespaces string[]
---@field unread { resource: string, why: string }[]  kinds that were not to be read
---@field not_ready string[]  pods of workloads that were not
---@field emptied { object: string, what: string }[]  what was taken out
---@field resources table<string, string>  plural names: "apiVersion/Kind" → resource
---@field digest string       SHA-256 of the objects

--- What the digest is of.
local function digest_of(objects) return digest.sha256(json.encode(objects, { canonical = true })) end

--- A snapshot's text.
---@param header table as almanac.SnapshotHeader, without what this file knows
---@param objects table[]
---@param as_json boolean
---@return string
function M.text(header, objects, as_json)
  local whole = { almanac = KIND, version = VERSION, objects = json.array(objects), digest = digest_of(json.array(objects)) }
  for key, value in pairs(header) do whole[key] = value end
  if as_json then return json.encode(whole, { canonical = true, indent = 1 }) .. "\n" end
  return require("native.yaml").encode(whole)
end

local function documents(text, path)
  if text:find "^%s*{" then return { json.decode(text, { max_bytes = BYTES_MAX }) } end
  return (require("native.yaml").decode_all(text, { name = path, dialect = "kubernetes", max_nodes = 20000000 }))
end

--- Every object of some documents: a List holds others.
local function objects_in(list, out)
  for _, object in ipairs(list) do
    local items = type(object) == "table" and type(object.kind) == "string" and object.kind:find "List$" and object.items
    if type(items) == "table" then objects_in(items, out) else out[#out + 1] = object end
  end
  return out
end

--- Reads a snapshot, or manifests.
---@param path string
---@return table[] objects
---@return almanac.SnapshotHeader? header nil: they are manifests
function M.read(path)
  local text = require("native.fs").read(path)
  local ok, list = errors.try(documents, text, path)
  if not ok then
    errors.raise { kind = "usage", message = path .. " holds no objects: " .. list.message,
      hint = "a snapshot is made by almanac snapshot -o FILE; manifests are YAML or JSON as kubectl takes them" }
  end
  local header = list[1]
  if #list ~= 1 or type(header) ~= "table" or header.almanac ~= KIND then return objects_in(list, {}), nil end
  if header.version ~= VERSION then
    errors.usage("%s is a snapshot of version %s, and this almanac reads version %d", path, tostring(header.version), VERSION)
  end
  local objects = header.objects
  if type(objects) ~= "table" or digest_of(json.array(objects)) ~= header.digest then
    errors.raise { kind = "corrupt", message = path .. " is not the snapshot that was taken: its digest is another's",
      hint = "take it again: almanac snapshot -o " .. path .. "; what you want to be otherwise belongs into the runbook's run, "
        .. "or into manifests of their own" }
  end
  header.objects = nil
  return objects, header
end

--- What the simulated cluster is started with besides the objects.
---@param header almanac.SnapshotHeader?
---@return table<string, string>? resources
---@return table<string, boolean>? unread
function M.cluster_options(header)
  if not header then return nil end
  local unread = {}
  for _, one in ipairs(header.unread or {}) do unread[one.resource] = true end
  return header.resources, unread
end

return M
