--- Values walked along their types (schema.lua): which fields they have, how two differ, how one is
--- merged into another. Pure; the rules are those of server-side apply.
--- https://github.com/kubernetes-sigs/structured-merge-diff
local value = require "almanac.sim.model.value"
local schema = require "almanac.sim.model.schema"
local fieldset = require "almanac.sim.model.fieldset"

local typed = {}

local null = value.null

local function is_empty_object(v)
  return type(v) == "table" and next(v) == nil and not value.is_array(v)
end

--- Items of a keyed list or set by element, and the elements in order. Items without a key are left out.
local function index_items(ref, list)
  local by, order = {}, {}
  if type(list) ~= "table" then return by, order end
  for _, item in ipairs(list) do
    local e = schema.element(ref, item)
    if e and by[e] == nil then
      by[e] = item
      order[#order + 1] = e
    end
  end
  return by, order
end

local function shape_of(ref, v)
  local shape, fields, elem = schema.shape(ref, v)
  if shape == "map" and type(v) == "table" and value.is_array(v) then return "leaf" end
  if shape ~= "leaf" and type(v) ~= "table" and v ~= nil and v ~= null then return "leaf" end
  return shape, fields, elem
end

local add_fields

local function add_map(fields, elem, v, set)
  for k, x in pairs(v) do
    local sub = fields and fields[k]
    local child = fieldset.child(set, "f:" .. k)
    add_fields(sub or elem or { kind = "any" }, x, child)
    if x == null or is_empty_object(x) or not sub then child.m = true end
  end
end

function add_fields(ref, v, node)
  local shape, fields, elem = shape_of(ref, v)
  if shape == "leaf" or v == null then
    node.m = true
  elseif shape == "map" then
    add_map(fields, elem, v, node)
  else
    local by, order = index_items(ref, v)
    if #order == 0 then node.m = true end
    for _, e in ipairs(order) do
      local child = fieldset.child(node, e)
      child.m = true
      if not ref.set then add_fields(elem, by[e], child) end
    end
  end
end

--- The set of the fields that `v` has.
---@param ref table type
---@param v table
---@return table set
function typed.fields(ref, v)
  local set = fieldset.new()
  add_fields(ref, v, set)
  set.m = false
  return set
end

local compare

local function mark(cmp, which, path, n)
  fieldset.insert(cmp[which], path, n)
end

local function compare_leaf(l, r, path, n, cmp)
  if l == nil then
    mark(cmp, "added", path, n)
  elseif r == nil then
    mark(cmp, "removed", path, n)
  elseif not value.equal(l, r) then
    mark(cmp, "modified", path, n)
  end
end

local function compare_maps(fields, elem, l, r, path, n, cmp)
  local any = { kind = "any" }
  for k, x in pairs(l) do
    path[n + 1] = "f:" .. k
    compare(fields and fields[k] or elem or any, x, r[k], path, n + 1, cmp)
  end
  for k, x in pairs(r) do
    if l[k] == nil then
      path[n + 1] = "f:" .. k
      compare(fields and fields[k] or elem or any, nil, x, path, n + 1, cmp)
    end
  end
end

local function compare_lists(ref, elem, l, r, path, n, cmp)
  local a, a_order = index_items(ref, l)
  local b, b_order = index_items(ref, r)
  for _, e in ipairs(a_order) do
    path[n + 1] = e
    compare(ref.set and { kind = "scalar" } or elem, a[e], b[e], path, n + 1, cmp)
  end
  for _, e in ipairs(b_order) do
    if a[e] == nil then
      path[n + 1] = e
      compare(ref.set and { kind = "scalar" } or elem, nil, b[e], path, n + 1, cmp)
    end
  end
end

-- `path[1..n]` leads here; what lies beyond n is left over from siblings.
function compare(ref, l, r, path, n, cmp)
  if l == r then return end
  local shape, fields, elem = shape_of(ref, (r ~= nil and r ~= null) and r or l)
  local lt, rt = type(l) == "table" and l or {}, type(r) == "table" and r or {}
  local leaf = shape == "leaf" or (next(lt) == nil and next(rt) == nil)
    or (l ~= nil and l ~= null and type(l) ~= "table") or (r ~= nil and r ~= null and type(r) ~= "table")
  if leaf then return compare_leaf(l, r, path, n, cmp) end
  if shape == "map" then
    compare_maps(fields, elem, lt, rt, path, n, cmp)
  else
    compare_lists(ref, elem, lt, rt, path, n, cmp)
  end
  if l == nil then
    mark(cmp, "added", path, n)
  elseif r == nil then
    mark(cmp, "removed", path, n)
  end
end

--- How `r` differs from `l`: { added, modified, removed }, each a field set.
---@param ref table type
---@param l table
---@param r table
---@return table
function typed.compare(ref, l, r)
  local cmp = { added = fieldset.new(), modified = fieldset.new(), removed = fieldset.new() }
  compare(ref, l, r, {}, 0, cmp)
  return cmp
end

-- Items of `l` keep their places, except that items both have come in the order of `r`.
local function merge_lists(ref, elem, l, r)
  local a, a_order = index_items(ref, l)
  local b, b_order = index_items(ref, r)
  local out, done, i, j = value.array {}, {}, 1, 1
  local function emit(e)
    done[e] = true
    if a[e] ~= nil and b[e] ~= nil and not ref.set then
      out[#out + 1] = typed.merge(elem, a[e], b[e])
    else
      out[#out + 1] = b[e] ~= nil and b[e] or a[e]
    end
  end
  while i <= #a_order or j <= #b_order do
    local x, y = a_order[i], b_order[j]
    if x and (done[x] or b[x] == nil) then
      if not done[x] then emit(x) end
      i = i + 1
    elseif y then
      if not done[y] then emit(y) end
      j = j + 1
    else
      i = i + 1
    end
  end
  return out
end

--- `l` with what `r` says on top: the merge of an applied configuration into a live object. The result
--- shares parts with both.
---@param ref table type
---@param l any
---@param r any
---@return any
function typed.merge(ref, l, r)
  if r == nil then return l end
  if l == nil or l == null or r == null then return r end
  local shape, fields, elem = shape_of(ref, r)
  if shape == "leaf" or type(l) ~= "table" then return r end
  if shape == "list" then return merge_lists(ref, elem, l, r) end
  local out = value.shallow(l)
  for k, x in pairs(r) do
    out[k] = typed.merge(fields and fields[k] or elem or { kind = "any" }, l[k], x)
  end
  return out
end

local remove

local function remove_map(fields, elem, v, last, managed)
  local out = value.shallow(v)
  for e, node in pairs(last.c) do
    local k = e:sub(3)
    if e:sub(1, 2) == "f:" and out[k] ~= nil then
      local named = fields and fields[k] ~= nil
      local kept = managed.c[e]
      local was = node.m or (named and next(node.c) ~= nil)
      local is = kept and (kept.m or (named and next(kept.c) ~= nil))
      -- A map's other keys may be the server's own (a Deployment's revision), which nobody manages here.
      local map = named and fields[k].kind == "map" and not fields[k].atomic and not node.m
      if was and not is and not map then
        out[k] = nil
      else
        out[k] = remove(fields and fields[k] or elem or { kind = "any" }, out[k], node, kept)
      end
    end
  end
  if next(out) == nil and next(v) ~= nil then return nil end
  return out
end

local function remove_list(ref, elem, v, last, managed)
  local out = value.array {}
  for _, item in ipairs(v) do
    local e = schema.element(ref, item)
    local node, kept = e and last.c[e], e and managed.c[e]
    if not node then
      out[#out + 1] = item
    elseif not (node.m and not (kept and kept.m)) then
      out[#out + 1] = ref.set and item or remove(elem, item, node, kept)
    end
  end
  if #out == 0 and #v > 0 then return nil end
  return out
end

function remove(ref, v, last, managed)
  local shape, fields, elem = shape_of(ref, v)
  if shape == "leaf" or type(v) ~= "table" then return v end
  managed = managed or fieldset.new()
  if shape == "list" then return remove_list(ref, elem, v, last, managed) end
  return remove_map(fields, elem, v, last, managed)
end

--- `v` without the fields that are in `last` (what a manager applied before) and that no one manages
--- any more.
---@param ref table type
---@param v table
---@param last table set
---@param managed table set of everything that is managed now
---@return table
function typed.prune(ref, v, last, managed)
  return remove(ref, v, last, managed) or {}
end

local EXPECTED = {
  integer = "numeric (int or float)", number = "numeric (int or float)", string = "string", bytes = "string",
  time = "string", boolean = "boolean",
}

local function scalar_fits(scalar, v)
  local t = type(v)
  if scalar == "integer" or scalar == "number" then return t == "number" end
  if scalar == "boolean" then return t == "boolean" end
  if scalar == "quantity" or scalar == "int-or-string" then return t == "string" or t == "number" end
  return t == "string"
end

local function go_type(v)
  if type(v) == "table" then return value.is_array(v) and "list" or "map" end
  if type(v) == "number" then return math.type(v) == "integer" and "int" or "float" end
  return type(v) == "boolean" and "bool" or type(v)
end

local check

local function check_list(ref, v, path, out)
  if not value.is_array(v) and next(v) ~= nil then
    out[#out + 1] = path .. ": expected list, got map"
    return
  end
  local seen = {}
  for i, item in ipairs(v) do
    local at = ("%s[%d]"):format(path, i - 1)
    if ref.keys and type(item) == "table" then
      local e, missing = schema.element(ref, item)
      if not e then
        out[#out + 1] = ("%s: element %d: associative list with keys has an element that omits key field %q "
          .. "(and doesn't have default value)"):format(path, i - 1, missing)
      else
        at = path .. fieldset.pretty(e)
        if seen[e] then
          out[#out + 1] = ("%s: duplicate entries for key %s"):format(path, fieldset.pretty(e))
        end
        seen[e] = true
      end
    end
    check(ref.elem, item, at, out)
  end
end

function check(ref, v, path, out)
  if v == null or ref.kind == "any" then return end
  if ref.kind == "scalar" then
    if not scalar_fits(ref.scalar, v) then
      out[#out + 1] = ("%s: expected %s, got %s"):format(path, EXPECTED[ref.scalar] or "string", go_type(v))
    end
  elseif type(v) ~= "table" then
    out[#out + 1] = ("%s: expected %s, got %s"):format(path, ref.kind == "list" and "list" or "map", go_type(v))
  elseif ref.kind == "list" then
    check_list(ref, v, path, out)
  elseif value.is_array(v) then
    out[#out + 1] = path .. ": expected map, got list"
  else
    local t = ref.kind == "struct" and schema.struct(ref)
    for _, k in ipairs(value.sorted_keys(v)) do
      local sub = ref.elem or t.fields[k] or t.rest
      if sub then
        check(sub, v[k], path .. "." .. k, out)
      else
        out[#out + 1] = path .. "." .. k .. ": field not declared in schema"
      end
    end
  end
end

--- What is wrong with `v` as a value of its type, in structured-merge-diff's words.
---@param ref table type
---@param v table
---@return string[]
function typed.check(ref, v)
  local out = {}
  check(ref, v, "", out)
  return out
end

return typed
