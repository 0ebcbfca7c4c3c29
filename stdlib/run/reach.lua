--- Reach: the one place that asks a runbook's `allow`. Every way out of the process goes through it: a request, a
--- file, a program, a call of a cluster's API; and every effect before its intent is journalled. Each says what it
--- reaches, resolved; what says nothing is refused by those that ask for it, so that a module which forgets to ask
--- reaches nothing.
local allow = require "almanac.base.allow"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local task = require "native.task"

local M = {}

--- Each `allow` that the run under way keeps to: its own, and those of the runs that made it.
---@return almanac.Allow[]
local function allows()
  local context, out = task.context(), {}
  local run = context and context.run
  while run do
    if run.allow then out[#out + 1] = run.allow end
    run = run.caller
  end
  return out
end

--- Whether anything is asked: a script is running, and has an `allow`.
---@param category? string  that it names
---@return boolean
function M.is_asked(category)
  local context = task.context()
  local run = context and context.run
  while run and not (run.allow and (not category or run.allow[category])) do run = run.caller end
  return run ~= nil
end

local verbs = { read = "read", change = "touch" }

local function line_of(given, access, category)
  local list = {}
  for i, pattern in ipairs(allow.patterns(given, access, category)) do list[i] = string.format("%q", pattern) end
  return #list > 0 and string.format("its allow table has %s = { %s }", category, table.concat(list, ", "))
    or string.format("its allow table has no %s", category)
end

local function refusal(given, who, access, target)
  local category, name = target.category, target.names[1]
  local entry = string.format("%s = { %q }", category, name)
  return {
    kind = "refused", refused = { category = category, target = name, access = access },
    message = string.format("%s: this runbook may not %s %s %q", who, verbs[access], category, name),
    hint = string.format("%s; almanac show prints it. What must be reached is named there: allow = { %s }",
      line_of(given, access, category), access == "read" and "read = { " .. entry .. " }" or entry),
  }
end

local function check(who, target)
  for _, name in ipairs(type(target) == "table" and target.names or {}) do
    if type(name) == "string" then return target end
  end
  errors.usage("%s: allow.of must give a name, or a list of names, not %s", who, fields.shown(target))
end

--- Why targets would be refused; empty where none is.
---@param who string  the public function
---@param access "read"|"change"
---@param targets almanac.Target[]
---@param given? almanac.Allow  where no script is running; default that of the run
---@return table[] refusals  for errors.raise
function M.refusals(who, access, targets, given)
  local out = {}
  for _, one in ipairs(given and { given } or allows()) do
    for _, target in ipairs(targets) do
      local wanted = check(who, target).access or access
      if not allow.covers(one, wanted, target) then out[#out + 1] = refusal(one, who, wanted, target) end
    end
  end
  return out
end

--- Refuses what the runbook's `allow` does not name.
---@param who string
---@param access "read"|"change"
---@param targets almanac.Target[]
---@param given? almanac.Allow  where no script is running; default that of the run
function M.require(who, access, targets, given)
  local refused = M.refusals(who, access, targets, given)
  if refused[1] then errors.raise(refused[1]) end
end

return M
