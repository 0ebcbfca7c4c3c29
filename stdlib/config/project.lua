--- Where the project is: the nearest directory, from here up, with an almanac.yaml or with runbooks. A command works
--- there, so that its paths mean the same wherever it was typed; the paths that were typed are relative to here.
local fs = require "native.fs"
local process = require "native.process"

local M = {}

local passed_by -- a project above that was not entered: it is not ours
local typed_in -- from the project down to where the command was typed: "ops/charts"; nil in the project itself

local function is_project(dir)
  return fs.exists(dir .. "/almanac.yaml") or fs.list(dir:gsub("[%[*?\\]", "\\%0") .. "/runbooks/*.lua")[1] ~= nil
end

--- Whether a project there may be meant: a directory of others, or one that everybody can write, such as /tmp, says
--- nothing of what is below it. Whose the directory is in which the command was typed, does not count: who goes to look
--- at a colleague's does not run what is there.
local function is_trusted(dir)
  local is = fs.stat(dir)
  return is ~= nil and fs.is_trusted(dir) and is.mode & 2 == 0
end

--- The nearest project above a directory.
---@param dir string  absolute
---@return string? project
---@return string? below  from there to the directory
function M.above(dir)
  local below
  passed_by = nil
  while dir ~= "/" and fs.exists(dir) do
    local parent, name = dir:match "^(.*)/([^/]+)$"
    dir, below = parent == "" and "/" or parent, below and name .. "/" .. below or name
    if not is_trusted(dir) then
      passed_by = is_project(dir) and dir or nil
      return nil
    end
    if is_project(dir) then return dir, below end
  end
end

--- Goes to the project. A journal here, of runs that were started here, keeps here the place.
function M.enter()
  if fs.exists ".almanac" or is_project "." then return end
  local dir, below = M.above(process.cwd())
  if not dir then return end
  process.chdir(dir)
  typed_in = below
end

--- A project above that the command does not work in, because somebody else can write there.
---@return string? dir
function M.passed_by() return passed_by end

--- A path without what leads nowhere: "a/./b//../c" is "a/c".
local function collapsed(path)
  local parts = {}
  for part in path:gmatch "[^/]+" do
    if part == ".." and parts[1] and parts[#parts] ~= ".." then
      parts[#parts] = nil
    elseif part ~= "." then
      parts[#parts + 1] = part
    end
  end
  return parts[1] and table.concat(parts, "/") or "."
end

--- A path that was typed, from where the command works.
---@param path string
---@return string
function M.path(path)
  if not typed_in or path:sub(1, 1) == "/" or path == "-" then return path end
  return collapsed(typed_in .. "/" .. path)
end

--- The one spelling of a path to a file in the working directory, however it was typed; another path as it is.
---@param path string
---@return string
function M.spelling(path)
  local here = process.cwd() .. "/"
  local within = path:sub(1, #here) == here and path:sub(#here + 1) or path
  if within:sub(1, 1) == "/" then return path end
  local plain = collapsed(within)
  return plain ~= path and fs.real(plain) ~= nil and fs.real(plain) == fs.real(path) and plain or path -- not behind a link
end

--- A word that may be the name of a runbook, or the path of its file.
---@param word string
---@return string
function M.word(word)
  return word:find "%.lua$" and M.path(word) or word
end

return M
