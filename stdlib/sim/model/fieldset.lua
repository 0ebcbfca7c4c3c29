--- Sets of field paths, as managed fields hold them: a tree of nodes { m = member?, c = { element =
--- node } } whose elements are written as in FieldsV1 ("f:spec", "k:{…}", "v:…").
--- https://github.com/kubernetes-sigs/structured-merge-diff
local fieldset = {}

---@return table set empty
function fieldset.new() return { m = false, c = {} } end

--- The child of `node` at `element`, made if missing.
function fieldset.child(node, element)
  local child = node.c[element]
  if not child then
    child = { m = false, c = {} }
    node.c[element] = child
  end
  return child
end

--- Adds the path `path` (a list of elements; n: how many of them count).
function fieldset.insert(set, path, n)
  local node = set
  for i = 1, n or #path do node = fieldset.child(node, path[i]) end
  node.m = true
end

function fieldset.is_empty(node)
  if not node then return true end
  if node.m then return false end
  for _, child in pairs(node.c) do
    if not fieldset.is_empty(child) then return false end
  end
  return true
end

local function prune(node)
  if not node.m and next(node.c) == nil then return nil end
  return node
end

--- What is in `a` or in `b`.
function fieldset.union(a, b)
  local out = { m = (a and a.m or b and b.m) or false, c = {} }
  for e, x in pairs(a and a.c or {}) do out.c[e] = fieldset.union(x, b and b.c[e]) end
  for e, x in pairs(b and b.c or {}) do
    if not out.c[e] then out.c[e] = fieldset.union(x, nil) end
  end
  return out
end

--- What is in `a` and not in `b`.
function fieldset.difference(a, b)
  local out = { m = a.m and not (b and b.m), c = {} }
  for e, x in pairs(a.c) do out.c[e] = prune(fieldset.difference(x, b and b.c[e])) end
  return out
end

--- What is in `a` and neither in `b` nor below a member of `b`.
function fieldset.outside(a, b)
  local out = { m = a.m, c = {} }
  for e, x in pairs(a.c) do
    local y = b and b.c[e]
    if not (y and y.m) then out.c[e] = prune(fieldset.outside(x, y)) end
  end
  return out
end

--- What is in both.
function fieldset.intersection(a, b)
  local out = { m = a.m and b.m, c = {} }
  for e, x in pairs(a.c) do
    if b.c[e] then out.c[e] = prune(fieldset.intersection(x, b.c[e])) end
  end
  return out
end

function fieldset.equal(a, b)
  if a.m ~= b.m then return false end
  for e, x in pairs(a.c) do
    if not b.c[e] or not fieldset.equal(x, b.c[e]) then return false end
  end
  for e in pairs(b.c) do
    if not a.c[e] then return false end
  end
  return true
end

--- The set as FieldsV1.
function fieldset.encode(node)
  local out = {}
  for e, child in pairs(node.c) do
    local text = fieldset.encode(child)
    if child.m and next(child.c) ~= nil then text["."] = {} end
    out[e] = text
  end
  return out
end

--- The set of a FieldsV1.
function fieldset.decode(fields)
  local node = { m = false, c = {} }
  for e, sub in pairs(fields) do
    if e == "." then
      node.m = true
    elseif type(sub) == "table" then
      local child = fieldset.decode(sub)
      if next(sub) == nil then child.m = true end
      node.c[e] = child
    end
  end
  return node
end

--- A path element as people read it: ".data", '[name="a"]'.
function fieldset.pretty(element)
  local kind, text = element:match("^(%a):(.*)$")
  if kind == "f" then return "." .. text end
  if kind == "k" then
    return "[" .. text:sub(2, -2):gsub('"([%w_]+)":', "%1=") .. "]"
  end
  if kind == "v" then return "[=" .. text .. "]" end
  return "[" .. text .. "]"
end

--- The members' paths as people read them, in order.
---@return string[]
function fieldset.paths(set)
  local out = {}
  local function walk(node, prefix)
    if node.m then out[#out + 1] = prefix end
    local elements = {}
    for e in pairs(node.c) do elements[#elements + 1] = e end
    table.sort(elements)
    for _, e in ipairs(elements) do walk(node.c[e], prefix .. fieldset.pretty(e)) end
  end
  walk(set, "")
  return out
end

return fieldset
