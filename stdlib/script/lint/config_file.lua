--- What is wrong in almanac.yaml: all of it at once, and the parameters of runbooks that stand in it.
local config = require "almanac.config.file"
local document = require "almanac.config.document"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local given_params = require "almanac.base.given_params"
local mend = require "almanac.script.lint.mend"
local nearest = require "almanac.base.nearest"
local runbook = require "almanac.script.runbook"

local M = {}

local function add(found, place, message, hint, mends)
  found:add {
    file = place.file, line = place.line, column = place.column, kind = "error", rule = "config", source = "",
    message = message, hint = hint, mend = mends,
  }
end

--- The parameters of a runbook; nil where it does not load, which is said of its own file.
local function specs_of(name, texts, patience)
  local ok, book = errors.try(function()
    local path = runbook.find(name)
    return texts[path] and runbook.load_kept(path, texts, patience) or runbook.look(name, patience)
  end)
  return ok and book.params or nil
end

--- Parameters that would be given to no runbook, or that it does not take.
local function check_params(found, written, texts, patience)
  local names = {}
  for _, book in ipairs(runbook.all()) do names[book.name] = true end
  for _, of in ipairs(written) do
    local specs = names[of.runbook] and specs_of(of.runbook, texts, patience)
    if not names[of.runbook] then
      add(found, of.place, string.format("params: there is no runbook %q%s", of.runbook, nearest.suffix(of.runbook, names)), nil,
        mend.of(of.runbook, names, of.beside))
    elseif specs then
      given_params.check(of.runbook, specs, of.values, function(name, message, hint)
        add(found, of.places[name], message, hint, not specs[name] and mend.of(name, specs, of.values) or nil)
      end)
    end
  end
end

--- What keeps the file from being read at all, without the place that the finding has anyway.
local function add_unread(given, found, err)
  if given.config and not fs.exists(given.config) then error(err, 0) end
  local place = { file = err.file or given.config or "almanac.yaml", line = err.line or 1, column = err.column or 1 }
  local before = document.before(place)
  add(found, place, err.message:sub(1, #before) == before and err.message:sub(#before + 1) or err.message, err.hint)
end

--- Checks it, by reading it as every command does.
---@param given table  options of the command line: config, environment
---@param found almanac.lint.Findings
---@param texts table<string, string>  what files would hold, by path
---@param patience almanac.LoadPatience
function M.check(given, found, texts, patience)
  local ok, faults, written = errors.try(config.inspect, given, texts)
  if not ok then return add_unread(given, found, faults) end
  for _, fault in ipairs(faults) do add(found, fault.place, fault.message, fault.hint, fault.mend) end
  check_params(found, written, texts, patience)
end

return M
