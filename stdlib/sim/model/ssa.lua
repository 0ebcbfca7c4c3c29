--- Managed fields and server-side apply: who set which field, and what happens when two disagree.
--- Pure; objects given are not changed.
--- https://kubernetes.io/docs/reference/using-api/server-side-apply/
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"
local schema = require "almanac.sim.model.schema"
local fieldset = require "almanac.sim.model.fieldset"
local typed = require "almanac.sim.model.typed"

local ssa = {}

-- Fields the server sets: nobody manages them.
local SYSTEM = fieldset.new()
for path in ([[f:apiVersion f:kind f:metadata f:metadata/f:name f:metadata/f:namespace
  f:metadata/f:creationTimestamp f:metadata/f:selfLink f:metadata/f:uid f:metadata/f:clusterName
  f:metadata/f:generation f:metadata/f:managedFields f:metadata/f:resourceVersion
  f:metadata/f:deletionTimestamp f:metadata/f:deletionGracePeriodSeconds]]):gmatch("%S+") do
  local elements = {}
  for e in path:gmatch("[^/]+") do elements[#elements + 1] = e end
  fieldset.insert(SYSTEM, elements)
end

local STATUS = fieldset.new()
fieldset.insert(STATUS, { "f:status" })
local SPEC = fieldset.new()
fieldset.insert(SPEC, { "f:spec" })

--- `set` without what the operation cannot set anyway.
local function settable(set, op)
  set = fieldset.difference(set, SYSTEM)
  if op.subresource == "status" then return fieldset.outside(set, SPEC) end
  if op.has_status then return fieldset.outside(set, STATUS) end
  return set
end

local function identity(entry)
  return table.concat({ entry.manager or "", entry.operation or "",
    entry.operation == "Update" and entry.apiVersion or "", entry.subresource or "" }, "|")
end

local function decode(list)
  local out, by_id = {}, {}
  for _, entry in ipairs(list or {}) do
    local m = { manager = entry.manager, operation = entry.operation, apiVersion = entry.apiVersion,
      time = entry.time, subresource = entry.subresource,
      set = fieldset.decode(type(entry.fieldsV1) == "table" and entry.fieldsV1 or {}) }
    out[#out + 1] = m
    by_id[identity(m)] = m
  end
  return out, by_id
end

local function earlier(a, b)
  if a.operation ~= b.operation then return a.operation < b.operation end
  if (a.time or "") ~= (b.time or "") then return (a.time or "") < (b.time or "") end
  if a.manager ~= b.manager then return a.manager < b.manager end
  if a.apiVersion ~= b.apiVersion then return (a.apiVersion or "") < (b.apiVersion or "") end
  return (a.subresource or "") < (b.subresource or "")
end

local function encode(managers)
  local out = value.array {}
  for _, m in ipairs(managers) do
    if not fieldset.is_empty(m.set) then
      out[#out + 1] = { manager = m.manager, operation = m.operation, apiVersion = m.apiVersion,
        time = m.time, subresource = m.subresource ~= "" and m.subresource or nil,
        fieldsType = "FieldsV1", fieldsV1 = fieldset.encode(m.set) }
    end
  end
  table.sort(out, earlier)
  return #out > 0 and out or nil
end

-- Struct fields that a Go client always writes, empty: a new one in them is new, they are not.
local ALWAYS = { metadata = true, spec = true, status = true, template = true, strategy = true,
  updateStrategy = true, resources = true, jobTemplate = true }

--- The object that a create is compared with: nothing but what its Go type always has.
local function zero(ref, depth)
  local t = ref.kind == "struct" and schema.struct(ref)
  if not t then return value.null end
  local out = {}
  for name, sub in pairs(t.fields) do
    if sub.kind == "struct" and ALWAYS[name] and depth < 6 then
      out[name] = zero(sub, depth + 1)
    elseif t.required[name] then
      out[name] = value.null
    end
  end
  return out
end

local zeros = {}

local function zero_of(ref)
  if ref.kind ~= "struct" or ref.type then return { metadata = {} } end
  zeros[ref.name] = zeros[ref.name] or zero(ref, 0)
  return zeros[ref.name]
end

local function bare(object)
  local out = value.shallow(object)
  out.metadata = value.shallow(object.metadata)
  out.metadata.managedFields = nil
  return out
end

local function with_managers(object, managers)
  local out = value.shallow(object)
  out.metadata = value.shallow(object.metadata)
  out.metadata.managedFields = encode(managers)
  return out
end

---@class sim.Operation
---@field manager string       the field manager
---@field api_version string   of the request
---@field kind string
---@field ref? table           the type of a custom resource
---@field subresource? string
---@field has_status boolean   whether the kind has a status subresource
---@field time string          RFC 3339
---@field force? boolean       apply only

--- `new` with managedFields as a create (live nil) or update by op.manager leaves them.
---@param live table|nil
---@param new table
---@param op sim.Operation
---@return table object
function ssa.update(live, new, op)
  local ref = op.ref or schema.root(op.api_version, op.kind)
  local given = new.metadata.managedFields
  local managers, by_id = decode(given and #given > 0 and given or live and live.metadata.managedFields)
  if value.is_array(given) and #given > 0 and next(given[1]) == nil then managers, by_id = {}, {} end
  local cmp = typed.compare(ref, live and bare(live) or zero_of(ref), bare(new))
  local taken = settable(fieldset.union(cmp.added, cmp.modified), op)
  local removed = settable(cmp.removed, op)
  for _, m in ipairs(managers) do
    m.set = fieldset.difference(fieldset.difference(m.set, taken), removed)
  end
  if not fieldset.is_empty(taken) then
    local mine = { manager = op.manager, operation = "Update", apiVersion = op.api_version,
      subresource = op.subresource or "", set = taken, time = op.time }
    local before = by_id[identity(mine)]
    if before then
      before.set, before.time = fieldset.union(before.set, taken), op.time
    else
      managers[#managers + 1] = mine
    end
  end
  return with_managers(new, managers)
end

--- A manager as conflicts name it.
local function shown(m)
  local text = ('"%s"'):format(m.manager)
  if (m.subresource or "") ~= "" then text = ('%s with subresource "%s"'):format(text, m.subresource) end
  if m.operation == "Update" then text = text .. " using " .. (m.apiVersion or "") end
  return text
end

--- The Status of an apply that others' fields stand against, in the words of the API server.
local function conflict_status(conflicts)
  local causes, parts = value.array {}, {}
  for _, c in ipairs(conflicts) do
    parts[#parts + 1] = ("conflicts with %s:"):format(c.shown)
    for _, path in ipairs(fieldset.paths(c.set)) do
      causes[#causes + 1] = { reason = "FieldManagerConflict", message = "conflict with " .. c.shown, field = path }
      parts[#parts + 1] = "- " .. path
    end
  end
  local text
  if #causes == 1 then
    text = ("Apply failed with 1 conflict: %s: %s"):format(causes[1].message, causes[1].field)
  else
    text = ("Apply failed with %d conflicts: %s"):format(#causes, table.concat(parts, "\n"))
  end
  return errors.failure(409, "Conflict", text, { causes = causes })
end

local function untyped_status(problems, config, op)
  local group, version = op.api_version:match("^(.-)/?([^/]+)$")
  local meta = config.metadata or {}
  return errors.failure(500, nil, ("failed to create typed patch object (%s/%s; %s/%s, Kind=%s): %s"):format(
    meta.namespace or "", meta.name or "", group, version, op.kind,
    #problems == 1 and problems[1] or "errors:\n  " .. table.concat(problems, "\n  ")))
end

local function clean_config(config)
  local out = value.shallow(config)
  local meta = value.shallow(config.metadata)
  for _, field in ipairs { "managedFields", "creationTimestamp", "resourceVersion", "uid", "selfLink", "generation" } do
    meta[field] = nil
  end
  out.metadata = meta
  return out
end

local function others_conflicts(managers, mine, changed)
  local conflicts = {}
  for _, m in ipairs(managers) do
    if m ~= mine then
      local set = fieldset.intersection(m.set, changed)
      if not fieldset.is_empty(set) then
        conflicts[#conflicts + 1] = { manager = m, set = set, shown = shown(m) }
      end
    end
  end
  table.sort(conflicts, function(a, b) return a.shown < b.shown end)
  return conflicts
end

local function managed_by_all(managers)
  local all = fieldset.new()
  for _, m in ipairs(managers) do all = fieldset.union(all, m.set) end
  return all
end

--- The managers of a live object; one that nobody tracked was set by "before-first-apply".
local function managers_of(live, ref, op)
  local managers, by_id = decode(live and live.metadata.managedFields)
  if live and #managers == 0 then
    managers[1] = { manager = "before-first-apply", operation = "Update", apiVersion = op.api_version,
      subresource = "", time = op.time, set = settable(typed.fields(ref, bare(live)), op) }
  end
  return managers, by_id
end

--- Applies `config` to `live` (nil: it does not exist). Defaults are not set here.
---@param live table|nil
---@param config table
---@param op sim.Operation
---@return table|nil object, table|nil status
function ssa.apply(live, config, op)
  local ref = op.ref or schema.root(op.api_version, op.kind)
  if value.dig(config, "metadata", "managedFields") and #config.metadata.managedFields > 0 then
    return nil, errors.bad_request("metadata.managedFields must be nil")
  end
  config = clean_config(config)
  local problems = typed.check(ref, config)
  if #problems > 0 then return nil, untyped_status(problems, config, op) end
  local managers, by_id = managers_of(live, ref, op)
  local mine = { manager = op.manager, operation = "Apply", apiVersion = op.api_version,
    subresource = op.subresource or "", time = op.time }
  local before = by_id[identity(mine)]
  local last = before and before.set
  mine.set = settable(typed.fields(ref, config), op)
  if before then
    mine.time = before.time
    for i, m in ipairs(managers) do
      if m == before then managers[i] = mine end
    end
  else
    managers[#managers + 1] = mine
  end
  local base = live and bare(live) or { apiVersion = op.api_version, kind = op.kind, metadata = {} }
  local merged = typed.merge(ref, base, config)
  if last then merged = typed.prune(ref, merged, last, managed_by_all(managers)) end
  local cmp = typed.compare(ref, base, merged)
  local changed = settable(fieldset.union(cmp.added, cmp.modified), op)
  local conflicts = live and others_conflicts(managers, mine, changed) or {}
  if #conflicts > 0 and not op.force then return nil, conflict_status(conflicts) end
  for _, c in ipairs(conflicts) do c.manager.set = fieldset.difference(c.manager.set, c.set) end
  for _, m in ipairs(managers) do
    if m ~= mine then m.set = fieldset.difference(m.set, cmp.removed) end
  end
  local same = last and fieldset.equal(last, mine.set) and fieldset.is_empty(changed)
    and fieldset.is_empty(settable(cmp.removed, op))
  if not same then mine.time = op.time end
  return with_managers(merged, managers)
end

return ssa
