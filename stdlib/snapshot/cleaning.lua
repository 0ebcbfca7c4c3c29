--- Cleaning all objects of a snapshot: what is secret in any of them is learnt first, and taken out of each.
local clean = require "almanac.snapshot.clean"
local needles = require "almanac.snapshot.needles"
local release = require "almanac.snapshot.release"

local M = {}

--- Names of things, which are no secrets though a Secret may hold them, too; and those that the copy needs as they are.
local function names_of(objects, namespaces)
  local words, fixed = {}, {}
  local function add(word, is_fixed)
    if type(word) ~= "string" or words[word] then return end
    words[word] = true
    if is_fixed then fixed[#fixed + 1] = word end
  end
  for _, namespace in ipairs(namespaces) do add(namespace, true) end
  for _, object in ipairs(objects) do
    add(object.apiVersion, true)
    add(object.kind, true)
    add(object.metadata.namespace, true)
    add(object.metadata.name)
  end
  return words, fixed
end

---@class almanac.snapshot.Cleaned
---@field objects table[]
---@field emptied { object: string, what: string }[]
---@field unread { resource: string, namespace: string?, why: string }[]  records that were none, and are left out
---@field said fun(value: table): table  cleans what is said of the snapshot

--- Takes out what is secret; objects are changed in place.
---@param objects table[]
---@param namespaces string[]
---@return almanac.snapshot.Cleaned
function M.all(objects, namespaces)
  local known, opened = needles.new(names_of(objects, namespaces)), {}
  local kept, unread = {}, {}
  for _, object in ipairs(objects) do
    local is_record, why = release.is(object), nil
    if is_record then
      opened[object], why = release.open(object)
      for _, one in ipairs(opened[object] and release.objects(opened[object]) or {}) do known:learn(one) end
    else
      known:learn(object)
    end
    if why then
      unread[#unread + 1] = { resource = object.metadata.name, namespace = object.metadata.namespace,
        why = "it is no record of helm: " .. why }
    else
      kept[#kept + 1] = object
    end
  end
  local c = { needles = known, emptied = {} }
  for _, object in ipairs(kept) do
    if opened[object] then release.clean(c, object, opened[object]) else clean.object(c, object) end
    clean.tidy(object)
  end
  return { objects = kept, emptied = c.emptied, unread = unread, said = function(value)
    clean.values({ needles = known, emptied = {} }, value, "")
    return value
  end }
end

return M
