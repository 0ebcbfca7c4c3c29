--- As whom a registry is asked: an endpoint of almanac.yaml that has the registry's host for its name, else what
--- `docker login` wrote to ~/.docker/config.json. Programs that keep credentials for Docker are not run.
local base64 = require "almanac.base.base64"
local endpoints = require "almanac.http.endpoint"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local json = require "native.json"
local process = require "native.process"
local secret = require "almanac.base.secret"

local M = {}

---@class almanac.RegistryCredentials
---@field authorization? table  a secret: of a Basic challenge, and of the token service
---@field token? table          a secret: a bearer token that was given as it is
---@field why_none? string      why there are none, for the error of a registry that wants some

--- Docker's own key of Docker Hub is the URL of an API that is gone.
local aliases = { ["index.docker.io"] = "docker.io", ["registry-1.docker.io"] = "docker.io" }

local function host_of(key)
  local host = key:gsub("^%a+://", ""):gsub("/.*$", "")
  return aliases[host] or host
end

local function path_of_config()
  local directory = process.getenv "DOCKER_CONFIG"
  local home = process.getenv "HOME"
  directory = directory or home and home .. "/.docker"
  return directory and directory .. "/config.json"
end

local function read_config(path)
  if not path or not fs.exists(path) then return {} end
  local ok, config = errors.try(function() return json.decode(fs.read(path), { null = "absent" }) end)
  if ok and type(config) == "table" then return config end
  -- The place is said without what stands there: that is often a password.
  local why = ok and "it is no JSON object"
    or config.line and string.format("it is no JSON at line %d, column %d", config.line, config.column)
  errors.raise {
    kind = "refused", message = string.format("cannot read %s: %s", path, why or config.message),
    hint = "docker login writes it; or name the registry under endpoints in almanac.yaml",
  }
end

local function entry_of(config, host)
  for key, entry in pairs(type(config.auths) == "table" and config.auths or {}) do
    if host_of(key) == host and type(entry) == "table" then return entry end
  end
end

local function helper_of(config, host)
  local helpers = type(config.credHelpers) == "table" and config.credHelpers or {}
  return helpers[host] or config.credsStore
end

local function user_and_password(entry)
  if type(entry.auth) == "string" and entry.auth ~= "" then
    local text = base64.decode(entry.auth)
    if text then return text:match "^([^:]*):(.*)$" end
  end
  return entry.username, entry.password
end

--- The credentials for a registry; an empty table where there are none.
---@param host string
---@return almanac.RegistryCredentials
function M.find(host)
  local endpoint = endpoints.find(host)
  if endpoint.token then return { token = endpoint.token } end
  if endpoint.user then return { authorization = endpoints.authorization(endpoint) } end
  local path = path_of_config()
  local config = read_config(path)
  local entry, helper = entry_of(config, host), helper_of(config, host)
  local user, password
  if entry then user, password = user_and_password(entry) end
  if user and password then
    return { authorization = endpoints.authorization { user = user, password = secret.new("password of " .. host, password) } }
  elseif helper then
    return { why_none = string.format("%s keeps them with docker-credential-%s, which is not run", path, helper) }
  elseif entry and entry.identitytoken then
    return { why_none = path .. " has an identity token, which is not supported" }
  end
  return { why_none = string.format("there are none for %s in almanac.yaml or %s", host, path or "~/.docker/config.json") }
end

return M
