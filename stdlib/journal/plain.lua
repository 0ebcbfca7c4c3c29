--- What a step returned, as the journal can hold it. JSON has no word for NaN and the infinities, which
--- metrics are full of: they become the texts that Prometheus writes, in the run that goes on as in one that
--- is resumed, so that both see the same.
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"

local M = {}

local function is_finite(value)
  return math.type(value) ~= "float" or (value == value and value ~= math.huge and value ~= -math.huge)
end

local function text_of(value)
  return value ~= value and "NaN" or value > 0 and "+Inf" or "-Inf"
end

--- A table may be met again, or hold itself; what JSON cannot hold is not for this to refuse.
local function needs_change(value, seen)
  if type(value) ~= "table" then return not is_finite(value) end
  if seen[value] or type(getmetatable(value)) == "string" then return false end
  seen[value] = true
  for _, item in next, value do
    if needs_change(item, seen) then return true end
  end
  return false
end

local function changed(value, copies)
  if type(value) ~= "table" then
    if is_finite(value) then return value end
    return text_of(value)
  end
  if type(getmetatable(value)) == "string" then return value end -- a secret, or what a plan does not know
  local copy = copies[value]
  if copy then return copy end
  copy = json.is_array(value) and json.array {} or {}
  copies[value] = copy
  for key, item in next, value do copy[key] = changed(item, copies) end
  return copy
end

--- The value itself where JSON holds it, else a copy.
---@param value any
---@return any
function M.of(value)
  if is_finite(value) and type(value) ~= "table" then return value end
  if needs_change(value, {}) then return changed(value, {}) end
  return value
end

--- Where a text is wholly a secret of the cluster, which the journal has only the name of; nil where none is. A parameter's
--- comes as no text, and may be as short as a word that means something else here.
local function hidden_at(value, kept, at)
  if type(value) == "string" then
    return value ~= kept and type(kept) == "string" and kept:find "^%(secret [^()]*/[^()]*%)$" and { at = at, name = kept } or nil
  elseif type(value) ~= "table" or type(kept) ~= "table" or rawequal(value, kept) then
    return nil
  end
  for key, item in next, value do
    local found = hidden_at(item, kept[key], at .. "." .. tostring(key))
    if found then return found end
  end
end

--- Refuses a result that a script would go on with as if it were the secret, and have its name in the secret's place.
local function refuse_hidden(value, kept, form, name)
  local found = hidden_at(value, kept, "")
  if not found then return end
  errors.raise {
    kind = "usage", message = string.format(form .. " returned a secret%s, of which the journal keeps no more than its name: %s", name,
      found.at ~= "" and " at " .. found.at or "", found.name),
    hint = "read it in the step that uses it, and return what is no secret",
  }
end

local always_plain = { ["nil"] = true, boolean = true }

--- Where a value holds a secret of the script's own, an opaque one: "" for the value itself.
local function secret_at(value, at, seen)
  if type(value) ~= "table" or seen[value] then return nil end
  if secret.is(value) then return at end
  seen[value] = true
  for key, item in next, value do
    local found = secret_at(item, at .. "." .. tostring(key), seen)
    if found then return found end
  end
end

--- What somebody returned, as the journal will give it back: plain data, without the secrets.
---@param value any
---@param form string  for people: whose result it is, by name
---@param name string
---@return any      raises kind "usage" where JSON cannot hold it
function M.result(value, form, name)
  if always_plain[type(value)] then return value end
  value = M.of(value)
  local ok, err = true, nil
  if type(value) ~= "number" then ok, err = errors.try(json.encode, value) end
  if ok then
    local kept = redaction.result(value)
    refuse_hidden(value, kept, form, name)
    return kept
  end
  local at = secret_at(value, "", {})
  if at then
    errors.raise {
      kind = "usage", message = string.format(form .. " returned a secret%s: a result is journalled, and no journal holds a secret", name,
        at ~= "" and " at " .. at or ""),
      hint = "use it in the step that has it, and return what is none; a parameter is at hand in every step",
    }
  end
  errors.raise {
    kind = "usage", message = string.format(form .. " returned what cannot be journalled: %s", name, err.message),
    hint = "return plain data: nil, booleans, numbers, strings and tables of those",
  }
end

return M
