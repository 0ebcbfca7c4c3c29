--- The table that a call such as git.tag { … } takes: which fields it has, and of what kind each is. A
--- wrong one names the function and the field. Pure.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local param = require "almanac.base.param"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

local function is_text(v) return type(v) == "string" and v ~= "" end

local function is_list(v)
  if type(v) ~= "table" then return false end
  local n = 0
  for _ in pairs(v) do n = n + 1 end
  for i = 1, n do
    if not is_text(v[i]) then return false end
  end
  return n > 0
end

--- What a field may be: a check, its words, and what becomes of it.
local kinds = {
  text = { is_text, "text" },
  text_or_secret = { function(v) return is_text(v) or secret.is(v) end, "text" },
  -- Goes where a program would take a leading "-" for one of its options.
  name = { function(v) return is_text(v) and not v:find "^%-" and not v:find "[%z\n]" end, 'a line of text that does not begin with "-"' },
  flag = { function(v) return type(v) == "boolean" end, "true or false" },
  count = { function(v) return math.type(v) == "integer" and v > 0 end, "a whole number from 1" },
  duration = { function(v) return pcall(duration.parse, v) end, 'a duration ("90s", "5m", seconds)', duration.parse },
  list = {
    function(v) return is_text(v) or is_list(v) end, "text, or a list of texts",
    function(v) return type(v) == "string" and { v } or table.move(v, 1, #v, 1, {}) end,
  },
}

local function names_of(known)
  return table.concat(param.sorted_names(known), ", ")
end

--- A checked copy; raises kind "usage".
---@param who string                     "git.tag"
---@param raw any                        what was given; nil is an empty table
---@param known table<string, string>    fields, and the kind of each; one that ends with "!" must be there
---@return table
function M.of(who, raw, known)
  if raw == nil then raw = {} end
  if type(raw) ~= "table" or getmetatable(raw) ~= nil then
    errors.usage("%s: takes a table: %s { … }; it has %s", who, who, names_of(known))
  end
  local out = {}
  for name, v in pairs(raw) do
    local kind = known[name] and kinds[known[name]:match "^[%w_]+"]
    if not kind then errors.usage("%s: no option %s; it has %s", who, tostring(name), names_of(known)) end
    if unknown.within(v) then
      out[name] = v
    elseif not kind[1](v) then
      errors.usage("%s: %s must be %s, not %s", who, name, kind[2],
        type(v) == "string" and string.format("%q", v) or type(v) == "table" and "a table" or tostring(v))
    else
      out[name] = kind[3] and kind[3](v) or v
    end
  end
  for name, kind in pairs(known) do
    if kind:find "!$" and out[name] == nil then
      errors.usage("%s: %s is missing: %s { %s = … }", who, name, who, name)
    end
  end
  return out
end

return M
