--- The declaration of a runbook: what its script says that it is, checked.
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local glob = require "almanac.base.glob"
local lock_name = require "almanac.run.lock_name"
local nearest = require "almanac.base.nearest"
local order = require "native.order"
local param = require "almanac.base.param"
local plain_name = require "almanac.base.plain_name"
local trace = require "native.trace"
local variable = require "almanac.base.variable"

local M = {}

---@class almanac.Runbook
---@field summary string
---@field params table<string, almanac.Param>
---@field vars table<string, table<string, almanac.Param>>  the sections of `vars` in almanac.yaml that it reads
---@field allow? almanac.Allow   what it may reach: helm, k8s, shell, http, … → patterns; read: what it may look at besides
---@field pass_env? string[]   variables of Almanac's environment that its children get, too
---@field lock? string|table|fun(params: table): string|table   one run at a time per name; "lease/NAMESPACE/NAME"
---  across machines; { name = …, duration = "30s" } says how long its holder may be silent
---@field on_failure? "ask"|"stop"|"undo"   default "ask"
---@field on_owner? "warn"|"refuse"   default "warn": of objects that Argo CD, Flux or another helm release keeps
---@field run fun(params: table): any

local declared = setmetatable({}, { __mode = "k" }) ---@type table<table, almanac.Runbook>

--- What a script holds of its declaration: nothing that it could change afterwards.
local Declared = { __metatable = "runbook", __newindex = function() end }

local PATTERNS = { "list", of = "text", words = "a list of patterns", may_be_empty = true }

--- The categories of `allow`, and below it of `read`.
local function categories_of(path)
  local names = definitions.categories()
  names.read = path[1] == nil or nil
  return path[1] and path[1] ~= "read" and {} or param.sorted_names(names)
end

local DECLARATION = fields.declare("runbook", {
  summary = { "string", default = "", help = "one line: what it is for" },
  help = { "string", shown_default = "the comment that its file begins with", help = "more about it, for almanac show" },
  params = { "map", default = {}, help = "what it takes, by name: param.string { … }, param.duration { … }, …" },
  vars = {
    "map", default = {}, help = "the sections of vars in almanac.yaml that it reads, by name, as vars.read is given them: checked " ..
      "before a run begins, and shown by almanac show",
  },
  allow = {
    "map", names = categories_of, help = "what it may reach: a category, such as helm, k8s, shell, http, and patterns of names; under " ..
      "read what it may look at besides",
  },
  pass_env = { "list", of = "text", words = "a list of names of variables", help = "what children get of the environment, " ..
    "besides the few that they always do; almanac.yaml may name more" },
  lock = {
    "text|shape|function", of = lock_name.FIELDS,
    words = "a name, { name = …, duration = … }, or a function of the parameters that gives either",
    help = "one run at a time under that name; \"lease/NAMESPACE/NAME\" across machines",
  },
  on_failure = { "enum", values = { "ask", "stop", "undo" }, default = "ask", help = "what follows a failure" },
  on_owner = {
    "enum", values = { "warn", "refuse" }, default = "warn",
    help = "what follows where Argo CD, Flux or another helm release keeps what is changed, and would take it back",
  },
  run = { "function", required = true, help = "the procedure; it is given the parameters" },
})

--- Refuses an `allow` for what no effect asks about. Effects of the script's own bring categories of
--- their own, so this is known only when the script has loaded.
---@param book almanac.Runbook
---@param categories table<string, boolean>
function M.check_allow(book, categories)
  local named = {}
  for _, allow in ipairs { book.allow or {}, book.allow and book.allow.read or {} } do
    for category in pairs(allow) do named[category] = true end
  end
  if book.allow then named.read = nil end
  for _, category in ipairs(param.sorted_names(named)) do
    if not categories[category] then
      errors.raise {
        kind = "usage", where = book.declared_at, field = "allow." .. category,
        message = string.format("runbook: no effect asks allow for %q%s", category,
          nearest.suffix(category, categories)),
        hint = "there are " .. table.concat(param.sorted_names(categories), ", ") .. "; an effect of your own brings its " ..
          "category: effect.define(…, { allow = { category = …, of = … }, … })",
      }
    end
  end
end

local function check_pattern(where, pattern)
  if not glob.is_too_wild(pattern) then return end
  errors.raise {
    kind = "usage", field = where, message = string.format("runbook: %s has more than %d * and ?", where, glob.MOST_WILD),
    hint = "a directory and everything below it is DIR/**",
  }
end

--- A copy of an `allow` with its patterns checked.
local function allow_of(name, given)
  local out = {}
  for category, patterns in order.next, given do
    local where = name .. "." .. tostring(category)
    if category == "read" and name == "allow" then
      out.read = allow_of(where, fields.value("runbook", where, { "map", words = "a table of categories and patterns" }, patterns))
    else
      out[category] = fields.value("runbook", where, PATTERNS, patterns)
      for i, pattern in ipairs(out[category]) do check_pattern(string.format("%s[%d]", where, i), pattern) end
    end
  end
  return out
end

local PARAM_NAME_MAX = 200 -- bytes

--- Parameters that a script declares, by name, as plain data.
local function params_of(field, given)
  local out = {}
  for name, spec in order.next, given do
    local fault = plain_name.fault(name, PARAM_NAME_MAX)
    if fault then errors.usage("runbook: the name of a parameter %s: %s", fault, fields.shown(name)) end
    out[name] = param.again(spec)
    if not out[name] then
      errors.raise {
        kind = "usage", field = field .. "." .. tostring(name),
        message = string.format("runbook: %s.%s must be made by param.string, param.duration, …", field, tostring(name)),
        hint = string.format("write: %s = param.string { … }", tostring(name)),
      }
    end
  end
  return out
end

--- What scripts call: checks the declaration.
function M.declare(declaration)
  local copy = fields.check(DECLARATION, declaration)
  copy.params = params_of("params", copy.params)
  for section, given in order.next, copy.vars do
    local name = "vars." .. tostring(section)
    copy.vars[section] = params_of(name, fields.value("runbook", name, { "map", words = "a table of parameters" }, given))
  end
  if copy.allow then copy.allow = allow_of("allow", copy.allow) end
  for _, name in ipairs(copy.pass_env or {}) do
    if not variable.is_name(name) then errors.usage("runbook: pass_env: %q is no name of a variable", name) end
  end
  if type(copy.lock) ~= "function" then lock_name.of(copy.lock) end
  copy.declared_at = trace.where()
  local seen = setmetatable({}, Declared)
  declared[seen] = copy
  return seen
end

--- The declaration behind what a script returned; nil when that is none.
---@param value any
---@return almanac.Runbook?
function M.of(value)
  return declared[value]
end

return M
