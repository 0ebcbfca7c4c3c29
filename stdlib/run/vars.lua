--- vars: what runbooks share in almanac.yaml, by section. A runbook declares what a section may hold, as it declares
--- its parameters: what is not declared is refused, with its place.
local document = require "almanac.config.document"
local errors = require "almanac.base.errors"
local given_params = require "almanac.base.given_params"
local nearest = require "almanac.base.nearest"
local param = require "almanac.base.param"
local settings = require "almanac.config.settings"
local step = require "almanac.run.step"

local M = {}

local function declared(section, declaration)
  if type(declaration) ~= "table" then errors.usage("vars.read %q takes a table of parameters, not a %s", section, type(declaration)) end
  local specs = {}
  for name, spec in next, declaration do
    specs[name] = type(name) == "string" and param.again(spec) or nil
    if not specs[name] then errors.usage("vars.read %q: %s must be a parameter, such as param.string {}", section, tostring(name)) end
    if specs[name].type == "secret" then
      errors.usage("vars.read %q: %s would be a secret in the journal; give it to a channel, an endpoint or a parameter", section, name)
    end
  end
  return specs
end

--- Where the values of a section are written. A read.
---@param section string
---@return table<string, string> "almanac.yaml:12", by key; those that are not written have none
function M.places(section)
  step.require_read "vars.places"
  local out = {}
  for name, place in pairs(settings.var_places[section] or {}) do out[name] = string.format("%s:%d", place.file, place.line) end
  return out
end

--- Raises what is wrong with a value, with the place of what is written.
local function refuse(section, name, message, hint)
  local place = (settings.var_places[section] or {})[name]
  errors.raise {
    kind = "refused", message = (place and document.before(place) or "almanac.yaml: ") .. message, hint = hint,
    file = place and place.file, line = place and place.line, column = place and place.column,
  }
end

local function check_known(section, specs, values)
  for _, name in ipairs(param.sorted_names(values)) do
    if not specs[name] then
      refuse(section, name, string.format("no key %q in vars.%s%s", name, section, nearest.suffix(name, specs)),
        "there are " .. table.concat(param.sorted_names(specs), ", "))
    end
  end
end

--- A section of `vars` in almanac.yaml, checked.
---@param section string
---@param declaration table<string, almanac.Param>
---@return table<string, any> values
---@return table<string, almanac.Param> specs
function M.checked(section, declaration)
  if type(section) ~= "string" or section == "" then errors.usage("vars.read takes the name of a section, not a %s", type(section)) end
  local specs, values, out = declared(section, declaration), settings.vars[section] or {}, {}
  check_known(section, specs, values)
  for _, name in ipairs(param.sorted_names(specs)) do
    local spec, value = specs[name], values[name]
    if value == nil then value = spec.default end
    if value == nil and spec.required then
      refuse(section, name, string.format("vars.%s has no %s", section, name), spec.help and name .. ": " .. spec.help or nil)
    end
    if value ~= nil then
      local ok, parsed = errors.try(given_params.parse, "vars", section .. "." .. name, spec, value)
      if not ok then refuse(section, name, parsed.message:gsub("^vars: parameter ", "vars."), spec.help and name .. ": " .. spec.help) end
      out[name] = parsed
    end
  end
  return out, specs
end

--- A section, as a script reads it. A read.
---@param section string
---@param declaration table<string, almanac.Param>
---@return table<string, any>
function M.read(section, declaration)
  step.require_read "vars.read"
  return (M.checked(section, declaration))
end

--- Refuses what is wrong with the sections that a runbook declares, before it begins.
---@param book almanac.Runbook
function M.check(book)
  for _, section in ipairs(param.sorted_names(book.vars)) do M.checked(section, book.vars[section]) end
end

return M
