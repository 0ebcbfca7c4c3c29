--- What of Almanac's own environment its children get: a few variables that programs need anywhere, those
--- that a program is there for, and what almanac.yaml and the runbook name (pass_env). Nothing else: a
--- secret that Almanac was handed in a variable is not every child's to read.
local settings = require "almanac.config.settings"
local sh = require "native.sh"
local task = require "native.task"

local M = {}

--- What every child gets. A name with a * at its end is all that begin so.
local EVERY = {
  "PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "TMPDIR",
  "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
  "LANG", "LANGUAGE", "LC_*", "TZ", "TZDIR", "TERM", "COLORTERM", "NO_COLOR",
  "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
  "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE",
  "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "SSH_AUTH_SOCK", "KRB5CCNAME",
}

--- Where the plugins of a kubeconfig look for who they are: those of the large clouds.
local CLOUDS = { "AWS_*", "AZURE_*", "AAD_*", "GOOGLE_*", "CLOUDSDK_*", "USE_GKE_GCLOUD_AUTH_PLUGIN" }

local function with(list, ...)
  local out = table.move(list, 1, #list, 1, {})
  for _, name in ipairs { ... } do out[#out + 1] = name end
  return out
end

local DOCKER = { "DOCKER_*", "COMPOSE_*", "BUILDKIT_*" }

--- What a program gets besides, by what it is. helm and kubectl run the kubeconfig's plugins themselves.
local OF = {
  plugin = CLOUDS, kubectl = CLOUDS, kustomize = CLOUDS, aws = { "AWS_*" }, az = { "AZURE_*" },
  gcloud = { "GOOGLE_*", "CLOUDSDK_*" },
  helm = with(CLOUDS, "HELM_*"),
  git = { "GIT_*", "SSH_ASKPASS", "GNUPGHOME", "GPG_TTY" },
  docker = DOCKER, ["docker-compose"] = DOCKER,
}

--- What every child gets by the settings as they are now.
local function all() return with(EVERY, table.unpack(settings.pass_env)) end

--- Makes it so.
function M.apply() sh.keep_env(all()) end

--- What the runbook names whose run this task works for. One that another run makes has its own names, and no others.
---@return string[]
local function named_here()
  local context = task.context()
  return context and (context.run or context).pass_env or {}
end

--- Works for a runbook that is loaded, before and beside its run: what is asked of its cluster then is asked with what it
--- names.
---@param names string[]?  its pass_env
---@param fn function
---@return any ... what fn returns
function M.within(names, fn, ...)
  return task.with({ context = { pass_env = names } }, fn, ...)
end

--- What a child that is started here gets besides what every child does.
---@param of string|string[]  its program, or names of variables
---@return string[]
function M.kept(of)
  return with(type(of) == "table" and of or OF[of] or {}, table.unpack(named_here()))
end

--- Whether the children of a run get a variable, whatever their program is. A script reads those, and no others: it could
--- have a child tell them.
---@param name string
---@param named string[]?  what its runbook names; nil: that of the run here
---@return boolean
function M.gets(name, named)
  for _, one in ipairs(with(all(), table.unpack(named or named_here()))) do
    local prefix = one:match "^(.*)%*$"
    if one == name or prefix and name:sub(1, #prefix) == prefix then return true end
  end
  return false
end

return M
