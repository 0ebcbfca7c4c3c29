--- What the verdicts and the reasons read of an object: fields that may be absent. Pure.
local M = {}

--- A count of the API; 0 for what is none.
---@param v any
---@return integer
function M.number(v)
  return math.tointeger(v) or 0
end

--- The field at a path; nil where something on the way is absent.
---@param t any
---@param ... string|integer
---@return any
function M.get(t, ...)
  for i = 1, select("#", ...) do
    if type(t) ~= "table" then return nil end
    t = t[select(i, ...)]
  end
  return t
end

--- The conditions in an object's status. A custom resource may have anything under that name.
---@param obj any
---@return table[]
function M.conditions(obj)
  local list, out = M.get(obj, "status", "conditions"), {}
  for _, condition in ipairs(type(list) == "table" and list or {}) do
    if type(condition) == "table" then out[#out + 1] = condition end
  end
  return out
end

--- The condition of that type in an object's status.
---@param obj table
---@param kind string
---@return table?
function M.condition(obj, kind)
  for _, c in ipairs(M.conditions(obj)) do
    if c.type == kind then return c end
  end
  return nil
end

return M
