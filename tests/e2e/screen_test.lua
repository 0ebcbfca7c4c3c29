-- The live tree on terminals of three kinds, as their screens show it: a redraw leaves no line behind, nothing
-- wraps, and what fills the window does not run through the scrollback.
local columns = require "almanac.base.columns"
local httpd = require "native.httpd"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"
local tmux = require "tests.tmux"

local GATES = 27

--- A runbook with so many gates at once, each of a value that moves. It goes on until somebody has seen enough.
local function book(name)
  return string.format([[return runbook { run = function()
    local gates = {}
    for i = 1, %d do
      local name = string.format("%%02d %s", i)
      gates[name] = function() return gate(name, { query = "up", limit = 1000000, hold = "1500ms", interval = "250ms" }) end
    end
    gates["00 said"] = function()
      step("say", function() sh.run { "sh", "-c", "for i in $(seq 40); do echo said $i of forty; sleep 0.01; done; " ..
        "until [ -e enough ]; do sleep 0.02; done" } end)
    end
    parallel("gates", gates)
  end }]], GATES, name)
end

local asked = 0
local function prometheus()
  local server = httpd.listen { handler = function(_, response)
    asked = asked + 1
    response:send(200, {}, '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"' .. asked .. '.5"]}]}}')
  end }
  t.defer(function() server:close() end)
  return "endpoints: { prometheus: 'http://127.0.0.1:" .. server:port() .. "' }\n"
end

--- A line of a frame, and of nothing else: its header, a gate that is watched, what is summed up, its last line.
local function is_of_frame(line)
  for _, mark in ipairs { "●", "!", "%?", "·" } do
    if line:find("^  " .. mark .. " %d%d ") then return true end
  end
  return line:find "^%S+ book +%d+ of %d+ held" or line:find "^  [^ ]+ %d+ h[oe]ld" or line:find "^ +%?: keys$"
    or line:find "^⋮ .*%?: keys$"
end

--- The frame on a screen is what it should be: one header, one last line, each gate once.
local function check_screen(terminal)
  local seen, lines = {}, terminal:lines()
  local shown = table.concat(lines, "\n")
  for _, line in ipairs(lines) do
    t.ok(columns.of(line) <= terminal.width, "wider than the screen: " .. line .. "\n" .. shown)
    local key = line:match "^%S+ (book)  " or line:match "(%?: keys)$" or line:match "^  [^ ]+ %d+ (h[oe]ld)"
      or line:match "^  [^ ]+ (%d%d) "
    if is_of_frame(line) and key then
      t.ok(not seen[key], "a line was left behind: " .. line .. "\n" .. shown)
      seen[key] = true
    end
  end
  return seen["book"], shown
end

--- What left the screen at its top is what was said, and no line of a frame.
local function check_above(terminal)
  local all = terminal:lines { above = true }
  for i = 1, #all - terminal.height do t.ok(not is_of_frame(all[i]), "a line of a frame has left the screen: " .. all[i]) end
end

--- Watches a run to its end; the terminal becomes `narrower` when the tree was seen, and breaks it by itself until the
--- next frame.
local function watch(size, name, narrower)
  local p = project.new { book = book(name) }
  t.write_file(p.dir .. "/almanac.yaml", prometheus())
  local terminal = tmux.open(size, process.exe() .. " run book", { cwd = p.dir, env = { KUBECONFIG = false, NO_COLOR = false } })
  local looks, settling, scrolls = 0, false, not narrower
  t.eventually("the run ends", function()
    if terminal:ended() then return true end
    local ok, seen = pcall(check_screen, terminal)
    if not ok and not settling and not terminal:ended() then error(seen, 0) end
    if ok and seen then looks = looks + 1 end
    settling = settling and looks < 3 -- the first may be of a frame from before
    if narrower and looks > 3 then
      terminal:resize(narrower)
      narrower, settling, looks = nil, true, 0
    elseif looks > 3 then
      t.write_file(p.dir .. "/enough", "")
    end
    if scrolls then check_above(terminal) end
  end, 60)
  t.eq(terminal:ended(), 0)
  t.ok(looks > 3, "looked at while it ran: " .. looks)
  return terminal
end

--- In the end each line that was said stands there once, and the tree whole, each of its steps once.
local function check_end(terminal)
  local said, steps = 0, {}
  for _, line in ipairs(terminal:lines { above = true }) do
    t.ok(not is_of_frame(line), "a line of a frame was left behind: " .. line)
    if line:find "^ +say | said %d+ of forty" then
      said = said + 1
      t.has(line, "said " .. said .. " of forty")
    end
    local depth, number = line:match "^( +)✓ (%d%d) "
    if number then
      t.ok(not steps[depth .. number], "a step is there twice: " .. line)
      steps[depth .. number], steps[1] = true, (steps[1] or 0) + 1
    end
  end
  t.eq({ said, steps[1] }, { 40, 2 * GATES + 1 }, "a gate stands in its branch")
end

for what, case in pairs {
  ["a wide terminal"] = { 200, "peers" }, ["a narrow terminal"] = { 40, "a gate with a name of many words" },
  ["a narrow terminal, in Japanese"] = { 40, "長い名前の手順長い名前の手順" }, ["a wide terminal, in Japanese"] = { 200, "長い名前の手順" },
} do
  t.test(what .. ": no line is left behind, nothing wraps", function()
    check_end(watch({ width = case[1], height = 24 }, case[2]))
  end)
end

for what, case in pairs {
  ["that becomes narrower"] = { 200, 30, "a gate with a name of many words" },
  ["that becomes narrower, in Japanese"] = { 80, 31, "長い名前の手順長い名前の手順" },
} do
  t.test("a terminal " .. what .. ": no line is left behind", function()
    watch({ width = case[1], height = 100 }, case[3], case[2]) -- so high that what is left behind stays on the screen
  end)
end

t.test("a terminal that only prints gets plain lines", function()
  local p = project.new { book = [[return runbook { run = function() step("one", function() note "done" end) end }]] }
  local terminal = tmux.open({ width = 80, height = 24 }, process.exe() .. " run book", { cwd = p.dir, env = { TERM = "dumb" } })
  t.eventually("the run ends", function() return terminal:ended() end)
  local shown = table.concat(terminal:lines(), "\n")
  t.has(shown:gsub("\n%d%d:%d%d:%d%d ", "\n"), "\n▶ one\n· one  done\n✓ one")
end)
