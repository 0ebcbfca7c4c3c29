--- Runs the cases of files, one after another.
local clock = require "native.clock"
local errors = require "almanac.base.errors"
local library_file = require "almanac.script.library_file"
local others = require "almanac.testing.world.others"
local sandbox = require "almanac.script.sandbox"
local stage = require "almanac.testing.stage"
local suite = require "almanac.testing.suite"
local task = require "native.task"

local M = {}

---@class almanac.testing.Result
---@field file string
---@field name string
---@field line? integer     of the case
---@field status "passed"|"failed"|"error"|"pending"  failed: what must be so is not; error: anything else was raised
---@field why? string       of a pending one
---@field error? almanac.Error
---@field seconds number    of real time
---@field kept? almanac.testing.World[]
---@field printed string[]  what the case said

---@class almanac.testing.Options
---@field dir string          for worlds
---@field project string      the operator's
---@field clock string        file of the simulated clock
---@field granted almanac.testing.Granted
---@field limit number        seconds that a case may take
---@field filter? string      a part of the names of cases
---@field read fun(path: string): string
---@field patience? almanac.LoadPatience  of all files together
---@field told fun(result: almanac.testing.Result)

--- Calls functions, each though one before it failed; the first failure.
local function each(functions)
  local first
  for _, fn in ipairs(functions) do
    local ok, err = errors.try(fn)
    if not ok then first = first or err end
  end
  return first
end

local function perform(case)
  local before, after = suite.around(case)
  local ok, err = errors.try(function()
    for _, fn in ipairs(before) do fn() end
    case.fn()
  end)
  local behind = each(after)
  task.with({ shield = "cancel" }, stage.close) -- they live in this task, which may be over its limit
  if not ok then error(err, 0) end
  if behind then error(behind, 0) end
end

--- A case in a task of its own, which has so many seconds of real time.
local function limited(case, seconds)
  local is_over = false
  local handle = task.spawn(function()
    local ok, err = errors.try(task.with, { permit = "compute" }, perform, case)
    is_over = task.interrupted() == "timeout"
    if not ok then error(err, 0) end
  end)
  handle:limit(seconds)
  local ok, err = handle:join()
  if is_over then
    errors.raise {
      kind = "timeout", message = string.format("the case took longer than %g s", seconds), where = not ok and errors.place(err) or nil,
      hint = "real time: a program that runs for long, or a loop without an end; --timeout gives it more",
    }
  end
  if not ok then error(errors.wrap(err), 0) end
end

local function complaint_of(worlds)
  for _, world in ipairs(worlds) do
    if world.complaints[1] then return world.complaints[1] end
    local missed = others.missed(world)[1]
    if missed then return string.format("world.before: the cluster was not asked %q", missed) end
  end
end

local function run_case(file, case, options)
  local result = { file = file, name = case.name, seconds = 0, printed = {} }
  if not case.fn then
    result.status, result.why = "pending", case.why
    return result
  end
  local began = clock.real()
  stage.begin(options.dir, options.project, options.clock, options.granted)
  local ok, err = errors.try(limited, case, options.limit)
  local complaint = ok and complaint_of(stage.worlds())
  if complaint then ok, err = false, errors.wrap(complaint) end
  result.printed = stage.printed()
  result.kept = stage.finish(not ok)
  result.seconds = clock.real() - began
  result.status = ok and "passed" or errors.wrap(err).kind == "assertion" and "failed" or "error"
  result.error = not ok and errors.wrap(err) or nil
  if result.error and errors.is_interrupt(result.error) then error(err, 0) end
  return result
end

--- The cases of a file.
---@param path string
---@param text string
---@param patience? almanac.LoadPatience  of who loads several
---@param is_run? boolean  they are to be run: a file that others can write is refused
---@return almanac.testing.Case[]
function M.cases(path, text, patience, is_run)
  return suite.collect(function()
    if is_run then library_file.trust(path) end
    local script = sandbox.load(path, text, nil, patience)
    for name in pairs(is_run and script.files or {}) do library_file.trust(name) end
  end)
end

--- The text of a file of tests; a link to what is no Lua file is refused.
---@param path string
---@return string
function M.text(path)
  return (library_file.text(path, false)) or errors.usage("there is no file %s", path)
end

--- Runs the cases of a file that the filter lets through; each is told when it is over.
---@param path string
---@param options almanac.testing.Options
function M.run(path, options)
  local ok, cases = errors.try(function() return M.cases(path, M.text(path), options.patience, true) end)
  if not ok then
    options.told { file = path, name = "loading the file", status = "error", error = cases, seconds = 0, printed = {} }
    return
  end
  for _, case in ipairs(cases) do
    if not options.filter or case.name:find(options.filter, 1, true) then options.told(run_case(path, case, options)) end
  end
end

return M
