--- Credential plugins of a kubeconfig (client.authentication.k8s.io v1 and v1beta1): run when their
--- credential is needed, kept until it expires.
--- https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
local base64 = require "almanac.base.base64"
local children = require "almanac.config.children"
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local sh = require "native.sh"
local task = require "native.task"
local timestamp = require "almanac.base.timestamp"
local yaml = require "native.yaml"

local M = {}

local TIMEOUT = 60
-- A credential is renewed so many seconds before it expires, so that no request carries a dead one.
local MARGIN = 10

--- What the plugin is told, in KUBERNETES_EXEC_INFO. Pure.
---@param exec table  of native.k8s client:exec()
---@param encode fun(pem: string): string  base64
---@return string
function M.exec_info(exec, encode)
  local cluster = exec.cluster
  return json.encode {
    apiVersion = exec.api_version, kind = "ExecCredential",
    spec = {
      interactive = false,
      cluster = cluster and {
        server = cluster.server, ["tls-server-name"] = cluster.tls_server_name, ["proxy-url"] = cluster.proxy_url,
        ["insecure-skip-tls-verify"] = cluster.insecure or nil,
        ["certificate-authority-data"] = cluster.ca and encode(cluster.ca) or nil,
      } or nil,
    },
  }
end

--- What a plugin printed as data: JSON, or YAML. As for kubectl, what begins with a brace is JSON.
local function decode(stdout)
  local text = stdout:gsub("^\u{FEFF}", "")
  if text:find "^%s*{" then return pcall(json.decode, text, { big = "text", null = "absent" }) end
  return pcall(yaml.decode, text, { dialect = "kubernetes", null = "absent" })
end

--- The credential in what a plugin printed; nil and why when there is none. Pure.
---@param exec table
---@param stdout string
---@return { token: string?, certificate: string?, key: string?, expires: number? }?
---@return string? why
function M.parse(exec, stdout)
  local ok, answer = decode(stdout)
  if not ok or type(answer) ~= "table" or (answer.kind or "ExecCredential") ~= "ExecCredential" then
    return nil, "it printed no ExecCredential"
  end
  if answer.apiVersion ~= exec.api_version then
    return nil, string.format("it did not answer in %s, as the kubeconfig says", exec.api_version)
  end
  local status = answer.status or {}
  if type(status) ~= "table" then return nil, "its status is no map" end
  for _, field in ipairs { "token", "clientCertificateData", "clientKeyData", "expirationTimestamp" } do
    if status[field] == "" then status[field] = nil end
    if status[field] ~= nil and type(status[field]) ~= "string" then return nil, "its " .. field .. " is no text" end
  end
  local out = { token = status.token, certificate = status.clientCertificateData, key = status.clientKeyData }
  if (out.certificate == nil) ~= (out.key == nil) then return nil, "it gave a certificate without its key, or the reverse" end
  if not out.token and not out.certificate then return nil, "it gave neither a token nor a certificate" end
  out.expires = timestamp.epoch(status.expirationTimestamp)
  if status.expirationTimestamp and not out.expires then
    return nil, "its expirationTimestamp is no time"
  end
  return out
end

local function refuse(client, exec, why, more)
  local err = more or {}
  err.kind, err.in_doubt = "auth", false
  err.message = string.format("the credential plugin %q of user %q (%s) %s", exec.command, client.info.user,
    client.info.source, why)
  err.hint = err.hint or exec.install_hint or "run it by hand to see what it says; a login may have to be renewed"
  errors.raise(err)
end

local function run(client, exec)
  if exec.interactive == "Always" then
    refuse(client, exec, "has to ask questions (interactiveMode: Always), and almanac has no terminal to give it",
      { hint = "use another user, or another interactiveMode if the plugin can do without" })
  end
  local argv = { exec.command, table.unpack(exec.args) }
  local env = { KUBERNETES_EXEC_INFO = M.exec_info(exec, base64.encode) }
  for name, value in pairs(exec.env) do env[name] = value end
  local ok, result = errors.try(sh.exec, {
    argv = argv, env = env, keep_env = children.kept "plugin", timeout = TIMEOUT, read = true, who = "k8s",
  })
  if not ok then
    if errors.is_interrupt(result) or result.kind == "timeout" and task.interrupted() then error(result, 0) end
    refuse(client, exec, "cannot be run: " .. result.message, { stderr = result.stderr })
  end
  if result.code ~= 0 then
    local how = result.signal and "was ended by " .. result.signal or string.format("failed with exit code %s", result.code)
    refuse(client, exec, how, { stderr = result.stderr, hint = exec.install_hint or "run it by hand to see what it says; a " ..
      "login may have to be renewed, or a variable that it needs be named (pass_env in almanac.yaml)" })
  end
  local credential, why = M.parse(exec, result.stdout)
  if not credential then refuse(client, exec, "cannot be used: " .. why, { stderr = result.stderr }) end
  return credential
end

--- Shorter ones are no credentials, and would blank out what is shown.
local SECRET_MIN = 8

--- Has the client's credentials hidden from now on: a server may answer with the headers that it got.
---@param client almanac.k8s.Client
function M.hide(client)
  for _, text in ipairs(client.native:secrets()) do
    if #text >= SECRET_MIN then redaction.know(text, string.format("(secret of %s)", client.info.user)) end
  end
end

--- Whether a credential is still good at a time, in seconds since 1970. Pure.
function M.is_fresh(credential, now)
  return credential ~= nil and (credential.expires == nil or now < credential.expires - MARGIN)
end

--- Makes sure that the client has a credential that is good now. Does nothing without a plugin.
---@param client almanac.k8s.Client
---@param refused? any  the credential that the server refused with 401: it is not used again
function M.ensure(client, refused)
  if client.exec == nil then client.exec = client.native:exec() or false end
  if not client.exec then return end
  while client.renewing do client.renewing:wait() end -- another task runs the plugin
  local fresh = M.is_fresh(client.credential, task.wall_ms() / 1000)
  if fresh and (refused == nil or client.credential ~= refused) then return end
  client.renewing = task.condition()
  local ok, result = errors.try(run, client, client.exec)
  local renewed = client.renewing
  client.renewing = nil
  renewed:notify()
  if not ok then error(result, 0) end
  client.credential = result
  client.native:credential { token = result.token, certificate = result.certificate, key = result.key }
  M.hide(client)
end

--- After a 401: has the plugin run again, or the token file read again.
---@param client almanac.k8s.Client
---@param refused? table  the plugin's credential that the server refused
---@return boolean whether there is another credential to try
function M.renew(client, refused)
  if refused then
    M.ensure(client, refused)
    return true
  end
  local another = client.native:reread()
  if another then M.hide(client) end
  return another
end

return M
