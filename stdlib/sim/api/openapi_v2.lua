--- The OpenAPI 2 document, as far as clients still ask for it: kubectl looks in it for the parameter fieldValidation
--- when it is given a List, which the documents of version 3 do not know. Paths with their patch operations, in protobuf.
--- The messages are those of gnostic, https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto.
local json = require "native.json"
local openapi = require "almanac.sim.api.openapi"

local M = {}

M.TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

local function varint(n)
  local out = {}
  while n > 127 do
    out[#out + 1] = string.char(n & 127 | 128)
    n = n >> 7
  end
  return table.concat(out) .. string.char(n)
end

--- A field that holds bytes: a text or a message.
local function field(number, bytes)
  return varint(number << 3 | 2) .. varint(#bytes) .. bytes
end

local function message(...)
  return table.concat { ... }
end

--- Document.paths.path[].value.patch.parameters[], each of them a query parameter.
local function query_parameter(name)
  local sub_schema = message(field(2, "query"), field(4, name), field(6, "string"))
  return field(8, field(1, field(2, field(3, sub_schema))))
end

--- A vendor extension; its value is written as YAML.
local function extension(name, value)
  return field(13, message(field(1, name), field(2, field(2, json.encode(value, { canonical = true }) .. "\n"))))
end

local function operation(patch)
  local out = {}
  for _, parameter in ipairs(patch.parameters) do
    if parameter["in"] == "query" then out[#out + 1] = query_parameter(parameter.name) end
  end
  out[#out + 1] = extension("x-kubernetes-action", "patch")
  out[#out + 1] = extension("x-kubernetes-group-version-kind", patch["x-kubernetes-group-version-kind"])
  return table.concat(out)
end

--- The document, encoded.
---@param served sim.Registry
---@return string
function M.document(served)
  local paths = {}
  for _, document in ipairs(openapi.paths(served)) do
    local items = openapi.document(served, document).paths
    local names = {}
    for name in pairs(items) do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do
      local patch = items[name].patch
      if patch then paths[#paths + 1] = field(2, message(field(1, name), field(2, field(8, operation(patch))))) end
    end
  end
  return message(field(1, "2.0"), field(2, message(field(1, "Kubernetes"), field(2, "v1.36.2"))), field(8, table.concat(paths)))
end

return M
