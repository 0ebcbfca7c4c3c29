--- Functions that are found when they are first called: what they need is loaded then, and not before.
local M = {}

local finds = setmetatable({}, { __mode = "k" }) ---@type table<function, fun(): function>

---@param find fun(): fun(...: any): any
---@return fun(...: any): any
function M.lazy(find)
  local found
  local function fn(...)
    found = found or find()
    return found(...)
  end
  finds[fn] = find
  return fn
end

--- Whether a function is a lazy one.
---@param fn function
---@return boolean
function M.is(fn) return finds[fn] ~= nil end

--- The function that a lazy one stands for; itself where it is none.
---@param fn function
---@return function
function M.behind(fn)
  return finds[fn] and finds[fn]() or fn
end

return M
