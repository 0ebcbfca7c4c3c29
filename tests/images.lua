--- A real registry on loopback for a test, and images that are pushed to it by plain HTTP, without Docker.
local http = require "native.http"
local json = require "native.json"
local process = require "native.process"
local sha256 = require("native.digest").sha256
local t = require "tests.harness"

local M = {}

local INDEX, MANIFEST = "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"
local CONFIG, LAYER = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar"
local root = process.cwd()

--- Starts Debian's docker-registry over a directory; it ends with the case.
---@param dir string
---@param auth? string  YAML of its configuration
---@return string address "127.0.0.1:PORT"
function M.registry(dir, auth)
  local file = dir .. (auth and "/registry-auth.yml" or "/registry.yml")
  t.write_file(file, string.format([[
version: 0.1
storage: { filesystem: { rootdirectory: "%s/blobs" } }
http: { addr: "127.0.0.1:0" }
%s]], dir, auth or ""))
  -- It has lines for each request, and would wait for somebody who reads them: a file takes them all.
  local log = dir .. (auth and "/registry-auth.log" or "/registry.log")
  t.spawn { "sh", "-c", 'exec "$0" serve "$1" >"$2" 2>&1', root .. "/.deps/registry/usr/bin/docker-registry", file, log }
  return t.eventually("the registry listens", function()
    return (t.read_file(log) or ""):match "listening on (127%.0%.0%.1:%d+)"
  end)
end

local function send(method, url, content_type, body)
  local response = http.request {
    who = "tests.images", method = method, url = url, body = body, headers = { ["Content-Type"] = content_type },
  }
  if response.status > 299 then error(string.format("%s %s: %d %s", method, url, response.status, response.body)) end
  return response
end

local function push_blob(base, media_type, bytes)
  local digest = "sha256:" .. sha256(bytes)
  local upload = send("POST", base .. "/blobs/uploads/", nil, "").headers.location
  send("PUT", upload .. (upload:find("?", 1, true) and "&" or "?") .. "digest=" .. digest, "application/octet-stream", bytes)
  return { mediaType = media_type, digest = digest, size = #bytes }
end

local function push_manifest(base, name, manifest)
  local body = json.encode(manifest)
  local digest = "sha256:" .. sha256(body)
  send("PUT", base .. "/manifests/" .. (name or digest), manifest.mediaType, body)
  return { mediaType = manifest.mediaType, digest = digest, size = #body }
end

--- Pushes the image of one platform, under a tag or by its digest alone.
---@param base string     http://HOST/v2/REPOSITORY
---@param platform table  os, architecture, variant
---@param tag? string
---@return table descriptor  with its `layer` and `config`
function M.push_platform(base, platform, tag)
  local config = push_blob(base, CONFIG, json.encode { os = platform.os, architecture = platform.architecture,
    variant = platform.variant, rootfs = { type = "layers", diff_ids = json.array {} } })
  local layer = push_blob(base, LAYER, "the files of " .. platform.os .. "/" .. platform.architecture)
  local descriptor = push_manifest(base, tag, { schemaVersion = 2, mediaType = MANIFEST, config = config, layers = { layer } })
  descriptor.platform, descriptor.layer, descriptor.config = platform, layer, config
  return descriptor
end

--- Pushes an image of several platforms.
---@param base string
---@param tag string
---@param platforms table[]
---@return table descriptor of the index, with its `children`
function M.push(base, tag, platforms)
  local children, entries = {}, {}
  for i, platform in ipairs(platforms) do
    local child = M.push_platform(base, platform)
    children[i] = child
    entries[i] = { mediaType = child.mediaType, digest = child.digest, size = child.size, platform = platform }
  end
  local index = push_manifest(base, tag, { schemaVersion = 2, mediaType = INDEX, manifests = entries })
  index.children = children
  return index
end

--- Removes the bytes of a blob or a manifest from the storage of M.registry(dir).
function M.lose(dir, digest)
  local hex = digest:match "^sha256:(%x+)$"
  t.must { "rm", string.format("%s/blobs/docker/registry/v2/blobs/sha256/%s/%s/data", dir, hex:sub(1, 2), hex) }
end

return M
