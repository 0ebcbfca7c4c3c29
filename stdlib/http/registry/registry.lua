--- registry: what an image registry has. Reads, by the distribution API of OCI and Docker.
local client = require "almanac.http.registry.client"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local manifests = require "almanac.http.registry.manifest"
local pool = require "almanac.base.pool"
local reference = require "almanac.base.image_reference"
local shape = require "almanac.base.shape"
local step = require "almanac.run.step"

local M = {}

local DEPTH_MAX = 4 -- indexes in indexes
local TAGS_AT_ONCE = 1000

local PLAIN = { plain_http = { "flag", help = "without TLS, where almanac.yaml names no URL of the registry" } }
local MANIFEST = fields.declare("registry.manifest", PLAIN, { at = 2 })
local TAGS = fields.declare("registry.tags", fields.with(PLAIN, {
  max = { "count", default = 10000, help = "tags at most; more is an error" },
}), { at = 2 })
local VERIFY = fields.declare("registry.verify", fields.with(PLAIN, {
  image = { "text", required = true, help = "HOST/NAME:TAG, or HOST/NAME@DIGEST" },
  platforms = { "texts", help = "that must be there: linux/amd64, linux/arm64; one without a variant fits all of its variants" },
  digest = { "text", help = "that the image must have: sha256:…" },
}))

local function text_of(image)
  return image.name .. (image.tag and ":" .. image.tag or "") .. (image.digest and "@" .. image.digest or "")
end

--- What an image's name stands for; nil where it is not there. With a digest in the name, the tag is not asked.
local function fetch(self)
  return manifests.fetch(self, self.reference.digest or self.reference.tag)
end

--- The platforms of an index or of one manifest.
local function platforms_of(self, top)
  local out = {}
  for _, child in ipairs(top.children or {}) do
    local platform = manifests.platform(child.platform)
    if platform then out[#out + 1] = { platform = platform, digest = child.digest } end
  end
  if not top.children then
    local platform = manifests.platform_of_config(self, top)
    if platform then out[1] = { platform = platform, digest = top.digest } end
  end
  return out
end

local function refuse_absent(self, name, hint)
  errors.raise { kind = "not_found", status = 404, message = string.format("%s: %s is not there", self.who, name), hint = hint }
end

function M.manifest(image, options)
  step.require_read "registry.manifest"
  local opts = fields.check(MANIFEST, options)
  local parsed = reference.parse("registry.manifest", image)
  local self = client.open("registry.manifest", parsed, opts.plain_http)
  local top = fetch(self)
  if not top then
    refuse_absent(self, text_of(parsed), string.format("was it pushed? registry.tags(%q) lists what is there", parsed.name))
  end
  return {
    image = text_of(parsed), digest = top.digest, media_type = top.media_type, size = top.size,
    platforms = platforms_of(self, top), annotations = top.annotations,
  }
end

-- registry.verify --------------------------------------------------------------------------------

--- Layers that a registry need not have: https://github.com/opencontainers/image-spec/blob/main/layer.md
local function is_elsewhere(blob)
  local kind = tostring(blob.mediaType)
  return kind:find("nondistributable", 1, true) ~= nil or kind:find("foreign", 1, true) ~= nil
end

---@class almanac.registry.Search  what is looked through, and what was found missing
---@field client almanac.RegistryClient
---@field blobs { digest: string, size: integer?, of: string }[]  each once
---@field seen table<string, boolean>
---@field missing string[]

local function add_blobs(search, manifest, name)
  for _, blob in ipairs(manifest.blobs or {}) do
    if not search.seen[blob.digest] and not is_elsewhere(blob) then
      search.seen[blob.digest] = true
      search.blobs[#search.blobs + 1] = { digest = blob.digest, size = math.tointeger(blob.size), of = name }
    end
  end
end

local function add_children(search, top, depth)
  if depth > DEPTH_MAX then
    errors.raise { kind = "limit", message = string.format("%s: %s has indexes in indexes, deeper than %d", search.client.who,
      text_of(search.client.reference), DEPTH_MAX) }
  end
  local children = {}
  for _, child in ipairs(top.children or {}) do
    if not search.seen[child.digest] then
      search.seen[child.digest] = true
      children[#children + 1] = child
    end
  end
  local found = pool.map(children, pool.REQUESTS, function(child)
    return manifests.fetch(search.client, child.digest) or false
  end)
  for i, child in ipairs(children) do
    local name = manifests.platform(child.platform) or child.digest
    if not found[i] then
      search.missing[#search.missing + 1] = string.format("%s: its manifest %s is not there", name, child.digest)
    else
      add_blobs(search, found[i], name)
      add_children(search, found[i], depth + 1)
    end
  end
end

--- Asks for each blob's head. A registry that sends for it to its storage has it.
local function look_for_blobs(search)
  local found = pool.map(search.blobs, pool.REQUESTS, function(blob)
    return client.ask(search.client, "HEAD", "blobs/" .. blob.digest, { redirects = 0, expect = { 301, 302, 303, 307, 308 } })
  end)
  for i, blob in ipairs(search.blobs) do
    local response = found[i]
    local size = response.status == 200 and math.tointeger(tonumber(response.headers["content-length"]))
    if response.status == 404 then
      search.missing[#search.missing + 1] = string.format("%s: its blob %s is not there", blob.of, blob.digest)
    elseif size and blob.size and size ~= blob.size then
      search.missing[#search.missing + 1] = string.format("%s: its blob %s has %d bytes, not %d", blob.of, blob.digest, size, blob.size)
    end
  end
end

local function has_platform(platforms, wanted)
  for _, found in ipairs(platforms) do
    if found == wanted or found:sub(1, #wanted + 1) == wanted .. "/" then return true end
  end
  return false
end

local function check_platforms(search, platforms, wanted)
  for _, platform in ipairs(wanted or {}) do
    if not has_platform(platforms, platform) then
      search.missing[#search.missing + 1] = string.format("%s is not in it (it has %s)", platform,
        #platforms > 0 and table.concat(platforms, ", ") or "none")
    end
  end
end

local function refuse(self, missing, hint)
  errors.raise {
    kind = "registry", missing = missing, hint = hint,
    message = string.format("%s: %s is not as it must be: %s", self.who, text_of(self.reference), table.concat(missing, "; ")),
  }
end

local function search_through(self, top)
  local search = { client = self, blobs = {}, seen = { [top.digest] = true }, missing = {} }
  add_blobs(search, top, "the image")
  add_children(search, top, 1)
  look_for_blobs(search)
  return search
end

function M.verify(options)
  step.require_read "registry.verify"
  local opts = fields.check(VERIFY, options)
  local parsed = reference.parse("registry.verify", opts.image)
  if opts.digest and not reference.is_digest(opts.digest) then
    errors.usage("registry.verify: digest must be sha256: and 64 hexadecimal digits, not %q", opts.digest)
  end
  local self = client.open("registry.verify", parsed, opts.plain_http)
  local top = fetch(self)
  if not top then refuse(self, { "the registry does not have it" }, "push it first, or correct the tag") end
  if opts.digest and top.digest ~= opts.digest then
    refuse(self, { string.format("its digest is %s, not %s", top.digest, opts.digest) }, "somebody pushed another image under this tag")
  end
  local platforms = {}
  for i, found in ipairs(platforms_of(self, top)) do platforms[i] = found.platform end
  local search = search_through(self, top)
  check_platforms(search, platforms, opts.platforms)
  if #search.missing > 0 then refuse(self, search.missing, "push it again, for all of its platforms") end
  return { image = text_of(parsed), digest = top.digest, platforms = platforms, blobs = #search.blobs }
end

-- registry.tags ----------------------------------------------------------------------------------

--- The query of the next page: https://www.rfc-editor.org/rfc/rfc8288, of which registries write one form.
local function next_page(link)
  return link and link:match '<[^>]*%?([^>]*)>%s*;%s*rel="?next"?'
end

--- Some write null where a repository has no tag; what names no repository is no list of one.
local LIST = { name = "string", tags = { optional = { list = "string" } } }

function M.tags(image, options)
  step.require_read "registry.tags"
  local opts = fields.check(TAGS, options)
  local parsed = reference.parse("registry.tags", image)
  local self = client.open("registry.tags", parsed, opts.plain_http)
  local tags, query = {}, "n=" .. TAGS_AT_ONCE
  while query do
    local response = client.ask(self, "GET", "tags/list?" .. query)
    if response.status == 404 then refuse_absent(self, parsed.name, "was anything pushed under this name?") end
    local answer = client.decode(self, "the list of tags", response.body)
    local wrong = shape.wrong(answer, LIST)
    if wrong then
      errors.raise { kind = "protocol", message = string.format("registry.tags: the list of tags of %s is none (%s)", parsed.name, wrong),
        hint = string.format("is %s a registry?", self.url) }
    end
    table.move(answer.tags or {}, 1, #(answer.tags or {}), #tags + 1, tags)
    if #tags > opts.max then
      errors.raise {
        kind = "limit", message = string.format("registry.tags: %s has more than %d tags", parsed.name, opts.max),
        hint = "give the option max",
      }
    end
    query = next_page(response.headers.link)
  end
  table.sort(tags)
  return tags
end

return M
