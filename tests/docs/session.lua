--- A shell in which the commands of a page are typed one after the other, so that what one exports, the next one has.
local process = require "native.process"
local t = require "tests.harness"

local M = {}

local Session = {}
Session.__index = Session

local root = process.cwd()

-- Reads the names of files, and runs each in its place.
local SHELL = [[exec 2>&1 3<>"$1/orders"
while read -r order <&3; do . "$order"; done]]

--- Starts one; it ends with the case, and with it what it left in the background.
---@param dir string  where it begins
---@param env table<string, string|false>
function M.start(dir, env)
  local place = t.tmpdir() -- of the orders
  local bin = place .. "/bin"
  t.must { "mkdir", bin }
  t.must { "mkfifo", place .. "/orders" }
  t.must { "ln", "-s", process.exe(), bin .. "/almanac" }
  t.must { "ln", "-s", root .. "/.deps/bin/helm4", bin .. "/helm" }
  t.must { "ln", "-s", root .. "/.deps/bin/kubectl34", bin .. "/kubectl" }
  t.must { "ln", "-s", root .. "/.deps/prometheus/usr/bin/prometheus", bin .. "/prometheus" }
  local all = { PATH = bin .. ":" .. process.getenv "PATH", HOME = dir, NO_COLOR = "1", KUBECONFIG = false, USER = "ann" }
  for name, value in pairs(env) do all[name] = value end
  local shell = t.spawn({ "sh", "-c", SHELL, "sh", place }, { cwd = dir, env = all })
  local session = setmetatable({ shell = shell, place = place, orders = 0, background = 0 }, Session)
  t.defer(function() session:close() end)
  return session
end

local END = "\1"

--- Gives the shell lines to run; what they print is read behind shell.lines[from].
function Session:order(lines)
  self.orders = self.orders + 1
  local path = self.place .. "/order" .. self.orders
  t.write_file(path, lines .. "\nprintf '" .. "\\001\\n'\n")
  self.from = #self.shell.lines + 1
  t.must { "sh", "-c", 'echo "$1" >"$2"', "sh", path, self.place .. "/orders" }
end

--- Waits until the shell is through with it, and gives what was printed.
function Session:printed()
  self.shell:wait_line(END .. "$", 90)
  local lines = {}
  for i = self.from, self.shell.seen do lines[#lines + 1] = self.shell.lines[i] end
  local last = table.remove(lines):sub(1, -1 - #END)
  if last ~= "" then lines[#lines + 1] = last end
  return #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
end

--- Types a command, and gives what it prints.
---@param command string
---@return string
function Session:type(command)
  self:order(command)
  return self:printed()
end

--- Where it is.
---@return string
function Session:directory() return (self:type "pwd":gsub("\n$", "")) end

--- Types a command that goes on in the background, and gives its first lines when they are there.
---@param command string  without its &
---@param lines integer   how many lines to wait for
---@return string
function Session:type_in_background(command, lines)
  self.background = self.background + 1
  local path = self.place .. "/background" .. self.background
  self:order(string.format(": >'%s'; %s >>'%s' 2>&1 & echo $! >>'%s/pids'", path, command, path, self.place))
  self:printed()
  local printed
  t.eventually(command .. " prints " .. lines .. " lines", function()
    printed = t.read_file(path)
    return select(2, printed:gsub("\n", "")) >= lines
  end)
  return printed
end

--- Types a command, and presses Ctrl-C when it has printed a line that `seen` takes.
---@param command string
---@param seen fun(line: string): boolean
---@return string
function Session:type_and_interrupt(command, seen)
  self:order(command .. " &\nprintf '\\001pid %d\\n' $!\nwait $!")
  local _, pid = self.shell:wait_line(END .. "pid (%d+)$")
  local line
  repeat line = self.shell:wait_line "" until seen(line)
  local at = self.shell.seen
  t.must { "kill", "-INT", pid }
  local printed = self:printed():gsub(END .. "pid %d+\n", "")
  local before = 0
  for i = self.from, at do before = before + (self.shell.lines[i]:find(END, 1, true) and 0 or #self.shell.lines[i] + 1) end
  return printed:sub(1, before) .. "^C\n" .. printed:sub(before + 1)
end

--- Ends what is in the background, newest first, and the shell.
function Session:close()
  local pids = t.read_file(self.place .. "/pids") or ""
  for pid in pids:gmatch "%d+" do t.run { "kill", pid } end
  if #pids > 0 then self:type "wait" end
  self:order "exit"
  self.shell:wait()
end

return M
