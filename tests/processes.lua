--- Processes of an end-to-end test, for tests.harness: nothing here sleeps, waiting is for a line or an exit, and ends
--- with an error that shows what was seen.
local M = {}

--- Fails the case.
local function fail(level, message)
  error({ assertion = message, where = debug and debug.traceback("", level + 1) or "" }, 0)
end

local PATIENCE = 60 -- seconds that a wait may take unless told: long, for a machine that is busy

---@class tests.Process
---@field pid integer
---@field argv string[]
---@field lines string[] what it printed so far, stdout and stderr in the order it came
---@field out string[]   lines of stdout
---@field err string[]   lines of stderr
local Process = {}
Process.__index = Process

--- Runs `fn` with a time limit; true and its results, or false when the time was over.
local function within(seconds, fn, ...)
  local task = require "native.task"
  local token = task.push_deadline(seconds)
  local result = table.pack(pcall(fn, ...))
  local expired = task.pop_deadline(token)
  if not result[1] and not expired then
    error(result[2], 0)
  end
  return table.unpack(result, 1, result.n)
end

--- Starts a program. It is killed when the case is over, if it still runs then.
---@param argv string[]
---@param opts {cwd: string?, env: table<string, string|false>?, stdin: string?}|nil
---@param defer? fun(fn: fun())  calls fn when the case is over
---@return tests.Process
function M.spawn(argv, opts, defer)
  opts = opts or {}
  local child = require("native.sh").start {
    argv = argv, cwd = opts.cwd, env = opts.env, stdin = opts.stdin, who = "t.spawn",
  }
  local p = setmetatable({
    child = child, argv = argv, pid = child:pid(), lines = {}, out = {}, err = {}, begun = {},
  }, Process)
  if defer then
    defer(function()
      if not p.code and not p.signal then
        pcall(p.kill, p, "KILL") -- it may have ended by itself
        p:wait()
      end
    end)
  end
  return p
end

-- Takes one more line, nil at the end.
local function take(p)
  local stream, text, more = p.child:read_line()
  if not stream then
    p.ended = true
    return nil
  end
  text = (p.begun[stream] or "") .. text
  p.begun[stream] = more and text or nil
  if more then return take(p) end -- longer than a buffer
  p.lines[#p.lines + 1] = text
  local list = stream == "stdout" and p.out or p.err
  list[#list + 1] = text
  return text
end

--- Everything it printed so far.
---@return string
function Process:text()
  return table.concat(self.lines, "\n")
end

--- Waits for a line that matches, counting those that came since the last wait_line. Fails when the
--- process ends or the time is over first, and shows what it printed.
---@param pattern string a Lua pattern
---@param timeout number|nil seconds
---@return string line
---@return string|nil … captures
function Process:wait_line(pattern, timeout)
  self.seen = self.seen or 0
  local function find()
    while self.seen < #self.lines do
      self.seen = self.seen + 1
      local line = self.lines[self.seen]
      if line:find(pattern) then
        return line, line:match(pattern)
      end
    end
  end
  local result
  local ok = within(timeout or PATIENCE, function()
    repeat
      result = table.pack(find())
    until result[1] or not take(self)
  end)
  if result[1] then
    return table.unpack(result, 1, result.n)
  end
  fail(2, string.format("%s before a line like %q of %s\n%s", ok and "it ended" or "the time was over", pattern,
    table.concat(self.argv, " "), self:text()))
end

--- Waits for a line of each pattern, in whatever order they come: two lines of another program have none.
---@param patterns string[]
---@param timeout number|nil seconds for each line
---@return table<integer, string> first capture (or the line) of each, by its place in `patterns`
function Process:wait_lines(patterns, timeout)
  local found, left = {}, #patterns
  while left > 0 do
    self.seen = self.seen or 0
    while self.seen < #self.lines do
      self.seen = self.seen + 1
      for i, pattern in ipairs(patterns) do
        local capture = not found[i] and self.lines[self.seen]:match(pattern)
        if capture then found[i], left = capture, left - 1 end
      end
    end
    if left > 0 then
      local ok = within(timeout or PATIENCE, function()
        repeat
          local more = take(self)
        until not more or #self.lines > self.seen
      end)
      if #self.lines == self.seen then
        local missing = {}
        for i, pattern in ipairs(patterns) do
          if not found[i] then missing[#missing + 1] = pattern end
        end
        fail(2, string.format("%s before lines like %s of %s\n%s", ok and "it ended" or "the time was over",
          table.concat(missing, ", "), table.concat(self.argv, " "), self:text()))
      end
    end
  end
  return found
end

--- Sends a signal to it and its group, as a shell's Ctrl-C does; to one that has ended, nothing.
---@param signal string "INT", "TERM", "KILL", …
function Process:kill(signal)
  local ok, err = pcall(self.child.kill, self.child, signal)
  if not ok and err.kind ~= "not_found" then error(err, 0) end
end

--- Waits for its end; unless told for how long, as long as it prints a line now and then.
---@param timeout number|nil seconds
---@return integer code -1 when a signal ended it; see `signal`
---@return string stdout
---@return string stderr
function Process:wait(timeout)
  if not self.ended then
    local function take_all() while take(self) do end end -- luacheck: ignore 542
    local function take_each()
      local ok, line
      repeat ok, line = within(PATIENCE, take, self) until not (ok and line)
    end
    if timeout then within(timeout, take_all) else take_each() end
    if not self.ended then
      fail(2, "still runs: " .. table.concat(self.argv, " ") .. "\n" .. self:text())
    end
  end
  if not self.code then
    local result = self.child:wait()
    self.code = result.code or -1
    self.signal = result.signal
  end
  return self.code, table.concat(self.out, "\n"), table.concat(self.err, "\n")
end

--- Asks `fn` again and again, a twentieth of a second apart, until it returns a true value; for the
--- rare thing that announces itself in no line and no event.
---@generic T
---@param what string
---@param fn fun(): T
---@param timeout number|nil seconds
---@return T
function M.eventually(what, fn, timeout)
  local task = require "native.task"
  local stop = task.now() + (timeout or PATIENCE)
  repeat
    local value = fn()
    if value then
      return value
    end
    task.sleep(0.05)
  until task.now() > stop
  fail(2, "it never came to be that " .. what)
end

return M
