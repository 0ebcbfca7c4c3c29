--- almanac.yaml and its environments: read once, checked whole, put into the settings.
local errors = require "almanac.base.errors"
local settings = require "almanac.config.settings"
local null = require("native.json").null
local process = require "native.process"

local M = {}

local FILE = "almanac.yaml"

--- What a level of the file may hold: a type name, or a table of the level below; "*" any name.
local anything = "any"
local section = {
  store = "string", kubeconfig = "string", context = "string", helm = "string", kustomize = "string",
  endpoints = { ["*"] = "string" }, channels = { ["*"] = anything }, vars = { ["*"] = anything },
  params = { ["*"] = { ["*"] = anything } },
}
local schema = { environment = "string", environments = { ["*"] = section } }
for key, value in pairs(section) do schema[key] = value end

local function names(level)
  local out = {}
  for name in pairs(level) do out[#out + 1] = name end
  table.sort(out)
  return table.concat(out, ", ")
end

local function check(file, value, level, path)
  if level == anything then return end
  local want = type(level) == "string" and level or "table"
  if type(value) ~= want then
    errors.raise {
      kind = "refused",
      message = string.format("%s%s must be a %s, not a %s", file, path ~= "" and ": " .. path or "",
      want == "table" and "mapping" or want, type(value) == "table" and "list or mapping" or type(value)),
    }
  end
  if want ~= "table" then return end
  for key, below in pairs(value) do
    local next_level = level[key] or level["*"]
    if not next_level then
      errors.raise {
        kind = "refused", message = string.format("%s: no key %q%s", file, tostring(key),
        path ~= "" and " in " .. path or ""),
        hint = "there are " .. names(level),
      }
    end
    if below == null then -- a key with nothing behind it
      below = type(next_level) == "table" and {} or nil
      value[key] = below
    end
    if below ~= nil then check(file, below, next_level, path == "" and tostring(key) or path .. "." .. tostring(key)) end
  end
end

local function merge(into, from)
  for key, value in pairs(from) do
    if type(value) == "table" and type(into[key]) == "table" then merge(into[key], value) else into[key] = value end
  end
end

local applied = { "store", "kubeconfig", "context", "helm", "kustomize", "endpoints", "channels", "vars", "params" }

local pristine = {}
for _, key in ipairs(applied) do pristine[key] = settings[key] end

-- A second load forgets the first: a run that is gone on with has its own environment.
local function reset()
  for _, key in ipairs(applied) do
    local value = pristine[key]
    settings[key] = type(value) == "table" and {} or value
  end
  settings.environment, settings.file = nil, nil
end

local function apply(values)
  for _, key in ipairs(applied) do
    local value = values[key]
    if type(value) == "table" then
      settings[key] = settings[key] or {}
      merge(settings[key], value)
    elseif value ~= nil then
      settings[key] = value
    end
  end
end

--- A kubeconfig is looked for beside the file that names it.
local function resolve_paths(values, directory)
  local path = values.kubeconfig
  if path and not path:find "^/" and directory ~= "" then values.kubeconfig = directory .. path end
end

local function pick_environment(file, values, name)
  name = name or values.environment
  if not name then return nil end
  local environment = (values.environments or {})[name]
  if not environment then
    errors.raise {
      kind = "refused", message = string.format("no environment %q in %s", name, file),
      hint = values.environments and "there are " .. names(values.environments) or "it has no environments",
    }
  end
  return name, environment
end

--- Reads the file (when there is one) into the settings.
---@param options table<string, string>  of the command line: config, environment, kubeconfig, context, store, helm
function M.load(options)
  local fs = require "native.fs"
  reset()
  local file = options.config or FILE
  if fs.exists(file) then
    local ok, values = errors.try(function() return require("native.yaml").decode(fs.read(file), { name = file }) end)
    if not ok then
      values.kind = "refused"
      error(values, 0)
    end
    if values == nil or values == null then values = {} end
    check(file, values, schema, "")
    local directory = file:match "^(.*/)" or ""
    resolve_paths(values, directory)
    apply(values)
    local name, environment = pick_environment(file, values, options.environment)
    if environment then
      resolve_paths(environment, directory)
      apply(environment)
    end
    settings.environment, settings.file = name, file
  elseif options.config or options.environment then
    errors.raise {
      kind = "refused", message = "cannot read " .. file,
      hint = options.environment and "-e names an environment of almanac.yaml in this directory" or nil,
    }
  end
  for _, key in ipairs { "kubeconfig", "context", "store", "helm" } do
    if options[key] then settings[key] = options[key] end
  end
end

local chosen = { "config", "environment", "kubeconfig", "context", "helm" }

--- What the command line and the environment chose, for the journal: a run is gone on with in the
--- same environment, against the same cluster, in whatever shell.
---@param options table<string, string>
---@return table<string, string>
function M.choice(options)
  local choice = {}
  for _, key in ipairs(chosen) do choice[key] = options[key] end
  choice.kubeconfig = settings.kubeconfig == nil and process.getenv "KUBECONFIG" or choice.kubeconfig
  return choice
end

--- Loads again, with the choice of a run or a plan under the options of this command line. The journal stays.
---@param options table<string, string>
---@param choice table<string, string>
function M.restore(options, choice)
  local store, merged = settings.store, {}
  for _, key in ipairs(chosen) do merged[key] = options[key] or choice[key] end
  M.load(merged)
  settings.store = store
end

return M
