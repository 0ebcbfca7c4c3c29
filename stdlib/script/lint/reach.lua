--- What a runbook's calls reach by constants, and its `allow` does not name: each run would be refused there. What is
--- computed is left to the plan.
local allow = require "almanac.base.allow"
local categories = require "almanac.base.allow_categories"
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local family = require "almanac.journal.family"
local literal = require "almanac.script.lint.literal"
local manual = require "almanac.script.manual.manual"
local nature = require "almanac.script.manual.nature"
local public = require "almanac.script.public"
local tree = require "almanac.script.lint.tree"
local written_call = require "almanac.script.lint.written_call"

local M = {}

--- What an effect says of itself, asked with what is written down: the options, and the other arguments by their names.
local function asked_of(definition, call, entry)
  local options = written_call.options_of(call)
  local raw = options and literal.value(options) or {}
  for i, value in ipairs(entry.params) do
    if value.name ~= "options" and call.args[i] then raw[value.name] = literal.value(call.args[i]) end
  end
  local ok, input = errors.try(definition.input or function(given) return given end, raw)
  local names = definition.allow.of(ok and input or raw)
  return type(names) == "string" and categories.target(definition.allow.category, names) or nil
end

--- What the constants of a call reach: first what it is for, then what it looks at besides.
---@return (almanac.Target|false)[]
local function targets_of(who, call)
  local _, entry = manual.find(who)
  if not entry then return {} end
  public.load(who:match "^[^.]*")
  local definition = definitions.find(who)
  local category = definition and definition.allow and definition.allow.category or definitions.category_of(who:match "^[^.]*")
  local defined = definitions.allow_category(category)
  if defined and defined.reached then
    local written = written_call.new(call, entry)
    return { defined.reached(written) or false, defined.looks_at and defined.looks_at(written) or false }
  end
  return { definition and definition.allow and asked_of(definition, call, entry) or false }
end

--- The context of a run is not known here: what a pattern says of it is not compared.
local function without_contexts(given)
  local out = {}
  for category, patterns in pairs(given) do
    local list, defined = {}, category ~= "read" and definitions.allow_category(category)
    local of_cluster = defined and defined.of_cluster
    for i, pattern in ipairs(patterns) do
      list[i] = of_cluster and pattern:gsub("@.*$", "") or pattern
    end
    out[category] = list
  end
  if given.read then out.read = without_contexts(given.read) end
  return out
end

local function report_target(who, call, access, target, report)
  local entry = string.format("%s = { %q }", target.category, target.names[1])
  report(call.pos, "error", "allow", string.format("%s reaches %s %q, which allow does not name: it would be refused", who,
    target.category, target.names[1]),
    "name it: allow = { " .. (access == "read" and "read = { " .. entry .. " }" or entry) .. " }, or reach something else")
end

--- Reports constants that `allow` does not name.
---@param main almanac.lint.Node
---@param given almanac.Allow?  of the runbook
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?)
function M.check(main, given, report)
  if not given then return end
  local plain = without_contexts(given)
  for _, call in ipairs(main.calls) do
    local who = tree.called(call)
    local access = who and (nature.of(who) or who == family.CALL and "change" or nil)
    local ok, targets = errors.try(access and targets_of or function() return {} end, who, call)
    for _, target in ipairs(ok and targets or {}) do
      local how = target and target.access or access
      if target and not allow.covers(plain, how, target) then report_target(who, call, how, target, report) end
    end
  end
end

return M
