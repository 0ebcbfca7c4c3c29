--- The declaration of a runbook: what its script says that it is, checked.
local errors = require "almanac.base.errors"
local param = require "almanac.base.param"

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
local allow_categories = {
  compose = true, fs = true, git = true, helm = true, http = true, k8s = true, notify = true, shell = true,
}

local function check_allow(allow)
  for category, patterns in pairs(allow) do
    if not allow_categories[category] then
      errors.usage("runbook: allow has no category %q; there are %s", tostring(category),
        table.concat(param.sorted_names(allow_categories), ", "))
    end
    if type(patterns) ~= "table" then errors.usage("runbook: allow.%s must be a list of patterns", category) end
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
  check_allow(declaration.allow or {})
  local copy = { params = {}, on_failure = "ask", summary = "" }
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
