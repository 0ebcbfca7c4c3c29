--- The parameters of a session: what was given, over the defaults; and what the journal keeps of them.
local children = require "almanac.config.children"
local diff = require "almanac.base.diff"
local document = require "almanac.config.document"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local given_params = require "almanac.base.given_params"
local json = require "native.json"
local nearest = require "almanac.base.nearest"
local own_params = require "almanac.run.own_params"
local param = require "almanac.base.param"
local parameters = require "almanac.journal.parameters"
local files = require "almanac.host.place"
local reach = require "almanac.run.reach"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local settings = require "almanac.config.settings"
local terminal = require "almanac.base.terminal"

local M = {}

--- A name that is mistyped is no absent value: "image=" .. tostring(p.tagg) would run with nil.
local function strict(book, values)
  return own_params.new(values, function(name)
    if book.params[name] then return nil end
    errors.raise {
      kind = "usage", message = string.format("%s has no parameter %s%s", book.name, tostring(name), nearest.suffix(name, book.params)),
      hint = next(book.params) and "its parameters are " .. table.concat(param.sorted_names(book.params), ", ")
        or "it declares none",
    }
  end)
end

--- Where the parameters that were written in files are written.
---@param book almanac.Runbook
---@param given table<string, any>  those of this command line
---@param options table  of the command line: param_places
---@return table<string, almanac.Place>
function M.places(book, given, options)
  local places = {}
  for name, place in pairs(settings.param_places[book.name] or {}) do
    if given[name] == nil then places[name] = place end
  end
  for name, place in pairs(options.param_places or {}) do places[name] = place end
  return places
end

--- Where a script, and nobody who runs it, has secrets be read from: those of a list or map, too.
---@param book almanac.Runbook
---@param chosen table<string, any>  by parameter
---@param scheme "file"|"env"
---@return { name: string, place: string }[]
function M.sources(book, chosen, scheme)
  local out = {}
  for _, name in ipairs(param.sorted_names(chosen)) do
    local spec, value = book.params[name], chosen[name]
    local list = spec and param.holds_secret(spec) and (type(value) == "table" and not secret.is(value) and value or { value }) or {}
    for _, text in pairs(list) do
      local where = type(text) == "string" and text:match("^" .. scheme .. ":(.+)$")
      if where then out[#out + 1] = { name = name, place = where } end
    end
  end
  return out
end

--- Refuses such files where `allow` does not name them.
---@param book almanac.Runbook
---@param chosen table<string, any>  by parameter
---@param given almanac.Allow?  of the runbook; besides it those of the runs under way are asked
function M.check_files(book, chosen, given)
  if not given and not reach.is_asked() then return end
  for _, source in ipairs(M.sources(book, chosen, "file")) do
    local who, targets = "runbook: params." .. source.name, { files.read(source.place) }
    reach.require(who, "read", targets)
    if given then reach.require(who, "read", targets, given) end
  end
end

--- Refuses variables that the runbook itself has secrets be read from, where `allow` does not name them, and its children do not get them.
local function check_variables(book, chosen, given)
  if not given and not reach.is_asked() then return end
  for _, source in ipairs(M.sources(book, chosen, "env")) do
    local who, targets = "runbook: params." .. source.name, { { category = "env", names = { source.place } } }
    if not children.gets(source.place, book.pass_env) then
      reach.require(who, "read", targets)
      if given then reach.require(who, "read", targets, given) end
    end
  end
end

local function defaults_of(book, given)
  local out = {}
  for name, spec in pairs(book.params) do
    if given[name] == nil then out[name] = spec.default end
  end
  return out
end

--- Which variables and files the secrets are taken from, in words: somebody says so, or the runbook does.
---@param book almanac.Runbook
---@param given table<string, any>
---@return string[]
function M.secrets_from(book, given)
  local out, chosen = {}, defaults_of(book, given)
  for name, value in pairs(given) do chosen[name] = value end
  for _, scheme in ipairs { "env", "file" } do
    for _, source in ipairs(M.sources(book, chosen, scheme)) do
      out[#out + 1] = string.format("%s from %s:%s", source.name, scheme, terminal.one_line(source.place))
    end
  end
  return out
end

--- "? tag (the image's tag; a text of the pattern ^v%d, for example v1.2): "
local function prompt_of(name, spec)
  return string.format("? %s (%s%s): ", name, spec.help and spec.help .. "; " or "", param.wanted(spec))
end

--- The values of a runbook's parameters; a required one that is missing is asked for.
---@param book almanac.Runbook
---@param given table<string, any>
---@param operator almanac.Operator
---@param places? table<string, almanac.Place>  of those that were written in a file
---@return table<string, any> values  a field that is no parameter raises kind "usage"
function M.resolve(book, given, operator, places)
  local defaults = defaults_of(book, given)
  M.check_files(book, defaults, book.allow)
  check_variables(book, defaults, book.allow)
  local ok, values = errors.try(given_params.resolve, book.name, book.params, given, function(name, spec, why)
    local prompt = prompt_of(name, spec)
    return operator:line(why and { "  " .. why, prompt } or prompt, spec.type == "secret")
  end)
  if ok then return strict(book, values) end
  local err = values
  local place = places and places[err.parameter]
  if place then
    err.message = document.before(place) .. err.message
    err.file, err.line, err.column = place.file, place.line, place.column
  end
  error(err, 0)
end

--- What goes into the journal of the parameters: secrets as where they are, never as text.
---@param specs table<string, almanac.Param>
---@param given table<string, any>
---@param values table<string, any>
---@return table<string, any>
function M.journalled(specs, given, values)
  local out = {}
  for name, value in pairs(values) do
    if specs[name].type == "secret" then
      local raw = secret.origin(given[name]) or given[name] -- handed on by another run, or named by somebody
      out[name] = type(raw) == "string" and raw:find "^%l+:" and raw or nil
    else
      -- One that holds the text of a secret is asked for again, as the secret is.
      local plain = secret.conceal_all(value)
      if diff.equal(plain, redaction.data(plain)) then out[name] = plain end
    end
  end
  return out
end

--- The names of what was given and is in no journal: each that goes on with the run gives it again, for a default in its place
--- would be another one.
---@param given table<string, any>
---@param journalled table<string, any>
---@return string[]? names  nil: all that was given is kept
function M.unkept(given, journalled)
  local out = {}
  for _, name in ipairs(param.sorted_names(given)) do
    if journalled[name] == nil then out[#out + 1] = name end
  end
  return out[1] and json.array(out) or nil
end

--- The names of what a run was given and is in no journal.
local function unkept_of(run)
  local unkept = {}
  for _, name in ipairs(run.meta.unkept or {}) do unkept[name] = true end
  for name, is_unkept in pairs(run.replay.unkept) do unkept[name] = is_unkept end
  return unkept
end

--- Parameters that can have been nothing but false: an older almanac kept each boolean but that.
local function not_kept_as_false(book, run)
  local out = {}
  for name, is_unkept in pairs(unkept_of(run)) do
    local spec = book.params[name]
    if is_unkept and spec and spec.type == "boolean" then out[name] = false end
  end
  return out
end

--- The parameters of a runbook as who goes on with a run has to give them.
---@param book almanac.Runbook
---@param run almanac.Run
---@return table<string, almanac.Param>
function M.wanted(book, run)
  local unkept, out = unkept_of(run), {}
  for name in pairs(not_kept_as_false(book, run)) do unkept[name] = nil end
  for name, spec in pairs(book.params) do
    out[name] = unkept[name] and fields.with(spec, { required = true, is_unkept = true }) or spec
    if unkept[name] then out[name].default = nil end
  end
  return out
end

--- Whether no journal has a parameter of a run that it was given, or needs.
local function is_lacking(run, name, spec)
  local is_kept = run.meta.params[name] ~= nil or run.replay.params[name] ~= nil
  return spec.is_unkept or param.holds_secret(spec) and not is_kept
end

--- What somebody gives who goes on with a run: words, and of a file with parameters those that no journal keeps. The
--- file may be the one that the run was started with.
---@param book almanac.Runbook
---@param run almanac.Run
---@param words table<string, any>
---@param file table<string, any>?
---@return table<string, any>
function M.given_again(book, run, words, file)
  local out = {}
  for name, spec in pairs(file and M.wanted(book, run) or {}) do
    if is_lacking(run, name, spec) then out[name] = file[name] end
  end
  return parameters.over(out, words)
end

--- Whether somebody who goes on with a run gives it what it does not lack.
---@param book almanac.Runbook
---@param run almanac.Run
---@param given table<string, any>
---@return boolean
function M.gives_more(book, run, given)
  local wanted = M.wanted(book, run)
  for name in pairs(given) do
    if not wanted[name] or not is_lacking(run, name, wanted[name]) then return true end
  end
  return false
end

--- Of these values those that were given.
---@param given table<string, any>
---@param values table<string, any>
---@return table<string, any>
function M.of(given, values)
  local out = {}
  for name in pairs(given) do out[name] = values[name] end
  return out
end

--- The parameters of a run in the journal, under those that are given anew; secrets are looked up or asked for
--- again.
---@param book almanac.Runbook
---@param run almanac.Run
---@param operator almanac.Operator
---@param anew? table<string, any>
---@return table<string, any> values
---@return string dropped  "name=value …" of what the run was started with and the script does not take any more
function M.restore(book, run, operator, anew)
  local given, gone, wanted = not_kept_as_false(book, run), {}, M.wanted(book, run)
  for name, value in pairs(parameters.over(run.meta.params, run.replay.params)) do
    if not wanted[name] then
      gone[name] = value
    elseif not wanted[name].is_unkept then -- else it is what was before it was given anew
      given[name] = value
    end
  end
  local asking = setmetatable({ params = wanted }, { __index = book })
  return M.resolve(asking, parameters.over(given, anew), operator), parameters.text(gone, run.meta.durations)
end

return M
