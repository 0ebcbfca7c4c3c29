--- The images of a release: pushed by the repository's script, and found whole in the registry.
local images = {}

local SCRIPT = "ops/scripts/push_images.sh"
local LATEST = "latest-dev"

local function name_of(c, image, tag) return string.format("%s/%s:%s", c.registry, image, tag) end

--- Holds one image of a release to what it must be: every platform, every manifest, every blob. A read.
---@param c table      of config.read
---@param image string
---@param tag string
---@return { image: string, digest: string, platforms: string[], blobs: integer }
function images.verify(c, image, tag)
  return registry.verify { image = name_of(c, image, tag), platforms = c.platforms, plain_http = c.plain_http }
end

--- Branches for `parallel`: each image of a release, held to what it must be.
---@param c table
---@param tag string
function images.each(c, tag)
  local branches = {}
  for _, image in ipairs(c.images) do
    branches[image] = function() return images.verify(c, image, tag) end
  end
  return branches
end

-- The effect -------------------------------------------------------------------------------------

--- One image as a push leaves it: whole, and :latest-dev is the very same.
local function verify_pushed(input, image)
  local found = images.verify(input.c, image, input.tag)
  registry.verify { image = name_of(input.c, image, LATEST), digest = found.digest, plain_http = input.c.plain_http }
  return found
end

--- What the registry has of a push, and which images are not whole yet.
local function look(input)
  local found, missing = {}, {}
  for i, image in ipairs(input.c.images) do
    local ok, result = errors.try(verify_pushed, input, image)
    if not ok and result.kind ~= "registry" and result.kind ~= "not_found" then error(result, 0) end
    if ok then found[i] = result else missing[#missing + 1] = image end
  end
  return found, missing
end

local function push(input)
  local _, missing = look(input)
  if #missing > 0 then
    -- The script builds and pushes the same tags again when it is run again.
    sh.run { argv = { "bash", SCRIPT, input.tag }, timeout = input.c.push_timeout, idempotent = true }
  end
  local found = {}
  for i, image in ipairs(input.c.images) do found[i] = verify_pushed(input, image) end
  return found
end

effect.define("images.push", {
  input = function(raw) return { tag = raw.tag, c = raw.c } end,
  allow = { category = "images", of = function(input) return input.c.registry end },
  preview = function(input)
    local found, missing = look(input)
    if #missing == 0 then return { summary = "all there", nothing = true, result = found } end
    return { summary = "not there yet: " .. table.concat(missing, ", ") }
  end,
  apply = push,
  recover = function(input)
    local found, missing = look(input)
    if #missing > 0 then return "not_done" end
    return "done", found
  end,
  title = function(input)
    return string.format("push %d images to %s as %s and :%s", #input.c.images, input.c.registry, tostring(input.tag), LATEST)
  end,
})

--- Builds and pushes all images under a tag and as :latest-dev, unless they are there, and finds them whole: every
--- platform, manifest and blob. An effect; nothing takes it back.
---@param c table
---@param tag string
---@return { image: string, digest: string, platforms: string[], blobs: integer }[]
function images.push(c, tag)
  local about = { registry = c.registry, images = c.images, platforms = c.platforms, plain_http = c.plain_http,
    push_timeout = c.push_timeout }
  return effect.perform("images.push", { tag = tag, c = about })
end

return images
