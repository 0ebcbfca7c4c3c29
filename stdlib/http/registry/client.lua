--- Requests to one repository of a registry, with the tokens that it asks for.
--- https://github.com/opencontainers/distribution-spec/blob/main/spec.md
--- https://distribution.github.io/distribution/spec/auth/token/
local client = require "almanac.http.client"
local credentials = require "almanac.http.registry.credentials"
local endpoints = require "almanac.http.endpoint"
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local urls = require "almanac.http.url"

local M = {}

local decode_options = { null = "absent", big = "text" }

---@class almanac.RegistryClient
---@field who string
---@field reference almanac.ImageReference
---@field url string   https://host
---@field credentials almanac.RegistryCredentials
---@field within almanac.Target[]  what `allow` is asked about
---@field authorization? table  a secret; set once the registry asked for it

local function is_of_this_machine(host)
  local name = host:gsub(":%d+$", "")
  return name == "localhost" or name == "[::1]" or name:find "^127%.%d+%.%d+%.%d+$" ~= nil
end

--- A script says that a registry has no TLS, and would have the operator's password go over the network for all to read.
local NOT_IN_CLEAR = { why_none = "none are sent without TLS where a script says so (plain_http); almanac.yaml may: " ..
  "endpoints: { HOST: { url: \"http://…\" } }" }

---@param who string
---@param reference almanac.ImageReference
---@param plain_http? boolean
---@return almanac.RegistryClient
function M.open(who, reference, plain_http)
  local host = reference.host == "docker.io" and "registry-1.docker.io" or reference.host
  local named = endpoints.find(reference.host).url
  local in_clear = plain_http and not named and not is_of_this_machine(host)
  return {
    who = who, reference = reference, within = { { category = "registry", names = { reference.name } } },
    credentials = in_clear and NOT_IN_CLEAR or credentials.find(reference.host),
    url = named or (plain_http and "http://" or "https://") .. host,
  }
end

--- What a registry says in its errors: their codes and messages, else the beginning of the body.
local function said(body)
  local ok, answer = errors.try(json.decode, body or "", decode_options)
  local list = ok and type(answer) == "table" and type(answer.errors) == "table" and answer.errors or {}
  local words = {}
  for _, err in ipairs(list) do
    if type(err) == "table" then words[#words + 1] = tostring(err.message or err.code) end
  end
  if #words > 0 then return ": " .. table.concat(words, "; ") end
  return body ~= nil and body ~= "" and ": " .. redaction.excerpt(body:gsub("%s+", " "), 200) or ""
end

local function refuse_access(self, where, response)
  local has = self.credentials.authorization or self.credentials.token
  errors.raise {
    kind = "http", status = response.status, body = response.body,
    message = string.format("%s: %s answered %d%s%s", self.who, where, response.status,
      response.status == 401 and " Unauthorized" or " Forbidden", said(response.body)),
    hint = has and string.format("the credentials for %s do not let %s be read", self.reference.host, self.reference.repository)
      or string.format("it wants credentials, and %s. docker login %s, or in almanac.yaml: " ..
        "endpoints: { %q: { user: …, password: \"env:NAME\" } }", self.credentials.why_none, self.reference.host, self.reference.host),
  }
end

-- Tokens -----------------------------------------------------------------------------------------

--- The parts of a challenge: https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate
local function bearer_challenge(header)
  local rest = header:match "[Bb][Ee][Aa][Rr][Ee][Rr]%s+(.*)$"
  if not rest then return nil end
  local parts = {}
  for name, value in rest:gmatch '([%a_]+)="([^"]*)"' do parts[name] = parts[name] or value end
  return parts.realm and parts
end

--- Whether two URLs of http:// lead to one server.
local function is_same_server(who, a, b)
  local one, other = urls.parse(who, a), urls.parse(who, b)
  return one.host == other.host and (one.port or "80") == (other.port or "80")
end

--- Where a registry sends for its tokens is its own choice, or that of whoever is between: a token service is asked without
--- TLS only where the registry is as well, and gets the operator's password then only where the registry itself does.
local function check_realm(self, realm)
  if realm:find "^https://" then return end
  local hint = "a registry with TLS has a token service with TLS"
  if realm:find "^http://" and self.url:find "^http://" then
    local is_near = is_of_this_machine(urls.parse(self.who, realm).authority) or is_same_server(self.who, realm, self.url)
    if is_near or not self.credentials.authorization then return end
    hint = string.format("no password goes there without TLS; a token for the registry itself does: endpoints: { %q: { url: %q, " ..
      "token: \"env:NAME\" } }", self.reference.host, self.url)
  end
  errors.raise {
    kind = "refused", message = string.format("%s: %s sends for its tokens to %s", self.who, self.url, realm), hint = hint,
  }
end

local function fetch_token(self, challenge)
  check_realm(self, challenge.realm)
  local response = client.read(self.who, "GET", {
    url = challenge.realm, headers = { Authorization = self.credentials.authorization }, expect = { 200, 401, 403 },
    query = { service = challenge.service, scope = challenge.scope or "repository:" .. self.reference.repository .. ":pull" },
  }, self.within)
  if response.status ~= 200 then refuse_access(self, "the token service " .. challenge.realm, response) end
  local ok, answer = errors.try(json.decode, response.body, decode_options)
  local token = ok and type(answer) == "table" and (answer.token or answer.access_token)
  if type(token) == "string" and token ~= "" then return secret.new("token of " .. self.reference.host, token) end
  errors.raise {
    kind = "protocol", message = string.format("%s: the token service %s answered no token", self.who, challenge.realm),
  }
end

--- Answers a challenge; false where there is nothing to answer it with.
local function authorize(self, header)
  local challenge = bearer_challenge(header)
  if challenge and self.credentials.token then
    self.authorization = "Bearer " .. self.credentials.token
  elseif challenge then
    self.authorization = "Bearer " .. fetch_token(self, challenge)
  elseif header:find "^%s*[Bb][Aa][Ss][Ii][Cc]" then
    self.authorization = self.credentials.authorization
  end
  return self.authorization ~= nil
end

-- Requests ---------------------------------------------------------------------------------------

--- A read below /v2/REPOSITORY/. Gives 404 back, and whatever else `expect` names beside 200; raises kind "http"
--- for the rest.
---@param self almanac.RegistryClient
---@param method "GET"|"HEAD"
---@param path string           "manifests/v1"
---@param options? { accept?: string, redirects?: integer, expect?: integer[] }
---@return table response
function M.ask(self, method, path, options)
  options = options or {}
  local expect = { 200, 401, 403, 404, table.unpack(options.expect or {}) }
  local where = string.format("%s/v2/%s/%s", self.url, self.reference.repository, path)
  local response
  for try = 1, 2 do
    response = client.read(self.who, method, {
      url = where, headers = { Accept = options.accept, Authorization = self.authorization }, expect = expect,
      redirects = options.redirects,
    }, self.within)
    if response.status ~= 401 or try == 2 or not authorize(self, response.headers["www-authenticate"] or "") then break end
  end
  if response.status == 401 or response.status == 403 then refuse_access(self, where, response) end
  return response
end

--- JSON of a registry, or kind "protocol".
---@param self almanac.RegistryClient
---@param what string
---@param body string
---@return table
function M.decode(self, what, body)
  local ok, answer = errors.try(json.decode, body, decode_options)
  if ok and type(answer) == "table" then return answer end
  errors.raise {
    kind = "protocol", message = string.format("%s: %s of %s is no JSON", self.who, what, self.reference.name),
    hint = string.format("is %s a registry?", self.url),
  }
end

return M
