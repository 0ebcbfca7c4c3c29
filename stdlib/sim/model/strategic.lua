--- Strategic merge patches: lists of named things are merged by their keys, with the directives kubectl
--- and helm send ($patch, $retainKeys, $setElementOrder, $deleteFromPrimitiveList). Pure.
--- https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
local value = require "almanac.sim.model.value"
local schema = require "almanac.sim.model.schema"

local strategic = {}

local null = value.null
local ANY = { kind = "any" }

local function fields_of(ref)
  local t = ref.kind == "struct" and schema.struct(ref)
  return t and t.fields
end

--- The type of field `k` of a value of type `ref`.
local function field(ref, k)
  local fields = fields_of(ref)
  if fields then return fields[k] or ANY end
  return ref.elem or ANY
end

local function merge_key(ref)
  return ref.kind == "list" and ref.keys and ref.keys[1] or nil
end

local function contains(list, v)
  for _, x in ipairs(list) do
    if x == v then return true end
  end
  return false
end

local merge_object

--- A patch for something that is not there yet: the same without its directives.
local function plain(ref, patch)
  if type(patch) ~= "table" then return patch end
  if value.is_array(patch) then
    local out = value.array {}
    for _, item in ipairs(patch) do
      local directive = type(item) == "table" and item["$patch"]
      if not directive or directive == "merge" then out[#out + 1] = plain(ref.elem or ANY, item) end
    end
    return out
  end
  return merge_object(ref, {}, patch)
end

local function find(list, key, v)
  for i, item in ipairs(list) do
    if type(item) == "table" and item[key] == v then return i end
  end
  return nil
end

local function replaces(patch)
  for _, item in ipairs(patch) do
    if type(item) == "table" and item["$patch"] == "replace" then return true end
  end
  return false
end

local function merge_list(ref, original, patch)
  local key = merge_key(ref)
  if replaces(patch) then
    local out = value.array {}
    for _, item in ipairs(patch) do
      if type(item) ~= "table" or item["$patch"] ~= "replace" then out[#out + 1] = plain(ref.elem, item) end
    end
    return out
  end
  local out = value.array {}
  for i, item in ipairs(original) do out[i] = item end
  for _, item in ipairs(patch) do
    if type(item) ~= "table" then item = {} end
    local at = find(out, key, item[key])
    if item["$patch"] == "delete" then
      if at then table.remove(out, at) end
    elseif at then
      out[at] = merge_object(ref.elem, out[at], item)
    else
      out[#out + 1] = plain(ref.elem, item)
    end
  end
  return out
end

local function merge_set(original, patch)
  local out = value.array {}
  for i, v in ipairs(original) do out[i] = v end
  for _, v in ipairs(patch) do
    if not contains(out, v) then out[#out + 1] = v end
  end
  return out
end

--- Puts `list` in the order that was asked for; what the order does not name keeps its place relative
--- to its old neighbours.
local function set_order(list, key, order, original)
  local function id(item) return key and (type(item) == "table" and item[key]) or item end
  local rank, old = {}, {}
  for i, want in ipairs(order) do rank[key and type(want) == "table" and want[key] or want] = i end
  for i, item in ipairs(original) do old[id(item)] = i end
  local named, others = {}, {}
  for _, item in ipairs(list) do
    local into = rank[id(item)] and named or others
    into[#into + 1] = item
  end
  table.sort(named, function(a, b) return rank[id(a)] < rank[id(b)] end)
  local out, i, j = value.array {}, 1, 1
  while i <= #named or j <= #others do
    local a, b = named[i], others[j]
    if b ~= nil and (a == nil or (old[id(b)] and old[id(a)] and old[id(b)] < old[id(a)])) then
      out[#out + 1] = b
      j = j + 1
    else
      out[#out + 1] = a
      i = i + 1
    end
  end
  return out
end

local function retain(out, keys)
  for k in pairs(value.shallow(out)) do
    if not contains(keys, k) then out[k] = nil end
  end
end

local function merge_value(ref, original, patch)
  if original == nil or original == null or type(patch) ~= "table" or type(original) ~= "table" then
    return plain(ref, patch)
  end
  if value.is_array(patch) or (value.is_array(original) and next(patch) == nil) then
    if merge_key(ref) then return merge_list(ref, original, patch) end
    if ref.kind == "list" and ref.set then return merge_set(original, patch) end
    return plain(ref, patch)
  end
  if value.is_array(original) then return plain(ref, patch) end
  return merge_object(ref, original, patch)
end

local function apply_primitive_deletes(out, patch)
  for k, gone in pairs(patch) do
    local name = k:match("^%$deleteFromPrimitiveList/(.+)$")
    if name and type(out[name]) == "table" and type(gone) == "table" then
      local left = value.array {}
      for _, v in ipairs(out[name]) do
        if not contains(gone, v) then left[#left + 1] = v end
      end
      out[name] = left
    end
  end
end

local function apply_orders(ref, out, original, patch)
  for k, order in pairs(patch) do
    local name = k:match("^%$setElementOrder/(.+)$")
    if name and type(out[name]) == "table" and type(order) == "table" then
      local before = type(original[name]) == "table" and original[name] or {}
      out[name] = set_order(out[name], merge_key(field(ref, name)), order, before)
    end
  end
end

function merge_object(ref, original, patch)
  if patch["$patch"] == "replace" then
    local out = value.shallow(patch)
    out["$patch"] = nil
    return out
  end
  if patch["$patch"] == "delete" then return {} end
  local out = value.shallow(original)
  if type(patch["$retainKeys"]) == "table" then retain(out, patch["$retainKeys"]) end
  apply_primitive_deletes(out, patch)
  for k, v in pairs(patch) do
    if k:sub(1, 1) ~= "$" then
      if v == null or (type(v) == "table" and v["$patch"] == "delete" and not value.is_array(v)) then
        out[k] = nil
      else
        out[k] = merge_value(field(ref, k), out[k], v)
      end
    end
  end
  apply_orders(ref, out, original, patch)
  return out
end

--- Applies a strategic merge patch to an object of a known type.
---@param ref table type of the object (schema.root)
---@param original table
---@param patch table
---@return table
function strategic.merge(ref, original, patch)
  return merge_object(ref, original, patch)
end

return strategic
