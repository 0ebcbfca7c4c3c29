-- The live tree on terminals of three kinds, as their screens show it: a redraw leaves no line behind, nothing
-- wraps, and what fills the window does not run through the scrollback.
local columns = require "almanac.base.columns"
local httpd = require "native.httpd"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"
local tmux = require "tests.tmux"

local GATES = 27

--- A runbook with so many gates at once, each of a value that moves.
local function book(name)
  return string.format([[return runbook { run = function()
    local gates = {}
    for i = 1, %d do
      local name = string.format("%%02d %s", i)
      gates[name] = function() return gate(name, { query = "up", limit = 1000000, hold = "1500ms", interval = "250ms" }) end
    end
    gates["00 said"] = function()
      step("say", function() sh.run { "sh", "-c", "for i in $(seq 40); do echo said $i of forty; sleep 0.01; done" } end)
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

--- A line of the tree: a gate stands in its branch, a command in its step.
local function is_of_tree(line, name)
  if line:find "^ +%S+ say" or line:find "^ +%S+ 00 said" or line:find "^ +→ " then return true end
  return line:find "^%S+ gates" or line:find "lines above" or line:match("^( +)%S+ (%d%d) " .. name:sub(1, 3))
end

--- The tree on a screen is what it should be: each gate once, and no line between that is none of the tree.
local function check_screen(terminal, name)
  local lines, seen = terminal:lines(), {}
  local shown, first, last = table.concat(lines, "\n"), nil, 0
  for i, line in ipairs(lines) do
    t.ok(columns.of(line) <= terminal.width, "wider than the screen: " .. line .. "\n" .. shown)
    local depth, number = line:match "^( +)%S+ (%d%d) "
    if number then
      t.ok(not seen[depth .. number], "a line was left behind: " .. line .. "\n" .. shown)
      seen[depth .. number] = true
    end
    if is_of_tree(line, name) then first, last = first or i, i end
  end
  for i = first or 1, last do t.ok(is_of_tree(lines[i], name), "no line of the tree: " .. lines[i] .. "\n" .. shown) end
  return seen, shown
end

--- Watches a run to its end; the terminal becomes `narrower` when the tree was seen, and breaks it by itself until the
--- next frame.
local function watch(size, name, narrower)
  local p = project.new { book = book(name) }
  t.write_file(p.dir .. "/almanac.yaml", prometheus())
  local terminal = tmux.open(size, process.exe() .. " run book", { cwd = p.dir, env = { KUBECONFIG = false, NO_COLOR = false } })
  local looks, settling = 0, false
  t.eventually("the run ends", function()
    local ok, seen = pcall(check_screen, terminal, name)
    if not ok and not settling then error(seen, 0) end
    settling = settling and not ok
    if ok and next(seen) then looks = looks + 1 end
    if narrower and looks > 3 then
      terminal:resize(narrower)
      narrower, settling, looks = nil, true, 0
    end
    return terminal:ended()
  end, 60)
  check_screen(terminal, name)
  t.eq(terminal:ended(), 0)
  t.ok(looks > 3, "looked at while it ran: " .. looks)
  return terminal
end

--- What left the screen at its top is what was said, each line once, and not the tree.
local function check_above(terminal)
  local all = terminal:lines { above = true }
  local count, last = 0, 0
  for i, line in ipairs(all) do
    if line:find "^ +%S+ %d%d " then last = i end
  end
  local pushed = #all - last -- by what is said below the tree when the run is over
  for i = 1, #all - terminal.height do
    t.ok(i > #all - terminal.height - pushed or not all[i]:find "^ +%S+ %d%d ", "a line of the tree has left the screen: " .. all[i])
    if all[i]:find "said %d+ of forty" then
      count = count + 1
      t.has(all[i], "said " .. count .. " of forty")
    end
  end
  t.eq(count, 40)
  t.ok(#all - terminal.height <= 50, #all - terminal.height .. " lines have left the screen")
end

for what, case in pairs {
  ["a wide terminal"] = { 200, "peers" }, ["a narrow terminal"] = { 40, "a gate with a name of many words" },
  ["a narrow terminal, in Japanese"] = { 40, "長い名前の手順長い名前の手順" }, ["a wide terminal, in Japanese"] = { 200, "長い名前の手順" },
} do
  t.test(what .. ": no line is left behind, nothing wraps", function()
    check_above(watch({ width = case[1], height = 24 }, case[2]))
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
  t.has(shown, "\n▶ one\n· one  done\n✓ one")
end)
