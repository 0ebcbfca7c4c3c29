--- The same call for many things, a bounded number of them at once. No steps: the calls share the
--- step they are made in.
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local task = require "native.task"

local M = {}

--- Requests of one call that are under way at once: enough to hide the way to a server, few enough not
--- to be throttled by it.
M.REQUESTS = 8

--- Waits for all of them, whatever happens: an interrupt is passed on to them, and returned when
--- they have ended.
---@param handles table[] tasks
---@return almanac.Error? interrupted
function M.join_all(handles)
  local interrupted
  for _, handle in ipairs(handles) do
    local ok, err = errors.try(handle.join, handle)
    if not ok then
      interrupted = interrupted or err
      local stopped = interrupt.of(err)
      for _, other in ipairs(handles) do other:cancel(stopped and stopped.level or "cancel") end
      task.with({ shield = "cancel" }, handle.join, handle)
    end
  end
  return interrupted
end

--- fn(item, index) for each item; the first failure cancels the others and is raised.
---@param items any[]
---@param limit integer how many at once
---@param fn fun(item: any, index: integer): any
---@return table results by index
function M.map(items, limit, fn)
  local results, handles, next_index, failure = {}, {}, 1, nil
  local function worker()
    while next_index <= #items and not failure do
      local index = next_index
      next_index = index + 1
      local ok, result = errors.try(fn, items[index], index)
      if ok then
        results[index] = result
      elseif not failure then
        failure = result
        for _, handle in ipairs(handles) do handle:cancel() end
        return
      end
    end
  end
  for i = 1, math.min(limit, #items) do handles[i] = task.spawn(worker) end
  local interrupted = M.join_all(handles)
  -- An interrupt of our own comes first: what it cancelled below fails with that, and tells less.
  if failure or interrupted then error(interrupted or failure, 0) end
  return results
end

return M
