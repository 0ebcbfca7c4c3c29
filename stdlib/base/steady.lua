--- A metamethod __concat during which Lua's stack stays where it is. Lua 5.4.4 keeps a pointer into the
--- stack while it runs one (luaV_concat; mended in 5.4.5): a collection that shrinks the stack, or a call
--- that makes it grow, would leave the rest of the concatenation writing into freed memory.
local task = require "native.task"

---@generic A, B, R
---@param fn fun(a: A, b: B): R  may not wait
---@return fun(a: A, b: B): R
local function steady(fn)
  return function(a, b)
    local collects = collectgarbage "isrunning"
    collectgarbage "stop"
    local thread = coroutine.create(fn)
    local ok, result = task.inside(thread, coroutine.resume, thread, a, b)
    if collects then collectgarbage "restart" end
    if not ok then error(result, 0) end
    return result
  end
end

return steady
