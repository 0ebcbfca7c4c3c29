--- The directory that a run of a test works in: like the project, but almanac.yaml leads to the test's world, and what is
--- written stays there.
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local json = require "native.json"
local place = require "almanac.testing.world.place"
local scripts = require "almanac.testing.world.scripts"
local sh = require "native.sh"
local yaml = require "native.yaml"

local M = {}

local CONFIG = "almanac.yaml"

--- Endpoints of a name of their own; others are registries, by their hosts.
local SERVICES = { "prometheus", "loki", "alertmanager", "github", "grafana" }

--- Where a service of almanac.yaml is in a test.
---@param name string
---@return string host
function M.host(name) return name .. ".test" end

--- The variable that stands for every token and password of almanac.yaml.
M.SECRET = "ALMANAC_TEST_SECRET"

--- Links the files of a copy of ours into another directory.
local function link_files(from, to, is_copy)
  local words = { "cp", "-R", is_copy and "-p" or "-l", "--", from .. "/.", to }
  local result = sh.exec { argv = words, keep_env = { "PATH" }, who = "almanac test" }
  if result.code ~= 0 then errors.raise { kind = "io", message = table.concat(words, " ") .. ": " .. result.stderr } end
end

--- What of the project a run gets: all but what begins with a dot, which is the journal, the repository and the like; or
--- what the test says.
local function parts_of(project, wanted)
  local out = {}
  for _, path in ipairs(wanted or fs.list((project:gsub("[%[*?\\]", "\\%0")) .. "/*")) do
    local name = wanted and place.names("world: copy", path) or path:match "([^/]+)$"
    if wanted then place.existing("world: copy", project, name) end
    if name ~= CONFIG then out[#out + 1] = name end
  end
  return out
end

local SIZE_MAX = 64 << 20 -- bytes

local function copy_part(project, name, dir, left)
  local ok, result = errors.try(fs.copy_tree, project, name, dir, left)
  if ok then return result end
  if result.kind ~= "limit" then error(result, 0) end
  errors.raise {
    kind = "usage",
    message = string.format("world: each run would get a copy of the project, which holds more than %d MiB", SIZE_MAX >> 20),
    hint = 'say what of it they need: world { copy = { "runbooks", "ops/helm" } }',
  }
end

--- A script that others can write is not run, nor a copy of it.
local function trust_scripts(project, dir)
  for _, path in ipairs(scripts.below(dir .. "/runbooks")) do fs.check_script(project .. path:sub(#dir + 1)) end
end

local whole = {} ---@type table<string, string>  copies of the project, by what is in them

--- A copy of the project that no run works in: theirs are linked to it, for what Almanac writes takes the place of a file.
--- So there is no link that leads to the operator's own.
local function whole_copy(root, project, wanted)
  local key = project .. "\0" .. table.concat(wanted or {}, "\0")
  if whole[key] then return whole[key] end
  local dir = root .. "/project-" .. digest.random_hex(4)
  fs.mkdir(dir)
  local left = SIZE_MAX
  for _, name in ipairs(parts_of(project, wanted)) do left = copy_part(project, name, dir, left) end
  trust_scripts(project, dir)
  whole[key] = dir
  return dir
end

--- Fills the directory of a run. A program that runs for real may write into a file, and gets files of its own.
local function fill(dir, root, project, spec)
  link_files(whole_copy(root, project, spec.copy), dir, spec.real_sh)
end

local function merge(into, from)
  for key, value in pairs(from) do
    local is_mapping = type(value) == "table" and not json.is_array(value)
    if is_mapping and type(into[key]) == "table" then merge(into[key], value) else into[key] = value end
  end
end

local function without_secrets(name, given, is_service)
  local out = type(given) == "table" and {} or nil
  if not out then return is_service and "http://" .. M.host(name) or given end
  for key, value in pairs(given) do out[key] = value end
  if is_service then out.url = "http://" .. M.host(name) end
  for _, key in ipairs { "token", "password" } do out[key] = out[key] and "env:" .. M.SECRET end
  return out
end

--- Has a section of almanac.yaml lead to the test's world.
local function lead(values, contexts)
  for _, key in ipairs { "kubeconfig", "helm", "kustomize", "store" } do values[key] = nil end
  if values.context then contexts[values.context] = true end
  local services = {}
  for _, name in ipairs(SERVICES) do services[name] = true end
  for name, given in pairs(values.endpoints or {}) do values.endpoints[name] = without_secrets(name, given, services[name]) end
  for name, channel in pairs(values.channels or {}) do
    if type(channel) == "table" and channel.url then channel.url = "http://" .. M.host(name) .. "/channel" end
  end
end

--- What concerns people is left out: nobody signs in a test, and nobody is told. A test that wants it says so.
local function without_people(values)
  values.approval, values.hooks = nil, nil
  for _, environment in pairs(values.environments or {}) do without_people(environment) end
end

--- almanac.yaml of the run: the project's, with what the test says over it.
---@param project string
---@param spec table    of the world
---@param places table  kubeconfig and helm
---@return table values
---@return string[] contexts  that it names
local function config_of(project, spec, places)
  local path, contexts = project .. "/" .. CONFIG, {}
  local values = fs.exists(path) and yaml.decode(fs.read_own(path, "configuration"), { name = CONFIG }) or {}
  without_people(values)
  merge(values, spec.config or {})
  lead(values, contexts)
  for _, environment in pairs(values.environments or {}) do lead(environment, contexts) end
  values.endpoints = values.endpoints or {}
  for _, name in ipairs { "prometheus", "loki" } do
    values.endpoints[name] = values.endpoints[name] or "http://" .. M.host(name)
  end
  values.kubeconfig, values.helm = places.kubeconfig, places.helm
  local names = {}
  for name in pairs(contexts) do names[#names + 1] = name end
  return values, names
end

--- Every context that almanac.yaml names leads to the one cluster there is.
local function kubeconfig_of(served, contexts)
  local config = served:kubeconfig()
  for _, name in ipairs(contexts) do
    if name ~= config.contexts[1].name then
      config.contexts[#config.contexts + 1] = { name = name, context = config.contexts[1].context }
    end
  end
  return config
end

--- Makes the directory, with what is beside it: `project`, kubeconfig, a home, the programs that may run.
---@param dir string      that is there, for all of it
---@param project string  the operator's
---@param spec table      of the world
---@param served table    the simulated cluster
---@param helm? string    as the operator names it
---@return string cwd
---@return string[] real  programs that run as they are
---@return string? helm   the binary; nil: there is none
function M.make(dir, project, spec, served, helm)
  local cwd = dir .. "/project"
  for _, name in ipairs { "/project", "/home", "/bin", "/tmp", "/helm" } do fs.mkdir(dir .. name) end
  fill(cwd, dir:match "^(.*)/", project, spec)
  for path, text in pairs(spec.files or {}) do place.write("world: files", cwd, path, text) end
  local found = sh.which(helm or "helm")
  local values, contexts = config_of(project, spec, { kubeconfig = dir .. "/kubeconfig", helm = dir .. "/bin/helm" })
  fs.write(cwd .. "/" .. CONFIG, json.encode(values, { indent = 2 }) .. "\n")
  fs.write(dir .. "/kubeconfig", json.encode(kubeconfig_of(served, contexts)) .. "\n", { mode = 0x180 })
  return cwd, json.array(spec.real_sh or {}), found
end

return M
