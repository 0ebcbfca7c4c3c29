--- What a kustomization names on this machine: bases, resources, patches, files of generators, at any depth. It is looked at
--- before kustomize runs, which reads all of it, and says of what it may not read whether it is there.
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local place = require "almanac.host.place"
local reach = require "almanac.run.reach"
local trusted = require "almanac.host.trusted"
local yaml = require "native.yaml"

local M = {}

--- A directory has exactly one of these. https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
local NAMES = { "kustomization.yaml", "kustomization.yml", "Kustomization" }

--- Fields that hold paths, in lower case: kustomize reads them in any (see `folded`). Of those whose value is "config", a file
--- holds such fields itself, and a text of several lines is such a file.
local FIELDS = {
  resources = "base", bases = "base", components = "base", generators = "config", transformers = "config", validators = "config",
  crds = "file", configurations = "file", path = "file", paths = "file", files = "file", env = "file", envs = "file",
  patches = "file", patchesstrategicmerge = "file", patchesjson6902 = "file", valuesfile = "file", additionalvaluesfiles = "file",
  charthome = "file",
}

local MAX_DIRECTORIES = 1000

---@class almanac.KustomizationWalk
---@field who string  public function, for errors
---@field seen table<string, boolean>  directories and files, by their real paths
---@field count integer
local Walk = {}
Walk.__index = Walk

--- Whether a name is that of a repository or file of elsewhere, and cannot be a path as well.
local function is_remote(name, path)
  local has_host = name:find "^%a[%w+.-]*://" or name:find "^[%w_.-]+@[%w_.-]+:" or name:find "^[%w-]+%.[%w.-]+/"
  return has_host ~= nil and not ("/" .. name .. "/"):find("/../", 1, true) and not fs.exists(path)
end

--- A path as kustomize joins it: ".." takes a name away, whatever that is.
local function joined(dir, name)
  local parts = {}
  for part in (name:sub(1, 1) == "/" and name or dir .. "/" .. name):gmatch "[^/]+" do
    if part == ".." then parts[#parts] = nil elseif part ~= "." then parts[#parts + 1] = part end
  end
  return "/" .. table.concat(parts, "/")
end

--- Asks for a path, both as kustomize and as the system walk it.
function Walk:ask(dir, name, path)
  if reach.is_asked() then reach.require(self.who, "read", { place.read(path), place.read(name, dir) }) end
end

--- The documents of a text; nothing where nobody is kept from anything, and kustomize itself is to say what is wrong.
function Walk:documents(text, path)
  local ok, documents = errors.try(yaml.decode_all, text, { name = path, private = true })
  if ok then return documents end
  if not reach.is_asked() then return {} end
  errors.raise {
    kind = "refused", message = string.format("%s: nobody can tell which files %s names: %s", self.who, path, documents.message),
    hint = "mend it: a runbook with `allow` renders what is known to lie within it",
  }
end

--- Looks at a file that holds such fields.
function Walk:file(path, dir)
  if self.seen[path] then return end
  self.seen[path] = true
  trusted.check(path)
  for _, document in ipairs(self:documents(fs.read(path), path)) do self:fields(document, dir) end
end

--- Looks at what a field names.
function Walk:name(name, kind, dir)
  if name:find("\n", 1, true) then
    if kind == "config" then
      for _, document in ipairs(self:documents(name, "a text in " .. dir)) do self:fields(document, dir) end
    end
    return
  end
  name = kind == "file" and name:match "^[^=/]+=(.*)$" or name -- a key of the ConfigMap, and the file
  local path = joined(dir, name)
  if name == "" or is_remote(name, path) then return end
  self:ask(dir, name, path)
  local there = kind ~= "file" and fs.stat(path)
  if there and there.type == "directory" then
    self:directory(path)
  elseif there and kind == "config" and there.type == "file" then
    self:file(path, dir)
  end
end

--- A key as Go's encoding/json compares it with a field's name: in any case, and to Unicode the long s and the sign of the kelvin
--- are letters of another case, too. https://pkg.go.dev/encoding/json#Unmarshal
local function folded(key)
  return (key:lower():gsub("\u{17f}", "s"):gsub("\u{212a}", "k"))
end

--- Looks at all fields of a document that hold paths.
function Walk:fields(value, dir)
  if type(value) ~= "table" then return end
  for key, item in next, value do
    local kind = type(key) == "string" and FIELDS[folded(key)]
    for _, name in ipairs(kind and (type(item) == "table" and item or { item }) or {}) do
      if type(name) == "string" then self:name(name, kind, dir) end
    end
    self:fields(item, dir)
  end
end

--- Looks at a directory with a kustomization.
function Walk:directory(path)
  local dir = fs.real(path) or path
  if self.seen[dir] then return end
  self.seen[dir], self.count = true, self.count + 1
  if self.count > MAX_DIRECTORIES then
    errors.raise { kind = "limit", message = string.format("%s: more than %d directories belong to it", self.who, MAX_DIRECTORIES) }
  end
  trusted.check(dir)
  for _, name in ipairs(NAMES) do
    local file = joined(dir, name)
    self:ask(dir, name, file)
    if (fs.stat(file) or {}).type == "file" then self:file(file, dir) end
  end
end

--- Refuses an overlay that names on this machine what the runbook's `allow` does not, or what others had a hand in.
---@param who string  public function, for errors
---@param dir string
function M.check(who, dir)
  setmetatable({ who = who, seen = {}, count = 0 }, Walk):directory(dir)
end

return M
