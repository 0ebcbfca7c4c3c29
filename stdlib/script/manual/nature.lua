--- What a public function does to the world, as its annotation says: "A read.", "An effect."; neither of what only
--- computes, or is a step.
local manual = require "almanac.script.manual.manual"

local M = {}

local known = {} ---@type table<string, "read"|"change"|false>

local function told_of(name)
  local _, entry = manual.find(name)
  if not entry then return false end
  if entry.text:find "%f[%w]A read%f[%W]" then return "read" end
  return entry.text:find "%f[%w]An effect%f[%W]" and "change" or false
end

--- Whether it only looks or makes an effect; nil: neither.
---@param name string  "k8s.get"
---@return "read"|"change"?
function M.of(name)
  if known[name] == nil then known[name] = told_of(name) end
  return known[name] or nil
end

return M
