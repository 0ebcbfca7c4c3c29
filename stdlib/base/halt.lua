--- Halts: what ends a run until somebody says how it goes on: a question that nobody answered, an effect in doubt, a plan
--- that does not fit any more. A script cannot keep one to itself, as it cannot a pause: what it catches is raised again,
--- and nothing is made behind it.
local errors = require "almanac.base.errors"
local task = require "native.task"

local M = {}

--- How the run stands then, by the error: a script can write `waiting` into one of its own.
local halts = setmetatable({}, { __mode = "k" }) ---@type table<almanac.Error, "waiting"|"failed">

--- Raises a halt.
---@param err table  as errors.raise takes it; raised once more, it is the same one
function M.raise(err)
  local halt = errors.made(err)
  halts[halt] = halts[halt] or "waiting"
  task.halt(halt)
end

--- Raises what ends a run as failed: an answer that a script must not go on with, as by it it would be told a secret.
---@param err table  as errors.raise takes it
function M.fail(err)
  local halt = errors.made(err)
  halts[halt] = "failed"
  task.halt(halt)
end

--- Whether a run that ended with an error waits.
---@param err any
---@return boolean
function M.waits(err)
  return halts[err] == "waiting"
end

--- Whether an error stands for a halt.
---@param err any
---@return boolean
function M.is(err)
  return halts[err] ~= nil
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
