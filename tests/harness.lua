--- What a test file needs: cases, assertions, and the processes of an end-to-end test.
---
--- A case prints one line, `ok - NAME` or `not ok - NAME` with the reason behind it, when it is
--- over; `tests/run.sh` counts these lines. Nothing here sleeps: waiting is for a line, an exit or
--- a condition, and ends with an error that shows what was seen.
local M = {}

local current -- the case under way: { name, cleanups }

-- Assertions -------------------------------------------------------------------------------------

local function show(v, seen, indent)
  if type(v) == "string" then
    return string.format("%q", v)
  end
  if type(v) ~= "table" then
    return math.type(v) == "float" and string.format("%.17g", v) or tostring(v)
  end
  seen, indent = seen or {}, indent or ""
  if seen[v] then
    return "<cycle>"
  end
  seen[v] = true
  local keys = {}
  for k in pairs(v) do
    keys[#keys + 1] = k
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and type(a) ~= "table" and type(a) ~= "boolean" then
      return a < b
    end
    return tostring(a) < tostring(b)
  end)
  local out = {}
  for _, k in ipairs(keys) do
    out[#out + 1] = indent .. "  " .. tostring(k) .. " = " .. show(v[k], seen, indent .. "  ")
  end
  seen[v] = nil
  if #out == 0 then
    return "{}"
  end
  return "{\n" .. table.concat(out, "\n") .. "\n" .. indent .. "}"
end
M.show = show

local function same(a, b)
  if a == b then
    return true
  end
  if type(a) ~= "table" or type(b) ~= "table" then
    return false
  end
  for k, v in pairs(a) do
    if not same(v, b[k]) then
      return false
    end
  end
  for k in pairs(b) do
    if a[k] == nil then
      return false
    end
  end
  return true
end

local function fail(level, message)
  error({ assertion = message, where = debug and debug.traceback("", level + 1) or "" }, 0)
end

--- Fails unless `got` equals `want`; tables are compared by content.
---@param got any
---@param want any
---@param what string|nil what is compared, for the message
function M.eq(got, want, what)
  if not same(got, want) then
    fail(2, (what and what .. ": " or "") .. "got " .. show(got) .. ", want " .. show(want))
  end
end

--- Fails unless `v` is true; returns it.
---@generic T
---@param v T
---@param what string|nil
---@return T
function M.ok(v, what)
  if not v then
    fail(2, (what or "assertion") .. ": got " .. show(v))
  end
  return v
end

--- Fails unless `text` holds `part` (plain text, no pattern).
---@param text string
---@param part string
---@param what string|nil
function M.has(text, part, what)
  if type(text) ~= "string" or not text:find(part, 1, true) then
    fail(2, (what and what .. ": " or "") .. "no " .. show(part) .. " in:\n" .. tostring(text))
  end
end

--- Fails when `text` holds `part` (plain text).
---@param text string
---@param part string
---@param what string|nil
function M.lacks(text, part, what)
  if type(text) == "string" and text:find(part, 1, true) then
    fail(2, (what and what .. ": " or "") .. show(part) .. " must not be in:\n" .. text)
  end
end

local function native(name)
  local ok, module = pcall(require, "native." .. name)
  return ok and module or nil
end

local task = native "task"

--- pcall, behind which the test goes on also where fn halted its task.
---@param fn function
---@return boolean ok
---@return any ...
function M.pcall(fn, ...)
  local got = table.pack(pcall(fn, ...))
  if task then task.lift_halt() end
  return table.unpack(got, 1, got.n)
end

--- Fails unless `fn` raises an error of this kind; returns the error.
---@param kind string|nil the `kind` of the error table; nil for any error
---@param fn fun()
---@return any err
function M.raises(kind, fn, ...)
  local ok, err = M.pcall(fn, ...)
  if ok then
    fail(2, "no error was raised" .. (kind and ", want kind " .. kind or ""))
  end
  if kind and not (type(err) == "table" and err.kind == kind) then
    local got = type(err) == "table" and err.kind and "kind " .. tostring(err.kind) .. ": " or ""
    fail(2, "got " .. got .. tostring(err) .. ", want an error of kind " .. kind)
  end
  return err
end

-- The outside: through natives in almanac, through Lua's own libraries elsewhere ------------------

local process, terminal = native "process", native "terminal"

--- The value of an environment variable, or nil.
---@param name string
---@return string|nil
function M.getenv(name)
  if process then
    return process.getenv(name)
  end
  return os.getenv(name)
end

--- The whole content of a file, or nil.
---@param path string
---@return string|nil
function M.read_file(path)
  local fs = native "fs"
  if fs then
    local ok, text = pcall(fs.read, path)
    return ok and text or nil
  end
  local f = io.open(path, "rb")
  if not f then
    return nil
  end
  local text = f:read "a"
  f:close()
  return text
end

--- Writes a file.
---@param path string
---@param text string
function M.write_file(path, text)
  local fs = native "fs"
  if fs then
    fs.write(path, text)
    return
  end
  local f = assert(io.open(path, "wb"))
  f:write(text)
  f:close()
end

--- Compares `text` with tests/golden/NAME. `GOLDEN=update` writes it instead.
---@param name string
---@param text string
function M.golden(name, text)
  local path = "tests/golden/" .. name
  if M.getenv "GOLDEN" == "update" then
    M.write_file(path, text)
    return
  end
  local want = M.read_file(path)
  if not want then
    fail(2, path .. " does not exist; GOLDEN=update writes it")
  end
  if want ~= text then
    local n = 0
    local wanted = {}
    for line in (want .. "\n"):gmatch "(.-)\n" do
      wanted[#wanted + 1] = line
    end
    local first
    for line in (text .. "\n"):gmatch "(.-)\n" do
      n = n + 1
      if line ~= wanted[n] then
        first = string.format("line %d\n  got  %s\n  want %s", n, line, tostring(wanted[n]))
        break
      end
    end
    fail(2, path .. " differs at " .. (first or "line " .. n + 1) .. "\nGOLDEN=update writes it. Got:\n" .. text)
  end
end

-- Cases ------------------------------------------------------------------------------------------

local function describe(err)
  if type(err) == "table" and err.assertion then
    return err.assertion .. "\n" .. (err.where or "")
  end
  if type(err) == "table" then
    local text = err.kind and tostring(err.kind) .. ": " .. tostring(err.message) or tostring(err)
    return text .. "\n" .. tostring(err.hint or "") .. "\n" .. tostring(err.traceback or err.where or "")
  end
  return tostring(err)
end

local function handler(err)
  if type(err) == "string" and debug then
    return debug.traceback(err, 2)
  end
  return err
end

local function print_line(text)
  if terminal then
    terminal.write(1, text .. "\n")
  else
    io.stdout:write(text, "\n")
    io.stdout:flush()
  end
end

--- Whether a file is left to the plain run: this is the one with the sanitizers, and what takes the file's time is nothing
--- that they look at.
---@param why string  what it is
---@return boolean
function M.left_to_plain_run(why)
  if M.getenv "ALMANAC_BUILD" ~= "build/asan" then return false end
  print("skipped: " .. why .. ", in the plain run")
  M.test("the plain run does it", function() end)
  return true
end

--- Runs a case at once and prints whether it passed. Its name says what must be true.
---@param name string
---@param fn fun()
function M.test(name, fn)
  local only = M.getenv "ONLY"
  if only and not name:find(only, 1, true) then
    return
  end
  current = { name = name, cleanups = {} }
  local ok, err = xpcall(fn, handler)
  local problems = {}
  if not ok then
    problems[1] = describe(err)
  end
  for i = #current.cleanups, 1, -1 do
    local cleaned, why = xpcall(current.cleanups[i], handler)
    if not cleaned then
      problems[#problems + 1] = "in clean-up: " .. describe(why)
    end
  end
  current = nil
  if #problems == 0 then
    print_line("ok - " .. name)
    return
  end
  print_line("not ok - " .. name)
  for line in (table.concat(problems, "\n") .. "\n"):gmatch "(.-)\n" do
    if line:find "%S" then
      print_line("    " .. line)
    end
  end
end

--- Runs `fn` when the case is over, last registered first, also when it failed.
---@param fn fun()
function M.defer(fn)
  assert(current, "t.defer: outside a case")
  table.insert(current.cleanups, fn)
end

-- Files and directories of a case ----------------------------------------------------------------

--- A fresh directory, removed when the case is over.
---@return string path
function M.tmpdir()
  local fs = native "fs"
  local dir = fs.tmpdir "almanac-test"
  M.defer(function() fs.remove_tree(dir) end)
  return dir
end

-- Processes --------------------------------------------------------------------------------------

local processes = require "tests.processes"

--- Starts a program. It is killed when the case is over, if it still runs then.
---@param argv string[]
---@param opts {cwd: string?, env: table<string, string|false>?, stdin: string?}|nil
---@return tests.Process
function M.spawn(argv, opts)
  return processes.spawn(argv, opts, current and M.defer)
end

--- Runs a program to its end.
---@param argv string[]
---@param opts {cwd: string?, env: table<string, string|false>?, stdin: string?, timeout: number?}|nil
---@return integer|string code or the name of the signal
---@return string stdout
---@return string stderr
function M.run(argv, opts)
  return M.spawn(argv, opts):wait(opts and opts.timeout)
end

--- Runs a program that must succeed; returns its stdout.
---@param argv string[]
---@param opts table|nil as of run()
---@return string stdout
function M.must(argv, opts)
  local code, out, err = M.run(argv, opts)
  if code ~= 0 then
    fail(2, string.format("%s: exit %d\n%s\n%s", table.concat(argv, " "), code, out, err))
  end
  return out
end

M.eventually = processes.eventually

return M
