--- Files that an effect goes by, or that a command runs: what another user owns or could have written is refused, in the
--- words in which a script is.
local fs = require "native.fs"
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

local function set_of(names)
  local out = {}
  for name in names:gmatch "%S+" do out[name] = true end
  return out
end

--- Programs that run a file which they are given, by their names without a version.
local INTERPRETERS = set_of [[sh bash dash ash ksh mksh zsh fish python pypy perl ruby node nodejs deno bun lua luajit tclsh php Rscript]]

--- Programs that start another one, which is among their words.
local WRAPPERS = set_of [[env timeout nice ionice chrt taskset nohup setsid stdbuf unbuffer xargs parallel flock find chroot unshare nsenter
  sudo doas su runuser setpriv time strace ltrace gdb watch exec command busybox toybox systemd-run script]]

local function base_of(word) return word:match "[^/]*$" end

local function is_interpreter(word)
  local base = base_of(word)
  return INTERPRETERS[base] or INTERPRETERS[base:match "^(.-)%-?[%d.]+$" or ""] or false
end

--- A file that there is, as a program started in cwd finds it.
local function file_at(word, cwd)
  local path = cwd and word:sub(1, 1) ~= "/" and cwd .. "/" .. word or word
  local ok, stat = pcall(fs.stat, path) -- a text is a name that is too long
  return ok and stat and stat.type == "file" and stat or nil
end

--- The file that an interpreter is given: the first of its words that is one, whatever options are before it, of which some
--- take a word.
local function check_interpreted(words, first, cwd)
  for i = first, #words do
    if file_at(words[i], cwd) then return check_in_project(words[i], cwd) end
  end
end

--- Single words: `env -S` takes several in one.
local function split(argv)
  local out = {}
  for _, word in ipairs(argv) do
    for part in word:gsub("^%-S", ""):gmatch "%S+" do out[#out + 1] = part end
  end
  return out
end

--- What a wrapper starts may be any of its words: programs by their path, and the files of interpreters.
local function check_wrapped(words, cwd)
  for i = 2, #words do
    local stat = words[i]:find("/", 1, true) and file_at(words[i], cwd)
    if stat and stat.mode & 0x49 ~= 0 then check_in_project(words[i], cwd) end -- it may be executed
    if is_interpreter(words[i]) then check_interpreted(words, i + 1, cwd) end
  end
end

--- The same of what a command runs: the program, the file that an interpreter is given, and either of these behind a program
--- that starts others (env, timeout, xargs).
---@param argv string[]
---@param cwd string?
function M.check_command(argv, cwd)
  M.check_program(argv[1], cwd)
  if is_interpreter(argv[1]) then check_interpreted(argv, 2, cwd) end
  if WRAPPERS[base_of(argv[1])] then check_wrapped(split(argv), cwd) end
end

--- Refuses a file, or a directory with all that is in it, that others had a hand in. What is not there is another's to tell.
---@param path string
function M.check(path)
  if not fs.exists(path) then return end
  fs.check_script(path, "used")
  for _, inner in ipairs(fs.open_to_others(path)) do fs.check_script(inner, "used") end
end

return M
