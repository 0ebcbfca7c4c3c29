--- Files that a command puts into a project: all of them, or, where one would go over somebody's own, none.
local embedded = require "native.embedded"
local errors = require "almanac.base.errors"
local fs = require "native.fs"

local M = {}

--- The texts that are embedded under runbooks/templates/, by name.
M.FOLDER = "runbooks/templates/"

--- The test of a template, for a runbook of that name.
---@param template string
---@param name string
---@return { path: string, text: string }
function M.test(template, name)
  local text = embedded.read(M.FOLDER .. "tests/" .. template .. "_test.lua")
  local plain = template:gsub("%-", "%%-")
  text = text:gsub('"' .. plain .. '"', '"' .. name .. '"'):gsub("^%-%- " .. plain .. ",", "-- " .. name .. ",")
    :gsub("almanac test " .. plain, "almanac test " .. name)
  return { path = "runbooks/tests/" .. name .. "_test.lua", text = text }
end

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
