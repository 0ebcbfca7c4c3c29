--- Objects in lists: a manifest may hold a List of others, or a list of one kind, as a server answers. Pure.
local M = {}

--- An item of a list of one kind may leave out what that says: the kind and apiVersion of all.
local function as_item(item, list, kind)
  if type(item) ~= "table" or kind == "" or type(item.kind) == "string" then return item end
  local whole = {}
  for key, value in next, item do whole[key] = value end
  whole.kind, whole.apiVersion = kind, item.apiVersion or list.apiVersion
  return whole
end

--- Adds what an object of a manifest stands for: itself, or, of a list, each item, however deep.
--- What is a list is decided as kubectl does: by its kind's ending and by its items.
--- https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/unstructured/unstructured.go
---@param out any[]
---@param object any
---@return any[] out
function M.add(out, object)
  local kind = type(object) == "table" and type(object.kind) == "string" and object.kind:match "^(.*)List$"
  if not kind or type(object.items) ~= "table" then
    out[#out + 1] = object
    return out
  end
  for _, item in ipairs(object.items) do M.add(out, as_item(item, object, kind)) end
  return out
end

return M
