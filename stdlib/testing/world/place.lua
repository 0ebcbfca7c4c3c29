--- Paths that a test says: below its world, whatever they are called and whatever links are there.
local errors = require "almanac.base.errors"
local fs = require "native.fs"

local M = {}

--- A path of names alone; raises kind "usage" for one that leads up, or begins at the root.
---@param who string  what says it, for errors: "world: files"
---@param path any
---@return string path  without "./" before and "/" behind it
function M.names(who, path)
  local text = type(path) == "string" and path:gsub("^%./+", ""):gsub("/+$", "") or ""
  local is_below = text ~= "" and not text:find "^/" and not text:find "%z"
  for name in text:gmatch "[^/]+" do is_below = is_below and name ~= ".." and name ~= "." end
  if is_below then return text end
  errors.raise {
    kind = "usage", message = string.format("%s: %q is no path below the project", who, tostring(path)),
    hint = "a test has a copy of the project, and nothing outside of it: write a path such as ops/values.yaml",
  }
end

local function refuse_outside(who, dir, path, real)
  local root = fs.real(dir)
  if real and (real == root or real:sub(1, #root + 1) == root .. "/") then return end
  errors.raise { kind = "usage", message = string.format("%s: %q leads out of the project", who, path),
    hint = "a test has a copy of the project, and nothing outside of it" }
end

--- What is there below a directory: where it is, and no link leads out.
---@param who string
---@param dir string
---@param path any
---@return string
function M.existing(who, dir, path)
  local names = M.names(who, path)
  local whole = dir .. "/" .. names
  if not fs.exists(whole) then errors.usage("%s: there is no %q in the project", who, names) end
  refuse_outside(who, dir, names, fs.real(whole))
  return whole
end

--- Writes a file below a directory, with the directories that it is in.
---@param who string
---@param dir string
---@param path any
---@param text string
function M.write(who, dir, path, text)
  local names = M.names(who, path)
  local above, at = names:match "^(.*)/", dir
  for name in (above or ""):gmatch "[^/]+" do
    at = at .. "/" .. name
    if not fs.exists(at) then fs.mkdir(at) end
    refuse_outside(who, dir, names, fs.real(at))
  end
  local whole = dir .. "/" .. names
  if fs.leads(whole) then refuse_outside(who, dir, names, fs.real(whole)) end
  fs.write(whole, text)
end

return M
