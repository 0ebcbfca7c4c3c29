--- Lua's own library as scripts see it: text chunks only, metatables of their own only, coroutines of
--- their own only, and nothing that runs for ever without being heard.
local children = require "almanac.config.children"
local errors = require "almanac.base.errors"
local order = require "native.order"
local process = require "native.process"
local protected = require "almanac.base.protected"
local steady = require "almanac.base.steady"
local task = require "native.task"

local M = {}

local function copy(t, without)
  local out = {}
  for key, value in pairs(t) do out[key] = value end
  for _, key in ipairs(without or {}) do out[key] = nil end
  return out
end

local function guarded(name, fn)
  return function(...)
    task.require_permit("read", name)
    return fn(...)
  end
end

--- os.time and os.date by the clock that everything else goes by, which is simulated in a test.
local function time(of)
  if of ~= nil then return os.time(of) end
  return task.wall_ms() // 1000
end

local function date(format, at)
  return os.date(format or "%c", at == nil and task.wall_ms() // 1000 or at)
end

--- A variable of Almanac's environment that its children get, too: the others may be the operator's secrets.
local function getenv(name)
  if type(name) ~= "string" then errors.usage("os.getenv: takes the name of a variable, not a %s", type(name)) end
  if children.gets(name) then return process.getenv(name) end
  errors.raise {
    kind = "refused", message = string.format("os.getenv: this runbook may not read the variable %s", name),
    hint = string.format("name it in the runbook, where almanac show prints it: pass_env = { %q }; a secret is a param.secret, given as " ..
      "NAME=env:%s", name, name),
  }
end

-- Errors -----------------------------------------------------------------------------------------

local notice = task.noticing()

local function safe_pcall(...)
  if select("#", ...) == 0 then errors.usage "pcall takes a function" end
  local fn = ...
  return protected.not_kept(xpcall(fn, notice, select(2, ...)))
end

local function safe_xpcall(fn, handler, ...)
  local handle = task.noticing(function(err) return protected.must_pass(err) and err or handler(err) end)
  return protected.not_kept(xpcall(fn, handle, ...))
end

-- Metatables -------------------------------------------------------------------------------------

local steadied = setmetatable({}, { __mode = "k" }) ---@type table<function, boolean>
local own_metatables = setmetatable({}, { __mode = "k" }) ---@type table<table, boolean>

--- Those of errors, arrays, secrets and all that the standard library shares are not a script's to see.
local function safe_getmetatable(value)
  local mt = getmetatable(value)
  if mt == nil or type(mt) ~= "table" or own_metatables[mt] then return mt end
  return false
end

local function safe_setmetatable(t, mt)
  if type(t) ~= "table" then errors.usage("setmetatable takes a table, not a %s", type(t)) end
  if safe_getmetatable(t) == false then errors.usage "setmetatable: this table has a metatable of its own" end
  if type(mt) == "table" then
    if rawget(mt, "__gc") ~= nil then errors.usage "setmetatable: __gc is not for scripts; it would run at any time" end
    if rawget(mt, "__mode") ~= nil then
      errors.usage "setmetatable: __mode is not for scripts; what is left in a weak table differs from run to run"
    end
    own_metatables[mt] = true
    local concat = rawget(mt, "__concat")
    if type(concat) == "function" and not steadied[concat] then
      local wrapped = steady(concat)
      steadied[wrapped] = true
      rawset(mt, "__concat", wrapped)
    end
  end
  return setmetatable(t, mt)
end

-- Coroutines -------------------------------------------------------------------------------------

local own_coroutines = setmetatable({}, { __mode = "k" }) ---@type table<thread, boolean>

local function in_own_coroutine()
  return own_coroutines[coroutine.running()] == true
end

local function check_own(name, co)
  if type(co) == "thread" and not own_coroutines[co] then
    errors.usage("coroutine.%s takes a coroutine that the script made", name)
  end
end

--- For a function of the standard library that belongs to the step itself: a coroutine that is left where it
--- yields would take along what the step may do. Raises kind "usage" in one of the script's own.
---@param name string public name of the function
function M.refuse_coroutine(name)
  if not in_own_coroutine() then return end
  errors.raise {
    kind = "usage", message = name .. " was called inside a coroutine of the script's own",
    hint = "call it from the step itself; parallel { … } does several things at once",
  }
end

--- coroutine, with what a script makes by it still heard by timeouts and Ctrl-C. The threads of the run
--- itself are not to be resumed, closed, left or looked at: what another branch does is no input of this one. The thread
--- that asks is its own to ask about.
local function coroutines()
  local library = copy(coroutine)
  for _, name in ipairs { "status", "isyieldable" } do
    local ask = coroutine[name]
    library[name] = function(...)
      local co = ...
      if co ~= coroutine.running() then check_own(name, co) end
      return ask(...)
    end
  end
  local function noticed(co, ok, ...)
    if not ok then task.look_at(co) end
    return ok, ...
  end
  library.create = function(fn)
    local co = coroutine.create(fn)
    own_coroutines[co] = true
    task.check_faces()
    return co
  end
  library.wrap = function(fn)
    local co = library.create(fn)
    local function results(ok, ...)
      if not ok then error(..., 0) end
      return ...
    end
    return function(...) return results(noticed(co, task.inside(co, coroutine.resume, co, ...))) end
  end
  library.resume = function(co, ...)
    check_own("resume", co)
    return protected.not_kept(noticed(co, task.inside(co, coroutine.resume, co, ...)))
  end
  library.close = function(co)
    check_own("close", co)
    return protected.not_kept(task.inside(co, coroutine.close, co))
  end
  library.yield = function(...)
    if not in_own_coroutine() then errors.usage "coroutine.yield: outside a coroutine of the script's own" end
    return coroutine.yield(...)
  end
  return library
end

-- Tables -----------------------------------------------------------------------------------------

--- Most elements that one call of table.move may copy: it never looks up.
local MOVE_MAX = 1000000

--- Comparisons compiled as a script would be, so that a hook between two of them may end the sorting, whatever
--- compares: texts of a hundred megabytes, or a function that is no script's.
local less = load("local a, b = ... return a < b", "=table.sort", "t", {})
local by = load("local before = ... return function(a, b) return before(a, b) end", "=table.sort", "t", {})

--- table's functions turn as often as a length says, and a metatable may say anything.
local function check_plain(name, t)
  local mt = type(t) == "table" and getmetatable(t)
  if type(mt) == "table" and (rawget(mt, "__len") or rawget(mt, "__index") or rawget(mt, "__newindex")) then
    errors.usage("table.%s: takes a table without __len, __index and __newindex", name)
  end
end

local function tables()
  local library = copy(table)
  for _, name in ipairs { "concat", "insert", "remove", "unpack" } do
    library[name] = function(t, ...)
      check_plain(name, t)
      return table[name](t, ...)
    end
  end
  library.sort = function(t, before)
    check_plain("sort", t)
    if before ~= nil and type(before) ~= "function" then errors.usage("table.sort: takes a function, not a %s", type(before)) end
    order.sort(t, before and by(before) or less)
  end
  library.move = function(from, first, last, ...)
    check_plain("move", from)
    local count = math.type(first) == "integer" and math.type(last) == "integer" and last - first
    if count and (count > MOVE_MAX or count < 0 and last > first) then
      errors.usage("table.move: more than %d elements", MOVE_MAX)
    end
    return table.move(from, first, last, ...)
  end
  return library
end

-- Chunks -----------------------------------------------------------------------------------------

local CHUNK_MAX = 16 * 1024 * 1024
local PIECES_MAX = 100000

--- The text that a function gives in pieces: load itself would keep the error that ends it.
local function text_of(pieces)
  local parts, size = {}, 0
  while true do
    local piece = pieces()
    if piece == nil or piece == "" then return table.concat(parts) end
    if type(piece) ~= "string" then errors.usage("load: a piece must be a string, not a %s", type(piece)) end
    parts[#parts + 1], size = piece, size + #piece
    if size > CHUNK_MAX or #parts > PIECES_MAX then
      errors.usage("load: more than %d bytes, or %d pieces", CHUNK_MAX, PIECES_MAX)
    end
  end
end

local function loader(env)
  return function(chunk, name, mode, load_env)
    if mode and mode ~= "t" then errors.usage "load: only text chunks (mode \"t\")" end
    if type(chunk) == "function" then chunk = text_of(chunk) end
    -- Chunks of the standard library are known by their names: a script's has none like them.
    name = "=load" .. (type(name) == "string" and ": " .. name:gsub("^[@=]", ""):gsub("%c", " "):sub(1, 40) or "")
    return load(chunk, name, "t", load_env or env)
  end
end

--- Lua's own globals that a script with this environment sees.
---@param env table
---@return table<string, any>
function M.of(env)
  local globals = {
    _VERSION = _VERSION, assert = assert, error = error, ipairs = ipairs, next = order.next, pairs = order.pairs,
    pcall = safe_pcall,
    select = select, tonumber = tonumber, tostring = tostring, type = type, xpcall = safe_xpcall, rawequal = rawequal,
    rawget = rawget, rawlen = rawlen, rawset = rawset, getmetatable = safe_getmetatable, setmetatable = safe_setmetatable,
    coroutine = coroutines(), table = tables(), utf8 = copy(utf8), load = loader(env),
    string = copy(string, { "dump" }), math = copy(math, { "random", "randomseed" }),
  }
  globals.math.random = guarded("math.random", math.random)
  globals.os = {
    time = guarded("os.time", time), date = guarded("os.date", date), clock = guarded("os.clock", os.clock),
    getenv = guarded("os.getenv", getenv), difftime = os.difftime,
  }
  globals.print = function(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    require("almanac.run.step").note(table.concat(parts, "\t"))
  end
  return globals
end

return M
