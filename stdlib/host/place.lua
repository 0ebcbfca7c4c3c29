--- Where a path leads, and which program a command runs: what `allow` is asked about. Links are followed and ".."
--- is walked, so that a name that leads elsewhere than it reads is asked for where it leads.
local fs = require "native.fs"
local param = require "almanac.base.param"
local process = require "native.process"
local sh = require "native.sh"

local M = {}

local LINKS_MAX = 40 -- as the kernel follows at most

--- `links` is how many may be followed still: of those that lead to nothing, which are followed here.
local function resolve(path, links)
  local real = fs.real(path)
  if real then return real end
  local above, name = path:match "^(.*)/([^/]+)/*$"
  local parent = above == "" and "/" or resolve(above, links)
  if name == "." then return parent end
  if name == ".." then return parent:match "^(.+)/[^/]*$" or "/" end -- what is not there is no link
  local there = parent:gsub("/$", "") .. "/" .. name
  local leads = links > 0 and fs.leads(there)
  if not leads then return there end
  return resolve(leads:sub(1, 1) == "/" and leads or parent:gsub("/$", "") .. "/" .. leads, links - 1)
end

--- A path from the root, links followed; what is not there yet is named in the directory where it would be, also behind a
--- link: else who asks would be told whether something is there, by being refused or not.
---@param path string
---@param cwd? string  what a relative path begins at
---@return string
function M.resolve(path, cwd)
  if path:sub(1, 1) ~= "/" then path = (cwd and M.resolve(cwd) or process.cwd()) .. "/" .. path end
  return resolve(path, LINKS_MAX)
end

--- The directory that almanac was started in.
local function home()
  return fs.real "." or process.cwd()
end

--- The path of an entry of a directory: a link itself, not what it leads to.
local function entry(path)
  local parent, name = path:match "^(.-)/*([^/]+)/*$"
  if not name or name == "." or name == ".." then return M.resolve(path) end
  if parent == "" then parent = path:sub(1, 1) == "/" and "/" or "." end
  return M.resolve(parent):gsub("/$", "") .. "/" .. name
end

--- How a path may be named: from the directory that almanac was started in, where it lies there, and from the root.
---@param real string
---@return string[]
local function names_of(real)
  local here = home():gsub("/$", "")
  if real == home() then return { ".", real } end
  if real:sub(1, #here + 1) == here .. "/" then return { real:sub(#here + 2), real } end
  return { real }
end

--- A file or directory as a target.
---@param category string
---@param path string
---@param cwd? string  what a relative path begins at
---@param access? "read"|"change"
---@return almanac.Target
function M.path(category, path, cwd, access)
  return { category = category, names = names_of(M.resolve(path, cwd)), access = access }
end

--- What is taken away of a directory: a link goes, not what it leads to.
---@param category string
---@param path string
---@return almanac.Target
function M.entry(category, path)
  return { category = category, names = names_of(entry(path)) }
end

--- A file that is only read.
---@param path string
---@param cwd? string
---@return almanac.Target
function M.read(path, cwd)
  return M.path("fs", path, cwd, "read")
end

-- Programs -----------------------------------------------------------------------------------------

--- Programs that run the file that is their first argument.
local INTERPRETERS = {
  sh = true, bash = true, dash = true, ksh = true, zsh = true, python = true, python3 = true, perl = true, ruby = true,
  node = true, lua = true,
}

--- The file that an interpreter, found by its name, is given to run.
---@param argv string[]
---@return string?
local function interpreted(argv)
  local file = argv[2]
  return INTERPRETERS[argv[1]] and file and not file:find "^%-" and file or nil
end

--- A program of the directory itself is "./x": "x" is one of PATH.
local function program_names(real)
  local names = names_of(real)
  if #names > 1 and not names[1]:find("/", 1, true) then names[1] = "./" .. names[1] end
  return names
end

--- What a command runs: the program that is found, by its name where the PATH is the operator's; or the file that an
--- interpreter is given. And each variable that it is given or denied.
---@param command { argv: string[], cwd?: string, env?: table<string, string|false> }  secrets opened
---@return almanac.Target[]
function M.program(command)
  local word, env = command.argv[1], command.env or {}
  local path = env.PATH or nil
  local is_bare = not word:find("/", 1, true)
  local found = sh.which(word, path, command.cwd)
  local names = found and program_names(M.resolve(found, command.cwd)) or { word }
  if is_bare and path == nil and found then table.insert(names, 1, word) end
  local file = path == nil and interpreted(command.argv)
  if file then
    for i, name in ipairs(program_names(M.resolve(file, command.cwd))) do table.insert(names, 1 + i, name) end
  end
  local out = M.variables(env)
  table.insert(out, 1, { category = "shell", names = names })
  return out
end

--- The variables that a script gives a program or takes from it, each by its name, and by its name and value.
---@param env table<string, string|false>?  secrets opened
---@return almanac.Target[]
function M.variables(env)
  local out = {}
  for _, name in ipairs(param.sorted_names(env or {})) do
    out[#out + 1] = { category = "env", names = { name, name .. "=" .. (env[name] or "") } }
  end
  return out
end

return M
