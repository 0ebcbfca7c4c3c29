--- The sandbox of scripts: allow-listed globals, and outside a step nothing but computing. The public
--- modules are loaded when a script first names them.
local clock = require "native.clock"
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local lazy = require "almanac.base.lazy"
local library = require "almanac.script.library"
local library_file = require "almanac.script.library_file"
local nearest = require "almanac.base.nearest"
local public = require "almanac.script.public"
local source = require "almanac.base.source"
local task = require "native.task"
local unknown = require "almanac.base.unknown"

local M = {}

--- Modules that only compute: they may be used in a coroutine of the script's own.
local COMPUTES = { assert = true, duration = true, errors = true, json = true, note = true, param = true, runbook = true,
  timestamp = true, yaml = true }

local OF_STEP = { ["runbook.call"] = true }

local function first_unknown(...)
  for i = 1, select("#", ...) do
    local value = unknown.first((select(i, ...)))
    if value ~= nil then return value end
  end
end

--- How many arguments a function takes.
local function arity_of(fn)
  local info = debug.getinfo(fn, "u")
  return info.isvararg and math.huge or info.nparams
end

local function raise_options(name, fn)
  local words = {}
  for i = 1, arity_of(fn) do words[i] = debug.getlocal(fn, i) end
  errors.raise {
    kind = "usage", message = name .. ": it takes no table of options",
    hint = string.format("it is called as %s(%s)", name, table.concat(words, ", ")),
  }
end

--- The same function, which refuses a table behind its last argument: options that it has not would be passed over in
--- silence. One that takes any number of arguments looks at them itself.
local function bounded(name, fn)
  if not lazy.is(fn) and arity_of(fn) == math.huge then return fn end
  local takes
  return function(...)
    local given = select("#", ...)
    local last = given > 0 and select(given, ...)
    if type(last) == "table" and not unknown.is(last) then
      takes = takes or arity_of(lazy.behind(fn))
      if given > takes then raise_options(name, lazy.behind(fn)) end
    end
    return fn(...)
  end
end

--- What a script gets of a public function: one that says so when it is handed what a plan does not know,
--- and that belongs to the step itself, unless it only computes. Until there is an unknown, or a coroutine of the
--- script's own, there is nothing to look for.
local function seen_of(name, fn)
  local is_of_step = not COMPUTES[name:match "^%w+"] or OF_STEP[name]
  fn = bounded(name, fn)
  return task.face(fn, function(...)
    if is_of_step then library.refuse_coroutine(name) end
    local value = first_unknown(...)
    if value ~= nil then return require("almanac.run.step").handed(value, fn, ...) end
    return fn(...)
  end)
end

--- Raises that a module has no such field: nil would be called, with a word of where and none of what there is.
local function no_field(name, fields, key)
  errors.raise {
    kind = "script", message = string.format("%s has no field '%s'", name, tostring(key)),
    hint = nearest.hint(key, fields, (name:match "^%w+")),
  }
end

--- What a script gets of a module: a table of its own, so that it cannot change the stdlib's. What a module has
--- under its own name is what a call of it does.
local function face_of(name, module)
  local face = {}
  for key, value in pairs(module) do
    local made = type(value) == "function" and seen_of or type(value) == "table" and face_of
    face[key] = made and made(name .. "." .. key, value) or value
  end
  local call = face[name] and seen_of(name, module[name])
  face[name] = nil
  return setmetatable(face, {
    __index = function(_, key) no_field(name, face, key) end,
    __call = call and function(_, ...) return call(...) end or nil,
    __metatable = {},
  })
end

local function face(name, is_test)
  if type(name) ~= "string" then return nil end
  local value
  if is_test and public.has_test(name) then
    value = public.test_value(name)
  elseif public.has(name) then
    value = public.value(name)
  end
  if value == nil then return nil end
  return type(value) == "table" and face_of(name, value) or seen_of(name, value)
end

--- Every global name that a script may use; for `almanac check`.
---@param is_test? boolean  it is a file of tests
---@return table<string, boolean>
function M.names(is_test)
  local names = { _G = true, require = true }
  for name in pairs(library.of {}) do names[name] = true end
  for _, name in ipairs(public.names()) do names[name] = true end
  for _, name in ipairs(is_test and public.test_names() or {}) do names[name] = true end
  return names
end

local function no_global(name)
  errors.raise {
    kind = "script", message = string.format("there is no global '%s'", tostring(name)),
    hint = "write local before a name of your own; almanac check finds such names without running anything",
  }
end

local function new_env(require_lib, is_test)
  local env = {}
  local globals = library.of(env)
  if is_test then globals.assert, globals.print = nil, nil end -- there are others
  globals._G = env
  globals.require = require_lib
  setmetatable(globals, {
    __index = function(_, name)
      local value = face(name, is_test)
      if value == nil then no_global(name) end
      globals[name] = value
      return value
    end,
  })
  return setmetatable(env, {
    __index = globals,
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
  -- A chunk of the standard library is trusted by its name: no script may have such a one.
  local name = "@" .. (path:find "^stdlib/" and "./" or "") .. path
  text = source.chunk(text)
  source.remember(name, text)
  local chunk, why = load(text, name, "t", env)
  if chunk then return chunk end
  if type(why) == "table" then why = why.message end -- nested too deep
  errors.raise {
    kind = "refused",
    message = "syntax: " .. why, where = why:match "^(.-:%d+):",
    hint = "almanac check " .. path,
  }
end

local function find_lib(directory, name, kept)
  local text, path = library_file.find(directory, name, kept)
  if text then return path, text end
  errors.raise {
    kind = "script", message = string.format("require %q: no file %s", name, (library_file.paths(directory, name))),
    hint = "a runbook requires Lua files below its own directory",
  }
end

--- Reading a file of the script's own is the loader's doing, not the script's.
local function read_lib(directory, name, kept)
  return task.with({ permit = "read" }, find_lib, directory, name, kept)
end

--- A file that a step requires. A run that keeps to a plan takes what the plan was made of, and one that executes
--- keeps the file: what it defines is needed for the way back, which runs no step.
local function meet_late(name, file, kept)
  local context = task.context()
  local run = context and context.run
  if not (kept and kept[file.path]) then task.with({ permit = "read" }, library_file.trust, file.path) end
  if not run then return end
  local check_reviewed = run.check_reviewed or run.takes_back and run.takes_back.check_reviewed
  if check_reviewed then check_reviewed(file.path, file.text) end
  local plan = run.bound and run.bound.plan
  if plan then require("almanac.run.plan.binding").check_file(plan, file.path, file.text) end
  run.mode.file(run, name, file.path, file.text)
end

---@class almanac.Script
---@field result any                       what it returned
---@field files table<string, string>      path → SHA-256
---@field sources table<string, string>    path → text
---@field path string                      of the script itself
---@field required table<any, string>      path of the file that returned a value
---@field definitions almanac.Definitions  the effects that it defines, also later
---@field digest string                    of the files that it was loaded with
---@field require fun(name: string): any   as the script's own require: a file that a step of it required

--- The context in which a file of the script is loaded, perhaps by a step: what it defines is the script's, for it is
--- loaded once.
local function of_file(definitions)
  local context = task.context() or {}
  return { run = context.run, step = context.step, definitions = definitions }
end

--- Loading only computes, and not much: what takes longer has no end.
local LOAD_SECONDS = 5
--- What each may take when those before it took all that there is for several.
local LEAST_SECONDS = 0.2

---@class almanac.LoadPatience
---@field left number  seconds

--- For those who load several scripts: all of them together may take what one may, and each a moment, so that a hundred
--- without an end are told soon, too.
---@return almanac.LoadPatience
function M.patience()
  return { left = LOAD_SECONDS }
end

--- Runs the top level in the time that it has. What interrupts it, and what runs out, ends it, whatever it caught.
local function top_level(chunk, seconds)
  local began, exhausted = clock.real(), task.exhaustions()
  local ok, result = errors.try(chunk)
  if clock.real() - began >= seconds or not ok and result.kind == "timeout" then
    errors.raise {
      kind = "limit", message = string.format(seconds < 1 and "loading it does not end: %.1f seconds are over; the others " ..
        "took what all have together" or "loading it does not end: %.0f seconds are over", seconds),
      where = not ok and errors.place(result) or nil,
      hint = "its top level only declares the runbook; look for a loop without an end there",
    }
  end
  if task.exhaustions() > exhausted then
    errors.raise {
      kind = "memory", message = "loading it takes more memory, or more calls within calls, than there is",
      where = not ok and errors.place(result) or nil,
      hint = "its top level only declares the runbook: do in a step what takes more",
    }
  end
  if not ok then error(result, 0) end
  return result
end

--- Runs the top level in a task of its own, on an empty stack, and without the collector: a script that sees how deep it
--- is, who calls it, or when something was collected, knows who looks at it, and could declare something else to a run.
--- Its time is the computer's: a test's clock stands while somebody computes.
local function load_main(chunk, patience)
  local began, seconds = clock.real(), patience and math.max(patience.left, LEAST_SECONDS) or LOAD_SECONDS
  local collects = collectgarbage "isrunning"
  collectgarbage "stop"
  local waited, ok, result = errors.try(function()
    local handle = task.spawn(top_level, chunk, seconds)
    handle:limit(seconds)
    return handle:join()
  end)
  if collects then collectgarbage "restart" end
  if patience then patience.left = patience.left - (clock.real() - began) end
  if not waited then error(ok, 0) end
  if not ok then error(result, 0) end
  return result
end

--- Loads a script into a sandbox of its own and runs its top level, where it can only compute.
---@param path string
---@param text string
---@param kept? table<string, string>  texts of the files that it requires, by path, in the place of those on disk
---@param patience? almanac.LoadPatience  of who loads several
---@return almanac.Script
function M.load(path, text, kept, patience)
  local files, sources = { [path] = digest.sha256(text) }, { [path] = text }
  local loaded, required, definitions, is_loaded = {}, {}, {}, false
  local directory = library_file.directory(path)
  local env
  local function load_file(name, file)
    files[file.path], sources[file.path] = digest.sha256(file.text), file.text
    local value = task.with({ context = of_file(definitions) }, compile(file.path, file.text, env), name)
    if type(value) == "table" or type(value) == "function" then required[value] = file.path end
    file.value = value == nil or value
    loaded[name] = file
  end
  local function require_file(name)
    if not library_file.is_name(name) then errors.usage("require takes a name such as lib.tools, not %q", tostring(name)) end
    local file = loaded[name]
    if not file then
      file = { is_late = is_loaded }
      file.path, file.text = read_lib(directory, name, kept)
    end
    if file.is_late then meet_late(name, file, kept) end
    if not loaded[name] then load_file(name, file) end
    return file.value
  end
  env = new_env(require_file, public.is_test(path))
  local result = task.with({ permit = "compute", context = { definitions = definitions } }, load_main,
    compile(path, text, env), patience)
  is_loaded = true
  local names = {}
  for name in pairs(files) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do names[i] = name .. "\0" .. files[name] end
  return {
    result = result, path = path, required = required, files = files, sources = sources, definitions = definitions,
    require = function(name) return task.with({ permit = "compute" }, require_file, name) end,
    digest = digest.sha256(table.concat(names, "\n")),
  }
end

getmetatable("").__metatable = false -- shared by every string: scripts must not reach it

return M
