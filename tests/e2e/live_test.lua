-- The live view on a terminal: its keys, and the terminal as it was before on every way out.
local process = require "native.process"
local project = require "tests.project"
local ptys = require "tests.pty"
local t = require "tests.harness"

local almanac = process.exe()
local SIZE = { width = 80, height = 24 }

--- A run of twelve steps side by side, which ends when the file `go` is there.
local BOOK = [[return runbook { run = function()
  step("begin", function() note "it began" end)
  local branches = {}
  for i = 1, 12 do
    branches[string.format("branch %02d", i)] = function()
      while not fs.exists "go" do sh.read { "sleep", "0.1" } end
    end
  end
  parallel("branches", branches)
end }]]

local function open(line, size, source)
  local p = project.new { book = source or BOOK }
  return ptys.open(size or SIZE, line or almanac .. " run book", { cwd = p.dir }), p
end

local function go(p)
  t.write_file(p.dir .. "/go", "")
end

t.test("keys look around in a run, and it does not notice", function()
  local pty, p = open()
  pty:wait "branch 12.*%?: keys"
  pty:type "?"
  pty:wait "Keys\n.*choose a step"
  pty:type "?/11"
  t.lacks(pty:wait "/11▏", "branch 02")
  pty:type "\27"
  pty:wait "branch 02"
  pty:type "jjjj"
  pty:wait "▸ +%S+ branch 02"
  pty:type "d"
  pty:wait "branches/branch 02\n +status +running"
  pty:type "\27\27"
  pty:wait "branch 01"
  go(p)
  t.eq(pty:ended(), 0)
  pty:check_restored()
  t.lacks(pty.screen:text(), "?: keys")
end)

t.test("the whole tree is printed once, when the run ends, on 10 rows as well", function()
  local pty, p = open(nil, { width = 60, height = 10 })
  pty:wait "branches"
  go(p)
  t.eq(pty:ended(), 0)
  local all = table.concat(pty.screen.above, "\n") .. "\n" .. pty.screen:text()
  for i = 1, 12 do
    local _, count = all:gsub(string.format("✓ branch %02d", i), "")
    t.eq(count, 1, "branch " .. i)
  end
  for _, frame in ipairs(pty.screen.frames) do t.ok(#frame <= 10) end
end)

t.test("Ctrl-C pauses the run, and is no key", function()
  local pty = open()
  pty:wait "%?: keys"
  pty:type "\3"
  t.eq(pty:ended(), 130)
  t.has(pty.screen:text(), "is paused")
  pty:check_restored()
end)

for name, signal in pairs { ["kill -QUIT"] = "QUIT", ["kill -SEGV"] = "SEGV", ["kill -USR1"] = "USR1" } do
  t.test(name .. " leaves a terminal that shows what is typed", function()
    local pty, p = open("sh -c 'echo $$ >pid; ASAN_OPTIONS=$ASAN_OPTIONS:handle_segv=0 exec " .. almanac .. " run book'")
    pty:wait "%?: keys"
    t.must { "sh", "-c", "kill -" .. signal .. " $(cat " .. p.dir .. "/pid)" }
    t.ok(pty:ended() ~= 0) -- a sanitizer ends it in its own way
    pty:check_restored()
  end)
end

t.test("three times Ctrl-C ends it at once, and leaves a terminal that shows what is typed", function()
  -- It goes when the project is taken away, behind the case.
  local pty = open(nil, nil, [[return runbook { run = function()
    step("stubborn", function() sh.run { "sh", "-c", "trap '' TERM; while [ -e runbooks ]; do sleep 0.1; done" } end)
  end }]])
  pty:wait "stubborn"
  for _, said in ipairs { "pausing", "cancelling" } do
    pty:type "\3"
    pty:wait(said)
  end
  pty:type "\3"
  t.ok(pty:ended() >= 128)
  pty:check_restored()
end)

t.test("a stop gives the terminal back, and fg draws a new frame with its keys", function()
  local pty, p = open(almanac .. " run book; echo stopped $?; stty -a | grep -o -e '-*icanon' | sed 's/^/modes: /'; fg")
  pty:wait "%?: keys"
  pty:type "\26"
  pty:wait "stopped 148\nmodes: icanon"
  pty:wait "stopped 148.*branch 12.*%?: keys"
  pty:type "?"
  pty:wait "stopped 148.*Keys"
  go(p)
  t.eq(pty:ended(), 0)
  pty:check_restored()
end)

t.test("in the background nothing is drawn, and at its end it says how it ended", function()
  local pty, p = open(almanac .. " run book; bg; echo PROMPT; while ! [ -e seen ]; do sleep 0.1; done; touch go; wait")
  pty:wait "%?: keys"
  pty:type "\26"
  pty:wait "PROMPT"
  local frames = #pty.screen.frames
  pty:type "?"
  pty:wait "PROMPT\n%?"
  t.write_file(p.dir .. "/seen", "")
  t.eq(pty:ended(), 0)
  t.eq(#pty.screen.frames, frames)
  t.has(pty.screen:text(), "is done")
  pty:check_restored()
end)

t.test("begun in the background, it asks nobody and draws nothing", function()
  local pty = open(almanac .. " run book & wait $!", nil, [[return runbook { run = function()
    step("before", function() end)
    confirm "Go on?"
  end }]])
  t.eq(pty:ended(), 3)
  t.eq(#pty.screen.frames, 0)
  t.lacks(pty.screen:text(), "[y]es")
end)

t.test("a question is asked below the frame, and answered by a line", function()
  local pty = open(nil, nil, [[return runbook { run = function()
    step("before", function() end)
    confirm "Go on?"
    step("after", function() end)
  end }]])
  pty:wait "%[y%]es  %[n%]o > ▏"
  pty:type "nope\127\127\127\127yes\n"
  t.eq(pty:ended(), 0)
  t.has(pty.screen:text(), "[y]es  [n]o > yes\n")
  t.has(pty.screen:text(), "✓ after")
  pty:check_restored()
end)

t.test("a terminal that is made smaller and larger shows whole frames", function()
  local pty, p = open(nil, { width = 100, height = 30 })
  pty:wait "branch 12"
  for _, size in ipairs { { 40, 12 }, { 120, 40 }, { 60, 8 } } do
    pty:resize(size[1], size[2])
    local frames = #pty.screen.frames
    t.eventually("a frame of that size", function() return #pty:look().frames > frames + 1 end)
    t.has(pty.screen:text(), "?: keys")
  end
  go(p)
  t.eq(pty:ended(), 0)
end)

t.test("NO_COLOR has no colour in it", function()
  local p = project.new { book = BOOK }
  local pty = ptys.open(SIZE, almanac .. " run book", { cwd = p.dir, env = { NO_COLOR = "1" } })
  pty:wait "branch 12"
  go(p)
  t.eq(pty:ended(), 0)
  t.eq(pty:bytes():match "\27%[[%d;]*m", nil)
end)

t.test("a line is written again only where it changed", function()
  local pty, p = open(nil, nil, BOOK:gsub('sh%.read { "sleep", "0%.1" }', 'sh.read { "sleep", "1" }'))
  pty:wait "branch 12"
  local before = #pty:bytes()
  local frames = #pty:look().frames
  t.eventually("ten frames more", function() return #pty:look().frames >= frames + 10 end)
  local a_frame = (#pty:bytes() - before) / (#pty.screen.frames - frames)
  t.ok(a_frame < 80 * 24 * 0.75, "bytes of a frame: " .. a_frame)
  go(p)
  t.eq(pty:ended(), 0)
end)

t.test("status --watch shows the same from outside; q ends that, and not the run", function()
  local p = project.new { book = BOOK }
  local run = p:spawn { "run", "book", "--no-ask" }
  run:wait_line "▶ branches/branch 12"
  local pty = ptys.open(SIZE, almanac .. " status --watch", { cwd = p.dir })
  pty:wait "branch 12.*%?: keys"
  pty:type "q"
  t.eq(pty:ended(), 130)
  t.has(pty.screen:text(), "goes on; almanac status")
  pty:check_restored()
  local second = ptys.open(SIZE, almanac .. " status --watch", { cwd = p.dir })
  second:wait "branch 12"
  go(p)
  t.eq({ (run:wait()), second:ended() }, { 0, 0 })
  t.has(second.screen:text(), "✓ branch 12")
  t.has(second.screen:text(), "head:")
end)
