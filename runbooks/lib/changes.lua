--- What differs between two documents, and between the commits of two tags.
local versions = require "lib.versions"

local changes = {}

local function shown(value)
  if value == nil then return "(absent)" end
  return type(value) == "string" and value or json.encode(value, { canonical = true })
end

local function compare(old, new, path, out)
  if type(old) == "table" and type(new) == "table" then
    local keys = {}
    for _, side in ipairs { old, new } do
      for key in pairs(side) do keys[key] = true end
    end
    local names = {}
    for key in pairs(keys) do names[#names + 1] = key end
    table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
    for _, key in ipairs(names) do compare(old[key], new[key], path == "" and tostring(key) or path .. "." .. key, out) end
  elseif old ~= new then
    out[#out + 1] = string.format("%s: %s → %s", path == "" and "the whole" or path, shown(old), shown(new))
  end
  return out
end

--- The fields in which two values differ, a line for each. Pure.
---@param old any
---@param new any
---@return string[]
function changes.fields(old, new) return compare(old, new, "", {}) end

--- The same of two texts of YAML or JSON; one that is neither differs as a whole. Pure.
---@param old string?
---@param new string?
---@return string[]
function changes.of_texts(old, new)
  if old == new then return {} end
  if not old then return { "it is new" } end
  if not new then return { "it is gone" } end
  local decoded, a, b = errors.try(function() return yaml.decode(old), yaml.decode(new) end)
  return decoded and changes.fields(a, b) or { "its text changed" }
end

--- The commit that an image's tag was made of. A read.
---@param tag string
---@return string commit
function changes.commit_of(tag)
  local _, short = versions.parts(tag)
  return git.log(short, { max = 1 })[1].commit
end

--- How files differ between two commits, by file: only those that do. A read.
---@param paths string[]
---@param from string
---@param to string
---@return table<string, string[]>
function changes.of_files(paths, from, to)
  local out = {}
  for _, path in ipairs(paths) do
    local differ = changes.of_texts(git.file(path, { ref = from }), git.file(path, { ref = to }))
    if #differ > 0 then out[path] = differ end
  end
  return out
end

return changes
