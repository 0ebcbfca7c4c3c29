--- What of Almanac's own environment its children get: a few variables that programs need anywhere, those
--- that a program is there for, and what almanac.yaml and the runbook name (pass_env). Nothing else: a
--- secret that Almanac was handed in a variable is not every child's to read.
local settings = require "almanac.config.settings"
local sh = require "native.sh"

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
M.of = {
  plugin = CLOUDS, kubectl = CLOUDS, kustomize = CLOUDS, aws = { "AWS_*" }, az = { "AZURE_*" },
  gcloud = { "GOOGLE_*", "CLOUDSDK_*" },
  helm = with(CLOUDS, "HELM_*"),
  git = { "GIT_*", "SSH_ASKPASS", "GNUPGHOME", "GPG_TTY" },
  docker = DOCKER, ["docker-compose"] = DOCKER,
}

local named = {} ---@type table<string, boolean> what the runbooks that were loaded name

--- What every child gets by the settings as they are now.
local function all()
  local out = with(EVERY, table.unpack(settings.pass_env))
  for name in pairs(named) do out[#out + 1] = name end
  return out
end

--- Makes it so.
function M.apply() sh.keep_env(all()) end

--- Whether every child gets a variable. A script reads those, and no others: it could have a child tell them.
---@param name string
---@return boolean
function M.gets(name)
  for _, one in ipairs(all()) do
    local prefix = one:match "^(.*)%*$"
    if one == name or prefix and name:sub(1, #prefix) == prefix then return true end
  end
  return false
end

--- Adds what a runbook names; it stays when the settings change.
---@param names string[]?  nil: nothing
function M.add(names)
  for _, name in ipairs(names or {}) do named[name] = true end
  if names then M.apply() end
end

--- Hands everything on, for what is no runbook: Almanac's own tests.
function M.pass_all()
  M.add { "*" }
end

return M
