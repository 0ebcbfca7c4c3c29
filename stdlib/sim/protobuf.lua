--- The protobuf form of the few kinds that clients write in it: helm 4's release Secrets, and what
--- `kubectl create` sends. Unknown fields are passed over. Pure.
--- The envelope is "k8s\0" and a message Unknown { 1: TypeMeta { 1: apiVersion, 2: kind }, 2: raw }.
local value = require "almanac.sim.value"

local protobuf = {}

local MAGIC = "k8s\0"

-- message -> field number -> { JSON name, type }. Types: s string, b bool, i integer, y bytes,
-- t a Timestamp message, m:X map<string, X>, r:X repeated X, else a message's name.
local MESSAGES = {
  ObjectMeta = {
    [1] = { "name", "s" }, [2] = { "generateName", "s" }, [3] = { "namespace", "s" }, [5] = { "uid", "s" },
    [6] = { "resourceVersion", "s" }, [8] = { "creationTimestamp", "t" }, [11] = { "labels", "m:s" },
    [12] = { "annotations", "m:s" }, [13] = { "ownerReferences", "r:OwnerReference" },
    [14] = { "finalizers", "r:s" },
  },
  OwnerReference = {
    [1] = { "kind", "s" }, [3] = { "name", "s" }, [4] = { "uid", "s" }, [5] = { "apiVersion", "s" },
    [6] = { "controller", "b" }, [7] = { "blockOwnerDeletion", "b" },
  },
  Secret = {
    [1] = { "metadata", "ObjectMeta" }, [2] = { "data", "m:y" }, [3] = { "type", "s" },
    [4] = { "stringData", "m:s" }, [5] = { "immutable", "b" },
  },
  ConfigMap = {
    [1] = { "metadata", "ObjectMeta" }, [2] = { "data", "m:s" }, [3] = { "binaryData", "m:y" },
    [4] = { "immutable", "b" },
  },
  Namespace = { [1] = { "metadata", "ObjectMeta" }, [2] = { "spec", "NamespaceSpec" }, [3] = { "status", "NamespaceStatus" } },
  NamespaceSpec = { [1] = { "finalizers", "r:s" } },
  NamespaceStatus = { [1] = { "phase", "s" } },
  ServiceAccount = { [1] = { "metadata", "ObjectMeta" } },
  Preconditions = { [1] = { "uid", "s" }, [2] = { "resourceVersion", "s" } },
  DeleteOptions = {
    [1] = { "gracePeriodSeconds", "i" }, [2] = { "preconditions", "Preconditions" },
    [3] = { "orphanDependents", "b" }, [4] = { "propagationPolicy", "s" }, [5] = { "dryRun", "r:s" },
  },
  Eviction = { [1] = { "metadata", "ObjectMeta" }, [2] = { "deleteOptions", "DeleteOptions" } },
}

local B64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- Base64 with padding.
---@param s string
---@return string
function protobuf.base64(s)
  local out = {}
  for i = 1, #s, 3 do
    local a, b, c = s:byte(i, i + 2)
    local n = (a << 16) | ((b or 0) << 8) | (c or 0)
    local function at(shift)
      local k = (n >> shift & 63) + 1
      return B64:sub(k, k)
    end
    out[#out + 1] = at(18) .. at(12) .. (b and at(6) or "=") .. (c and at(0) or "=")
  end
  return table.concat(out)
end

local VALUES = {}
for i = 1, #B64 do VALUES[B64:byte(i)] = i - 1 end
VALUES[("-"):byte()], VALUES[("_"):byte()] = 62, 63

--- Decodes base64, also the URL alphabet and without padding.
---@param s string
---@return string|nil bytes, integer|nil position of the first bad byte, from 0
function protobuf.unbase64(s)
  local text = s:gsub("=+$", "")
  local out, n, bits = {}, 0, 0
  for i = 1, #text do
    local v = VALUES[text:byte(i)]
    if not v then return nil, i - 1 end
    n, bits = (n << 6) | v, bits + 6
    if bits >= 8 then
      bits = bits - 8
      out[#out + 1] = string.char(n >> bits & 255)
      n = n & ((1 << bits) - 1)
    end
  end
  if #text % 4 == 1 then return nil, #text - 1 end
  return table.concat(out)
end

local function bad(what) error({ kind = "protocol", message = "malformed protobuf: " .. what }, 0) end

local function varint(s, at)
  local v, shift = 0, 0
  while true do
    local b = s:byte(at)
    if not b or shift > 63 then bad("varint") end
    v = v | ((b & 127) << shift)
    at = at + 1
    if b < 128 then return v, at end
    shift = shift + 7
  end
end

--- Calls visit(number, v, wire) for each field; v is an integer or, for wire type 2, the bytes.
local function each_field(s, visit)
  local at = 1
  while at <= #s do
    local tag
    tag, at = varint(s, at)
    local wire, v = tag & 7, nil
    if wire == 0 then
      v, at = varint(s, at)
    elseif wire == 2 then
      local n
      n, at = varint(s, at)
      if n < 0 or at + n - 1 > #s then bad("length") end
      v, at = s:sub(at, at + n - 1), at + n
    elseif wire == 1 or wire == 5 then
      local n = wire == 1 and 8 or 4
      if at + n - 1 > #s then bad("fixed") end
      v, at = 0, at + n
    else
      bad("wire type " .. wire)
    end
    visit(tag >> 3, v, wire)
  end
end

local decode_message

local function decode_timestamp(bytes)
  local seconds
  each_field(bytes, function(n, v) if n == 1 then seconds = v end end)
  return seconds and value.timestamp(seconds) or nil
end

local function decode_value(type, v, wire)
  if (type == "i" or type == "b") ~= (wire == 0) then bad("a field of another wire type") end
  if type == "s" then return v end
  if type == "y" then return protobuf.base64(v) end
  if type == "b" then return v ~= 0 end
  if type == "i" then return v end
  if type == "t" then return decode_timestamp(v) end
  return decode_message(type, v)
end

local function decode_entry(type, bytes)
  local key, v = "", type == "s" and "" or type == "y" and "" or nil
  each_field(bytes, function(n, x, wire)
    if n == 1 then key = x elseif n == 2 then v = decode_value(type, x, wire) end
  end)
  return key, v
end

function decode_message(name, bytes)
  local fields, out = MESSAGES[name], {}
  each_field(bytes, function(n, v, wire)
    local field = fields[n]
    if not field then return end
    local json, type = field[1], field[2]
    local container, inner = type:match("^([mr]):(.+)$")
    if container == "m" then
      local k, x = decode_entry(inner, v)
      out[json] = out[json] or {}
      out[json][k] = x
    elseif container == "r" then
      out[json] = out[json] or value.array {}
      table.insert(out[json], decode_value(inner, v, wire))
    else
      local x = decode_value(type, v, wire)
      -- Go's encoding writes empty strings and zeros that JSON leaves out.
      if x ~= "" then out[json] = x end
    end
  end)
  return out
end

--- Whether `body` is a Kubernetes protobuf envelope.
function protobuf.is(body)
  return body:sub(1, #MAGIC) == MAGIC
end

--- The object in a protobuf body.
---@param body string
---@return table|nil object, string|nil why
function protobuf.decode(body)
  if not protobuf.is(body) then return nil, "the body is not in the Kubernetes protobuf form" end
  local done, object = pcall(function()
    local api_version, kind, raw = nil, nil, ""
    each_field(body:sub(#MAGIC + 1), function(n, v)
      if n == 1 then
        each_field(v, function(m, x)
          if m == 1 then api_version = x elseif m == 2 then kind = x end
        end)
      elseif n == 2 then
        raw = v
      end
    end)
    if not MESSAGES[kind or ""] then
      bad(("kind %s is not one this server reads in protobuf"):format(tostring(kind)))
    end
    local out = decode_message(kind, raw)
    out.apiVersion, out.kind = api_version, kind
    return out
  end)
  if done then return object end
  return nil, type(object) == "table" and object.message or tostring(object)
end

return protobuf
