--- The options of the public functions of k8s: which there are, and of what type. A wrong one names
--- the function, the argument and what was given. Pure.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local param = require "almanac.base.param"
local unknown = require "almanac.base.unknown"

local M = {}

--- What an option may be: a check, and its words.
local kinds = {
  string = { function(v) return type(v) == "string" end, "text" },
  boolean = { function(v) return type(v) == "boolean" end, "true or false" },
  count = { function(v) return math.type(v) == "integer" and v >= 0 end, "a whole number from 0" },
  duration = { function(v) return pcall(duration.parse, v) end, 'a duration ("90s", "5m", seconds)' },
  selector = { function(v) return type(v) == "string" or type(v) == "table" end, 'a selector ("app=x", { app = "x" })' },
  ["function"] = { function(v) return type(v) == "function" end, "a function" },
  ref = { function(v) return type(v) == "string" or type(v) == "table" end, 'an object ("deployment/x")' },
  text_or_true = { function(v) return type(v) == "string" or v == true end, "true, or the uid of the object" },
  value = { function(v) return type(v) ~= "table" and type(v) ~= "function" end, "text, a number, true or false" },
}

local where = { namespace = "string", context = "string" }

--- A table of options: where the object is, and `more`.
---@param more? table<string, string>
---@return table<string, string>
function M.with(more)
  local out = {}
  for _, list in ipairs { where, more or {} } do
    for name, kind in pairs(list) do out[name] = kind end
  end
  return out
end

M.where = M.with()
M.get = M.with { managed_fields = "boolean" }
M.list = M.with {
  all_namespaces = "boolean", selector = "selector", fields = "selector", limit = "count", managed_fields = "boolean",
}

local function shown(v)
  if type(v) == "string" then return string.format("%q", v) end
  if type(v) == "table" or type(v) == "function" then return "a " .. type(v) end
  return tostring(v)
end

local function names_of(known)
  return table.concat(param.sorted_names(known), ", ")
end

--- Checks the table of options of a call; raises kind "usage".
---@param who string        "k8s.get"
---@param opts any          what was given; nil is none
---@param known? table<string, string>  names of options, and what each may be; nil: the caller looks itself
---@param position? string  which argument it is: default "second"
---@return table opts
function M.options(who, opts, known, position)
  if opts == nil then return {} end
  if type(opts) ~= "table" or getmetatable(opts) == "unknown" then
    errors.usage("%s: its %s argument is a table of options, not %s", who, position or "second", shown(opts))
  end
  for name, v in pairs(known and opts or {}) do
    local kind = kinds[known[name]]
    if not kind then errors.usage("%s: no option %s; it has %s", who, tostring(name), names_of(known)) end
    if not unknown.is(v) and not kind[1](v) then
      errors.usage("%s: its option %s is %s, not %s", who, name, kind[2], shown(v))
    end
  end
  return opts
end

return M
