--- The sandbox of scripts: allow-listed globals, text chunks only, and outside a step nothing but
--- computing. The public modules are loaded when a script first names them.
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local process = require "native.process"
local public = require "almanac.script.public"
local source = require "almanac.base.source"
local task = require "native.task"
local unknown = require "almanac.base.unknown"

local M = {}

local function safe_xpcall(fn, handler, ...)
  return unknown.not_swallowed(xpcall(fn, function(err) return unknown.ends_plan(err) and err or handler(err) end, ...))
end

local function guarded(name, fn)
  return function(...)
    task.require_permit("read", name)
    return fn(...)
  end
end

local function safe_setmetatable(t, mt)
  if type(mt) == "table" and rawget(mt, "__gc") ~= nil then
    errors.usage "setmetatable: __gc is not for scripts; it would run at any time"
  end
  return setmetatable(t, mt)
end

local function copy(t, without)
  local out = {}
  for key, value in pairs(t) do out[key] = value end
  for _, key in ipairs(without or {}) do out[key] = nil end
  return out
end

--- coroutine, with what a script makes by it still heard by timeouts and Ctrl-C.
local function watched_coroutines()
  local library = copy(coroutine)
  library.create = function(fn) return task.watch(coroutine.create(fn)) end
  library.wrap = function(fn)
    local co = library.create(fn)
    local function results(ok, ...)
      if not ok then error(..., 0) end
      return ...
    end
    return function(...) return results(coroutine.resume(co, ...)) end
  end
  return library
end

--- Lua's own globals that scripts see.
local function base(env)
  local globals = {
    _VERSION = _VERSION, assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs,
    pcall = function(...) return unknown.not_swallowed(pcall(...)) end,
    select = select, tonumber = tonumber, tostring = tostring, type = type, xpcall = safe_xpcall, rawequal = rawequal,
    rawget = rawget, rawlen = rawlen, rawset = rawset, getmetatable = getmetatable, setmetatable = safe_setmetatable,
    coroutine = watched_coroutines(), table = copy(table), utf8 = copy(utf8),
    string = copy(string, { "dump" }), math = copy(math, { "random", "randomseed" }),
  }
  globals.math.random = guarded("math.random", math.random)
  globals.os = {
    time = guarded("os.time", os.time), date = guarded("os.date", os.date), clock = guarded("os.clock", os.clock),
    getenv = guarded("os.getenv", process.getenv), difftime = os.difftime,
  }
  globals.load = function(chunk, name, mode, load_env)
    if mode and mode ~= "t" then errors.usage "load: only text chunks (mode \"t\")" end
    return load(chunk, name, "t", load_env or env)
  end
  globals.print = function(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    require("almanac.run.step").note(table.concat(parts, "\t"))
  end
  return globals
end

local function first_unknown(...)
  for i = 1, select("#", ...) do
    local value = unknown.first((select(i, ...)))
    if value ~= nil then return value end
  end
end

--- What a script gets of a public function: one that says so when it is handed what a plan does not know.
local function face_of_function(fn)
  return task.face(function(...)
    local value = first_unknown(...)
    if value == nil then return fn(...) end
    return require("almanac.run.step").handed(value, fn, ...)
  end)
end

--- What a script gets of a module: a table of its own, so that it cannot change the stdlib's.
local function face_of(module)
  local face = {}
  for key, value in pairs(module) do face[key] = type(value) == "function" and face_of_function(value) or value end
  return face
end

local function face(name)
  if type(name) ~= "string" or not public.has(name) then return nil end
  local value = public.value(name)
  return type(value) == "table" and face_of(value) or face_of_function(value)
end

--- Every global name that a script may use; for `almanac check`.
---@return table<string, boolean>
function M.names()
  local names = { _G = true, require = true }
  for name in pairs(base {}) do names[name] = true end
  for _, name in ipairs(public.names()) do names[name] = true end
  return names
end

local function no_global(name)
  errors.raise {
    kind = "script", message = string.format("there is no global '%s'", tostring(name)),
    hint = "write local before a name of your own; almanac check finds such names without running anything",
  }
end

local function new_env(require_lib)
  local env = {}
  local globals = base(env)
  globals._G = env
  globals.require = require_lib
  return setmetatable(env, {
    __index = function(_, name)
      local value = globals[name]
      if value == nil then
        value = face(name)
        if value == nil then no_global(name) end
        globals[name] = value
      end
      return value
    end,
    __newindex = function(_, name)
      errors.raise {
        kind = "script", message = string.format("assignment to the global '%s'", tostring(name)),
        hint = "write: local " .. tostring(name) .. " = …",
      }
    end,
    __metatable = false,
  })
end

local function compile(path, text, env)
  source.remember("@" .. path, text)
  local chunk, why = load(text, "@" .. path, "t", env)
  if chunk then return chunk end
  errors.raise {
    kind = "refused",
    message = "syntax: " .. why, where = why:match "^(.-:%d+):",
    hint = "almanac check " .. path,
  }
end

--- Text of lib.NAME: of those that were kept, beside the script, or built in.
local function find_lib(directory, name, kept)
  local file = name:gsub("%.", "/") .. ".lua"
  for _, path in ipairs { directory .. file, "runbooks/" .. file } do
    if kept and kept[path] then return path, kept[path] end
  end
  local text, path = source.file(directory .. file, "runbooks/" .. file)
  if text then return path, text end
  errors.raise {
    kind = "script", message = string.format("require %q: no file %s", name, directory .. file),
    hint = "a runbook requires Lua files below its own directory",
  }
end

--- Reading a file of the script's own is the loader's doing, not the script's.
local function read_lib(directory, name, kept)
  return task.with({ permit = "read" }, find_lib, directory, name, kept)
end

---@class almanac.Script
---@field result any                       what it returned
---@field files table<string, string>      path → SHA-256
---@field sources table<string, string>    path → text
---@field definitions almanac.Definitions  the effects that it defines, also later
---@field digest string                    of all of its files

--- Loads a script into a sandbox of its own and runs its top level, where it can only compute.
---@param path string
---@param text string
---@param kept? table<string, string>  texts of the files that it requires, by path, in the place of those on disk
---@return almanac.Script
function M.load(path, text, kept)
  local files, sources = { [path] = digest.sha256(text) }, { [path] = text }
  local loaded = {}
  local directory = path:match "^(.*/)[^/]*$" or ""
  local env
  env = new_env(function(name)
    if type(name) ~= "string" or not name:find "^[%w_%.]+$" or name:find "%.%." then
      errors.usage("require takes a name such as lib.devnet, not %q", tostring(name))
    end
    if loaded[name] == nil then
      local lib_path, lib_text = read_lib(directory, name, kept)
      files[lib_path], sources[lib_path] = digest.sha256(lib_text), lib_text
      local value = compile(lib_path, lib_text, env)(name)
      loaded[name] = value == nil or value
    end
    return loaded[name]
  end)
  local definitions = {}
  local result = task.with({ permit = "compute", context = { definitions = definitions } }, compile(path, text, env))
  local names = {}
  for name in pairs(files) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do names[i] = name .. "\0" .. files[name] end
  return {
    result = result, files = files, sources = sources, definitions = definitions,
    digest = digest.sha256(table.concat(names, "\n")),
  }
end

getmetatable("").__metatable = false -- shared by every string: scripts must not reach it

return M
