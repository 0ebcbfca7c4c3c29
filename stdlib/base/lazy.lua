--- A function that is found when it is first called: what it needs is loaded then, and not before.
---@param find fun(): fun(...: any): any
---@return fun(...: any): any
local function lazy(find)
  local fn
  return function(...)
    fn = fn or find()
    return fn(...)
  end
end

return lazy
