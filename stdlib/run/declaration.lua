--- The declaration of a runbook: what its script says that it is, checked.
local errors = require "almanac.base.errors"
local nearest = require "almanac.base.nearest"
local param = require "almanac.base.param"
local sys = require "native.sys"

local M = {}

---@class almanac.Runbook
---@field summary string
---@field params table<string, almanac.Param>
---@field allow? table<string, string[]>   what it may touch: helm, k8s, shell, http, … → patterns
---@field lock? string|table|fun(params: table): string|table   one run at a time per name; "lease/NAMESPACE/NAME"
---  across machines; { name = …, duration = "30s" } says how long its holder may be silent
---@field on_failure? "ask"|"stop"|"undo"   default "ask"
---@field run fun(params: table): any

local Runbook = {}
Runbook.__index = Runbook

local fields = {
  summary = "string", params = "table", allow = "table", lock = "any", on_failure = "string", run = "function",
    help = "string",
}
local failure_policies = { ask = true, stop = true, undo = true }
--- Refuses an `allow` for what no effect asks about. Effects of the script's own bring categories of
--- their own, so this is known only when the script has loaded.
---@param book almanac.Runbook
---@param categories table<string, boolean>
function M.check_allow(book, categories)
  for _, category in ipairs(param.sorted_names(book.allow or {})) do
    if not categories[category] then
      local guess = nearest.find(category, categories)
      errors.raise {
        kind = "usage", where = book.declared_at,
        message = string.format("runbook: no effect asks allow for %q%s", category,
          guess and string.format("; did you mean %s?", guess) or ""),
        hint = "there are " .. table.concat(param.sorted_names(categories), ", ") .. "; an effect of your own brings its " ..
          "category: effect.define(…, { allow = { category = …, of = … }, … })",
      }
    end
  end
end

--- What scripts call: checks the declaration.
---@param declaration table
---@return almanac.Runbook
function M.declare(declaration)
  if type(declaration) ~= "table" then errors.usage("runbook takes a table, not a %s", type(declaration)) end
  for key, value in pairs(declaration) do
    local want = fields[key]
    if not want then
      errors.raise {
        kind = "usage", message = string.format("runbook: no field %q", tostring(key)),
        hint = "a runbook has summary, params, allow, lock, on_failure, help and run",
      }
    end
    if want ~= "any" and type(value) ~= want then
      errors.usage("runbook: %s must be a %s, not a %s", key, want, type(value))
    end
  end
  if not declaration.run then errors.usage "runbook: it needs run = function(params) … end" end
  if declaration.on_failure and not failure_policies[declaration.on_failure] then
    errors.usage("runbook: on_failure must be ask, stop or undo, not %q", declaration.on_failure)
  end
  for name, spec in pairs(declaration.params or {}) do
    if type(spec) ~= "table" or not spec.type then
      errors.usage("runbook: params.%s must be made by param.string, param.duration, …", tostring(name))
    end
  end
  for category, patterns in pairs(declaration.allow or {}) do
    if type(category) ~= "string" or type(patterns) ~= "table" then
      errors.usage("runbook: allow.%s must be a list of patterns", tostring(category))
    end
  end
  local copy = { params = {}, on_failure = "ask", summary = "", declared_at = sys.where() }
  for key, value in pairs(declaration) do copy[key] = value end
  return setmetatable(copy, Runbook)
end

--- Whether a script returned one.
---@param value any
---@return boolean
function M.is(value)
  return getmetatable(value) == Runbook
end

return M
