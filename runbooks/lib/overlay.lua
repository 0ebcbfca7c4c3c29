--- Section 4, the alternative to helm: the overlay of kustomize, with the release's tag in its images.
local config = require "lib.config"
local devnet = require "lib.devnet"
local versions = require "lib.versions"

local overlay = {}

--- The image under another tag where it is one of the release's; else as it is. Pure.
---@param image string
---@param names table<string, boolean>  "REGISTRY/NAME"
---@param tag string
local function edited(image, names, tag)
  local name = image:gsub("@.*$", ""):gsub(":[^:/]*$", "")
  return names[name] and name .. ":" .. tag or image
end

--- Puts a tag into the images of a release, wherever objects hold containers, as `kustomize edit set image` does. Pure.
---@param objects table[]
---@param c { registry: string, images: string[] }
---@param tag string
---@return integer edited  how many
function overlay.set_tag(objects, c, tag)
  local names, count = {}, 0
  for _, image in ipairs(c.images) do names[c.registry .. "/" .. image] = true end
  local function walk(value)
    if type(value) ~= "table" then return end
    for key, item in pairs(value) do
      if (key == "containers" or key == "initContainers") and type(item) == "table" then
        for _, container in ipairs(item) do
          local image = type(container) == "table" and container.image
          if type(image) == "string" and edited(image, names, tag) ~= image then
            container.image, count = edited(image, names, tag), count + 1
          end
        end
      end
      walk(item)
    end
  end
  walk(objects)
  return count
end

--- Builds it, and applies it with a tag.
local function apply(c, tag, conflicts)
  local objects = yaml.decode_all(kustomize.build(c.kustomize))
  if overlay.set_tag(objects, c, tag) == 0 then
    note(string.format("no image of %s has another tag than %s", c.kustomize, tag))
  end
  return k8s.apply(objects, { namespace = devnet.namespace, force = conflicts == "take" })
end

--- The tag that the node runs, and the time.
local function before()
  local images = k8s.images { namespace = devnet.namespace, ref = "statefulset/animica-node" }
  return { tag = images[1] and versions.tag_of(images[1].image), at = os.time() }
end

--- Builds and applies it: a part of a run. Gives when it began, in seconds since 1970.
---@param p { tag: string, conflicts: "stop"|"take" }
---@return integer
function overlay.roll(p)
  local c = step("read almanac.yaml", config.read)
  local was = step("read the tag that runs", before)

  step("apply the overlay", {
    undo = function()
      if not was.tag then
        errors.raise { kind = "refused", message = "the node's image had no tag before: nobody knows what to apply",
          hint = "almanac run rollback to=TAG, or rollout method=kustomize with that tag" }
      end
      apply(c, was.tag, p.conflicts)
      return devnet.heal()
    end,
  }, function() return apply(c, p.tag, p.conflicts) end)
  return was.at
end

return overlay
