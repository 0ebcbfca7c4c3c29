--- What a runbook reads of almanac.yaml's `vars`, as text: the value that holds, where it is written, and what it is.
local columns = require "almanac.base.columns"
local param = require "almanac.base.param"
local settings = require "almanac.config.settings"
local vars = require "almanac.run.vars"

local M = {}

local VALUE_MAX = 24 -- columns

local function origin(section, name, value)
  local place = (settings.var_places[section] or {})[name]
  if place then return string.format("%s:%d", place.file, place.line) end
  return value == nil and "not given" or "default"
end

local function shown(spec, value)
  if value == nil then return "-" end
  return param.shown(spec, value)
end

local function widest(rows, i)
  local most = 0
  for _, row in ipairs(rows) do most = math.max(most, columns.of(row[i])) end
  return most
end

local function add_section(out, section, declaration, all)
  local values, specs = vars.checked(section, declaration)
  local rows, folded, written = {}, 0, settings.var_places[section] or {}
  for _, name in ipairs(param.sorted_names(specs)) do
    if all or written[name] then
      rows[#rows + 1] = { name, shown(specs[name], values[name]), origin(section, name, values[name]), specs[name].help or "" }
    else
      folded = folded + 1
    end
  end
  local rest = folded > 0 and string.format(" %s%d as they are by default, with --vars", rows[1] and "and " or "", folded) or ""
  out[#out + 1] = "vars." .. section .. ":" .. rest
  local first, second, third = widest(rows, 1), math.min(widest(rows, 2), VALUE_MAX), widest(rows, 3)
  for _, row in ipairs(rows) do
    local value = columns.fit(row[2], VALUE_MAX)
    out[#out + 1] = string.format("  %s  %s  %s  %s", columns.pad(row[1], first), columns.pad(value, second),
      columns.pad(row[3], third), row[4])
  end
end

--- A line for each value that is written, by section, and how many are not: what sections hold is for all runbooks that
--- share them. Raises what is wrong with one.
---@param declared table<string, table<string, almanac.Param>>
---@param all boolean?  a line for each of the others, too
---@return string[]
function M.lines(declared, all)
  local out = {}
  for _, section in ipairs(param.sorted_names(declared)) do add_section(out, section, declared[section], all) end
  return out
end

return M
