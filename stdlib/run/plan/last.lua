--- The last plan of each runbook, kept beside the journal for whoever reads the script afterwards. Nothing is bound to
--- it; where there is no journal yet, or it cannot be written, none is kept.
local errors = require "almanac.base.errors"
local files = require "almanac.run.plan.file"
local fs = require "native.fs"
local settings = require "almanac.config.settings"

local M = {}

local function path_of(name)
  return settings.store .. "/plan-" .. name .. ".json"
end

--- Keeps the last one.
---@param name string  of the runbook
---@param text string  as files.encode gives it
function M.keep(name, text)
  if name:find "^[%w_-]+$" and fs.exists(settings.store) then errors.try(fs.keep, path_of(name), text) end
end

--- The last one, if there is one that can be read.
---@param name string
---@return table? plan
function M.read(name)
  if not name:find "^[%w_-]+$" or not fs.exists(path_of(name)) then return nil end
  local ok, plan = errors.try(files.read, path_of(name))
  return ok and plan or nil
end

return M
