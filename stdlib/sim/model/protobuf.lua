--- Objects in the protobuf form of the Kubernetes API, as far as messages.lua has their types: helm 4's release
--- Secrets, what `kubectl create` sends and `kubectl drain` asks for. A field that is not known is refused, in
--- reading and in writing, so that nothing is lost. Pure.
--- The envelope is "k8s\0" and a message Unknown { 1: TypeMeta { 1: apiVersion, 2: kind }, 2: raw }.
local timestamp = require "almanac.base.timestamp"
local base64 = require "almanac.base.base64"
local value = require "almanac.sim.model.value"
local messages = require("almanac.sim.model.messages").by_name

local protobuf = {}

local MAGIC = "k8s\0"

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

local function decode_timestamp(bytes)
  local seconds
  each_field(bytes, function(n, v) if n == 1 then seconds = v end end)
  return seconds and value.timestamp(seconds) or nil
end

--- The text of a message that is one text: a quantity, JSON.
local function decode_first(bytes)
  local text
  each_field(bytes, function(n, v) if n == 1 then text = v end end)
  return text or "0"
end

local function decode_int_or_string(bytes)
  local type, int, text = 0, 0, ""
  each_field(bytes, function(n, v)
    if n == 1 then type = v elseif n == 2 then int = v elseif n == 3 then text = v end
  end)
  if type == 0 then return int end
  return text
end

local INTEGER = { i = true, i0 = true, b = true, b0 = true }

local decode_message

--- From a field's type to a function from what is on the wire to its JSON.
local DECODE = {
  s = function(v) return v end, s_ = function(v) return v end, y = base64.encode,
  b = function(v) return v ~= 0 end, b0 = function(v) return v ~= 0 or nil end,
  i = function(v) return v end, i0 = function(v) return v ~= 0 and v or nil end,
  t = decode_timestamp, t0 = function(v) return decode_timestamp(v) or value.null end,
  q = decode_first, x = decode_int_or_string, j = function(v) return value.json.decode(decode_first(v)) end,
}

local function decode_value(type, v, wire)
  if (INTEGER[type] or false) ~= (wire == 0) then bad("a field of another wire type") end
  local decode = DECODE[type]
  if decode then return decode(v) end
  return decode_message(type, v)
end

local function decode_entry(type, bytes)
  local key, v = "", (type == "s" or type == "y") and "" or nil
  each_field(bytes, function(n, x, wire)
    if n == 1 then key = x elseif n == 2 then v = decode_value(type, x, wire) end
  end)
  return key, v
end

local function decode_field(out, field, v, wire)
  local json, type = field[1], field[2]
  if type == "-" then return end
  local container, inner = type:match("^([mr]):(.+)$")
  if container == "m" then
    local k, x = decode_entry(inner, v)
    out[json] = out[json] or {}
    out[json][k] = x
  elseif container == "r" then
    out[json] = out[json] or value.array {}
    table.insert(out[json], decode_value(inner, v, wire))
  elseif json == "*" then
    for k, x in pairs(decode_value(type, v, wire)) do out[k] = x end
  else
    local x = decode_value(type, v, wire)
    -- Go's encoding writes empty strings and zeros that JSON leaves out.
    if x ~= "" or type == "s_" then out[json] = x end
  end
end

function decode_message(name, bytes)
  local fields, out = messages[name], {}
  each_field(bytes, function(n, v, wire)
    if fields[n] then return decode_field(out, fields[n], v, wire) end
    -- Go writes what is empty too; a field that says something must not be lost.
    if v ~= "" and v ~= 0 then bad(("field %d of %s is not one this server reads"):format(n, name)) end
  end)
  return out
end

--- A list: its metadata, and items that do not say their kind.
local function decode_list(item, bytes)
  local out = { metadata = {}, items = value.array {} }
  each_field(bytes, function(n, v)
    if n == 1 then out.metadata = decode_message("ListMeta", v) end
    if n == 2 then table.insert(out.items, decode_message(item, v)) end
  end)
  return out
end

local function list_item(kind)
  local item = (kind or ""):match "^(%w+)List$"
  return item and messages[item] and item
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
    local item = list_item(kind)
    if not item and not messages[kind or ""] then
      bad(("kind %s is not one this server reads in protobuf"):format(tostring(kind)))
    end
    local out = item and decode_list(item, raw) or decode_message(kind, raw)
    out.apiVersion, out.kind = api_version, kind
    return out
  end)
  if done then return object end
  return nil, type(object) == "table" and object.message or tostring(object)
end

-- writing

local function write_varint(v)
  local out = {}
  while v < 0 or v > 127 do
    out[#out + 1] = string.char(v & 127 | 128)
    v = v >> 7
  end
  return table.concat(out) .. string.char(v)
end

local function write_field(number, wire, bytes)
  if wire == 0 then return write_varint(number << 3) .. bytes end
  return write_varint(number << 3 | 2) .. write_varint(#bytes) .. bytes
end

local function encode_integer(v)
  if math.type(v) ~= "integer" then bad "a number that is no integer" end
  return write_varint(v)
end

local function encode_boolean(v) return write_varint(v and 1 or 0) end
local function encode_text(v) return tostring(v) end
local function encode_first(v) return write_field(1, 2, tostring(v)) end

local function encode_time(v)
  if value.is_nil(v) then return "" end
  local seconds = timestamp.epoch(v)
  if not seconds or seconds % 1 ~= 0 then bad "a time that is not of whole seconds" end
  return write_field(1, 0, write_varint(math.tointeger(seconds)))
end

local function encode_int_or_string(v)
  if math.type(v) == "integer" then return write_field(1, 0, "\0") .. write_field(2, 0, write_varint(v)) end
  return write_field(1, 0, "\1") .. write_field(3, 2, v)
end

local ENCODE = {
  s = encode_text, s_ = encode_text, y = function(v) return (base64.decode(v)) or bad "base64" end,
  b = encode_boolean, b0 = encode_boolean, i = encode_integer, i0 = encode_integer, t = encode_time, t0 = encode_time,
  q = encode_first, x = encode_int_or_string, j = function(v) return encode_first(value.json.encode(v)) end,
}

local encode_message

local function encode_value(type, v)
  local encode = ENCODE[type]
  if encode then return encode(v) end
  if not value.is_object(v) then bad("no object for a " .. type) end
  return encode_message(type, v)
end

local function encode_map(number, type, map)
  local out = {}
  for _, k in ipairs(value.sorted_keys(map)) do
    out[#out + 1] = write_field(number, 2, write_field(1, 2, k) .. write_field(2, 2, encode_value(type, map[k])))
  end
  return table.concat(out)
end

local function encode_field(number, type, v)
  local container, inner = type:match("^([mr]):(.+)$")
  if container == "m" then return encode_map(number, inner, v) end
  if not container then return write_field(number, INTEGER[type] and 0 or 2, encode_value(type, v)) end
  local out = {}
  for i, x in ipairs(v) do out[i] = write_field(number, INTEGER[inner] and 0 or 2, encode_value(inner, x)) end
  return table.concat(out)
end

--- The fields of a message that an object has, in the order of their numbers; `done` notes their names.
local function encode_known(name, object, done)
  local fields, out = messages[name], {}
  for _, number in ipairs(value.sorted_keys(fields)) do
    local json, type = fields[number][1], fields[number][2]
    if json == "*" then
      out[#out + 1] = write_field(number, 2, encode_known(type, object, done))
    elseif type ~= "-" and object[json] ~= nil then
      done[json] = true
      if object[json] ~= value.null or type == "t0" then out[#out + 1] = encode_field(number, type, object[json]) end
    end
  end
  return table.concat(out)
end

function encode_message(name, object)
  local done = { kind = true, apiVersion = true } -- these go into the envelope, and nowhere else
  local bytes = encode_known(name, object, done)
  for k, v in pairs(object) do
    if not done[k] and v ~= value.null then bad(("%s.%s is not one this server writes"):format(name, k)) end
  end
  return bytes
end

-- Stored objects never change, so their bytes are kept as long as they are.
local written = setmetatable({}, { __mode = "k" })

local function raw_of(kind, object)
  local raw = written[object]
  if not raw then
    raw = encode_message(kind, object)
    written[object] = raw
  end
  return raw
end

local function envelope(api_version, kind, raw)
  return MAGIC .. write_field(1, 2, write_field(1, 2, api_version) .. write_field(2, 2, kind)) .. write_field(2, 2, raw)
end

--- The protobuf form of an object, which must not change afterwards; nil where it has a field or a kind that is not known here.
---@param object table
---@return string|nil body, string|nil why
function protobuf.encode(object)
  if not messages[object.kind] then return nil, ("kind %s is not one this server writes in protobuf"):format(object.kind) end
  local done, raw = pcall(raw_of, object.kind, object)
  if done then return envelope(object.apiVersion, object.kind, raw) end
  return nil, type(raw) == "table" and raw.message or tostring(raw)
end

--- The protobuf form of a list; nil where one of its objects cannot be written so.
---@param api_version string
---@param kind string of the items
---@param objects table[]
---@param meta table { resourceVersion, continue, remainingItemCount }
---@return string|nil body, string|nil why
function protobuf.encode_list(api_version, kind, objects, meta)
  if not messages[kind] then return nil, ("kind %s is not one this server writes in protobuf"):format(kind) end
  local done, raw = pcall(function()
    local parts = { write_field(1, 2, encode_message("ListMeta", meta)) }
    for i, object in ipairs(objects) do parts[i + 1] = write_field(2, 2, raw_of(kind, object)) end
    return table.concat(parts)
  end)
  if done then return envelope(api_version, kind .. "List", raw) end
  return nil, type(raw) == "table" and raw.message or tostring(raw)
end

return protobuf
