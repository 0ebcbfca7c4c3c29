--- What is typed at `almanac repl`, evaluated: each entry is a plan of its own, made of that entry alone. Reads are real,
--- effects are previewed, and what an entry may do is what a runbook may.
local calls = require "almanac.session.calls"
local drafts = require "almanac.run.plan.draft"
local drive = require "almanac.session.drive"
local equipment = require "almanac.session.equipment"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local mode = require "almanac.run.mode.plan"
local origin = require "almanac.session.origin"
local runs = require "almanac.journal.run"
local sandbox = require "almanac.script.sandbox"

local M = {}

-- The loader lives in the sandbox, so that an entry sees what a runbook sees. Names that are assigned to stay: they are a
-- table of its own, before the globals.
local LOADER = [[
local names = {}
local seen = setmetatable({}, {
  __index = function(_, name)
    local value = names[name]
    if value == nil then value = _ENV[name] end
    return value
  end,
  __newindex = function(_, name, value) names[name] = value end,
})
return {
  names = names,
  load = function(text)
    local chunk, why = load("return " .. text, "=typed", "t", seen)
    if not chunk then chunk, why = load(text, "=typed", "t", seen) end
    return chunk, why
  end,
  within = function(fn) step("typed", fn) end,
}
]]

---@class almanac.Repl
---@field names table<string, any>  what was assigned
local Repl = {}
Repl.__index = Repl

---@param operator almanac.Operator
---@param options table  of the command line
---@return almanac.Repl
function M.new(operator, options)
  local script = sandbox.load("runbooks/repl", LOADER) -- so that require finds the libraries of the runbooks
  local book = { name = "repl", path = script.path, script = script, params = {} }
  return setmetatable({
    operator = operator, options = options, book = book, loaded = script.result, names = script.result.names,
  }, Repl)
end

--- Whether a text is the beginning of an entry, which goes on in the next line.
---@param text string
---@return boolean
function Repl:goes_on(text)
  local chunk, why = self.loaded.load(text)
  return not chunk and type(why) == "string" and why:find "<eof>$" ~= nil
end

---@class almanac.Entry
---@field values table    what it gave, as table.pack
---@field draft almanac.PlanDraft  the effects that it would have
---@field notes string[]

--- Evaluates an entry. Raises what it raises; the error has the draft, of what was previewed before.
---@param text string
---@return almanac.Entry
function Repl:evaluate(text)
  local chunk, why = self.loaded.load(text)
  if not chunk then errors.raise { kind = "script", message = "syntax: " .. why:gsub("^load: typed:", "line ") } end
  local meta = origin.of(self.book, {}, nil, self.options)
  local run = runs.unrecorded(meta, mode)
  equipment.give(calls.session(nil, self.operator, self.options), run, self.book)
  run.draft = drafts.new(self.book, meta)
  run.draft.own = run.definitions
  local entry = { draft = run.draft, notes = {} }
  run:observe(function(event)
    if event.kind == "note" then self.operator:say("· " .. event.data.text) end
  end)
  local failure
  local function keep()
    local ok, result = errors.try(function() return table.pack(chunk()) end)
    if not ok and interrupt.of(result) then error(result, 0) end
    if ok then entry.values = result else failure = result end
  end
  local ok, err = drive.show(run, function() self.loaded.within(keep) end)
  run.draft:settle()
  if not ok then failure = err end
  if failure then
    -- The entry is what was typed: where in it needs no saying.
    failure.plan, failure.step, failure.where = run.draft, nil, nil
    failure.message = failure.message:gsub("^load: typed:%d+: ", "")
    error(failure, 0)
  end
  return entry
end

return M
