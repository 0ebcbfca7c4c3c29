--- The secrets in what a server gave: the values of Secrets, and a release's record of helm, which holds more of them.
local release_secrets = require "almanac.k8s.release_secrets"
local secret_values = require "almanac.k8s.secret_values"

local M = {}

local function hide_one(object, kind)
  if release_secrets.is_record(object, kind) then return release_secrets.hide_record(object, kind) end
  if kind == "Secret" then secret_values.hide(object) end
end

--- Hides those of an object, or of each in a list; anything else is left alone.
---@param answer any  as the API gives it
function M.hide(answer)
  if type(answer) ~= "table" then return end
  local kind = tostring(answer.kind)
  local of_items = kind:match "^(.*)List$"
  if not of_items then return hide_one(answer, kind) end
  for _, item in ipairs(type(answer.items) == "table" and answer.items or {}) do
    if type(item) == "table" then hide_one(item, type(item.kind) == "string" and item.kind or of_items) end
  end
end

return M
