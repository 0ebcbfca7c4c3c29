--- JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386). Pure; the original is not changed.
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"

local patches = {}

--- Merge patch: null removes, objects merge, everything else replaces.
---@param original any
---@param patch any
---@return any
function patches.merge(original, patch)
  if not value.is_object(patch) then return patch end
  local out = value.is_object(original) and value.shallow(original) or {}
  for k, v in pairs(patch) do
    if v == value.null then
      out[k] = nil
    else
      out[k] = patches.merge(out[k], v)
    end
  end
  return out
end

local function pointer(path)
  local out = {}
  for token in path:gmatch("/([^/]*)") do
    out[#out + 1] = token:gsub("~1", "/"):gsub("~0", "~")
  end
  return out
end

local function index_of(array, token, adding)
  if token == "-" and adding then return #array + 1 end
  local i = token:match("^%d+$") and math.tointeger(tonumber(token))
  if not i or i > #array or (i == #array and not adding) then return nil end
  return i + 1
end

--- The container of the last token, or nil where the way there is missing.
local function parent_of(doc, tokens)
  local at = doc
  for i = 1, #tokens - 1 do
    if type(at) ~= "table" then return nil end
    local key = tokens[i]
    if value.is_array(at) then key = index_of(at, key) end
    at = key and at[key]
  end
  return type(at) == "table" and at or nil
end

local function read(doc, path)
  local tokens = pointer(path)
  if #tokens == 0 then return doc end
  local parent = parent_of(doc, tokens)
  if not parent then return nil end
  local key = tokens[#tokens]
  if value.is_array(parent) then key = index_of(parent, key) end
  return key and parent[key]
end

local function put(doc, path, v, replacing)
  local tokens = pointer(path)
  if #tokens == 0 then return v end
  local parent = parent_of(doc, tokens)
  if not parent then return nil, "path" end
  local key = tokens[#tokens]
  if not value.is_array(parent) then
    if replacing and parent[key] == nil then return nil, "key" end
    parent[key] = v
    return doc
  end
  local i = index_of(parent, key, not replacing)
  if not i then return nil, "index" end
  if replacing then parent[i] = v else table.insert(parent, i, v) end
  return doc
end

local function take(doc, path)
  local tokens = pointer(path)
  local parent = #tokens > 0 and parent_of(doc, tokens)
  if not parent then return nil end
  local key = tokens[#tokens]
  if value.is_array(parent) then
    local i = index_of(parent, key)
    if not i then return nil end
    table.remove(parent, i)
    return doc
  end
  if parent[key] == nil then return nil end
  parent[key] = nil
  return doc
end

local function failed(op, why)
  return errors.failure(422, "Invalid", "the server rejected our request due to an error in our request",
    { causes = value.array { { message = ("%s operation does not apply: doc is missing %s: %s: missing value"):format(
      op.op, why or "path", tostring(op.path)) } } })
end

local OPS = {}

function OPS.add(doc, op) return put(doc, op.path, op.value, false) end
function OPS.replace(doc, op) return put(doc, op.path, op.value, true) end
function OPS.remove(doc, op) return take(doc, op.path), "path" end

function OPS.move(doc, op)
  local v = read(doc, op.from)
  if v == nil then return nil, "from" end
  take(doc, op.from)
  return put(doc, op.path, v, false)
end

function OPS.copy(doc, op)
  local v = read(doc, op.from)
  if v == nil then return nil, "from" end
  return put(doc, op.path, value.copy(v), false)
end

local function well_formed(op)
  return value.is_object(op) and type(op.path) == "string" and (op.from == nil or type(op.from) == "string")
    and ((op.op ~= "move" and op.op ~= "copy") or op.from ~= nil)
end

--- Applies a JSON patch.
---@param original table
---@param ops table[]
---@return table|nil object, table|nil status
function patches.json(original, ops)
  if not value.is_array(ops) and next(ops) ~= nil then
    return nil, errors.bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
  end
  local doc = value.copy(original)
  for _, op in ipairs(ops) do
    if not well_formed(op) then
      return nil, errors.bad_request("json: cannot unmarshal into Go value of type jsonpatch.Operation")
    elseif op.op == "test" then
      local got = read(doc, op.path)
      if not value.equal(got == nil and value.null or got, op.value == nil and value.null or op.value) then
        return nil, errors.failure(422, "Invalid",
          "the server rejected our request due to an error in our request", { causes = value.array {
            { message = ("testing value %s failed: test failed"):format(op.path) } } })
      end
    elseif not OPS[op.op] then
      return nil, errors.bad_request(("unexpected kind: %s"):format(tostring(op.op)))
    else
      local done, why = OPS[op.op](doc, op)
      if done == nil then return nil, failed(op, why) end
      doc = done
    end
  end
  return doc
end

return patches
