--- The Table form of lists and objects: what `kubectl get` prints. Pure.
local value = require "almanac.sim.model.value"
local jsonpath = require "almanac.base.jsonpath"
local columns = require "almanac.sim.api.columns"
local descriptions = require "almanac.sim.api.descriptions"

local tables = {}

local definitions = {}

local function name_column(kind)
  return { name = "Name", type = "string", format = "name", description = descriptions.of(kind, "Name"), priority = 0 }
end

local function columns_of(kind)
  local known = definitions[kind]
  if known then return known end
  local list = value.array { name_column(kind) }
  for word in columns.of(kind):gmatch("%S+") do
    local name, priority, int = word:match("^([^/#]+)/?(%d*)(#?i?)")
    if word:find("#i", 1, true) then int = "#i" end
    name = name:gsub("_", " ")
    list[#list + 1] = { name = name, type = int == "#i" and "integer" or "string", format = name == "Name" and "name" or "",
      description = descriptions.of(kind, name), priority = math.tointeger(tonumber(priority)) or 0 }
  end
  -- Events are read by time, not by name.
  if kind == "Event" then table.remove(list, 1) end
  definitions[kind] = list
  return list
end

-- A definition without columns of its own shows the age.
local AGE = { { name = "Age", type = "date", jsonPath = ".metadata.creationTimestamp" } }

--- The columns a definition asks for, beside the name.
local function custom_columns(res)
  local list = value.array { name_column(res.kind) }
  for _, column in ipairs(res.columns or AGE) do
    list[#list + 1] = { name = column.name, type = column.type, format = column.format or "",
      description = column.description or "", priority = column.priority or 0 }
  end
  return list
end

local function custom_cells(res, object, now)
  local cells = {}
  for i, column in ipairs(res.columns or AGE) do
    local done, found = pcall(function() return jsonpath.values(jsonpath.parse(column.jsonPath), object) end)
    local v
    if done then v = found[1] end -- which may be false
    if value.is_nil(v) then cells[i] = value.null
    elseif column.type == "date" then cells[i] = columns.age(v, now)
    else cells[i] = v end
  end
  return cells
end

local function partial(object)
  return { kind = "PartialObjectMetadata", apiVersion = "meta.k8s.io/v1", metadata = object.metadata }
end

--- One row.
---@param object table as stored
---@param now number unix seconds
---@param include string|nil includeObject: None, Metadata (default), Object
---@return table
---@param res table the resource
local function row_of(object, now, include, res)
  local cells
  if res.custom then cells = value.array(custom_cells(res, object, now))
  else cells = value.array(select(2, columns.of(object.kind))(object, now)) end
  if object.kind ~= "Event" then table.insert(cells, 1, object.metadata.name) end
  local row = { cells = cells }
  if include == "Object" then row.object = object
  elseif include ~= "None" then row.object = partial(object) end
  return row
end

--- A Table of objects.
---@param res table the resource
---@param objects table[]
---@param meta table the list's metadata
---@param now number
---@param include string|nil
---@return table
function tables.make(res, objects, meta, now, include)
  local rows = value.array {}
  for i, o in ipairs(objects) do rows[i] = row_of(o, now, include, res) end
  return { kind = "Table", apiVersion = "meta.k8s.io/v1", metadata = meta,
    columnDefinitions = res.custom and custom_columns(res) or columns_of(res.kind),
    rows = rows }
end

tables.partial = partial

return tables
