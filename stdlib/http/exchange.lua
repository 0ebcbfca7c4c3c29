--- One HTTP exchange, over the network or through the API server to what runs in the cluster:
---
---     svc://NAMESPACE/SERVICE:PORT/path        svc+https://… where the service itself speaks TLS
---     pod://NAMESPACE/POD:PORT/path
---
--- PORT is a name or a number. Such a request goes to the API server, with its credentials, and from there
--- through its proxy: https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/
local api_path = require "almanac.k8s.api_path"
local base64 = require "almanac.base.base64"
local codec = require "native.codec"
local errors = require "almanac.base.errors"
local json = require "native.json"
local headers = require "almanac.http.headers"
local methods = require "almanac.http.method"
local native = require "native.http"
local place = require "almanac.host.place"
local reach = require "almanac.run.reach"
local redaction = require "almanac.base.redaction"
local redirects = require "almanac.http.redirect"
local slow = require "almanac.run.slow"
local urls = require "almanac.http.url"

local M = {}

local schemes = {
  svc = { kind = "services", prefix = "" }, ["svc+https"] = { kind = "services", prefix = "https:" },
  pod = { kind = "pods", prefix = "" }, ["pod+https"] = { kind = "pods", prefix = "https:" },
}

---@class almanac.Through  where a URL leads in the cluster
---@field object string   "service/name"
---@field path string     of the API server
---@field query table<string, string[]>

local function query_of(text)
  local out = {}
  for name, value in (text or ""):gmatch "([^=&]+)=?([^&]*)" do
    name = codec.percent_decode(name, true)
    out[name] = out[name] or {}
    table.insert(out[name], codec.percent_decode(value, true))
  end
  return out
end

--- Where a URL leads in the cluster; nil for one of the network. Raises kind "usage". Pure.
---@param who string
---@param url string
---@return almanac.Through?
function M.through(who, url)
  local scheme, rest = url:match "^([%a+]+)://(.*)$"
  local into = scheme and schemes[scheme]
  if not into then return nil end
  local namespace, name, port, path = rest:match "^([%l%d%-]+)/([%l%d%-%.]+):?([%l%d%-]*)(.*)$"
  if not namespace or path ~= "" and not path:find "^[/?#]" then
    errors.usage("%s: %q is no URL of the cluster; write %s://NAMESPACE/NAME:PORT/path", who, url, scheme)
  end
  api_path.check_namespace(namespace)
  api_path.check_name("", name)
  local where, query = path:match "^([^?#]*)%??([^#]*)"
  return {
    object = into.kind:sub(1, -2) .. "/" .. name, query = query_of(query),
    path = string.format("/api/v1/namespaces/%s/%s/%s%s%s/proxy%s", namespace, into.kind, into.prefix, name,
      port ~= "" and ":" .. port or into.prefix ~= "" and ":" or "", where == "" and "/" or where),
  }
end

--- Whether an answer comes from the API server itself: its refusals are objects of kind Status.
local function is_refusal(response)
  if response.status < 400 or not tostring(response.headers["content-type"]):find("application/json", 1, true) then return false end
  local ok, status = errors.try(json.decode, response.body)
  return ok and type(status) == "table" and status.kind == "Status" and status.apiVersion == "v1"
end

local function refuse(client, request, through, response)
  local err = require("almanac.k8s.client").error_of(client, {
    who = request.who, path = through.path, object = through.object, method = request.method,
  }, response)
  if response.status == 503 then
    err.hint = string.format("no pod behind %s is ready: look at k8s.events and the pods of its selector", through.object)
  end
  err.kind = "http"
  errors.raise(err)
end

--- A URL's user and password go out as a header: what an answer says of it is known again. That header alone: the URL is
--- a script's to choose, and so would be what is hidden from a reviewer.
local function know_userinfo(url)
  local user, password = url:match "^%a[%w+.-]*://([^/?#:@]*):([^/?#]*)@"
  if not password or password == "" then return end
  local pair = codec.percent_decode(user) .. ":" .. codec.percent_decode(password)
  redaction.know("Basic " .. base64.encode(pair), "(secret userinfo)", true)
end

--- The API server reads an Authorization as its own, and passes none on to what is behind it.
local function refuse_credentials(request)
  local has = request.user ~= nil
  for name in pairs(request.headers or {}) do has = has or headers.is_credential(name) end
  if not has then return end
  errors.raise {
    kind = "usage",
    message = string.format("%s: no credentials can be sent to %s: the API server passes none on", request.who, request.url),
    hint = "take a URL of the network, such as that of an ingress, for what wants a token or a password",
  }
end

--- What a request reaches: where its URL leads, and what it is sent through and with.
---@param request table
---@return almanac.Target[]
function M.targets(request)
  local out = urls.targets(request.who, request.url)
  local leads = headers.leads(request.headers)
  for _, host in ipairs(leads.hosts) do out[#out + 1] = urls.target(request.who, request.url, host) end
  for _, name in ipairs(leads.others) do out[#out + 1] = { category = "headers", names = { name } } end
  if request.server_name then out[#out + 1] = urls.target(request.who, request.url, request.server_name) end
  if leads.destination then
    out[#out + 1] = urls.target(request.who, urls.resolve(request.who, request.url, leads.destination))
  end
  if request.unix_socket then
    out[#out + 1] = { category = "http", names = { "unix=" .. place.read(request.unix_socket).names[1] } }
  end
  if request.proxy then out[#out + 1] = { category = "http", names = { "proxy=" .. urls.without_user(request.proxy) } } end
  for _, field in ipairs { "ca_file", "cert_file", "key_file" } do
    if request[field] then out[#out + 1] = place.read(request[field]) end
  end
  return out
end

--- "read" for a question, "change" for everything else.
local function access_of(request)
  return (request.read or methods.is_safe(request.method)) and "read" or "change"
end

--- Sends a request and gives the answer, whatever its status; raises kind "network", "timeout", "tls", "http" for
--- what the API server refuses by itself, and "refused" for what the runbook's `allow` does not name.
---@param request table  as native.http's: method, url, headers, body, timeout, max_bytes, read, who; `within`: the targets
---  that stand for the URL's, {} for an endpoint that almanac.yaml names
---@return table response status, headers, body
function M.request(request)
  headers.check(request.who, request.headers or {})
  know_userinfo(request.url)
  local through = M.through(request.who, request.url)
  if request.within then
    reach.require(request.who, access_of(request), request.within)
  elseif reach.is_asked() then
    local function ask(stop) reach.require(request.who, access_of(stop), M.targets(stop)) end
    if not through then return slow.name(urls.origin(request.url), redirects.follow, request, ask) end
    ask(request)
  end
  if not through then return slow.name(urls.origin(request.url), native.request, request) end
  refuse_credentials(request)
  local k8s_client = require "almanac.k8s.client" -- a run that asks nothing of a cluster need not load it
  local client = k8s_client.open {}
  local response = k8s_client.send(client, {
    who = request.who, method = request.method, path = through.path, query = through.query, headers = request.headers,
    body = request.body, timeout = request.timeout, max_bytes = request.max_bytes, read = request.read,
  })
  if is_refusal(response) then refuse(client, request, through, response) end
  return response
end

return M
