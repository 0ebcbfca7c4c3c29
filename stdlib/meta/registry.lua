---@meta
-- Made by `make docs` from stdlib/public/registry.lua: edit that.

--- What an image registry has, by the distribution API of OCI and Docker. Reads.
---
--- A registry is asked with the credentials of the endpoint that has its host for a name in almanac.yaml (`endpoints: { ghcr.io: { user: ci, password: "env:GHCR_TOKEN" } }`; `url` says where it is, if not there), else with those that `docker login` keeps in ~/.docker/config.json.
---
--- Every call can raise `http` (401 and 403: no credentials, or not good ones; with `status`), `network`, `tls`, `timeout` and `protocol`.
registry = {}

---@class registry.manifest.options
---@field plain_http? boolean  without TLS, where almanac.yaml names no URL of the registry

--- What a tag or a digest stands for, its bytes held against its digest. A read.
---
--- Raises: `not_found`; `registry` (the bytes are not those of the digest); `http`, `network`, `usage`.
---
--- ```lua
--- local image = registry.manifest("ghcr.io/org/node:v0.5.0")
--- for _, of in ipairs(image.platforms) do note(of.platform .. " " .. of.digest) end
--- ```
---@param image string  HOST/NAME:TAG or HOST/NAME@DIGEST; docker.io where no host is named
---@param options? registry.manifest.options
---@return { image: string, digest: string, media_type: string, size: integer, platforms: { platform: string, digest: string }[], annotations: table? }
---  size in bytes, of the manifest itself
function registry.manifest(image, options) end

---@class registry.tags.options
---@field max? integer  tags at most; more is an error
---@field plain_http? boolean  without TLS, where almanac.yaml names no URL of the registry

--- All tags of a repository, in their order as text. A read.
---
--- Raises: `not_found`, `limit`, `http`, `network`, `usage`.
---
--- ```lua
--- for _, tag in ipairs(registry.tags("ghcr.io/org/node")) do note(tag) end
--- ```
---@param image string  HOST/NAME
---@param options? registry.tags.options
---@return string[]
function registry.tags(image, options) end

---@class registry.verify.options
---@field image string  HOST/NAME:TAG, or HOST/NAME@DIGEST
---@field digest? string  that the image must have: sha256:…
---@field plain_http? boolean  without TLS, where almanac.yaml names no URL of the registry
---@field platforms? string|string[]  that must be there: linux/amd64, linux/arm64; one without a variant fits all of its variants

--- Holds an image to what it must be: that it is there, has that digest and those platforms, and that the registry
--- has the manifest of every platform and every blob that they name. A read; in a plan, of how it is now.
---
--- Raises: `registry`, with `missing` (a list of what is not so); `http`, `network`, `usage`.
---
--- ```lua
--- registry.verify { image = "ghcr.io/org/node:v0.5.0", platforms = { "linux/amd64", "linux/arm64" } }
--- ```
---@param options registry.verify.options
---@return { image: string, digest: string, platforms: string[], blobs: integer }  blobs: how many there are, each counted once
function registry.verify(options) end
