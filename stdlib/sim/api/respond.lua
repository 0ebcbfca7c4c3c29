--- How answers look: which form a client accepts, and objects as JSON text, made once for each version
--- of an object.
local value = require "almanac.sim.model.value"
local tables = require "almanac.sim.api.tables"
local convert = require "almanac.sim.model.convert"
local protobuf = require "almanac.sim.model.protobuf"

local respond = {}

respond.PROTOBUF = "application/vnd.kubernetes.protobuf"

local encode = value.json.encode

-- Stored objects never change, so their text is kept as long as they are: without kind and apiVersion,
-- as lists hold them.
local texts = setmetatable({}, { __mode = "k" })

local function item_text(object)
  local text = texts[object]
  if text then return text end
  local bare = value.shallow(object)
  bare.kind, bare.apiVersion = nil, nil
  text = encode(bare)
  texts[object] = text
  return text
end

--- The text of an object in a list of its kind.
---@param res table
---@param object table
---@return string
local function item(res, object)
  if res.storage ~= res.key then object = convert.from_storage(res, object) end
  return item_text(object)
end

--- The text of an object by itself.
---@param res table
---@param object table
---@return string
function respond.text(res, object)
  return ('{"kind":"%s","apiVersion":"%s",%s'):format(res.kind, res.api_version, item(res, object):sub(2))
end

local function parse_accept(accept)
  local out = {}
  for part in (accept .. ","):gmatch("([^,]*),") do
    local params = {}
    for k, v in part:gmatch(";%s*([%w]+)=([^;%s]+)") do params[k] = v end
    out[#out + 1] = { type = part:match("^%s*([^;%s]*)"), params = params }
  end
  return out
end

local FORMS = { Table = "table", PartialObjectMetadata = "partial", PartialObjectMetadataList = "partial" }

--- The form a client wants an object or list in: "json", "protobuf" (where its kind can be written so, else JSON),
--- "table", "partial", or nil: none that we have.
---@param accept string|nil
---@return string|nil
function respond.form(accept)
  if accept == nil or accept == "" then return "json" end
  local first
  for _, a in ipairs(parse_accept(accept)) do
    if a.type == respond.PROTOBUF and not a.params.as then
      first = first or "protobuf"
    elseif a.type == "application/json" or a.type == "application/*" or a.type == "*/*" then
      if not a.params.as then return first or "json" end
      local form = FORMS[a.params.as]
      if form and a.params.v == "v1" and a.params.g == "meta.k8s.io" then return form end
    end
  end
  return nil
end

--- The aggregated discovery version a client accepts ("v2", "v2beta1"), or nil.
---@param accept string|nil
---@return string|nil
function respond.discovery_version(accept)
  for _, a in ipairs(parse_accept(accept or "")) do
    if a.params.g == "apidiscovery.k8s.io" and (a.params.v == "v2" or a.params.v == "v2beta1") then return a.params.v end
    if a.type == "application/json" and not a.params.g then return nil end
  end
  return nil
end

--- A function from an object to its text in `form`, for answers and watch events.
---@param res table
---@param form string
---@param now fun(): number
---@param include string|nil includeObject of tables
---@return fun(object: table): string
function respond.renderer(res, form, now, include)
  if form == "table" then
    return function(object)
      return encode(tables.make(res, { object },
        { resourceVersion = object.metadata.resourceVersion }, now(), include))
    end
  elseif form == "partial" then
    return function(object) return encode(tables.partial(object)) end
  end
  return function(object) return respond.text(res, object) end
end

--- An answer that is one object, in the form that the request accepts.
---@param cx table see api.lua
---@param status integer
---@param object table
---@return table answer
function respond.object(cx, status, object)
  local res = cx.route.res
  local bytes = cx.form == "protobuf" and res.storage == res.key and protobuf.encode(object)
  if bytes then return { status = status, body = bytes, type = respond.PROTOBUF } end
  return { status = status, body = cx.render(object) .. "\n" }
end

local function list_kind(res) return res.list_kind or res.kind .. "List" end

--- The text of a list in JSON.
local function list_text(res, form, objects, meta, now, include)
  if form == "table" then
    return encode(tables.make(res, objects, meta, now, include)) .. "\n"
  elseif form == "partial" then
    local items = value.array {}
    for i, o in ipairs(objects) do items[i] = tables.partial(o) end
    -- Of this form alone the real server gives an empty list as null.
    if #items == 0 then items = value.null end
    return encode { kind = "PartialObjectMetadataList", apiVersion = "meta.k8s.io/v1", metadata = meta, items = items } .. "\n"
  end
  local items = {}
  for i, o in ipairs(objects) do items[i] = item(res, o) end
  return ('{"kind":"%s","apiVersion":"%s","metadata":%s,"items":[%s]}\n'):format(
    list_kind(res), res.api_version, encode(meta), table.concat(items, ","))
end

--- An answer that is a list, in the form that the request accepts.
---@param cx table see api.lua
---@param objects table[]
---@param meta table { resourceVersion, continue, remainingItemCount }
---@return table answer
function respond.list(cx, objects, meta)
  local res = cx.route.res
  local bytes = cx.form == "protobuf" and res.storage == res.key
    and protobuf.encode_list(res.api_version, res.kind, objects, meta)
  if bytes then return { status = 200, body = bytes, type = respond.PROTOBUF } end
  return { status = 200, body = list_text(res, cx.form, objects, meta, cx.store.now(), cx.query.includeObject) }
end

--- An answer that is a Status, in the form that the request accepts.
---@param accept string|nil
---@param status table
---@return table answer
function respond.status(accept, status)
  local bytes = respond.form(accept) == "protobuf" and protobuf.encode(status)
  if bytes then return { status = status.code, body = bytes, type = respond.PROTOBUF } end
  return { status = status.code, body = encode(status) .. "\n" }
end

return respond
