--- Who set a field: metadata.managedFields, read for one path. Pure.
--- https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
local diff = require "almanac.base.diff"
local json = require "native.json"

local M = {}

--- The node of a list item: its key in fieldsV1 is `k:` and a JSON object that holds what the path says,
--- and maybe more ("k:{"containerPort":80,"protocol":"TCP"}").
local function find_item(node, item)
  for name, child in pairs(node) do
    local text = type(name) == "string" and name:match "^k:(.*)$"
    local ok, key = pcall(json.decode, text or "")
    if text and ok and type(key) == "table" then
      for field, value in pairs(key) do
        local shown = string.format(type(value) == "string" and "%s=%q" or "%s=%s", field, value)
        if shown == item then return child end
      end
    end
  end
end

local function owns(fields, steps)
  local node = fields
  for _, step in ipairs(steps) do
    if step.field then node = node["f:" .. step.field] else node = find_item(node, step.item) end
    if type(node) ~= "table" then return false end
  end
  return true
end

--- The managers that set the field at a path, or something below it.
---@param object table with metadata.managedFields
---@param path string as almanac.diff writes it
---@return string[] names, sorted
function M.of(object, path)
  local out, seen, steps = {}, {}, diff.steps(path)
  for _, entry in ipairs(object.metadata.managedFields or {}) do
    local manager = entry.manager
    if manager and not seen[manager] and type(entry.fieldsV1) == "table" and owns(entry.fieldsV1, steps) then
      seen[manager] = true
      out[#out + 1] = manager
    end
  end
  table.sort(out)
  return out
end

return M
