--- The helm binary: which one, which version, how it is called.
local errors = require "almanac.base.errors"
local native = require "native.sh"
local parse = require "almanac.helm.parse"
local secret = require "almanac.base.secret"
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

--- The environment of every helm, as sh takes it.
---@return table<string, string|false>
function M.environment()
  local env = {}
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
---@param options? { timeout?: number, max_output?: integer }
---@return table result as native.sh gives it
function M.exec(argv, options)
  options = options or {}
  local binary = M.binary()
  local ok, result = errors.try(native.exec, {
    argv = { binary, table.unpack(argv) }, env = M.environment(), read = true, who = "helm",
    timeout = options.timeout or M.READ_TIMEOUT, max_output = options.max_output or 16 * 1024 * 1024,
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

--- The arguments that say which cluster and namespace.
---@param namespace string
---@return string[]
function M.target(namespace)
  local out = { "--namespace", namespace }
  if settings.context then
    out[3], out[4] = "--kube-context", settings.context
  end
  return out
end

--- Argument lists one behind the other.
---@param ... string[]
---@return string[]
function M.join(...)
  local out = {}
  for _, list in ipairs { ... } do
    for _, word in ipairs(list) do out[#out + 1] = word end
  end
  return out
end

--- Runs a helm that looks at a release, and gives its stdout. Raises kind "helm" and its like.
---@param verb string e.g. "get manifest"
---@param release string
---@param argv string[] the whole line
---@return string stdout
function M.read(verb, release, argv)
  local result = M.exec(argv)
  if result.code == 0 then
    if result.truncated then
      errors.raise { kind = "limit", message = string.format("helm %s %s printed more than 16 MiB", verb, release) }
    end
    return result.stdout
  end
  errors.raise(parse.failure(result.stderr, string.format("helm %s %s", verb, release)))
end

local function words(value, who, name)
  if value == nil then return {} end
  if type(value) == "string" then return { value } end
  if type(value) ~= "table" then errors.usage("%s: %s must be a path or a list of paths", who, name) end
  local out = {}
  for i, word in ipairs(value) do
    if type(word) ~= "string" then errors.usage("%s: %s[%d] must be a path", who, name, i) end
    out[i] = word
  end
  return out
end

--- helm's --set reads commas, braces, backslashes and quotes its own way: a value is one value.
local function escape_set(value)
  return (value:gsub("[\\,{}]", "\\%0"))
end

--- { ["image.tag"] = "v1" } as sorted pairs of text.
local function pairs_of(set, who, name)
  if set == nil then return {} end
  if type(set) ~= "table" then errors.usage("%s: %s must be a table of keys and values", who, name) end
  local keys, out = {}, {}
  for key, value in pairs(set) do
    if type(key) ~= "string" then errors.usage("%s: %s must be a table of keys and values", who, name) end
    if secret.is(value) then
      errors.raise {
        kind = "usage", message = string.format("%s: %s[%q] is a secret: helm would show it to everybody who lists processes",
          who, name, key),
        hint = "put it into a Secret of the cluster that the chart names, or into a values file",
      }
    end
    if type(value) ~= "string" and type(value) ~= "number" and type(value) ~= "boolean" then
      errors.usage("%s: %s[%q] must be a string, number or boolean, not a %s", who, name, key, type(value))
    end
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for i, key in ipairs(keys) do out[i] = key .. "=" .. escape_set(tostring(set[key])) end
  return out
end

--- --values and --set of a normalised input.
---@param input { values: string[], set: table?, set_string: table? }
---@return string[]
function M.value_args(input)
  local out = {}
  for _, file in ipairs(input.values) do out[#out + 1], out[#out + 2] = "--values", file end
  for _, pair in ipairs(pairs_of(input.set, "helm", "set")) do out[#out + 1], out[#out + 2] = "--set", pair end
  for _, pair in ipairs(pairs_of(input.set_string, "helm", "set_string")) do
    out[#out + 1], out[#out + 2] = "--set-string", pair
  end
  return out
end

local function check_name(who, value, name, required)
  if value == nil and not required then return nil end
  if type(value) ~= "string" or not value:find "^[%w][%w%-%.]*$" or #value > 63 then
    errors.raise {
      kind = "usage",
      message = string.format("%s: %s must be a name of lower-case letters, digits and dashes, not %s", who, name,
        value == nil and "missing" or type(value) == "string" and ("%q"):format(value) or type(value)),
      hint = string.format('write: %s { release = "animica-devnet", namespace = "animica-devnet", … }', who),
    }
  end
  return value
end

--- Release and namespace of what a caller gave, checked; the namespace is that of the release's
--- name unless given.
---@param who string public name, for errors
---@param raw table
---@param known table<string, boolean> options there are besides release and namespace
---@return { release: string, namespace: string }
function M.input(who, raw, known)
  if type(raw) ~= "table" then errors.usage("%s takes a table: %s { release = …, namespace = … }", who, who) end
  for key in pairs(raw) do
    if key ~= "release" and key ~= "namespace" and not known[key] then
      errors.usage("%s: no option %q", who, tostring(key))
    end
  end
  local release = check_name(who, raw.release, "release", true)
  return { release = release, namespace = check_name(who, raw.namespace, "namespace") or release }
end

--- Adds chart and values to an input.
---@param who string
---@param raw table
---@param input table
function M.chart_input(who, raw, input)
  if type(raw.chart) ~= "string" or raw.chart == "" then
    errors.usage("%s: chart must be the chart's directory or name", who)
  end
  input.chart = raw.chart
  input.version = raw.version
  input.values = words(raw.values, who, "values")
  pairs_of(raw.set, who, "set")
  pairs_of(raw.set_string, who, "set_string")
  input.set, input.set_string = raw.set, raw.set_string
  return input
end

--- A chart given as a path must be there: helm would look for a repository of that name instead,
--- and say that there is none.
---@param chart string
function M.check_chart(chart)
  local fs = require "native.fs"
  if chart:find "^%w+://" or fs.exists(chart) then return end
  local looks_like_path = chart:find "^[%./]" or select(2, chart:gsub("/", "")) > 1 or not chart:find "/"
  if not looks_like_path then return end
  errors.raise {
    kind = "not_found",
    message = string.format("there is no chart at %s (in %s)", chart, require("native.sys").cwd()),
    hint = "check the path; it is relative to the directory almanac is started in",
  }
end

return M
