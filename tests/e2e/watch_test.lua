-- A run looked at from another process: status --watch and log --follow show it as it goes on, and end as it ends.
local json = require "native.json"
local process = require "native.process"
local project = require "tests.project"
local ptys = require "tests.pty"
local t = require "tests.harness"

--- A runbook that waits for a file, and then ends as `ending` says.
local function book(ending)
  return string.format([[return runbook { run = function()
    step("first", function() note "it began" end)
    step("wait", function()
      while not fs.exists "go" do sh.read { "sleep", "0.1" } end
    end)
    %s
  end }]], ending)
end

local ENDINGS = {
  done = { 'step("last", function() end)', 0 }, failed = { 'step("last", function() error "broken" end)', 1 },
  waiting = { 'confirm "Go on?"', 3 },
}

--- Starts a run that waits.
local function start(ending)
  local p = project.new { book = book(ending) }
  local run = p:spawn { "run", "book", "--no-ask" }
  run:wait_line "▶ wait"
  return p, run
end

for status, case in pairs(ENDINGS) do
  t.test("a run that is " .. status .. " ends both with exit code " .. case[2], function()
    local p, run = start(case[1])
    local watch, log = p:spawn { "status", "--watch" }, p:spawn { "log", "--follow", "--json" }
    watch:wait_line "▶ wait"
    log:wait_line '"kind":"step.start","path":"wait"'
    t.write_file(p.dir .. "/go", "")
    t.eq({ (run:wait()), (watch:wait()), (log:wait()) }, { case[2], case[2], case[2] })
    local _, all = p:run { "log", "--json" }
    t.eq(table.concat(log.out, "\n"), all, "what it followed is what the journal has")
  end)
end

t.test("a run whose process died ends it, too", function()
  local p, run = start ""
  local watch = p:spawn { "status", "--watch" }
  watch:wait_line "▶ wait"
  run:kill "KILL"
  t.eq((watch:wait()), 1)
  t.has(watch:text(), ": crashed")
end)

t.test("another process sees what a step waits for, too", function()
  local p = project.new { book = [[return runbook { run = function()
    step("settle", function() sh.read { "true" } end)
    sleep("let it settle", "600s")
  end }]] }
  local run = p:spawn { "run", "book", "--no-ask" }
  run:wait_line "▶ let it settle"
  t.eventually("the journal has when it ends", function()
    return select(2, p:run { "status", "--json" }):find '"until_ms":' ~= nil
  end)
end)

t.test("with --json it tells the events, of runs that it made as well", function()
  local p = project.new {
    outer = [[return runbook { run = function() step("call", function() runbook.call("inner", {}) end) end }]],
    inner = [[return runbook { run = function() step("deep", function() note "here" end) end }]],
  }
  p:run { "run", "outer" }
  local code, out = p:run { "status", "--watch", "--json" }
  t.eq(code, 0)
  local kinds = {}
  for line in out:gmatch "[^\n]+" do
    local event = json.decode(line)
    kinds[#kinds + 1] = event.kind
    if event.kind == "note" then t.ok(event.run:find "^inner") end
  end
  t.eq({ kinds[1], (table.concat(kinds, " "):find("note", 1, true)) ~= nil }, { "run.start", true })
end)

t.test("a question at the terminal of a run is shown to those who look from elsewhere: whom it asks, since when, what", function()
  local p = project.new { book = [[return runbook { run = function()
    parallel("both", {
      a = function() confirm "Go on with it?" end,
      b = function() while not fs.exists "go" do sh.read { "sleep", "0.1" } end end,
    })
    step("break", function() sh.run { "false" } end)
  end }]] }
  local pty = ptys.open({ width = 80, height = 24 }, process.exe() .. " run book", { cwd = p.dir })
  pty:wait "%[y%]es"
  local asks = " %S+@%S+ since %d%d:%d%d:%d%d %(%d+m?s%): "
  local watch = p:spawn { "status", "--watch", "--plain" }
  watch:wait_line "%? both/a/Go on with it%?  asks %S+@%S+ at the terminal: Go on with it%?"
  local _, out = p:run { "status" }
  t.ok(out:find("? Go on with it%?  asks" .. asks .. "yes or no%?"), out)
  t.ok(out:find("\n  asks:   " .. asks .. "Go on with it%? yes or no%?\n  answer:  at that terminal"), out)
  local code, _, err = p:run { "approve", p:newest() }
  t.eq(code, 2)
  t.has(err, "asks at the terminal where it runs")
  t.write_file(p.dir .. "/go", "")
  pty:type "yes\n"
  pty:wait "What now%?"
  _, out = p:run { "status" }
  t.ok(out:find("\n  asks:   " .. asks .. "What now%? retry or stop%?\n"), out)
  t.lacks(out, "Go on with it? yes or no?")
  pty:type "stop\n"
  t.eq({ pty:ended(), (watch:wait()) }, { 1, 1 })
  t.lacks(select(2, p:run { "status" }), "asks:")
end)

t.test("a run whose terminal was closed says so", function()
  local p, run = start ""
  run:kill "HUP"
  t.eq((run:wait()), 130)
  t.has(select(2, p:run { "status" }), "‖ wait  ")
  t.has(select(2, p:run { "status" }), "its terminal was closed")
end)
