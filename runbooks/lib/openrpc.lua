--- What of a new OpenRPC description breaks those who call by the old one: by method and field. Pure.
--- https://spec.open-rpc.org: a description has methods with params and a result, each with a JSON Schema.
local openrpc = {}

local REFS_MAX = 32 -- a reference to a reference to …

--- The schema behind its references; a schema that is true or absent allows anything.
local function resolved(document, schema)
  for _ = 1, REFS_MAX do
    local ref = type(schema) == "table" and schema["$ref"]
    if type(ref) ~= "string" then break end
    local value = document
    for key in ref:gsub("^#/?", ""):gmatch "[^/]+" do
      value = type(value) == "table" and value[(key:gsub("~1", "/"):gsub("~0", "~"))] or nil
    end
    schema = value
  end
  return type(schema) == "table" and schema or {}
end

local function set_of(list)
  local out = {}
  for _, item in ipairs(type(list) == "table" and list or { list }) do out[item] = true end
  return out
end

local function sorted_keys(map)
  local out = {}
  for key in pairs(map) do out[#out + 1] = key end
  table.sort(out, function(a, b) return tostring(a) < tostring(b) end)
  return out
end

--- Values of one set that the other has not, as words.
local function lacking(have, want)
  local out = {}
  for _, value in ipairs(sorted_keys(want)) do
    if not have[value] then out[#out + 1] = tostring(value) end
  end
  return #out > 0 and table.concat(out, ", ") or nil
end

local function type_words(schema) return table.concat(sorted_keys(set_of(schema.type)), " or ") end

---@class OpenrpcWalk
---@field old table        documents
---@field new table
---@field sent boolean     callers send it (params), or read it (results)
---@field say fun(at: string, text: string)
---@field seen table<table, table<table, boolean>>  pairs of schemas: one may hold itself

--- What callers send must still be taken, what they read must still be what they know.
local function compare_types(walk, a, b, at)
  local old, new = set_of(a.type), set_of(b.type)
  if old.integer and new.number and walk.sent then new.integer = true end
  if new.integer and old.number and not walk.sent then old.integer = true end
  local wide, narrow = new, old
  if not walk.sent then wide, narrow = old, new end
  if next(wide) and (lacking(wide, narrow) or not next(narrow)) then
    walk.say(at, string.format("type %s → %s", next(old) and type_words(a) or "any", next(new) and type_words(b) or "any"))
  end
  if a.enum and b.enum then
    local values = walk.sent and lacking(set_of(b.enum), set_of(a.enum)) or not walk.sent and lacking(set_of(a.enum), set_of(b.enum))
    if values then walk.say(at, (walk.sent and "does not take any more: " or "may also be: ") .. values) end
  elseif b.enum and walk.sent then
    walk.say(at, "takes only: " .. table.concat(sorted_keys(set_of(b.enum)), ", "))
  end
end

local compare

local function compare_properties(walk, a, b, at)
  local old, new = a.properties or {}, b.properties or {}
  local was, is = set_of(a.required), set_of(b.required)
  for _, name in ipairs(sorted_keys(old)) do
    local field = at .. "." .. name
    if new[name] == nil then
      if not walk.sent or b.additionalProperties == false then walk.say(field, "is gone") end
    else
      if not walk.sent and was[name] and not is[name] then walk.say(field, "may be absent now") end
      compare(walk, old[name], new[name], field)
    end
  end
  for _, name in ipairs(sorted_keys(is)) do
    if walk.sent and not was[name] then walk.say(at .. "." .. name, "must be given now") end
  end
end

function compare(walk, old, new, at)
  local a, b = resolved(walk.old, old), resolved(walk.new, new)
  local met = walk.seen[a] or {}
  if met[b] then return end
  walk.seen[a], met[b] = met, true
  compare_types(walk, a, b, at)
  compare_properties(walk, a, b, at)
  if a.items and b.items then compare(walk, a.items, b.items, at .. "[]") end
end

local function params_of(document, method)
  local out = {}
  for i, param_of in ipairs(method.params or {}) do out[i] = resolved(document, param_of) end
  return out
end

--- By position, or by name where the method says so.
local function compare_params(walk, old, new, say_of)
  local a, b = params_of(walk.old, old), params_of(walk.new, new)
  local by_name = new.paramStructure == "by-name"
  local there = {}
  for i, param_of in ipairs(b) do there[by_name and param_of.name or i] = param_of end
  for i, was in ipairs(a) do
    local key, at = by_name and was.name or i, "params." .. tostring(was.name)
    local is = there[key]
    there[key] = nil
    if not is then
      say_of(at, "is gone")
    elseif is.name ~= was.name then
      say_of(at, string.format("is %s now, in its place", tostring(is.name)))
    else
      if is.required and not was.required then say_of(at, "must be given now") end
      compare(walk, was.schema, is.schema, at)
    end
  end
  for _, key in ipairs(sorted_keys(there)) do
    if there[key].required then say_of("params." .. tostring(there[key].name), "is new, and must be given") end
  end
end

local function methods_of(document)
  local out = {}
  for _, method in ipairs(type(document.methods) == "table" and document.methods or {}) do
    method = resolved(document, method)
    if method.name then out[method.name] = method end
  end
  return out
end

--- The breaking changes, in the order of methods.
---@param old table  decoded
---@param new table
---@return { method: string, field: string?, what: string }[]
function openrpc.breaking(old, new)
  local out, before, after = {}, methods_of(old), methods_of(new)
  for _, name in ipairs(sorted_keys(before)) do
    local was, is = before[name], after[name]
    local function say(field, what) out[#out + 1] = { method = name, field = field, what = what } end
    if not is then
      say(nil, "is gone")
    else
      compare_params({ old = old, new = new, sent = true, say = say, seen = {} }, was, is, say)
      local a, b = resolved(old, was.result), resolved(new, is.result)
      compare({ old = old, new = new, sent = false, say = say, seen = {} }, a.schema, b.schema, "result")
    end
  end
  return out
end

--- A change in words: "chain.getHead result.height: type integer → string".
---@param change { method: string, field: string?, what: string }
---@return string
function openrpc.words(change)
  return string.format("%s%s: %s", change.method, change.field and " " .. change.field or "", change.what)
end

return openrpc
