--- Request bodies: JSON, YAML (applies only) and protobuf to objects, with the API server's words for
--- what is wrong. Pure.
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"
local schema = require "almanac.sim.model.schema"
local structural = require "almanac.sim.model.structural"
local protobuf = require "almanac.sim.model.protobuf"
local gojson = require "almanac.sim.model.gojson"

local body = {}

local null = value.null

--- The start of a body as an error message shows it.
local function summary(text)
  if text == "" then return "<empty>" end
  local cut = #text > 30 and " ..." or ""
  if text:sub(1, 1) == "{" then return text:sub(1, 30) .. cut end
  return (text:sub(1, 30):gsub(".", function(c) return ("%02x"):format(c:byte()) end)) .. cut
end

local function decode_json(text)
  local done, v = pcall(value.json.decode, text)
  if done then return v end
  return nil, gojson.why(text)
end

local function decode_yaml(text)
  local done, v = pcall(function() return require("native.yaml").decode(text) end)
  if done then return v end
  return nil, type(v) == "table" and v.message or tostring(v)
end

--- The object of a create or update, or nil and a Status.
---@param text string
---@param content_type string|nil
---@param kind string what is expected, for messages
---@return table|nil object, table|nil status
function body.object(text, content_type, kind)
  if protobuf.is(text) then
    local object, why = protobuf.decode(text)
    if not object then return nil, errors.bad_request(why) end
    return object
  end
  if (content_type or ""):find("protobuf", 1, true) then
    return nil, errors.bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
  end
  local object, why
  if (content_type or ""):find("yaml", 1, true) then
    object, why = decode_yaml(text)
  else
    object, why = decode_json(text)
  end
  if why or not value.is_object(object) then
    return nil, errors.bad_request(
      ("the object provided is unrecognized (must be of type %s): couldn't get version/kind; json parse error: %s (%s)")
        :format(kind, why or "json: cannot unmarshal into an object", summary(text)))
  end
  return object
end

--- A patch body: JSON, or YAML for an apply.
---@param text string
---@param yaml boolean
---@return table|nil patch, table|nil status
function body.patch(text, yaml)
  local patch, why = decode_json(text)
  if why and yaml then
    local again, yaml_why = decode_yaml(text)
    if type(again) == "table" then return again end
    return nil, errors.bad_request("error decoding YAML: " .. tostring(yaml_why or "not an object"))
  end
  if why or type(patch) ~= "table" then
    return nil, errors.bad_request("error decoding patch: " .. (why or "not an object"))
  end
  return patch
end

--- What Go makes of a null in a list: the element type's zero.
local function zero_item(list)
  for _, x in ipairs(list) do
    if type(x) == "string" then return "" end
  end
  return {}
end

--- Takes nulls out of `v`, as decoding into Go structs does.
local function drop_nulls(v)
  if type(v) ~= "table" then return v end
  local is_array = value.is_array(v)
  for k, x in pairs(v) do
    if x == null then
      if is_array then v[k] = zero_item(v) else v[k] = nil end
    else
      drop_nulls(x)
    end
  end
  return v
end
body.drop_nulls = drop_nulls

local GO_TYPES = { string = "string", bytes = "[]uint8", time = "time.Time", integer = "int32", number = "float64",
  boolean = "bool", quantity = "string", ["int-or-string"] = "string" }

local function json_type(v)
  if type(v) == "table" then return value.is_array(v) and "array" or "object" end
  if type(v) == "boolean" then return "bool" end
  return type(v)
end

local function fits(scalar, v)
  local t = type(v)
  if scalar == "integer" then return math.type(v) == "integer" end
  if scalar == "number" then return t == "number" end
  if scalar == "boolean" then return t == "boolean" end
  if scalar == "quantity" or scalar == "int-or-string" then return t == "string" or t == "number" end
  return t == "string"
end

local QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

-- How Go names the type of a field that is not a scalar.
local function go_type(ref)
  if ref.kind == "scalar" then return GO_TYPES[ref.scalar] end
  if ref.kind == "map" then return "map[string]" .. go_type(ref.elem) end
  if ref.kind == "list" then return "[]" .. go_type(ref.elem) end
  return "v1." .. (ref.name or "RawExtension")
end

local check

local function mismatch(ref, v, owner, path)
  local shown = json_type(v)
  if shown == "number" and ref.kind == "scalar" and ref.scalar == "integer" then shown = "number " .. tostring(v) end
  return ("json: cannot unmarshal %s into Go struct field %s.%s of type %s"):format(shown, owner, path, go_type(ref))
end

local function check_struct(ref, v, path, out)
  local t = schema.struct(ref)
  for _, k in ipairs(value.sorted_keys(v)) do
    local at = path == "" and k or path .. "." .. k
    local field = t.fields[k] or t.rest
    if field then
      check(field, v[k], t.name, at, out)
    else
      out.unknown[#out.unknown + 1] = at
    end
  end
end

function check(ref, v, owner, path, out)
  if v == null or ref.kind == "any" then return end
  if ref.kind == "scalar" then
    if not fits(ref.scalar, v) then
      out.wrong = out.wrong or mismatch(ref, v, owner, path:gsub("%[%d+%]", ""))
    elseif ref.scalar == "bytes" and (#v % 4 ~= 0 or not v:match("^[%w+/]*=?=?$")) then
      out.wrong = out.wrong or ("illegal base64 data at input byte %d"):format(#v:match("^[%w+/]*") // 4 * 4)
    elseif ref.scalar == "quantity" and type(v) == "string" and not v:match("^[+-]?[%d%.]+[eEinumkKMGTP]*[-+]?%d*$") then
      out.wrong = out.wrong or QUANTITY
    end
  elseif type(v) ~= "table" or value.is_array(v) ~= (ref.kind == "list") then
    -- The simulator's own controllers may have left an empty list without its mark.
    if type(v) == "table" and next(v) == nil and ref.kind == "list" then return end
    out.wrong = out.wrong or mismatch(ref, v, owner, path:gsub("%[%d+%]", ""))
  elseif ref.kind == "list" then
    for i, item in ipairs(v) do check(ref.elem, item, owner, ("%s[%d]"):format(path, i - 1), out) end
  elseif ref.kind == "map" then
    for _, k in ipairs(value.sorted_keys(v)) do check(ref.elem, v[k], owner, path .. "." .. k, out) end
  else
    check_struct(ref, v, path, out)
  end
end

local function prune_unknown(ref, v)
  if type(v) ~= "table" or ref.kind == "any" or ref.kind == "scalar" then return end
  if ref.kind == "list" then
    for _, item in ipairs(v) do prune_unknown(ref.elem, item) end
  elseif ref.kind == "map" then
    for _, x in pairs(v) do prune_unknown(ref.elem, x) end
  else
    local t = schema.struct(ref)
    for _, k in ipairs(value.sorted_keys(v)) do
      local field = t.fields[k] or t.rest
      if field then prune_unknown(field, v[k]) else v[k] = nil end
    end
  end
end

--- Makes `object` what decoding it into its Go type would: a field of a wrong type is refused, unknown
--- ones are refused ("Strict"), dropped with a warning ("Warn") or dropped ("Ignore"), nulls go.
---@param object table changed in place
---@param res table resource
---@param validation string|nil fieldValidation
---@return string[]|nil warnings, table|nil status
function body.conform(object, res, validation)
  local ref = structural.of(res)
  if ref.kind == "any" then
    drop_nulls(object)
    return {}
  end
  local out = { unknown = {} }
  check(ref, object, res.kind, "", out)
  -- A custom resource is decoded into anything: its schema is asked later, by validate.lua.
  if out.wrong and not res.custom then
    return nil, errors.bad_request(('%s in version "%s" cannot be handled as a %s: %s'):format(
      res.kind, res.version, res.kind, out.wrong))
  end
  local warnings = {}
  for i, path in ipairs(out.unknown) do warnings[i] = ('unknown field "%s"'):format(path) end
  if #warnings > 0 and validation == "Strict" then
    return nil, errors.bad_request(('%s in version "%s" cannot be handled as a %s: strict decoding error: %s'):format(
      res.kind, res.version, res.kind, table.concat(warnings, ", ")))
  end
  if #warnings > 0 then prune_unknown(ref, object) end
  drop_nulls(object)
  return validation == "Ignore" and {} or warnings
end

return body
