--- Variables that a test gives its runs: what a runbook reads, and none that a program or a library goes by.
local errors = require "almanac.base.errors"

local M = {}

--- Names, and beginnings of names, that lead a program to other code, files, servers or rights.
local NAMES = {
  "PATH", "HOME", "SHELL", "TMPDIR", "KUBECONFIG", "IFS", "ENV", "BASH_ENV", "TZDIR", "LOCPATH", "NLSPATH", "TERMINFO", "TERMINFO_DIRS",
  "RESOLV_HOST_CONF", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "NODE_OPTIONS", "PERL5LIB", "PERL5OPT", "EDITOR", "VISUAL", "PAGER",
}
local BEGINNINGS = {
  "LD_", "DYLD_", "GCONV_", "GLIBC_", "MALLOC_", "OPENSSL_", "SSL_", "CURL_", "ALMANAC_", "HELM_", "KUBE", "GIT_", "SSH_", "DOCKER_",
  "COMPOSE_", "XDG_", "GODEBUG", "GOTRACE", "PYTHON", "RUBY", "LUA_", "ASAN_", "UBSAN_", "LSAN_",
}

local is_name = {}
for _, name in ipairs(NAMES) do is_name[name] = true end

local function leads_elsewhere(name)
  if is_name[name] or name:lower():find "_proxy$" then return true end
  for _, beginning in ipairs(BEGINNINGS) do
    if name:sub(1, #beginning) == beginning then return true end
  end
  return false
end

--- A time zone by its name, or by its rule: anything else is a file, which would be read.
local function is_zone(text)
  return text:find "^[%w<][%w_+%-,.<>/]*$" ~= nil and not text:find("..", 1, true)
end

--- The variables as texts; raises kind "usage" for one that a test must not set.
---@param who string
---@param given? table<string, any>
---@return table<string, string>
function M.check(who, given)
  local out = {}
  for name, value in pairs(given or {}) do
    if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" then
      errors.usage("%s: env: %q is no name of a variable", who, tostring(name))
    end
    if leads_elsewhere(name) then
      errors.raise { kind = "usage", message = string.format("%s: env: a test does not set %s", who, name),
        hint = "programs go by it, and would leave the world; give what a runbook reads under a name of its own" }
    end
    out[name] = tostring(value)
    if name == "TZ" and not is_zone(out[name]) then
      errors.raise { kind = "usage", message = string.format("%s: env: TZ: %q is no time zone", who, out[name]),
        hint = 'write its name, such as "Europe/Berlin", or its rule: "CET-1CEST"' }
    end
  end
  return out
end

return M
