--- Files that an effect goes by, or that a command runs: what another user owns or could have written is refused, in the
--- words in which a script is.
local fs = require "native.fs"
local place = require "almanac.host.place"
local process = require "native.process"

local M = {}

local function is_in_project(path)
  local real = fs.real(path) or ""
  local here = fs.real(process.cwd()) or "/"
  return real:sub(1, #here + 1) == here:gsub("/$", "") .. "/"
end

local function check_in_project(path, cwd)
  if cwd and path:sub(1, 1) ~= "/" then path = cwd .. "/" .. path end
  if is_in_project(path) then fs.check_script(path) end
end

--- Refuses a program of the project, given by its path, that others had a hand in. One of elsewhere, or found by its name, is
--- the machine's.
---@param program string
---@param cwd string?  where it is started
function M.check_program(program, cwd)
  if program:find("/", 1, true) then check_in_project(program, cwd) end
end

--- The same of what a command runs: the program, or the file that an interpreter is given.
---@param argv string[]
---@param cwd string?
function M.check_command(argv, cwd)
  M.check_program(argv[1], cwd)
  local file = place.interpreted(argv)
  if file then check_in_project(file, cwd) end
end

--- Refuses a file, or a directory with all that is in it, that others had a hand in. What is not there is another's to tell.
---@param path string
function M.check(path)
  if not fs.exists(path) then return end
  fs.check_script(path, "used")
  for _, inner in ipairs(fs.open_to_others(path)) do fs.check_script(inner, "used") end
end

return M
