--- A terminal of its own (script(1)) in which a line of the shell runs: a test types its keys, and sees what it shows
--- on a screen that takes every byte.
local json = require "native.json"
local screens = require "tests.screen"
local t = require "tests.harness"

local M = {}

---@class tests.Pty
---@field dir string
---@field screen tests.Screen
---@field process tests.Process
local Pty = {}
Pty.__index = Pty

--- Opens a terminal. The line is that of an interactive bash with jobs; its exit code is in `code`.
---@param size { width: integer, height: integer }
---@param line string
---@param opts { cwd: string, env?: table<string, string|false> }
---@return tests.Pty
function M.open(size, line, opts)
  local pty = setmetatable({ dir = t.tmpdir(), screen = screens.new(size.width, size.height), taken = 0 }, Pty)
  t.must({ "mkfifo", pty.dir .. "/keys" })
  t.write_file(pty.dir .. "/typescript", "")
  t.write_file(pty.dir .. "/line.sh", string.format("stty cols %d rows %d\ntty >%s/tty\ntrap : INT QUIT TERM\n%s\necho $? >%s/code\n"
    .. "echo ended\nuntil [ -e %s/close ]; do sleep 0.05; done\n", size.width, size.height, pty.dir, line, pty.dir, pty.dir))
  local script = string.format("exec 3<>%s/keys; cd '%s'; exec script -qfe -O %s/typescript -T %s/times -c 'bash -m %s/line.sh' <&3 "
    .. ">/dev/null", pty.dir, opts.cwd, pty.dir, pty.dir, pty.dir)
  local env = { HOME = opts.cwd, TERM = "xterm", LC_ALL = "C.UTF-8", NO_COLOR = false, KUBECONFIG = false }
  for name, value in pairs(opts.env or {}) do env[name] = value end
  pty.process = t.spawn({ "bash", "-c", script }, { env = env })
  t.defer(function()
    t.write_file(pty.dir .. "/close", "")
    if not t.read_file(pty.dir .. "/code") then pty:kill() end
    pty.process:wait()
  end)
  return pty
end

--- Types.
---@param keys string
function Pty:type(keys)
  t.write_file(self.dir .. "/keys", keys)
end

--- What was written so far, without script's own first line.
function Pty:bytes()
  local all = t.read_file(self.dir .. "/typescript") or ""
  local first = all:find "\n"
  return first and all:sub(first + 1):gsub("\n?Script done on [^\n]*\n?$", "") or ""
end

--- Takes what was written since.
function Pty:look()
  local all = self:bytes()
  self.screen:write(all:sub(self.taken + 1))
  self.taken = #all
  return self.screen
end

--- Waits until the screen shows a text (a Lua pattern).
---@param pattern string
---@return string text of the screen
function Pty:wait(pattern)
  local text
  local ok, why = pcall(t.eventually, "the screen shows " .. pattern, function()
    text = self:look():text()
    return text:find(pattern)
  end)
  if not ok then error({ assertion = tostring(why.assertion or why) .. "\n" .. text }, 0) end
  return text
end

--- Waits until the line has ended. The terminal stays until the case is over.
---@return integer code
function Pty:ended()
  local ok = pcall(t.eventually, "the line ends", function()
    return self:look():text():find "ended\n*$" and (t.read_file(self.dir .. "/code") or ""):find "\n"
  end)
  if not ok then error({ assertion = "the line has not ended:\n" .. self.screen:text() }, 0) end
  return tonumber(t.read_file(self.dir .. "/code"))
end

--- Ends what runs in it by force. A terminal that is closed under it would not do: where tests run under nohup(1) or in
--- a CI job, SIGHUP is ignored, and so is it by all that they start.
function Pty:kill()
  t.eventually("the terminal is open", function() return (t.read_file(self.dir .. "/tty") or ""):find "\n" end)
  t.must { "pkill", "-KILL", "-t", (t.read_file(self.dir .. "/tty"):gsub("^/dev/", ""):gsub("\n", "")) }
end

--- The modes of the terminal, as stty has them.
function Pty:modes()
  return t.must { "stty", "-F", (t.read_file(self.dir .. "/tty"):gsub("\n", "")), "-a" }
end

--- The terminal shows what is typed, and gives it line by line.
function Pty:check_restored()
  local modes = " " .. self:modes():gsub("[\n;]", " ") .. " "
  t.has(modes, " icanon ")
  t.has(modes, " echo ")
end

--- Makes the terminal narrower or wider, higher or lower.
function Pty:resize(width, height)
  self:look()
  t.must { "stty", "-F", (t.read_file(self.dir .. "/tty"):gsub("\n", "")), "cols", tostring(width), "rows", tostring(height) }
  self.screen:resize(width, height)
end

--- A recording of it, as asciinema plays it (https://docs.asciinema.org/manual/asciicast/v2/).
---@return string
function Pty:cast()
  local out = { json.encode { version = 2, width = self.screen.width, height = self.screen.height } }
  local all, at, time = self:bytes(), 1, 0.0
  local till = 0 -- where the chunk ends that was read at that time
  for line in t.read_file(self.dir .. "/times"):gmatch "[^\n]+" do
    local delay, count = line:match "([%d.]+) (%d+)$"
    time, till = time + tonumber(delay), till + tonumber(count)
    local stop = math.max(till, at - 1)
    while stop < #all and all:byte(stop + 1) & 0xC0 == 0x80 do stop = stop + 1 end -- a character stays whole
    out[#out + 1] = string.format('[%.6f,"o",%s]', time, json.encode(all:sub(at, stop)))
    at = stop + 1
  end
  return table.concat(out, "\n") .. "\n"
end

return M
