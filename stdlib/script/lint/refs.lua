--- Kinds of objects that are written nearly as one that every cluster has: "deploymnet/web". Which other kinds
--- a cluster has, only the cluster knows.
local discovery = require "almanac.k8s.discovery"
local mend = require "almanac.script.lint.mend"
local nearest = require "almanac.base.nearest"

local M = {}

local SHORTEST = 5 -- of shorter names many are near each other: hpa, vpa

local kinds

local function known()
  if kinds then return kinds end
  kinds = {}
  for _, resource in ipairs(discovery.builtin) do
    kinds[resource.resource], kinds[resource.singular] = true, true
    for _, short in ipairs(resource.short) do kinds[short] = true end
  end
  return kinds
end

--- Reports a reference whose kind is probably a slip.
---@param text string  "deploymnet/web", "pods"
---@param pos integer
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?)
---@param is_object? boolean  it must be one object, and not all of a kind
function M.check(text, pos, report, is_object)
  if is_object and not text:find("/", 1, true) then
    report(pos, "error", "object-name", string.format("%q names a kind, and one object is needed", text),
      string.format("write which one: %q", known()[text:lower()] and text .. "/NAME" or "deployment/" .. text))
    return
  end
  local kind = text:match "^[^/]+"
  if not kind or #kind < SHORTEST or kind:find "%." or known()[kind:lower()] then return end
  local guess = nearest.question(kind, known())
  if guess then
    report(pos, "warning", "object-kind", string.format("%q is no kind that every cluster has", kind), guess,
      mend.of(kind, known()))
  end
end

return M
