--- almanac.yaml and its environments: read once, checked whole, put into the settings.
local approval = require "almanac.config.approval"
local children = require "almanac.config.children"
local document = require "almanac.config.document"
local errors = require "almanac.base.errors"
local hooks = require "almanac.config.hooks"
local misplaced = require "almanac.base.misplaced"
local nearest = require "almanac.base.nearest"
local levels = require "almanac.config.levels"
local services = require "almanac.config.services"
local settings = require "almanac.config.settings"
local fs = require "native.fs"
local json = require "native.json"
local process = require "native.process"

local M = {}

local FILE = "almanac.yaml"

local anything, below, names = levels.anything, levels.below, levels.names
local endpoint = { text_or = { url = "string", token = "string", user = "string", password = "string" } }
local section = {
  store = "string", kubeconfig = "string", context = "string", helm = "string", kustomize = "string",
  endpoints = { ["*"] = endpoint }, channels = { ["*"] = anything }, vars = { ["*"] = { ["*"] = anything } },
  params = { ["*"] = { ["*"] = anything } }, pass_env = { list_of = "string" }, git_config = { list_of = "string" },
  approval = approval.schema,
  hooks = hooks.schema,
  windows = { list_of = { days = "string", from = "string", to = "string", zone = "string" } },
  freezes = { list_of = { days = "string", from = "string", to = "string", zone = "string", reason = "string" } },
}
local schema = { environment = "string", environments = { ["*"] = section } }
for key, value in pairs(section) do schema[key] = value end

local function merge(into, from)
  for key, value in pairs(from) do
    local is_mapping = type(value) == "table" and not json.is_array(value) -- a list takes the place of the other
    if is_mapping and type(into[key]) == "table" then merge(into[key], value) else into[key] = value end
  end
end

local applied = { "store", "kubeconfig", "context", "helm", "kustomize", "endpoints", "channels", "vars", "params",
  "pass_env", "git_config", "windows", "freezes", "approval", "hooks" }

local pristine = {}
for _, key in ipairs(applied) do pristine[key] = settings[key] end

-- A second load forgets the first: a run that is gone on with has its own environment.
local function reset()
  for _, key in ipairs(applied) do
    local value = pristine[key]
    settings[key] = type(value) == "table" and {} or value
  end
  settings.environment, settings.file, settings.param_places, settings.var_places = nil, nil, {}, {}
end

local function apply(values)
  for _, key in ipairs(applied) do
    local value = values[key]
    if type(value) == "table" and not json.is_array(value) then
      settings[key] = settings[key] or {}
      merge(settings[key], value)
    elseif value ~= nil then
      settings[key] = value
    end
  end
end

--- Files are looked for beside the file that names them.
local function resolve_paths(values, directory)
  local function resolve(holder, key)
    local path = holder[key]
    if path and not path:find "^/" and directory ~= "" then holder[key] = directory .. path end
  end
  resolve(values, "kubeconfig")
  resolve(values.approval or {}, "allowed_signers")
  resolve(values.approval or {}, "revoked_keys")
end

--- Notes what is wrong under a key of a section that stands in the file, or in an environment of it.
local function noter(doc, path, section_name)
  local at = below(path, section_name)
  return function(key, why, hint) doc:note(below(at, key), table.concat(at, ".") .. "." .. why, hint) end
end

local function read_period(doc, list, i, at)
  local ok, period, why, field = errors.try(require("almanac.config.calendar").period, list[i])
  if not ok then
    doc:note(below(at, "zone"), period.message, period.hint)
  elseif not period then
    doc:note(field and below(at, field) or at, table.concat(at, ".") .. ": " .. why)
  else
    list[i] = period
  end
end

--- Makes periods of the windows and freezes.
local function read_periods(doc, values, path)
  for _, key in ipairs { "windows", "freezes" } do
    for i in ipairs(values[key] or {}) do
      local at = below(below(path, key), i - 1)
      if not doc:is_at_fault(at) then read_period(doc, values[key], i, at) end -- a key that is missing may be the misspelt one
    end
  end
end

--- Names of variables, or the beginnings of names with a * behind them.
local function check_names(doc, list, path)
  for i, name in ipairs(list or {}) do
    if not name:find "^[%a_][%w_]*%*?$" and name ~= "*" then
      doc:note(below(path, i - 1), string.format("%s is no name of a variable", misplaced.word(name)),
        "write NAME, or PREFIX* for all that begin so; their values stay in the environment")
    end
  end
end

--- Where each value of a section is written, for errors about it.
---@param known table<string, table<string, almanac.Place>>  by section, and by its keys
local function note_places(doc, known, sections, path)
  for name_of, values in pairs(sections or {}) do
    local places = known[name_of] or {}
    for name in pairs(type(values) == "table" and values or {}) do places[name] = doc:place(below(below(path, name_of), name)) end
    known[name_of] = places
  end
end

local function note_all_places(doc, values, path)
  note_places(doc, settings.param_places, values.params, below(path, "params"))
  note_places(doc, settings.var_places, values.vars, below(path, "vars"))
end

local function pick_environment(doc, named)
  local environments = doc.value.environments or {}
  local name = named or doc.value.environment
  if not name then return nil end
  local environment = environments[name]
  if environment then return name, environment end
  local shown = named and string.format("%q", name) or misplaced.word(name)
  local message = string.format("no environment %s in %s%s", shown, doc.file, nearest.suffix(name, environments))
  local hint = next(environments) and "there are " .. names(environments) or "it has no environments"
  if named then errors.raise { kind = "refused", message = message, hint = hint } end
  doc:note({ "environment" }, message, hint)
end

--- Notes what is wrong with the entries of a section, where they are written.
---@param fault_of fun(name: string, given: any, all: table<string, any>): almanac.EntryFault?
local function check_entries(doc, entries, path, fault_of)
  for name, given in pairs(entries or {}) do
    local fault = fault_of(name, given, entries)
    local at = below(path, name)
    if fault then
      doc:note(fault.key and below(at, fault.key) or at, table.concat(path, ".") .. "." .. fault.why, fault.hint, fault.mend)
    end
  end
end

--- What its types do not say of a part: the top, or an environment.
local function check_section(doc, values, path)
  check_entries(doc, values.endpoints, below(path, "endpoints"), services.endpoint_fault)
  check_entries(doc, values.channels, below(path, "channels"), services.channel_fault)
  read_periods(doc, values, path)
  check_names(doc, values.pass_env, below(path, "pass_env"))
  approval.read(values.approval, noter(doc, path, "approval"))
  hooks.read(values.hooks)
end

--- What is wrong with the whole: the file's own part, and the environment's over it.
local function check_whole(doc, path, environment)
  approval.check(settings.approval, noter(doc, environment.approval and path or {}, "approval"))
  hooks.check(settings.hooks, settings.channels, function(hook, why)
    local is_its = (environment.hooks or {})[hook] ~= nil
    noter(doc, is_its and path or {}, "hooks")(hook, why,
      next(settings.channels) and "there are " .. names(settings.channels) or "name it under channels:")
  end)
end

--- What a file holds, where each part of it is of the right type, with what is wrong in it noted.
---@return almanac.Document
local function read(file, text)
  local doc = document.read(file, "keep", true, text) -- it says whose signatures count, and what programs read
  doc.value = doc.value == nil and {} or doc.value
  if type(doc.value) == "table" then services.hide_addresses(doc.value) end
  if not levels.fits(doc, doc.value, schema, {}) then doc.value = {} end
  check_section(doc, doc.value, {})
  for name, environment in pairs(doc.value.environments or {}) do
    check_section(doc, environment, { "environments", name })
  end
  return doc
end

--- Puts a part of the file into the settings.
local function put(doc, values, path)
  resolve_paths(values, doc.file:match "^(.*/)" or "")
  apply(values)
  note_all_places(doc, values, path)
end

--- Makes the settings of it, with what only shows then noted, too.
local function use(doc, environment_name)
  put(doc, doc.value, {})
  local name, environment = pick_environment(doc, environment_name)
  local path = name and { "environments", name } or {}
  if environment then put(doc, environment, path) end
  check_whole(doc, path, environment or {})
  settings.environment, settings.file = name, doc.file
end

local pinned = {} ---@type table<string, any>  of this process, as the settings are: a rehearsal's life is a process of its own

local function put_pinned()
  for key, value in pairs(pinned) do
    if key ~= "endpoints" then settings[key] = value end
  end
  for name, given in pairs(pinned.endpoints or {}) do settings.endpoints[name] = given end
end

--- Settings that hold from now on, whatever the file and the command line say: those of a rehearsal. Of endpoints only
--- those that are named.
---@param values table<string, any>
function M.pin(values)
  pinned = values
  put_pinned()
  children.apply()
end

--- The file that there is; nil: none, and none was asked for.
local function file_of(options)
  local file = options.config or FILE
  if fs.exists(file) then return file end
  if options.config or options.environment then
    errors.raise {
      kind = "refused", message = "there is no " .. file,
      hint = options.environment and "-e names an environment of almanac.yaml in this directory" or nil,
    }
  end
end

--- Puts what the command line says over it.
local function put_options(options)
  for _, key in ipairs { "kubeconfig", "context", "store", "helm" } do
    if options[key] then settings[key] = options[key] end
  end
  put_pinned()
  children.apply()
end

--- Reads the file (when there is one) into the settings.
---@param options table<string, string>  of the command line: config, environment, kubeconfig, context, store, helm
function M.load(options)
  reset()
  local file = file_of(options)
  if file then
    local doc = read(file)
    use(doc, options.environment)
    doc:raise_noted()
  end
  put_options(options)
end

---@class almanac.WrittenParams  parameters of a runbook that stand in almanac.yaml
---@field runbook string
---@field place almanac.Place
---@field values table<string, any>
---@field places table<string, almanac.Place>  of each
---@field beside table<string, any>            the runbooks whose parameters stand there, too

local function written_in(doc, values, path, out)
  for name, of_book in pairs(values.params or {}) do
    local at = below(below(path, "params"), name)
    local places = {}
    local given = {} -- of_book gets those of the environment, too
    for key, value in pairs(of_book) do given[key], places[key] = value, doc:place(below(at, key)) end
    table.insert(out, { runbook = name, place = doc:place(at), values = given, places = places, beside = values.params })
  end
end

--- Reads the file (when there is one) into the settings, and says all that is wrong in it.
---@param options table<string, string>  as of load
---@param texts table<string, string>  what files would hold, by path
---@return almanac.DocumentFault[] faults  in the order of the file; raises what keeps it from being read
---@return almanac.WrittenParams[] params  that stand in the file, its environments included
function M.inspect(options, texts)
  reset()
  local file, params = file_of(options), {}
  local doc = file and read(file, texts[file])
  if doc then
    written_in(doc, doc.value, {}, params)
    for name, environment in pairs(doc.value.environments or {}) do
      written_in(doc, environment, { "environments", name }, params)
    end
    use(doc, options.environment)
  end
  put_options(options)
  return doc and doc:noted() or {}, params
end

local chosen = { "config", "environment", "kubeconfig", "context", "helm" }

--- What the command line and the environment chose, for the journal: a run is gone on with in the
--- same environment, against the same cluster, in whatever shell.
---@param options table<string, string>
---@return table<string, string>
function M.choice(options)
  local choice = {}
  for _, key in ipairs(chosen) do choice[key] = options[key] end
  choice.kubeconfig = settings.kubeconfig == nil and process.getenv "KUBECONFIG" or choice.kubeconfig
  return choice
end

--- Loads again, with the choice of a run or a plan under the options of this command line. The journal stays.
---@param options table<string, string>
---@param choice table<string, string>
function M.restore(options, choice)
  local store, merged = settings.store, {}
  for _, key in ipairs(chosen) do merged[key] = options[key] or choice[key] end
  M.load(merged)
  settings.store = store
end

return M
