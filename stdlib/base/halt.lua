--- Halts: what ends a run until somebody says how it goes on: a question that nobody answered, an effect in doubt, a plan
--- that does not fit any more. A script cannot keep one to itself, as it cannot a pause: what it catches is raised again,
--- and nothing is made behind it.
local errors = require "almanac.base.errors"
local task = require "native.task"

local M = {}

--- By the error: a script can write `waiting` into one of its own.
local halts = setmetatable({}, { __mode = "k" }) ---@type table<almanac.Error, true>

--- Raises a halt.
---@param err table  as errors.raise takes it; raised once more, it is the same one
function M.raise(err)
  local halt = errors.made(err)
  halts[halt] = true
  task.halt(halt)
end

--- Whether an error stands for a halt.
---@param err any
---@return boolean
function M.is(err)
  return halts[err] == true
end

--- The first halt among the errors of what was joined.
---@param failures almanac.Error[]
---@return almanac.Error?
function M.among(failures)
  for _, err in ipairs(failures) do
    if halts[err] then return err end
  end
end

--- Raises what another task ended with: a halt there is one here.
---@param err almanac.Error
function M.pass(err)
  if halts[err] then task.halt(err) end
  error(err, 0)
end

return M
