--- Endpoints: the services that almanac.yaml names, where each is, and as whom it is asked.
---
---     endpoints:
---       prometheus: http://127.0.0.1:9090
---       github: { url: "https://github.example/api/v3", token: "env:GITHUB_TOKEN" }
---       ghcr.io: { user: ci, password: "file:/run/secrets/ghcr" }
local base64 = require "almanac.base.base64"
local errors = require "almanac.base.errors"
local secret = require "almanac.base.secret"
local settings = require "almanac.config.settings"

local M = {}

---@class almanac.Endpoint
---@field url? string       without a slash at its end
---@field token? table      a secret
---@field user? string
---@field password? table   a secret

local function refuse(name, format, ...)
  errors.raise {
    kind = "refused", message = string.format("endpoint %s: ", name) .. string.format(format, ...),
    hint = "in almanac.yaml: endpoints: { NAME: URL } or { url: URL, token: \"env:NAME\" } or { url: URL, user: NAME, " ..
      "password: \"file:PATH\" }",
  }
end

local function secret_of(name, field, text)
  if text == nil then return nil end
  local found, must = secret.find(field .. " of " .. name, text)
  if not found then refuse(name, "its %s must be %s", field, must) end
  return found
end

local function without_slash(url)
  return url and (url:gsub("/+$", ""))
end

--- An endpoint of almanac.yaml; an empty one where there is none. Raises kind "refused".
---@param name string
---@return almanac.Endpoint
function M.find(name)
  local given = settings.endpoints[name]
  if type(given) ~= "table" then return { url = without_slash(given) } end
  if given.token and given.user then refuse(name, "it has a token and a user; give one of them") end
  if (given.user == nil) ~= (given.password == nil) then refuse(name, "user and password go together") end
  return {
    url = without_slash(given.url), user = given.user,
    token = secret_of(name, "token", given.token), password = secret_of(name, "password", given.password),
  }
end

--- The value of an Authorization header: https://www.rfc-editor.org/rfc/rfc7617, rfc6750
---@param endpoint almanac.Endpoint
---@return string|table|nil  a secret
function M.authorization(endpoint)
  if endpoint.token then return "Bearer " .. endpoint.token end
  if endpoint.user then
    return "Basic " .. secret.map(endpoint.password, function(password) return base64.encode(endpoint.user .. ":" .. password) end)
  end
end

--- The Authorization of the endpoint that has this base URL, however it was come by; nil where none has.
---@param url string
---@return table?  a secret
function M.authorization_of_url(url)
  for name, given in pairs(settings.endpoints) do
    if type(given) == "table" and without_slash(given.url) == url then return M.authorization(M.find(name)) end
  end
end

return M
