-- The live view in GNU screen, which has a terminal of its own and its own scrollback: nothing floods it, a resize leaves
-- no line behind, and in the end the tree stands there once.
local fs = require "native.fs"
local process = require "native.process"
local projects = require "tests.project"
local t = require "tests.harness"
local tmux = require "tests.tmux"

local DIR = process.cwd() .. "/.deps/gnu-screen"
local SCREEN = DIR .. "/usr/bin/screen"

if not fs.exists(SCREEN) then
  t.test("GNU screen: skipped, there is no .deps/gnu-screen; make deps fetches it", function() end)
  return
end

local BRANCHES = 30
local BOOK = string.format([[
return runbook { run = function()
  local branches = {}
  for i = 1, %d do
    branches[string.format("branch %%02d", i)] = function()
      if i == 7 then
        step("talk", function() sh.run { "sh", "-c", "for n in $(seq 20); do echo said $n of twenty; sleep 0.1; done" } end)
      end
      step("wait", function() while not fs.exists "go" do sh.read { "sleep", "0.5" } end end)
    end
  end
  parallel("branches", branches)
end }
]], BRANCHES)

--- The words with which screen is called, in a directory of sockets of this case.
local function words_of(dir)
  return string.format("env LD_LIBRARY_PATH=%s/usr/lib/x86_64-linux-gnu:%s/usr/lib/aarch64-linux-gnu SCREENDIR=%s/sockets %s",
    DIR, DIR, dir, SCREEN)
end

--- What screen keeps of its window, behind what has left it at its top. Its file is no UTF-8.
local function kept(terminal)
  local file = terminal.dir .. "/kept"
  fs.remove(file)
  t.must({ "sh", "-c", terminal.screen .. " -S it -X hardcopy -h " .. file }, { env = { TERM = "screen" } })
  t.eventually("screen has written what it keeps", function() return fs.exists(file) and #fs.read(file) > 0 end)
  local lines = {}
  for line in fs.read(file):gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

local function open(size)
  local p, dir = projects.new { book = BOOK }, t.tmpdir()
  t.must { "mkdir", "-m", "700", dir .. "/sockets" }
  t.write_file(dir .. "/rc", "startup_message off\ndefscrollback 20000\ndefutf8 on\nvbell off\n")
  t.write_file(dir .. "/line.sh", string.format("trap : INT\n%s run book --no-ask\necho $? >%s/code\nexec sleep 600\n", process.exe(), dir))
  local screen = words_of(dir)
  local terminal = tmux.open(size, string.format("%s -U -c %s/rc -S it sh %s/line.sh", screen, dir, dir),
    { cwd = p.dir, env = { KUBECONFIG = false, NO_COLOR = false } })
  terminal.screen, terminal.code = screen, dir .. "/code"
  t.defer(function() t.run { "sh", "-c", screen .. " -S it -X quit" } end)
  return terminal, p
end

--- Waits until the terminal shows a text (a Lua pattern).
local function wait(terminal, pattern)
  t.eventually("the terminal shows " .. pattern, function()
    terminal.shown = table.concat(terminal:lines(), "\n")
    return terminal.shown:find(pattern)
  end)
end

local function ended(terminal)
  t.eventually("the run ends", function() return fs.exists(terminal.code) end)
  wait(terminal, "head:")
end

t.test("a frame that fills the window stays in it, is whole after a resize, and leaves the tree once", function()
  local terminal, p = open { width = 80, height = 24 }
  wait(terminal, "branch 01.*%?: keys")
  local lines, said
  t.eventually("all was said", function()
    lines, said = kept(terminal), 0
    for _, line in ipairs(lines) do
      if line:find "said %d+ of twenty" then said = said + 1 end
    end
    return table.concat(lines, "\n"):find "said 20 of twenty"
  end)
  t.eq(said, 20, "each line that was printed stands there once")
  t.ok(#lines <= 24 + 21, "what was drawn has not left the window: " .. #lines .. " lines")
  for _, width in ipairs { 40, 80 } do
    terminal:resize(width)
    local whole = width == 40 and "… branches +%d+s\n" or "branch 01.*%?: keys"
    t.eventually("a whole frame, with one header, at " .. width, function()
      local shown = table.concat(terminal:lines(), "\n")
      local headers = select(2, shown:gsub("%d+ done +%d+s", ""))
      return shown:find(whole) and headers == 1
    end)
  end
  fs.write(p.dir .. "/go", "")
  ended(terminal)
  t.eq(t.read_file(terminal.code), "0\n")
  local steps = {}
  for _, line in ipairs(kept(terminal)) do
    local number = line:match "branch (%d%d) "
    if number then steps[number] = (steps[number] or 0) + 1 end
  end
  for i = 1, BRANCHES do t.eq(steps[string.format("%02d", i)], 1, "branch " .. i .. " in the tree") end
end)

t.test("keys look around, and Ctrl-C pauses", function()
  local terminal = open { width = 80, height = 24 }
  wait(terminal, "branch 01.*%?: keys")
  terminal:type "?"
  wait(terminal, "Keys\n.*this page")
  terminal:type "?"
  wait(terminal, "branch 01.*%?: keys")
  terminal:key "C-c"
  ended(terminal)
  t.eq(t.read_file(terminal.code), "130\n")
end)
