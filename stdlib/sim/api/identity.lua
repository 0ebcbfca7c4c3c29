--- Who sends a request to the simulated API: a client certificate, a bearer token, a password, and who
--- they ask to be instead (impersonation). Pure.
--- https://kubernetes.io/docs/reference/access-authn-authz/authentication/
local base64 = require "almanac.base.base64"
local errors = require "almanac.sim.model.errors"
local value = require "almanac.sim.model.value"

local identity = {}

---@class sim.User
---@field name string
---@field groups? string[]
---@field uid? string
---@field token? string      its bearer token
---@field password? string   its basic authentication
---@field read_only? boolean may only get, list and watch
---@field extra? table<string, string[]>

local KNOWN = { name = "string", groups = "table", uid = "string", token = "string", password = "string",
  read_only = "boolean" }

--- Whether a decoded users file is a list of users; nil and why not.
---@param list any
---@return boolean|nil ok, string|nil why
function identity.check(list)
  if type(list) ~= "table" or list[1] == nil then return nil, "it must be a list of users, each with a name" end
  for i, user in ipairs(list) do
    if type(user) ~= "table" then return nil, ("user %d must be a map with a name"):format(i) end
    for key, v in pairs(user) do
      if not KNOWN[key] then return nil, ("user %d has an unknown key %q"):format(i, tostring(key)) end
      if type(v) ~= KNOWN[key] then return nil, ("%s of user %d must be a %s"):format(key, i, KNOWN[key]) end
    end
    if not user.name then return nil, ("user %d has no name"):format(i) end
  end
  return true
end

local function by_token(opts, users, token)
  for _, user in ipairs(users or {}) do
    if user.token == token then return user end
  end
  local known = opts.tokens
  local name = nil
  if type(known) == "function" then name = known(token) elseif known then name = known[token] end
  if not name then return nil end
  return { name = type(name) == "string" and name or "admin", groups = { "system:masters" } }
end

local function by_password(users, pair)
  local name, password = (pair or ""):match "^([^:]*):(.*)$"
  for _, user in ipairs(users or {}) do
    if user.name == name and user.password == password then return user end
  end
  return nil
end

--- Who authenticates, or nil. Nobody has to when neither tokens nor users are given.
local function authenticated(opts, request)
  if request.client_cn then
    return { name = request.client_cn, groups = request.client_groups or { "system:masters" } }
  end
  local users = opts.users
  if type(users) == "function" then users = users() end
  local scheme, credential = (request.headers.authorization or ""):match "^(%a+)%s+(.+)$"
  scheme = scheme and scheme:lower()
  if not opts.tokens and not users then return { name = "system:anonymous", groups = { "system:masters" } } end
  if scheme == "bearer" then return by_token(opts, users, credential) end
  if scheme == "basic" then return by_password(users, (base64.decode(credential or ""))) end
  return nil
end

local function list_of(text)
  local out = {}
  for word in (text or ""):gmatch "[^,]+" do out[#out + 1] = word:match "^%s*(.-)%s*$" end
  return out
end

local function impersonated(request)
  local headers, extra = request.headers, {}
  for name, text in pairs(headers) do
    local key = name:match "^impersonate%-extra%-(.+)$"
    if key then
      extra[key:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)] = value.array(list_of(text))
    end
  end
  return { name = headers["impersonate-user"], uid = headers["impersonate-uid"],
    groups = list_of(headers["impersonate-group"]), extra = next(extra) and extra or nil }
end

--- Who asks: after authentication, and after impersonation.
---@param opts sim.ApiOptions
---@param request table
---@return sim.User|nil who, table|nil status
function identity.of(opts, request)
  local user = authenticated(opts, request)
  if not user then return nil, errors.unauthorized() end
  local other = impersonated(request)
  if not other.name then
    if other.uid or #other.groups > 0 or other.extra then
      return nil, errors.bad_request("requested impersonation without impersonating a user")
    end
    return user
  end
  if user.read_only then
    return nil, errors.failure(403, "Forbidden", ('users %q is forbidden: User %q cannot impersonate resource "users" in '
      .. 'API group "" at the cluster scope'):format(other.name, user.name), { name = other.name, kind = "users" })
  end
  return other
end

--- What a SelfSubjectReview says of them.
---@param who sim.User
---@return table
function identity.user_info(who)
  local groups = value.array {}
  for _, group in ipairs(who.groups or {}) do groups[#groups + 1] = group end
  groups[#groups + 1] = "system:authenticated"
  return { username = who.name, uid = who.uid, groups = groups, extra = who.extra }
end

return identity
