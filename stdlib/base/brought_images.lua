--- The images that an object brings, as `allow` names them (images): those of containers of every sort and of
--- volumes, wherever in the object a pod's template is, and what custom resources call an image. Of a custom resource other
--- fields may name one, too, which its controller alone knows. Pure.
local images = require "almanac.base.image_reference"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

--- What a server or a program writes, which brings nothing.
local UNREAD = { status = true, managedFields = true, annotations = true, labels = true }

--- Kinds and resources that hold what somebody else calls an image.
local DATA = { ConfigMap = true, Secret = true, Event = true, configmaps = true, secrets = true, events = true }

local function is_of_image(name)
  return type(name) == "string" and (name == "image" or name:find "Image$" ~= nil)
end

--- The text of an image: written as one, as a volume's { reference = … }, or in parts as charts and operators do.
local function text_of(value)
  if type(value) == "string" then return value ~= "" and value or nil end
  if type(value) ~= "table" or secret.is(value) or unknown.is(value) then return nil end
  if type(value.reference) == "string" then return value.reference end
  if type(value.repository) ~= "string" then return nil end
  local function part(before, field) return type(value[field]) == "string" and value[field] ~= "" and before .. value[field] or "" end
  return (part("", "registry"):gsub(".$", "%0/")) .. value.repository .. part(":", "tag") .. part("@", "digest")
end

--- Adds every image below a value.
local function gather(value, found)
  if type(value) ~= "table" or secret.is(value) or unknown.is(value) then return end
  for name, item in pairs(value) do
    local text = is_of_image(name) and text_of(item)
    if text then found[text] = true elseif not UNREAD[name] then gather(item, found) end
  end
end

--- Adds those of a JSON patch. What one takes from elsewhere in the object is not known before.
local function gather_operations(patch, found)
  for _, operation in ipairs(patch) do
    local field = tostring(operation.path):match "[^/]*$"
    if operation.op == "copy" or operation.op == "move" then
      found["what is at " .. tostring(operation.from)] = true
    elseif is_of_image(field) or field == "reference" then
      found[text_of(operation.value) or "what is at " .. tostring(operation.path)] = true
    else
      gather(operation.value, found)
    end
  end
end

--- How an image may be named: whole, with the registry and the tag that are meant where none is written, and by its repository.
local function names_of(text)
  local ok, image = pcall(images.parse, "allow", text)
  if not ok then return { text } end
  local tag, digest = image.tag and ":" .. image.tag or "", image.digest and "@" .. image.digest or ""
  return { image.name .. tag .. digest, image.name }
end

local function targets_of(found)
  local texts, out = {}, {}
  for text in pairs(found) do texts[#texts + 1] = text end
  table.sort(texts)
  for i, text in ipairs(texts) do
    out[i] = { category = "images", names = names_of(text), access = "change", where_named = true }
  end
  return out
end

--- The images of an object.
---@param object table
---@return almanac.Target[]
function M.of(object)
  local found = {}
  if not DATA[object.kind] then gather(object, found) end
  return targets_of(found)
end

--- Those of what is sent to change an object: the object, a part of it, or a list of operations.
---@param body any
---@param resource string  plural, as in paths
---@return almanac.Target[]
function M.of_change(body, resource)
  local found = {}
  if type(body) ~= "table" or DATA[resource] then return {} end
  local is_operations = type(body[1]) == "table" and body[1].op ~= nil
  if is_operations then gather_operations(body, found) else gather(body, found) end
  return targets_of(found)
end

--- An image that something else than a cluster runs.
---@param text string
---@return almanac.Target
function M.named(text)
  return targets_of({ [text] = true })[1]
end

return M
