--- Paths of a cluster's API: made here alone, of names that are checked, so that none leads elsewhere than it says.
--- https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ Pure.
local codec = require "native.codec"
local errors = require "almanac.base.errors"

local M = {}

---@class almanac.k8s.ApiPath
---@field group string        "" for the core
---@field version string
---@field namespace? string
---@field resource? string    plural
---@field name? string
---@field subresource? string

local NAMESPACE_MAX = 63
local NAME_MAX = 253

local function refuse(what, value, must)
  errors.raise {
    kind = "usage", message = string.format("%s is no name of %s", type(value) == "string" and string.format("%q", value)
      or "a " .. type(value), what),
    hint = "Kubernetes has " .. must,
  }
end

--- Whether Kubernetes itself defines the group: its objects have names of DNS, roles excepted.
local function has_plain_names(group)
  if group == "rbac.authorization.k8s.io" then return false end
  return not group:find(".", 1, true) or group:find "%.k8s%.io$" ~= nil
end

local function is_dns_name(text)
  return #text <= NAME_MAX and not text:find "[^%l%d.-]" and text:find "^[%l%d]" ~= nil and text:find "[%l%d]$" ~= nil
    and not text:find("..", 1, true)
end

--- Raises kind "usage" for what no namespace can be called.
---@param namespace any
---@return string namespace
function M.check_namespace(namespace)
  if type(namespace) ~= "string" or #namespace > NAMESPACE_MAX or not namespace:find "^[%l%d][%l%d-]*$" or namespace:find "%-$" then
    refuse("a namespace", namespace, "small letters, digits and dashes, at most 63, no dash at an end")
  end
  return namespace
end

--- Raises kind "usage" for what no object of that group can be called.
---@param group string
---@param name any
---@return string name
function M.check_name(group, name)
  if type(name) ~= "string" then refuse("an object", name, "texts") end
  if has_plain_names(group) then
    if not is_dns_name(name) then refuse("an object", name, "small letters, digits, dashes and dots, at most 253, none at an end") end
  elseif name == "" or name == "." or name == ".." or name:find "[/%%%c?#\\]" or #name > NAME_MAX then
    refuse("an object", name, "no name that is empty, . or .., none with / %% ? # \\ or a control character")
  end
  return name
end

local function check_word(what, word)
  if type(word) ~= "string" or not word:find "^[%l%d][%l%d.-]*$" or word:find("..", 1, true) then
    refuse(what, word, "small letters, digits, dashes and dots")
  end
  return word
end

--- Raises kind "usage" for a name that Kubernetes would not take.
---@param place almanac.k8s.ApiPath
---@return string
function M.of(place)
  local parts = {}
  if place.group == "" then
    parts[1] = "/api/" .. check_word("a version", place.version)
  else
    parts[1] = "/apis/" .. check_word("a group", place.group) .. "/" .. check_word("a version", place.version)
  end
  if place.namespace ~= nil then parts[#parts + 1] = "namespaces/" .. M.check_namespace(place.namespace) end
  if place.resource then parts[#parts + 1] = check_word("a kind", place.resource) end
  if place.name ~= nil then parts[#parts + 1] = codec.percent_encode(M.check_name(place.group, place.name)) end
  if place.subresource then parts[#parts + 1] = check_word("a part of an object", place.subresource) end
  return table.concat(parts, "/")
end

local OF_NAMESPACES = { status = true, finalize = true }

--- What a path is about; nil for one of no resource, such as /version, and of discovery.
---@param path string
---@return almanac.k8s.ApiPath?
function M.parse(path)
  local group, version, rest = "", path:match "^/api/([^/]+)/(.+)$"
  if not version then group, version, rest = path:match "^/apis/([^/]+)/([^/]+)/(.+)$" end
  if not version then return nil end
  local words = {}
  for word in rest:gmatch "[^/]+" do words[#words + 1] = codec.percent_decode(word) end
  local out = { group = group, version = version }
  if words[1] == "namespaces" and words[3] and not OF_NAMESPACES[words[3]] then
    out.namespace = words[2]
    table.move(words, 3, #words + 2, 1)
  end
  out.resource, out.name, out.subresource = words[1], words[2], words[3]
  return out
end

return M
