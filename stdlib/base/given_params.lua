--- The parameters that were given: words of a command line, values of a file, answers at a prompt; checked against what
--- is declared, before the first step.
local errors = require "almanac.base.errors"
local misplaced = require "almanac.base.misplaced"
local nearest = require "almanac.base.nearest"
local param = require "almanac.base.param"
local secret = require "almanac.base.secret"

local M = {}

local function example_of(name, spec)
  local example = spec.example or (spec.help and spec.help:match "e%.g%.%s*([^%s,;)]+)")
  if not example and spec.default ~= nil then example = param.shown(spec, spec.default) end
  if not example and spec.type == "enum" then example = spec.values[1] end
  return name .. "=" .. (example or "…")
end

---@class almanac.ParamFault   why a parameter has no value
---@field name string
---@field spec almanac.Param
---@field must? string   what it must be; nil: it is missing

local function described(fault)
  if fault.spec.is_unkept and not fault.must then
    return string.format("parameter %s has to be given again: no journal keeps the text of a secret", fault.name)
  end
  return fault.must and string.format("parameter %s %s", fault.name, fault.must) or nil
end

--- "parameter a must be …; parameters b, c are missing"
local function faults_text(faults)
  local out, missing = {}, {}
  for _, fault in ipairs(faults) do
    local words = described(fault)
    table.insert(words and out or missing, words or fault.name)
  end
  if missing[1] then
    out[#out + 1] = string.format(missing[2] and "parameters %s are missing" or "parameter %s is missing", table.concat(missing, ", "))
  end
  return table.concat(out, "; ")
end

--- How the parameters that a runbook must be given may be typed.
---@param specs table<string, almanac.Param>
---@return string[] words  "tag=v1.2"
function M.examples(specs)
  local out = {}
  for _, name in ipairs(param.sorted_names(specs)) do
    if specs[name].required then out[#out + 1] = example_of(name, specs[name]) end
  end
  return out
end

local function refuse(runbook, faults)
  local examples, hint = {}, {}
  for i, fault in ipairs(faults) do
    local pattern = fault.spec.pattern and "   (pattern " .. fault.spec.pattern .. ")" or ""
    examples[i] = example_of(fault.name, fault.spec)
    hint[#hint + 1] = (fault.spec.help or pattern ~= "") and string.format("%s: %s%s", fault.name, fault.spec.help or "", pattern) or nil
  end
  table.insert(hint, 1, "for example: " .. table.concat(examples, " "))
  errors.raise {
    kind = "refused", message = runbook .. ": " .. faults_text(faults), hint = hint, parameter = faults[1].name,
  }
end

local function shown_value(value)
  return type(value) == "table" and "a list or mapping" or string.format("%q", tostring(value))
end

--- One value, or why it is none.
---@return any? value
---@return almanac.ParamFault? fault
local function parsed_of(name, spec, value)
  if spec.required and type(value) == "string" and not value:find "%S" then
    return nil, { name = name, spec = spec, must = "is required, and is given without a value" }
  end
  local parsed, must = param.value_of(name, spec, value)
  if spec.required and secret.is(parsed) and secret.reveal(parsed) == "" then
    return nil, { name = name, spec = spec, must = "is required, and there is nothing in " .. tostring(value) }
  end
  if parsed ~= nil then return parsed end
  local but = spec.type ~= "secret" and ", not " .. shown_value(value) or ""
  return nil, { name = name, spec = spec, must = string.format("must be %s%s", must, but) }
end

--- Parses one value, raising kind "refused" that names parameter, pattern and example.
function M.parse(runbook, name, spec, value)
  local parsed, fault = parsed_of(name, spec, value)
  if fault then refuse(runbook, { fault }) end
  return parsed
end

--- A value that is asked for until it is one; nil where nobody answers.
local function asked_for(name, spec, ask)
  local why
  while true do
    local answer = ask(name, spec, why)
    if answer == nil then return nil end
    local ok, parsed, fault = errors.try(parsed_of, name, spec, answer)
    if ok and not fault and answer ~= "" then return parsed end
    why = answer == "" and name .. " is required" or ok and described(fault) or parsed.message
  end
end

--- Why a name is no parameter's: the message and what to do next.
local function unknown_name(runbook, specs, name)
  local known = param.sorted_names(specs)
  return string.format("%s has no parameter %s%s", runbook, misplaced.word(name), nearest.suffix(name, specs)),
    #known > 0 and "it takes " .. table.concat(known, ", ") or "it takes none"
end

local function check_names(runbook, specs, given)
  for _, name in ipairs(param.sorted_names(given)) do
    if not specs[name] then
      local message, hint = unknown_name(runbook, specs, name)
      errors.raise { kind = "refused", message = message, hint = hint, parameter = name }
    end
  end
end

--- Tells what is wrong with parameters that are written somewhere, each by itself. A secret is not looked up.
---@param runbook string  its name
---@param specs table<string, almanac.Param>
---@param given table<string, any>
---@param tell fun(name: string, message: string, hint: string?)
function M.check(runbook, specs, given, tell)
  for _, name in ipairs(param.sorted_names(given)) do
    local spec, value = specs[name], given[name]
    if not spec then
      tell(name, unknown_name(runbook, specs, name))
    elseif not param.holds_secret(spec) then
      local _, fault = parsed_of(name, spec, value)
      if fault then tell(name, runbook .. ": " .. described(fault), spec.help and name .. ": " .. spec.help) end
    end
  end
end

--- All parameters of a runbook: from what was given, else the default, else asked for. All that have no value are named
--- in one error.
---@param runbook string its name
---@param specs table<string, almanac.Param>
---@param given table<string, any>
---@param ask? fun(name: string, spec: almanac.Param, why: string?): string?  asks for a missing one on a terminal; why the
---  answer before was none
---@return table<string, any> values
function M.resolve(runbook, specs, given, ask)
  check_names(runbook, specs, given)
  local values, faults, missing = {}, {}, {}
  for _, name in ipairs(param.sorted_names(specs)) do
    local spec, value = specs[name], given[name]
    if value == nil then value = spec.default end
    if value ~= nil then
      values[name], faults[#faults + 1] = parsed_of(name, spec, value)
    elseif spec.required then
      missing[#missing + 1] = { name = name, spec = spec }
    end
  end
  local may_ask = ask ~= nil and not faults[1]
  for _, fault in ipairs(missing) do
    local value
    if may_ask then value = asked_for(fault.name, fault.spec, ask) end
    values[fault.name] = value
    if value == nil then may_ask, faults[#faults + 1] = false, fault end
  end
  if faults[1] then refuse(runbook, faults) end
  return values
end

--- The words key=value of a command line.
---@param words string[]
---@return table<string, string>
function M.from_words(words)
  local given = {}
  for i, word in ipairs(words) do
    local key, value = word:match "^([%w_-]+)=(.*)$"
    if not key then
      errors.raise {
        kind = "usage",
        message = misplaced.word(word) .. " is no parameter" .. (words[2] and string.format(" (the word %d of them)", i) or ""),
        hint = "parameters are given as key=value",
      }
    end
    if given[key] then errors.usage("parameter %s is given twice", key) end
    given[key] = value
  end
  return given
end

return M
