--- The source of functions: what the journal compares to tell whether a step was edited.
local embedded = require "native.embedded"
local trace = require "native.trace"
local sha256 = require("native.digest").sha256

local M = {}

local texts = {} ---@type table<string, string[]> lines by chunk name
local digests = {} ---@type table<string, table<integer, string>> by chunk and lines

--- Remembers the text of a loaded chunk.
---@param chunkname string as given to load, "@path"
---@param text string
function M.remember(chunkname, text)
  digests = {}
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  texts[chunkname] = lines
end

--- Calls fn, which loads chunks that nobody runs: what was loaded under their names stays what functions are compared with.
---@generic T
---@param fn fun(...: any): T
---@return T
function M.aside(fn, ...)
  local before = texts
  texts = setmetatable({}, { __index = before })
  local ok, result = pcall(fn, ...)
  texts, digests = before, {}
  if not ok then error(result, 0) end
  return result
end

--- Where a link leads to what is no Lua file: an error shows the line it is about, a plan keeps the text, and a repository
--- that somebody else made may hold links to anything.
local function misleading(fs, path)
  local real = fs.real(path)
  return real and not real:find "%.lua$" and real or nil
end

local put = {} ---@type table<string, string>

--- From now on a text stands for a script's file, whatever is on disk.
---@param path string
---@param text string
function M.put(path, text) put[path] = text end

--- The text of a script's file and where it is: the one on disk, else the one built into the program.
---@param path string
---@param builtin? string|false its path there; default the same, false: there is none
---@return string? text nil where there is neither
---@return string? path
---@return string? leads  where the file is a link to what is no Lua file: then nothing is read
function M.file(path, builtin)
  if put[path] then return put[path], path end
  local fs = require "native.fs"
  if fs.exists(path) then
    local leads = misleading(fs, path)
    if leads then return nil, path, leads end
    return fs.read(path), path
  end
  if builtin == nil then builtin = path end
  local text = builtin and embedded.read(builtin)
  if text then return text, builtin end
end

--- What Lua reads of a script's text, as of a file: no byte order mark, and an empty line for a first one
--- that begins with "#".
---@param text string
---@return string
function M.chunk(text)
  text = text:gsub("^\239\187\191", "")
  return (text:gsub("^#[^\n]*", ""))
end

--- The lines of a function without their indentation, or nil when its chunk is not known.
---@param fn function
---@return string?
function M.text(fn)
  local info = debug.getinfo(fn, "S")
  local lines = texts[info.source]
  if not lines then return nil end
  local out = {}
  for i = info.linedefined, info.lastlinedefined do out[#out + 1] = (lines[i] or ""):match "^%s*(.-)%s*$" end
  return table.concat(out, "\n")
end

--- A line of a loaded script, as it was when it was loaded.
---@param file string
---@param number integer
---@return string?
function M.line(file, number)
  local lines = texts["@" .. file]
  return lines and lines[number]
end

--- Where a function stands in a script, or nothing for one of the stdlib.
---@param fn function
---@return string? file
---@return integer? first line
---@return integer? last line
function M.place(fn)
  local info = debug.getinfo(fn, "S")
  if not texts[info.source] then return nil end
  return info.source:sub(2), info.linedefined, info.lastlinedefined
end

--- Where a function stands, in words: "runbooks/web.lua:7".
---@param fn function
---@return string
function M.words(fn)
  local file, line = M.place(fn)
  return file and file .. ":" .. line or "code that is in no file"
end

--- SHA-256 of that text in hex; of the chunk's place for a function of the stdlib.
---@param fn function
---@return string
function M.digest(fn)
  local chunk, first, last = trace.place(fn)
  local of_chunk = digests[chunk]
  if not of_chunk then
    of_chunk = {}
    digests[chunk] = of_chunk
  end
  local lines = first << 32 | last
  local digest = of_chunk[lines]
  if not digest then
    digest = sha256(M.text(fn) or chunk .. ":" .. first .. "-" .. last)
    of_chunk[lines] = digest
  end
  return digest
end

return M
