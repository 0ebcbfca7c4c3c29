--- Structural difference of two plain values, with lists keyed as the Kubernetes API keys them. Pure.
--- The keys are those of the API's openapi `x-kubernetes-list-map-keys`.
local M = {}

--- Field name → how its list items are told apart.
local list_keys = {
  containers = { "name" }, initContainers = { "name" }, ephemeralContainers = { "name" }, volumes = { "name" },
  env = { "name" }, imagePullSecrets = { "name" }, volumeMounts = { "mountPath" }, volumeDevices = { "devicePath" },
  ports = { "name" , "containerPort", "port", "protocol" }, conditions = { "type" }, ownerReferences = { "uid" },
  hostAliases = { "ip" }, topologySpreadConstraints = { "topologyKey", "whenUnsatisfiable" },
  volumeClaimTemplates = { "metadata.name" }, secrets = { "name" }, taints = { "key", "effect" },
}

local function lookup(item, key)
  for part in key:gmatch "[^.]+" do
    if type(item) ~= "table" then return nil end
    item = item[part]
  end
  return item
end

--- The key of a list item, as it stands in a path: name="node". A ports item is known by its name
--- where it has one.
local function item_key(field, item)
  local keys = list_keys[field]
  if not keys or type(item) ~= "table" then return nil end
  local parts = {}
  for _, key in ipairs(keys) do
    local value = lookup(item, key)
    if value ~= nil then
      parts[#parts + 1] = string.format(type(value) == "string" and "%s=%q" or "%s=%s", key:match "[^.]+$", value)
      if field == "ports" and key == "name" then break end
    end
  end
  return #parts > 0 and table.concat(parts, ",") or nil
end

local function is_list(value)
  return type(value) == "table" and (#value > 0 or next(value) == nil)
end

--- Lists whose items can all be told apart as tables by key; nil when one cannot.
local function keyed(field, list)
  local by_key, order = {}, {}
  for _, item in ipairs(list) do
    local key = item_key(field, item)
    if not key or by_key[key] then return nil end
    by_key[key] = item
    order[#order + 1] = key
  end
  return by_key, order
end

local function equal(a, b)
  if type(a) ~= type(b) then return false end
  if type(a) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not equal(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

M.equal = equal

local function sorted(keys)
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local function union(a, b)
  local keys, seen = {}, {}
  for _, t in ipairs { a, b } do
    for key in pairs(t) do
      if not seen[key] then
        seen[key] = true
        keys[#keys + 1] = key
      end
    end
  end
  return sorted(keys)
end

local function field_path(path, key)
  if type(key) == "string" and key:find "^[%a_][%w_-]*$" then return path .. "." .. key end
  return string.format("%s[%q]", path, tostring(key))
end

local compare

local function compare_maps(out, path, old, new)
  for _, key in ipairs(union(old, new)) do compare(out, field_path(path, key), key, old[key], new[key]) end
end

local function compare_lists(out, path, field, old, new)
  local old_by, old_order = keyed(field, old)
  local new_by = keyed(field, new)
  if old_by and new_by and (#old_order > 0 or next(new_by)) then
    for _, key in ipairs(union(old_by, new_by)) do
      compare(out, path .. "[" .. key .. "]", "", old_by[key], new_by[key])
    end
  else
    out[#out + 1] = { path = path, kind = "changed", old = old, new = new }
  end
end

--- A list and a map: nothing in them can be compared. An empty table is either.
local function are_unlike(a, b)
  return next(a) ~= nil and next(b) ~= nil and is_list(a) ~= is_list(b)
end

--- Both ends of a change are given; nil is absent.
function compare(out, path, field, old, new)
  if equal(old, new) then return end
  if old == nil then
    out[#out + 1] = { path = path, kind = "added", new = new }
  elseif new == nil then
    out[#out + 1] = { path = path, kind = "removed", old = old }
  elseif type(old) ~= "table" or type(new) ~= "table" or are_unlike(old, new) then
    out[#out + 1] = { path = path, kind = "changed", old = old, new = new }
  elseif is_list(old) and is_list(new) then
    compare_lists(out, path, field, old, new)
  else
    compare_maps(out, path, old, new)
  end
end

---@class almanac.Change
---@field path string   ".spec.template.spec.containers[name=\"node\"].image"
---@field kind "added"|"removed"|"changed"
---@field old any
---@field new any

--- The changes that lead from one value to the other, by path.
---@param old any
---@param new any
---@return almanac.Change[]
function M.diff(old, new)
  local out = {}
  compare(out, "", "", old, new)
  return out
end

--- The index of the bracket that closes the one at `i`; quoted text may hold brackets.
local function bracket_end(path, i)
  local quoted, j = false, i + 1
  while j <= #path do
    local c = path:sub(j, j)
    if c == "\\" and quoted then
      j = j + 1 -- what is escaped is no quote
    elseif c == '"' then
      quoted = not quoted
    elseif c == "]" and not quoted then
      return j
    end
    j = j + 1
  end
  return #path
end

--- A path as its steps: { field } or { item }, the key of a list item as it stands in the path.
---@param path string
---@return { field: string?, item: string? }[]
function M.steps(path)
  local steps, i = {}, 1
  while i <= #path do
    local name = path:match("^%.([%a_][%w_-]*)", i)
    if name then
      steps[#steps + 1] = { field = name }
      i = i + #name + 1
    else
      local depth_end = bracket_end(path, i)
      local inner = path:sub(i + 1, depth_end - 1)
      if inner:find '^"' then
        steps[#steps + 1] = { field = load("return " .. inner, "=path", "t", {})() }
      else
        steps[#steps + 1] = { item = inner }
      end
      i = depth_end + 1
    end
  end
  return steps
end

local function find_item(list, field, key)
  for i, item in ipairs(list) do
    if item_key(field, item) == key then return i end
  end
end

local function copy(value)
  if type(value) ~= "table" or type(getmetatable(value)) == "string" then return value end -- opaque
  local out = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do out[key] = copy(item) end
  return out
end

M.copy = copy

local function apply_one(root, change)
  local steps = M.steps(change.path)
  if #steps == 0 then return copy(change.new) end
  local at, field = root, ""
  for i = 1, #steps - 1 do
    local s = steps[i]
    at = s.field and at[s.field] or at[find_item(at, field, s.item)]
    field = s.field or ""
  end
  local last = steps[#steps]
  if last.field then
    at[last.field] = copy(change.new)
  else
    local index = find_item(at, field, last.item)
    if change.new == nil then
      table.remove(at, index)
    else
      at[index or #at + 1] = copy(change.new)
    end
  end
  return root
end

--- The value that the changes make of another one; the inverse of diff, but for the order of items
--- that are added to a keyed list.
---@param old any
---@param changes almanac.Change[]
function M.apply(old, changes)
  local root = copy(old)
  for _, change in ipairs(changes) do root = apply_one(root, change) end
  return root
end

return M
