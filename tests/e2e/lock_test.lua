-- lock = "…": the name belongs to its run until that is over, on this machine.
local project = require "tests.project"
local t = require "tests.harness"

--- Acts, waits for the test to say go, and fails while there is a file "bad".
local BOOK = [[
return runbook {
  lock = "release/devnet",
  run = function()
    step("look", function() if fs.exists "unseen" then error "cannot see" end end)
    step("act", {
      undo = function() sh.run { argv = { "sh", "-c", "echo undone >> log" } } end,
    }, function() sh.run { argv = { "sh", "-c", "echo acted >> log" } } end)
    step("hold", function()
      sh.read { argv = { "sh", "-c", "echo > holding; until [ -e go ] || [ ! -e holding ]; do sleep 0.05; done" } }
    end)
    step("judge", function() if fs.exists "bad" then error "bad" end end)
  end,
}]]

local OTHER = [[
return runbook { lock = "release/devnet", run = function()
  step("other", function() sh.run { argv = { "sh", "-c", "echo other >> log" } } end)
end }]]

local function new()
  local p = project.new { book = BOOK, other = OTHER, free = (OTHER:gsub("release/devnet", "release/else")) }
  t.write_file(p.dir .. "/go", "")
  return p
end

local function put(p, name)
  t.write_file(p.dir .. "/" .. name, "")
end

local function take_away(p, name)
  t.must { "rm", "-f", p.dir .. "/" .. name }
end

--- almanac WORDS, which must end with this code.
local function must(p, words, want)
  local code, out, err = p:run(words)
  t.eq(code, want, table.concat(words, " ") .. "\n" .. out .. err)
  return err, out
end

--- A run that has failed behind its effect.
local function failed(p)
  put(p, "bad")
  must(p, { "run", "book" }, 1)
  take_away(p, "bad")
  return p:newest()
end

t.test("a run that failed holds its lock: another one is refused in words, and what ends the holding is said", function()
  local p = new()
  put(p, "bad")
  local said = must(p, { "run", "book" }, 1)
  local id = p:newest()
  t.has(said, 'it holds the lock "release/devnet"; give up: almanac abandon ' .. id .. " --reason TEXT")
  local err = must(p, { "run", "other" }, 2)
  t.has(err, "run " .. id .. ' holds the lock "release/devnet": failed at "judge", by ')
  t.has(err, ", since 20")
  t.has(err, "almanac resume " .. id)
  t.has(err, "almanac rollback " .. id)
  t.has(err, "almanac abandon " .. id .. " --reason TEXT")
  t.eq(p:newest(), id, "nothing was begun")
  must(p, { "run", "free" }, 0)
  local _, plan = must(p, { "plan", "other" }, 2)
  t.has(plan, "A run would be refused now: its lock is held by run " .. id .. ': failed at "judge", by ')
  take_away(p, "bad")
  must(p, { "resume", id }, 0)
  must(p, { "run", "other" }, 0)
end)

t.test("killed, and with a rollback of it that failed, it holds; rolled back it does not", function()
  local p = new()
  take_away(p, "go")
  local child = p:spawn { "run", "book" }
  t.eventually("it holds", function() return t.read_file(p.dir .. "/holding") end)
  t.eventually("its step is known", function() -- a step's start is on the disk a moment later
    return must(p, { "run", "other" }, 2):find('running at "hold"', 1, true)
  end)
  child:kill "KILL"
  child:wait()
  take_away(p, "holding")
  local id = p:newest()
  t.has(must(p, { "run", "other" }, 2), "crashed at \"hold\"")
  p:edit("book", (BOOK:gsub('undo = function%(%)', 'undo = function() if fs.exists "bad" then error "stuck" end ')))
  put(p, "bad")
  must(p, { "rollback", id }, 1)
  t.has(must(p, { "run", "other" }, 2), "holds the lock")
  take_away(p, "bad")
  must(p, { "resume", p:newest() }, 0)
  t.eq(p:lines "log", { "acted", "undone" })
  must(p, { "run", "other" }, 0)
end)

t.test("a run that failed before it did anything holds nothing; one that waits for an answer does", function()
  local p = new()
  put(p, "unseen")
  t.lacks(must(p, { "run", "book" }, 1), "holds the lock")
  must(p, { "run", "other" }, 0)
  p:edit("asks", [[return runbook { lock = "release/devnet", run = function() confirm "Go?" end }]])
  must(p, { "run", "asks" }, 3)
  t.has(must(p, { "run", "other" }, 2), "waiting at")
end)

t.test("a done step with an undo is something to hold for, without an effect", function()
  local p = new()
  p:edit("book", [[
    return runbook { lock = "release/devnet", run = function()
      step("note", { undo = function() end }, function() return 1 end)
      step("judge", function() error "bad" end)
    end }]])
  must(p, { "run", "book" }, 1)
  must(p, { "run", "other" }, 2)
end)

t.test("abandoned: the lock is free, it is not resumed, and it can be rolled back where the lock is free", function()
  local p = new()
  local id = failed(p)
  t.has(must(p, { "abandon", id }, 2), "--reason")
  must(p, { "abandon", id, "--reason", "the release moved on" }, 0)
  local _, log = must(p, { "log", id }, 0)
  t.has(log, "run.abandoned")
  t.has(log, "the release moved on")
  local _, status = must(p, { "status", id }, 0)
  t.has(status, id .. ": abandoned")
  t.has(status, "the release moved on")
  t.lacks(status, "almanac resume")
  t.has(must(p, { "resume", id }, 2), id .. " was abandoned")
  t.has(must(p, { "abandon", id, "--reason", "again" }, 2), "there is nothing to give up")
  local other = failed(p)
  t.has(must(p, { "rollback", id }, 2), "run " .. other .. " holds the lock")
  must(p, { "resume", other }, 0)
  must(p, { "rollback", id }, 0)
  t.eq(p:lines "log", { "acted", "acted", "undone" })
  t.has(must(p, { "abandon", other, "--reason", "x" }, 2), "is done")
end)

t.test("a run that is under way is not abandoned", function()
  local p = new()
  take_away(p, "go")
  local child = p:spawn { "run", "book" }
  t.eventually("it holds", function() return t.read_file(p.dir .. "/holding") end)
  t.has(must(p, { "abandon", p:newest(), "--reason", "x" }, 2), "is under way in another process")
  put(p, "go")
  t.eq(child:wait(), 0)
end)

t.test("--wait queues behind it, in order of arrival, and says for whom it waits; it can be interrupted", function()
  local p = new()
  take_away(p, "go")
  local first = p:spawn { "run", "book" }
  t.eventually("it holds", function() return t.read_file(p.dir .. "/holding") end)
  local holder = p:newest()
  p:edit("second", (OTHER:gsub("echo other", "echo second")))
  p:edit("third", (OTHER:gsub("echo other", "echo third")))
  local second = p:spawn { "run", "second", "--wait" }
  second:wait_line("waiting: run " .. holder:gsub("%-", "%%-") .. " holds the lock")
  local gone = p:spawn { "run", "other", "--wait=1h" }
  gone:wait_line "others wait before this one"
  local third = p:spawn { "run", "third", "--wait" }
  third:wait_line "others wait before this one"
  gone:kill "INT"
  t.eq(gone:wait(), 130)
  t.has(must(p, { "run", "other", "--wait=100ms" }, 2), "it was waited for 100ms")
  t.has(must(p, { "run", "other" }, 2), "others wait before this one")
  put(p, "go")
  t.eq(first:wait(), 0)
  t.eq(second:wait(), 0)
  t.eq(third:wait(), 0)
  t.eq(p:lines "log", { "acted", "second", "third" })
end)

t.test("who waits stands in the way of nobody who holds: the run is resumed, then the next one goes", function()
  local p = new()
  local id = failed(p)
  local waits = p:spawn { "run", "other", "--wait" }
  waits:wait_line "waiting: run book"
  must(p, { "resume", id }, 0)
  t.eq(waits:wait(), 0)
  t.eq(p:lines "log", { "acted", "other" })
end)

t.test("a bad duration is refused, and --wait takes its duration behind = only", function()
  local p = new()
  t.has(must(p, { "run", "other", "--wait=soon" }, 2), "is not a duration")
  must(p, { "run", "--wait", "other" }, 0)
end)
