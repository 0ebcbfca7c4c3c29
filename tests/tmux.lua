--- A terminal whose screen a test can read: tmux, with a server and settings of its own.
local t = require "tests.harness"

local M = {}

local Terminal = {}
Terminal.__index = Terminal

local function tmux(self, ...)
  return t.must { "tmux", "-u", "-S", self.dir .. "/tmux", "-f", "/dev/null", ... }
end

--- A terminal in which a line of the shell runs until the case ends.
---@param size { width: integer, height: integer }
---@param line string
---@param opts { cwd: string, env?: table<string, string|false> }  env: false takes a variable away
function M.open(size, line, opts)
  local self = setmetatable({ dir = t.tmpdir(), width = size.width, height = size.height }, Terminal)
  local words = { "export LC_ALL=C.UTF-8 HOME=" .. self.dir }
  for name, value in pairs(opts.env or {}) do
    words[#words + 1] = value and "export " .. name .. "=" .. value or "unset " .. name
  end
  t.write_file(self.dir .. "/line.sh", table.concat(words, "\n") .. "\n" .. line .. '\necho $? >"' .. self.dir ..
    '/ended"\nexec sleep 600\n')
  t.defer(function() t.run { "tmux", "-S", self.dir .. "/tmux", "kill-server" } end)
  tmux(self, "start-server", ";", "set", "-g", "status", "off", ";", "set", "-g", "history-limit", "100000", ";",
    "new-session", "-d", "-x", tostring(size.width), "-y", tostring(size.height), "-c", opts.cwd,
    "sh " .. self.dir .. "/line.sh")
  return self
end

--- The lines of the screen, without blanks at their ends.
---@param opts? { above: boolean }  above: behind those that have left the screen at its top
---@return string[]
function Terminal:lines(opts)
  local lines = {}
  local shown = tmux(self, "capture-pane", "-p", "-S", opts and opts.above and "-" or "0") .. "\n" -- its last one comes without
  for line in shown:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

--- Types a text; a name of tmux, such as "Tab" or "C-c", with `key`.
---@param text string
function Terminal:type(text) tmux(self, "send-keys", "-l", text) end
function Terminal:key(name) tmux(self, "send-keys", name) end

--- Makes the terminal wider or narrower.
---@param width integer
function Terminal:resize(width)
  tmux(self, "resize-window", "-x", tostring(width), "-y", tostring(self.height))
  self.width = width
end

--- The exit code of the line, once it has ended.
---@return integer?
function Terminal:ended()
  return tonumber(t.read_file(self.dir .. "/ended") or "")
end

return M
