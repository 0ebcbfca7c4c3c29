--- The schemas of a chart's values, and what they have helm fetch: of the chart itself and of all that it depends on, packed ones
--- too. helm follows their references whenever it renders, also for a look; so they are looked at before it is started.
local cli = require "almanac.helm.cli"
local codec = require "native.codec"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local param = require "almanac.base.param"
local schemas = require "almanac.helm.schema"
local tar = require "almanac.base.tar"

local M = {}

local NAME = "values.schema.json"
local PACKED_MAX, UNPACKED_MAX = 32 * 1024 * 1024, 128 * 1024 * 1024 -- bytes; helm itself takes 100 MiB
local DEPTH_MAX = 8      -- charts within charts
local REFERRED_MAX = 50  -- files that schemas refer to

---@class almanac.ChartSchema
---@field at string     where it is: "charts/web/values.schema.json", "web.tgz: charts/db/values.schema.json"
---@field text? string
---@field unclear? string  why it cannot be looked at

local function add_unclear(out, at, why)
  out[#out + 1] = { at = at, unclear = why }
end

local function add_archive(out, at, bytes, depth)
  if depth > DEPTH_MAX then return add_unclear(out, at, "it is packed too deep") end
  local ok, files = errors.try(function() return tar.files(codec.gunzip(bytes, UNPACKED_MAX)) end)
  if not ok then return add_unclear(out, at, files.message) end
  for _, file in ipairs(files) do
    local name = file.names:match "[^\n]+$" or ""
    if file.names:find(NAME, 1, true) then out[#out + 1] = { at = at .. ": " .. name, text = file.data } end
    if file.data:sub(1, 2) == "\x1f\x8b" then add_archive(out, at .. ": " .. name, file.data, depth + 1) end
  end
end

--- What `add` makes of a file's bytes.
local function with_file(out, path, add)
  local ok, bytes = errors.try(fs.read, path, { max_bytes = PACKED_MAX })
  if ok then add(bytes) else add_unclear(out, path, bytes.message) end
end

local function add_directory(out, dir, depth)
  if depth > DEPTH_MAX then return add_unclear(out, dir, "it is nested too deep") end
  local schema, escaped = dir .. "/" .. NAME, dir:gsub("[%[*?\\]", "\\%0")
  if fs.exists(schema) then
    with_file(out, schema, function(text) out[#out + 1] = { at = schema, text = text } end)
  end
  for _, path in ipairs(fs.list(escaped .. "/charts/*")) do
    local stat = fs.stat(path)
    if stat and stat.type == "directory" then
      add_directory(out, path, depth + 1)
    elseif path:find "%.tgz$" then
      with_file(out, path, function(bytes) add_archive(out, path, bytes, depth + 1) end)
    end
  end
end

--- The schemas of a chart that is here: a directory, or an archive.
---@param chart string  path
---@return almanac.ChartSchema[]
local function schemas_of(chart)
  local out, stat = {}, fs.stat(chart)
  if stat and stat.type == "directory" then
    add_directory(out, chart, 1)
  elseif stat then
    with_file(out, chart, function(bytes) add_archive(out, chart, bytes, 1) end)
  end
  return out
end

--- helm 3.18 took another validator, which follows more.
local function is_later()
  local version = cli.version()
  return version.major > 3 or (tonumber(version.version:match "^v%d+%.(%d+)") or 0) >= 18
end

---@class almanac.ChartReach
---@field words string     "charts/web/values.schema.json: $ref http://…"
---@field url? string      that helm fetches
---@field file? string     that it reads
---@field unclear? string  why it cannot be told where it leads

local function add_reaches(out, schema, later)
  if schema.unclear then
    out[#out + 1] = { words = schema.at .. ": " .. schema.unclear, unclear = schema.unclear }
    return
  end
  for _, reach in ipairs(schemas.reaches(schema.text, later)) do
    out[#out + 1] = { words = schema.at .. ": " .. reach.said, url = reach.url, file = reach.file,
      unclear = reach.unclear and "where it leads is not plain" or nil }
  end
end

--- What the schemas of a chart that is here have helm fetch or read besides the chart, and so do those files in their turn. What a
--- server answers is not known.
---@param chart string  path
---@param later? boolean  whether the helm is 3.18 or later; default: it is asked
---@return almanac.ChartReach[]
function M.reaches(chart, later)
  local found, out, seen, files, i = schemas_of(chart), {}, {}, 0, 1
  if not found[1] then return out end
  if later == nil then later = is_later() end
  for _, schema in ipairs(found) do add_reaches(out, schema, later) end
  while out[i] do
    local file = out[i].file
    if file and not seen[file] then
      seen[file], files = true, files + 1
      if files > REFERRED_MAX then
        errors.raise { kind = "refused",
          message = string.format("the schemas of the chart %s refer to more than %d files", chart, REFERRED_MAX),
          hint = "put the schema into the chart whole" }
      end
      -- What cannot be read here helm cannot read either.
      local ok, text = errors.try(fs.read, file)
      if ok then add_reaches(out, { at = file, text = text }, later) end
    end
    i = i + 1
  end
  return out
end

--- What is said of it, a line for each.
---@param reaches almanac.ChartReach[]
---@return string[]
function M.words(reaches)
  local out = {}
  for _, reach in ipairs(reaches) do
    out[(reach.unclear and "what a schema of the chart has helm fetch cannot be told (%s)"
      or "helm fetches what a schema of the chart refers to (%s)"):format(reach.words)] = true
  end
  return param.sorted_names(out)
end

return M
