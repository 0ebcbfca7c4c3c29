--- almanac.yaml and its environments: read once, checked whole, put into the settings.
local approval = require "almanac.config.approval"
local children = require "almanac.config.children"
local document = require "almanac.config.document"
local errors = require "almanac.base.errors"
local hooks = require "almanac.config.hooks"
local misplaced = require "almanac.base.misplaced"
local nearest = require "almanac.base.nearest"
local services = require "almanac.config.services"
local settings = require "almanac.config.settings"
local json = require "native.json"
local process = require "native.process"

local M = {}

local FILE = "almanac.yaml"

--- What a level of the file may hold: a type name, or a table of the level below; "*" any name; text_or: text,
--- or the level below; list_of: a list of what is below.
local anything = "any"
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

local function names(level)
  local out = {}
  for name in pairs(level) do out[#out + 1] = name end
  table.sort(out)
  return table.concat(out, ", ")
end

local function below(path, key)
  local longer = table.move(path, 1, #path, 1, {})
  longer[#longer + 1] = tostring(key)
  return longer
end

local function refuse_type(doc, value, words, path)
  local is = type(value) == "table" and "list or mapping" or type(value)
  doc:refuse(path, string.format("%s must be %s, not a %s", #path > 0 and table.concat(path, ".") or "the file", words, is))
end

local function refuse_key(doc, key, level, path, beside)
  local meant = nearest.only(tostring(key), level)
  if meant == "*" or beside[meant] ~= nil then meant = nil end
  doc:refuse(below(path, key), string.format("no key %s%s%s", misplaced.word(key), #path > 0 and " in " .. table.concat(path, ".") or "",
    nearest.suffix(key, level)), "there are " .. names(level), meant and { from = tostring(key), to = meant } or nil)
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local check

local function check_list(doc, value, level, path)
  if not json.is_array(value) then refuse_type(doc, value, "a list", path) end
  for i, item in ipairs(value) do check(doc, item, level, below(path, i - 1)) end
end

--- Holds the document against the schema, and makes a key with nothing behind it empty or absent.
function check(doc, value, level, path)
  if level == anything or level.text_or and type(value) == "string" then return end
  if level.text_or and level.text_or.list_of then level = level.text_or end
  if level.list_of then return check_list(doc, value, level.list_of, path) end
  local words = level.text_or and "text or a mapping" or type(level) == "table" and "a mapping" or "a " .. tostring(level)
  level = level.text_or or level
  local want = type(level) == "string" and level or "mapping"
  if type(value) ~= (want == "mapping" and "table" or want) or json.is_array(value) then refuse_type(doc, value, words, path) end
  if want ~= "mapping" then return end
  for _, key in ipairs(sorted_keys(value)) do -- of several mistakes the same one is said each time
    local item, next_level = value[key], level[key] or level["*"]
    if not next_level then refuse_key(doc, key, level, path, value) end
    if item == json.null then
      item = type(next_level) == "table" and (next_level.list_of and json.array {} or {}) or nil
      value[key] = item
    end
    if item ~= nil then check(doc, item, next_level, below(path, key)) end
  end
end

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
  settings.book_places = {}
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

local function refuse_approval(doc, path, why, key)
  if why then doc:refuse(below(below(path, "approval"), key), table.concat(below(path, "approval"), ".") .. "." .. why) end
end

--- Makes periods of the windows and freezes.
local function read_periods(doc, values, path)
  for _, key in ipairs { "windows", "freezes" } do
    for i, raw in ipairs(values[key] or {}) do
      local at = below(below(path, key), i - 1)
      local ok, period, why, field = errors.try(require("almanac.config.calendar").period, raw)
      if not ok then doc:refuse(below(at, "zone"), period.message, period.hint) end
      if not period then doc:refuse(field and below(at, field) or at, table.concat(at, ".") .. ": " .. why) end
      values[key][i] = period
    end
  end
end

--- Names of variables, or the beginnings of names with a * behind them.
local function check_names(doc, list, path)
  for i, name in ipairs(list or {}) do
    if not name:find "^[%a_][%w_]*%*?$" and name ~= "*" then
      doc:refuse(below(path, i - 1), string.format("%s is no name of a variable", misplaced.word(name)),
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
  for name in pairs(values.params or {}) do settings.book_places[name] = doc:place(below(below(path, "params"), name)) end
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
  doc:refuse({ "environment" }, message, hint)
end

--- Refuses an entry of a section, where it is written.
---@param problem fun(name: string, given: any): string?, string?
local function check_entries(doc, entries, path, problem)
  local names_of = {}
  for name in pairs(entries or {}) do names_of[#names_of + 1] = tostring(name) end
  table.sort(names_of)
  for _, name in ipairs(names_of) do
    local why, key = problem(name, entries[name])
    local at = below(path, name)
    if why then doc:refuse(key and below(at, key) or at, table.concat(path, ".") .. "." .. why) end
  end
end

--- What its types do not say of a part: the top, or an environment.
local function check_section(doc, values, path)
  check_entries(doc, values.endpoints, below(path, "endpoints"), services.endpoint_problem)
  check_entries(doc, values.channels, below(path, "channels"), services.channel_problem)
  read_periods(doc, values, path)
  check_names(doc, values.pass_env, below(path, "pass_env"))
  refuse_approval(doc, path, approval.read(values.approval))
  hooks.read(values.hooks)
end

--- Refuses a hook that names no channel, where it is written.
local function check_hooks(doc, path, environment)
  local why, hook = hooks.check(settings.hooks, settings.channels)
  if not why then return end
  local is_its = environment and (environment.hooks or {})[hook] ~= nil
  doc:refuse(below(below(is_its and path or {}, "hooks"), hook), "hooks." .. why,
    next(settings.channels) and "there are " .. names(settings.channels) or "name it under channels:")
end

--- Reads the file into the settings.
local function load_file(file, environment_name, text)
  local doc = document.read(file, "keep", true, text) -- it says whose signatures count, and what programs read
  doc.value = doc.value == nil and {} or doc.value
  if type(doc.value) == "table" then services.hide_addresses(doc.value) end
  check(doc, doc.value, schema, {})
  local directory = file:match "^(.*/)" or ""
  check_section(doc, doc.value, {})
  for name, environment in pairs(doc.value.environments or {}) do
    check_section(doc, environment, { "environments", name })
  end
  resolve_paths(doc.value, directory)
  apply(doc.value)
  note_all_places(doc, doc.value, {})
  local name, environment = pick_environment(doc, environment_name)
  if environment then
    resolve_paths(environment, directory)
    apply(environment)
    note_all_places(doc, environment, { "environments", name })
  end
  refuse_approval(doc, environment and environment.approval and { "environments", name } or {}, approval.check(settings.approval))
  check_hooks(doc, environment and { "environments", name } or {}, environment)
  settings.environment, settings.file = name, file
end

local pinned = {} ---@type table<string, any>

--- Settings that hold from now on, whatever the file and the command line say: those of a rehearsal. Of endpoints only
--- those that are named.
---@param values table<string, any>
function M.pin(values) pinned = values end

local function put_pinned()
  for key, value in pairs(pinned) do
    if key ~= "endpoints" then settings[key] = value end
  end
  for name, given in pairs(pinned.endpoints or {}) do settings.endpoints[name] = given end
end

--- Reads the file (when there is one) into the settings.
---@param options table<string, string>  of the command line: config, environment, kubeconfig, context, store, helm
---@param texts? table<string, string>  what files would hold, by path
function M.load(options, texts)
  reset()
  local file = options.config or FILE
  if require("native.fs").exists(file) then
    load_file(file, options.environment, texts and texts[file])
  elseif options.config or options.environment then
    errors.raise {
      kind = "refused", message = "there is no " .. file,
      hint = options.environment and "-e names an environment of almanac.yaml in this directory" or nil,
    }
  end
  for _, key in ipairs { "kubeconfig", "context", "store", "helm" } do
    if options[key] then settings[key] = options[key] end
  end
  put_pinned()
  children.apply()
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
