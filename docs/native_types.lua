--- What the C function of a native module takes and gives, by its text, beside what the block above it tells.
local units = require "almanac.script.manual.units"

local M = {}

--- The arguments that a function asks for by number: by their places, the variables that they are put in.
---@param body string  of the C function
---@return table<integer, string> variables
---@return table<integer, boolean> optional
---@return integer last  0 where it asks for none
local function asked(body)
  local out, optional, last = {}, {}, 0
  for _, form in ipairs { "luaL_check", "luaL_opt" } do
    for place in body:gmatch(form .. "%a+%(L, (%d)[,)]") do
      optional[tonumber(place)] = form == "luaL_opt"
      last = math.max(last, tonumber(place))
    end
    for variable, place in body:gmatch("([%w_]+) = " .. form .. "%a+%(L, (%d)[^;?]*%);") do out[tonumber(place)] = variable end
  end
  return out, optional, last
end

--- Reports an argument or a result that the block does not tell of, or by another name than the C function.
---@param who string
---@param body string
---@param entry almanac.manual.Entry
---@param is_method boolean  its first argument is the object
---@param report fun(message: string)
function M.check(who, body, entry, is_method, report)
  local variables, optional, last = asked((body:gsub("luaL_checkstack%b()", "")))
  local before = is_method and 1 or 0
  for i = 1, math.max(last - before, #entry.params) do
    local value, variable = entry.params[i], variables[i + before]
    if not value then
      report(string.format("%s takes an argument %d, of which no @param tells", who, i))
    elseif variable and variable ~= value.name then
      report(string.format("%s puts its argument %d in %s, and its @param tells of %s", who, i, variable, value.name))
    elseif optional[i + before] and not value.optional then
      report(string.format("%s can do without %s, and its @param does not say so: %s?", who, value.name, value.name))
    end
  end
  if #entry.returns == 0 and body:find "%f[%w]return [1-9];" then
    report(who .. " returns something, of which no @return tells")
  end
  units.check(who, entry, report)
end

--- Reports fields that do not say their unit.
---@param lines string[]  "@field timeout? number  seconds"
---@param around string   the text above them, which may say it for all
---@param report fun(message: string)
function M.check_fields(lines, around, report)
  for _, line in ipairs(lines) do
    local name, type_text, text = (line .. "  "):match "^@field ([%w_]+)%?? (.-)  +(.-) *$"
    if name and units.is_lacking(name, type_text, text .. " " .. around) then
      report("nothing says in which unit the field " .. name .. " is")
    end
  end
end

return M
