--- Files that a command puts into a project: all of them, or, where one would go over somebody's own, none.
local errors = require "almanac.base.errors"
local fs = require "native.fs"

local M = {}

--- The texts that are embedded under runbooks/templates/, by name.
M.FOLDER = "runbooks/templates/"

--- Writes files that are not there yet.
---@param files { path: string, text: string }[]
---@param hint string  what to do where one is there
function M.write(files, hint)
  for _, file in ipairs(files) do
    if fs.target(file.path) ~= "nothing" then
      errors.raise { kind = "refused", message = file.path .. " is there already, and nothing was written", hint = hint }
    end
  end
  for _, file in ipairs(files) do fs.keep(file.path, file.text, { shared = true, is_new = true }) end
end

return M
