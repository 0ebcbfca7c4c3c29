--- The helm binary: which one, which version, how it is called.
local arguments = require "almanac.host.arguments"
local children = require "almanac.config.children"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local k8s_client = require "almanac.k8s.client"
local native = require "native.sh"
local parse = require "almanac.helm.parse"
local process = require "native.process"
local settings = require "almanac.config.settings"

local M = {}

M.READ_TIMEOUT = 60 -- seconds for a helm that only looks

local detected = {} ---@type table<string, { major: integer, version: string }> by binary

--- What of the operator's environment would send helm to another cluster or namespace than the one
--- that almanac looks at: it is removed, and what is wanted is passed.
local removed = {
  "HELM_NAMESPACE", "HELM_KUBECONTEXT", "HELM_KUBEAPISERVER", "HELM_KUBETOKEN", "HELM_KUBEASUSER",
  "HELM_KUBEASGROUPS", "HELM_KUBECAFILE", "HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "HELM_KUBETLS_SERVER_NAME",
  "HELM_DEBUG", "HELM_COLOR",
}

--- How much garbage helm's collector lets gather, in percent of what is in use. helm's own 100 costs it a fourth of
--- its processor time; this costs some 20 MiB with a release of 200 objects.
local GARBAGE_PERCENT = "400"

--- The environment of every helm, as sh takes it. What the operator says of its memory holds.
---@return table<string, string|false>
function M.environment()
  local env = { GOGC = process.getenv "GOGC", GOMEMLIMIT = process.getenv "GOMEMLIMIT" }
  if next(env) == nil then env.GOGC = GARBAGE_PERCENT end
  for _, name in ipairs(removed) do env[name] = false end
  -- Not --kubeconfig: the variable may be a list of files, which the flag cannot.
  if settings.kubeconfig then env.KUBECONFIG = settings.kubeconfig end
  return env
end

---@return string
function M.binary()
  return settings.helm or "helm"
end

local function raise_missing(binary, err)
  errors.raise {
    kind = "not_found",
    message = "helm cannot be run: " .. err.message,
    hint = settings.helm and string.format("almanac.yaml names %s (helm: PATH); correct it or install it there", binary)
      or "install helm 3 or 4 (https://helm.sh/docs/intro/install), or name its binary in almanac.yaml (helm: PATH)",
  }
end

--- Runs a helm that only looks.
---@param argv string[] without the binary
---@param options? { timeout?: number, max_output?: integer, stdin?: string }
---@return table result as native.sh gives it
function M.exec(argv, options)
  options = options or {}
  local binary = M.binary()
  local ok, result = errors.try(native.exec, {
    argv = { binary, table.unpack(argv) }, env = M.environment(), keep_env = children.kept "helm", read = true, who = "helm",
    stdin = options.stdin, timeout = options.timeout or M.READ_TIMEOUT, max_output = options.max_output or 16 * 1024 * 1024,
  })
  if ok then return result end
  if result.kind == "not_found" then raise_missing(binary, result) end
  error(result, 0)
end

--- Its version, asked once for each binary.
---@return { major: integer, version: string }
function M.version()
  local binary = M.binary()
  if detected[binary] then return detected[binary] end
  local result = M.exec { "version", "--short" }
  local major, version = parse.version(result.stdout)
  if result.code ~= 0 or not major then
    errors.raise {
      kind = "helm",
      message = string.format("%s version --short did not say a version: %s", binary,
        (result.stdout .. result.stderr):match "[^\n]+" or "it printed nothing"),
      hint = "settings: helm must name a helm 3 or 4",
      stderr = result.stderr,
    }
  end
  if major ~= 3 and major ~= 4 then
    errors.raise {
      kind = "helm",
      message = string.format("%s is helm %s; almanac works with helm 3 and 4", binary, version),
      hint = "install helm 3 or 4 (https://helm.sh/docs/intro/install)",
    }
  end
  detected[binary] = { major = major, version = version }
  return detected[binary]
end

--- The arguments of a helm that is about a namespace of the run's cluster; its words are to follow.
---@param who string public function, for errors
---@param namespace string
---@param ... string     the verb: "get", "manifest"
---@return almanac.Arguments
function M.arguments(who, namespace, ...)
  return arguments.new(who, ...):option("--namespace", namespace):option("--kube-context", k8s_client.context_for "helm")
end

--- Runs a helm that looks at a release, and gives its stdout. Raises kind "helm" and its like.
---@param verb string e.g. "get manifest"
---@param release string
---@param argv string[] the whole line
---@param stdin? string
---@return string stdout
function M.read(verb, release, argv, stdin)
  local result = M.exec(argv, { stdin = stdin })
  if result.code == 0 then
    if result.truncated then
      errors.raise { kind = "limit", message = string.format("helm %s %s printed more than 16 MiB", verb, release) }
    end
    return result.stdout
  end
  errors.raise(parse.failure(result.stderr, string.format("helm %s %s", verb, release)))
end

local function check_name(who, value, name)
  if type(value) == "string" and value:find "^[%w][%w%-%.]*$" and #value <= 63 then return value end
  errors.raise {
    kind = "usage",
    message = string.format("%s: %s must be a name of lower-case letters, digits and dashes, not %s", who, name,
      type(value) == "string" and ("%q"):format(value) or type(value)),
    hint = string.format('write: %s { release = "web", namespace = "team", … }', who),
  }
end

--- What every function of helm is given.
M.target_fields = {
  release = { "name", required = true, take = check_name, help = "the release" },
  namespace = { "name", take = check_name, shown_default = "the release's name", help = "where it is" },
}

--- Release and namespace of what a caller gave, checked; the namespace is that of the release's
--- name unless given.
---@param declaration almanac.Declaration
---@param raw any
---@return { release: string, namespace: string } input
---@return table opts  all that is declared, checked
function M.input(declaration, raw)
  local opts = fields.check(declaration, raw)
  return { release = opts.release, namespace = opts.namespace or opts.release }, opts
end

return M
