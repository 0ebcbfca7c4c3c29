--- Manifests and indexes of images: fetched, held against their digest, and read.
--- https://github.com/opencontainers/image-spec/blob/main/image-index.md
local client = require "almanac.http.registry.client"
local errors = require "almanac.base.errors"
local json = require "native.json"
local reference = require "almanac.base.image_reference"
local sha256 = require("native.digest").sha256

local M = {}

--- What is asked for: https://distribution.github.io/distribution/spec/manifest-v2-2/ for Docker's two.
local ACCEPT = table.concat({
  "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
}, ", ")

local image_configs = {
  ["application/vnd.oci.image.config.v1+json"] = true, ["application/vnd.docker.container.image.v1+json"] = true,
}

---@class almanac.Descriptor  a manifest or a blob, as another one names it
---@field digest string
---@field size? integer
---@field mediaType? string
---@field platform? table

---@class almanac.Manifest
---@field digest string
---@field media_type string
---@field size integer
---@field children? almanac.Descriptor[]   of an index: its manifests
---@field blobs? almanac.Descriptor[]      of a manifest: its configuration and its layers
---@field config? almanac.Descriptor
---@field annotations? table<string, string>

local function refuse(self, what, format, ...)
  errors.raise {
    kind = "registry", message = string.format("%s: %s of %s ", self.who, what, self.reference.name) .. string.format(format, ...),
    hint = "whoever changed it on the way, or pushed it, did not keep to the format; push it again",
  }
end

--- Raises kind "registry" where bytes are not those that their digest names.
local function check_digest(self, what, body, digest)
  local is = "sha256:" .. sha256(body)
  if digest and digest ~= is then refuse(self, what, "has the digest %s, not %s", is, digest) end
  return is
end

--- Descriptors of others, checked before they come into a URL.
local function descriptors(self, what, list)
  local out = {}
  if not json.is_array(list) then refuse(self, what, "has no list of what it is made of") end
  for i, found in ipairs(list) do
    if type(found) ~= "table" or not reference.is_digest(found.digest) then
      refuse(self, what, "names something by what is no sha256 digest: %s", tostring(type(found) == "table" and found.digest or found))
    end
    out[i] = found
  end
  return out
end

local function read(self, what, body, media_type)
  local answer = client.decode(self, what, body)
  local out = { annotations = answer.annotations, media_type = answer.mediaType or media_type:match "^[^;%s]*" }
  if type(answer.manifests) == "table" then
    out.children = descriptors(self, what, answer.manifests)
  elseif type(answer.config) == "table" then
    out.config = descriptors(self, what, json.array { answer.config })[1]
    out.blobs = descriptors(self, what, answer.layers)
    table.insert(out.blobs, 1, out.config)
  else
    refuse(self, what, "is neither an index nor a manifest of a known format (%s)", out.media_type)
  end
  return out
end

--- Fetches one; nil where the registry does not have it. Raises kind "registry" where its bytes are others than
--- the digest by which it was asked for, or that the registry names.
---@param self almanac.RegistryClient
---@param name string  a tag or a digest
---@return almanac.Manifest?
function M.fetch(self, name)
  local response = client.ask(self, "GET", "manifests/" .. name, { accept = ACCEPT })
  if response.status == 404 then return nil end
  local what = "the manifest " .. name
  if reference.is_digest(name) then check_digest(self, what, response.body, name) end
  local claimed = response.headers["docker-content-digest"]
  local digest = check_digest(self, what, response.body, reference.is_digest(claimed) and claimed or nil)
  local out = read(self, what, response.body, response.headers["content-type"] or "")
  out.digest, out.size = digest, #response.body
  return out
end

--- A platform as people write it: linux/arm64/v8. nil for what runs nowhere, such as an attestation.
---@param platform any  os, architecture, variant
---@return string?
function M.platform(platform)
  if type(platform) ~= "table" or type(platform.os) ~= "string" or type(platform.architecture) ~= "string" then return nil end
  if platform.os == "unknown" or platform.os == "" then return nil end
  local text = platform.os .. "/" .. platform.architecture
  local variant = platform.variant
  return type(variant) == "string" and variant ~= "" and text .. "/" .. variant or text
end

--- The platform that a manifest's configuration names; nil for what is no image, such as a chart.
---@param self almanac.RegistryClient
---@param manifest almanac.Manifest
---@return string?
function M.platform_of_config(self, manifest)
  if not image_configs[manifest.config.mediaType] then return nil end
  local response = client.ask(self, "GET", "blobs/" .. manifest.config.digest)
  if response.status == 404 then return nil end
  check_digest(self, "the configuration", response.body, manifest.config.digest)
  return M.platform(client.decode(self, "the configuration", response.body))
end

return M
