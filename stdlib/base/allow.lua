--- `allow` of a runbook: what it may reach, by category. What stands under `read` may only be looked at.
---
---     allow = { helm = { "web" }, k8s = { "web", "node/*@prod" }, read = { http = { "https://status.example.org/**" } } }
---
--- A target is known by its names, of which a pattern must match one. A release is in a namespace, whose objects
--- its chart may bring: whoever may change the release may change them. Pure.
local glob = require "almanac.base.glob"

local M = {}

---@class almanac.Target  what a call reaches, resolved: no link, no "..", no default is left in it
---@field category string  of `allow`
---@field names string[]   how it may be named there, the plainest first
---@field access? "read"|"change"  where it is another than the call's
---@field server? { own: boolean, context: string? }  of a cluster, where nothing in it is reached but itself: its version,
---  its kinds. Whoever may reach anything there may ask for them
---@field where_named? boolean  it is asked for only where `allow` has its category: images, which come with what is asked for

---@alias almanac.Allow table<string, string[]|table<string, string[]>>

--- The parts of a cluster's names: NAMESPACE@CONTEXT, KIND/NAME@CONTEXT.
local FENCES = { k8s = "/@", helm = "/@" }

--- The namespaces of the releases that a pattern names: "web" is in "web", "team/web" in "team".
local function namespaces_of(patterns)
  local out = {}
  for i, pattern in ipairs(patterns or {}) do
    local release, context = pattern:match "^([^@]*)(.*)$"
    out[i] = (release:match "^([^/]*)/" or release):gsub("%*+", "*") .. context
  end
  return out
end

--- Categories in which small and large letters are the same.
local FOLDED = { headers = true }

local function fits(patterns, names, fence, is_folded)
  for _, pattern in ipairs(patterns or {}) do
    for _, name in ipairs(names) do
      if is_folded then pattern, name = pattern:lower(), name:lower() end
      if glob.match(pattern, name, fence) then return true end
    end
  end
  return false
end

local function covers_server(patterns, server)
  for _, pattern in ipairs(patterns or {}) do
    local context = pattern:match "@(.+)$"
    if pattern == "**" or not context and server.own or context and glob.match(context, server.context or "") then return true end
  end
  return false
end

--- Variables were named under shell once, with their values; journals hold such runbooks.
local function covers_variable(patterns, assignment)
  for _, pattern in ipairs(patterns or {}) do
    if pattern:find("=", 1, true) and glob.match(pattern, assignment) then return true end
  end
  return false
end

local function covers(allow, target)
  local category = target.category
  if target.server then return covers_server(allow.k8s, target.server) or covers_server(allow.helm, target.server) end
  if fits(allow[category], target.names, FENCES[category], FOLDED[category]) then return true end
  if category == "env" then return covers_variable(allow.shell, target.names[2]) end
  return category == "k8s" and fits(namespaces_of(allow.helm), target.names, FENCES.k8s)
end

--- Whether a target may be reached.
---@param allow almanac.Allow
---@param access "read"|"change"
---@param target almanac.Target
---@return boolean
function M.covers(allow, access, target)
  if covers(allow, target) or target.where_named and not allow[target.category] then return true end
  return access == "read" and allow.read ~= nil and covers(allow.read, target)
end

--- The patterns that a category has, with those of `read` where looking is enough.
---@param allow almanac.Allow
---@param access "read"|"change"
---@param category string
---@return string[]
function M.patterns(allow, access, category)
  local out = {}
  for _, list in ipairs { allow[category] or {}, access == "read" and allow.read and allow.read[category] or {} } do
    table.move(list, 1, #list, #out + 1, out)
  end
  return out
end

local function join_lists(a, b)
  local out = {}
  for category, patterns in pairs(a) do out[category] = patterns end
  for category, patterns in pairs(b) do
    if category ~= "read" then
      local list = table.move(out[category] or {}, 1, #(out[category] or {}), 1, {})
      out[category] = table.move(patterns, 1, #patterns, #list + 1, list)
    end
  end
  return out
end

--- What either of two allows. Without one everything is.
---@param a almanac.Allow?
---@param b almanac.Allow?
---@return almanac.Allow?
function M.join(a, b)
  if not a or not b then return nil end
  local out = join_lists(a, b)
  if a.read or b.read then out.read = join_lists(a.read or {}, b.read or {}) end
  return out
end

return M
