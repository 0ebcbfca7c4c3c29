--- What a Kubernetes API server's refusals mean, in words for an operator. Pure.
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local shape = require "almanac.base.shape"
local timestamp = require "almanac.base.timestamp"

local M = {}

---@class almanac.k8s.Who
---@field who string        public function, e.g. "k8s.get"
---@field method string
---@field path string
---@field context? string   of the kubeconfig
---@field user? string
---@field source? string    the kubeconfig file
---@field server? string
---@field identity? table   of native.k8s client:identity()
---@field now? number       seconds since 1970

--- What a Status says, as far as it is read here: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status
local STATUS = {
  kind = { one_of = { "Status" } }, message = "string?", reason = "string?", details = { optional = {
    name = "string?", kind = "string?",
    causes = { optional = { list = { reason = "string?", message = "string?", field = "string?" } } },
  } },
}

--- What is no Status is told by its text.
local function decode(body)
  local ok, value = pcall(json.decode, body, { big = "text", null = "absent" })
  return ok and not shape.wrong(value, STATUS) and value or nil
end

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

--- Manager and field of each conflict of a server-side apply.
---@param status table a Status
---@return { manager: string, field: string, message: string }[]
function M.conflicts(status)
  local out = {}
  for _, cause in ipairs(type(status.details) == "table" and status.details.causes or {}) do
    if cause.reason == "FieldManagerConflict" then
      local said = cause.message or ""
      out[#out + 1] = { manager = said:match 'conflict with "([^"]*)"' or said, field = cause.field or "a field", message = said }
    end
  end
  return out
end

local hints = {}

local function claims_of(identity)
  local ok, claims = pcall(json.decode, identity.claims or "", { big = "text", null = "absent" })
  return ok and type(claims) == "table" and claims or {}
end

--- Who the credentials say that we are, and until when they are good. Pure.
---@param identity table  of native.k8s client:identity()
---@param now? number     seconds since 1970
---@return string
function M.whoami(identity, now)
  local as = identity.impersonated and string.format(", impersonating %q", identity.impersonated) or ""
  if identity.token then
    local claims = claims_of(identity)
    local out = claims.sub and "the token of " .. tostring(claims.sub) or "the bearer token"
    local expires = math.tointeger(claims.exp)
    if expires then
      out = out .. string.format(", which %s on %s", now and expires < now and "expired" or "expires",
        timestamp.utc(expires))
    end
    return out .. as
  elseif identity.username then
    return string.format("the password of %s", identity.username) .. as
  elseif identity.certificate then
    local groups = identity.groups ~= "" and " (" .. identity.groups .. ")" or ""
    return string.format("the certificate of %s%s, good until %s", identity.certificate, groups, identity.not_after) .. as
  end
  return "a request without credentials" .. as
end

hints[401] = function(from)
  local identity = from.identity or {}
  if not identity.token and not identity.username and not identity.certificate then
    return string.format("user %q (%s) has no credentials: give it a token, a certificate or a plugin, or use another " ..
      "--context", from.user or "", from.source or "kubeconfig")
  end
  return string.format("it does not accept %s; user %q (%s): it may have expired or been revoked; get a new one, " ..
    "then: almanac resume", M.whoami(identity, from.now), from.user or "", from.source or "kubeconfig")
end

--- What a 403 denies: who may not do what, and where; nil when its message is in other words. Pure.
---@param message string?
---@return { user: string, verb: string, resource: string, group: string, namespace: string? }?
function M.denied(message)
  local user, verb, resource, group, rest = (message or ""):match
    'User "(.-)" cannot (%w+) resource "(.-)" in API group "(.-)"(.*)'
  if not user then return nil end
  return { user = user, verb = verb, resource = resource, group = group, namespace = rest:match 'in the namespace "(.-)"' }
end

hints[403] = function(from, status)
  local denied = M.denied(status and status.message)
  if not denied then
    return string.format("user %q of context %q lacks a role for this; ask whoever runs the cluster, or use another " ..
      "--context", from.user or "", from.context or "")
  end
  local resource = denied.resource .. (denied.group ~= "" and "." .. denied.group or "")
  return string.format("ask whoever runs the cluster for a role with the verb %s on %s%s for %q, or use another " ..
    "--context (now %q)", denied.verb, resource, denied.namespace and " in namespace " .. denied.namespace or "",
    denied.user, from.context or "")
end

hints[404] = function(_, status)
  if not status then return "the server knows no such API; is the name of the kind right, and its operator installed?" end
  return "check the name and the namespace"
end

hints[409] = function(_, status)
  if status and status.reason == "AlreadyExists" then return "k8s.apply changes what is there already" end
  return "somebody changed it at the same time; look at it, then try again"
end

hints[415] = function()
  return 'a custom resource takes no strategic patch: use type = "merge", or k8s.apply'
end

hints[422] = function(_, status)
  if not (status and type(status.details) == "table" and status.details.causes) then
    return "look at the object as it is: what is asked does not fit it (an operation of a JSON patch, perhaps)"
  end
  return "correct the fields named above; some cannot change once the object exists"
end
hints[429] = function() return "the API server is overloaded; try again later" end

local function hint_of(status_code, from, status)
  local fn = hints[status_code]
  if fn then return fn(from, status) end
  if status and status.message and status.message:find("field not declared in schema", 1, true) then
    return "a field's name is misspelt, or this version of the API does not have it"
  end
  if status and status.message and status.message:find("failed to create typed patch object", 1, true) then
    return "the field named above has the wrong type"
  end
  if status_code >= 500 then return "the API server failed; its own log says why. Trying again may help" end
  return nil
end

--- What a disruption budget said that refused an eviction, or nil.
local function budget_of(status)
  local said = {}
  for _, cause in ipairs(status and type(status.details) == "table" and status.details.causes or {}) do
    if cause.reason == "DisruptionBudget" then said[#said + 1] = cause.message end
  end
  return said[1] and table.concat(said, "; ") or nil
end

-- Refusals that the API server calls 500, of an object that it could not read: nothing was stored.
local UNREAD = { "failed to create typed patch object", "field not declared in schema" }

--- Whether a write that was answered so may have happened all the same. A server's error comes from anywhere: a time-out of
--- etcd is a 500 without a reason, and what stands between answers as it likes. A 503 of the API server itself means that
--- it took no part in it.
--- https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/handlers/responsewriters/status.go
local function is_in_doubt(code, status)
  if code < 500 or code == 503 and status then return false end
  for _, words in ipairs(UNREAD) do
    if status and (text(status.message) or ""):find(words, 1, true) then return false end
  end
  return true
end

--- The error for an answer that is no success.
---@param from almanac.k8s.Who
---@param code integer HTTP status
---@param body string
---@param headers? table<string, string>
---@return table err for errors.raise
function M.of(from, code, body, headers)
  local status = decode(body)
  local said = status and text(status.message) or text(redaction.excerpt(body:gsub("%s+", " "):match "^ ?(.-) ?$", 300)) or
    "no explanation"
  local err = {
    kind = "api", status = code, in_doubt = from.method ~= "GET" and is_in_doubt(code, status),
    reason = status and text(status.reason), details = status and status.details or nil,
    message = string.format("%s: %s (%d%s)", from.who, said, code, status and text(status.reason) and " " ..
      status.reason or ""),
    hint = hint_of(code, from, status), api_message = said, retry_after = headers and headers["retry-after"] or nil,
    method = from.method, path = from.path,
  }
  local conflicts = status and M.conflicts(status) or {}
  if #conflicts > 0 then
    local lines = {}
    for i, c in ipairs(conflicts) do lines[i] = string.format("%s is managed by %q", c.field, c.manager) end
    err.kind, err.conflicts = "conflict", conflicts
    err.message = string.format("%s: %s would take fields from others: %s", from.who, from.object or from.path,
      table.concat(lines, ", "))
    err.hint = "leave these fields out, change them the way they were set, or take them over with force = true"
  end
  if code == 403 then err.denied = M.denied(said) end
  local budget = code == 429 and budget_of(status)
  if budget then
    err.budget = budget
    err.message = string.format("%s: %s %s", from.who, said, budget)
    err.hint = "the eviction has to wait until more of its pods are healthy: k8s.rollout says what keeps them; " ..
      "k8s.delete asks no budget"
  end
  return err
end

--- Puts which cluster it was into an error of the network, of TLS or of credentials.
---@param from almanac.k8s.Who
---@param err table
---@return table err the same
function M.of_transport(from, err)
  if err.kind == "network" or err.kind == "tls" or err.kind == "timeout" then
    local why = err.message:gsub("^%u+ %a+://%S+: ", "")
    err.message = string.format("%s: no answer from the API server %s (context %q): %s", from.who, from.server or "",
      from.context or "", why)
    err.method, err.path = from.method, from.path
  end
  return err
end

return M
