--- Runbooks: what a script declares, where they are found, and how one is loaded.
local errors = require "almanac.errors"
local param = require "almanac.param"
local sandbox = require "almanac.sandbox"
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

--- Where a runbook of that name is: beside the operator first, then the built-in ones.
---@param name string "rollout", or a path that ends with .lua
---@return string path
---@return string text
---@return string short name
function M.find(name)
  local fs = require "native.fs"
  local tried = {}
  local short = name:match "([^/]+)%.lua$" or name
  for _, path in ipairs(name:find "%.lua$" and { name } or { "runbooks/" .. name .. ".lua" }) do
    tried[#tried + 1] = path
    if fs.exists(path) then return path, fs.read(path), short end
  end
  local builtin = "runbooks/" .. short .. ".lua"
  local text = (not name:find "/" or name == builtin) and sys.source(builtin)
  if text then return builtin, text, short end
  errors.raise {
    kind = "refused", message = string.format("no runbook %q", name),
    hint = "looked for " .. table.concat(tried, ", ") .. " and the built-in ones; almanac list shows what there is",
  }
end

--- Loads a runbook.
---@param name string
---@return almanac.Runbook book  also with name, path and script (digest, files)
function M.load(name)
  local path, text, short = M.find(name)
  local script = sandbox.load(path, text)
  local book = script.result
  if getmetatable(book) ~= Runbook then
    errors.raise {
      kind = "refused", message = path .. " does not return a runbook",
      hint = "its last statement must be: return runbook { summary = …, run = function(p) … end }",
    }
  end
  book.name, book.path, book.script = short, path, script
  return book
end

--- Every runbook there is.
---@return { name: string, path: string, builtin: boolean }[]
function M.all()
  local fs = require "native.fs"
  local found, by_name = {}, {}
  local function add(path, builtin)
    local name = path:match "^runbooks/([^/]+)%.lua$"
    if name and not by_name[name] then
      by_name[name] = true
      found[#found + 1] = { name = name, path = path, builtin = builtin }
    end
  end
  for _, path in ipairs(fs.list "runbooks/*.lua") do add(path, false) end
  for _, path in ipairs(sys.embedded "runbooks/") do add(path, true) end
  table.sort(found, function(a, b) return a.name < b.name end)
  return found
end

return M
