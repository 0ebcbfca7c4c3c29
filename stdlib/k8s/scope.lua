--- What a call reaches in a cluster, as `allow` names it: "NAMESPACE", or "KIND/NAME" for what is in none; each also
--- with its context, "NAMESPACE@CONTEXT", which what lies in another than the run's must have.
local api_path = require "almanac.k8s.api_path"
local brought_images = require "almanac.base.brought_images"
local kinds = require "almanac.k8s.kinds"

local M = {}

--- The names of a word in a client's cluster.
---@param client almanac.k8s.Client
---@param words string[]
local function target(client, words)
  local out = {}
  for _, word in ipairs(words) do
    word = word:gsub("@", "%%40")
    if client.is_own then out[#out + 1] = word end
    if client.info.context then out[#out + 1] = word .. "@" .. client.info.context end
  end
  return { category = "k8s", names = out }
end

local function kind_words(client, group, plural, name)
  local known = kinds.of_plural(kinds.builtin, group, plural)
  if group == "metrics.k8s.io" then known = kinds.of_plural(kinds.builtin, "", plural) end
  local singular = known and known.singular or kinds.singulars[group .. "/" .. plural]
  if not known and client.resources then known = kinds.of_plural(client.resources, group, plural) end
  if known and known.namespaced then return { "*" } end -- every namespace
  return { (singular or group == "" and plural or plural .. "." .. group) .. "/" .. (name or "*") }
end

--- An object, or all of a kind.
---@param client almanac.k8s.Client
---@param place { group: string, resource: string, namespace?: string, name?: string }
---@return almanac.Target
function M.of(client, place)
  if place.namespace then return target(client, { place.namespace }) end
  return target(client, kind_words(client, place.group, place.resource, place.name))
end

---@param wanted almanac.k8s.Target
---@return almanac.Target
function M.of_target(wanted)
  return M.of(wanted.client, {
    group = wanted.resource.group, resource = wanted.resource.resource, namespace = wanted.namespace, name = wanted.name,
  })
end

--- A namespace itself. Whoever may look into it may look at it.
---@param client almanac.k8s.Client
---@param name string
---@param access "read"|"change"
---@return almanac.Target
function M.of_namespace(client, name, access)
  return target(client, access == "read" and { "namespace/" .. name, name } or { "namespace/" .. name })
end

--- What a request changes, or only looks at: a dry run changes nothing, but a DELETE with a body takes its options
--- from there alone. A command in a pod may do anything.
local function access_of(request)
  local method = request.method or "GET"
  if request.query and request.query.command then return "change" end
  if method == "GET" then return "read" end
  local is_dry = request.query and request.query.dryRun == "All" and not (method == "DELETE" and request.body)
  return is_dry and "read" or "change"
end

--- The one object that a list or a watch is about, by its selector.
local function name_selected(request)
  local selector = request.query and request.query.fieldSelector
  return type(selector) == "string" and selector:match "^metadata%.name=([^,=!]+)$" or nil
end

--- What a request reaches.
---@param client almanac.k8s.Client
---@param request almanac.k8s.Request
---@return "read"|"change" access
---@return almanac.Target[]
function M.of_request(client, request)
  local access, place = access_of(request), api_path.parse(request.path)
  if not place then -- versions and kinds: no object of anybody's
    local server = target(client, { "*" })
    server.server = { own = client.is_own, context = client.info.context }
    return access, { server }
  end
  if access == "read" then place.name = place.name or name_selected(request) end
  local out = request.method ~= "DELETE" and brought_images.of_change(request.body, place.resource) or {}
  local is_namespace = place.group == "" and place.resource == "namespaces" and place.name and not place.namespace
  table.insert(out, 1, is_namespace and M.of_namespace(client, place.name, access) or M.of(client, place))
  return access, out
end

--- What an object reaches that is brought about: its place, and its images.
---@param wanted almanac.k8s.Target
---@param object table
---@return almanac.Target[]
function M.of_object(wanted, object)
  local out = brought_images.of(object)
  table.insert(out, 1, M.of_target(wanted))
  return out
end

return M
