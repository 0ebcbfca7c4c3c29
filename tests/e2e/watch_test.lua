-- A run looked at from another process: status --watch and log --follow show it as it goes on, and end as it ends.
local json = require "native.json"
local project = require "tests.project"
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
