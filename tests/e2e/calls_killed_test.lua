-- A run made of runs, killed wherever it writes: nothing is done twice, and no part is begun twice.
local project = require "tests.project"
local t = require "tests.harness"

local LINES = [[
local function add(line)
  local function take_back()
    sh.run { argv = { "sed", "-i", "/^" .. line .. "$/d", "world" }, check = { "sh", "-c", "! grep -qx '" .. line .. "' world" } }
  end
  step(line, { undo = take_back }, function()
    sh.run { argv = { "sh", "-c", "echo " .. line .. " >> world" }, check = { "grep", "-qx", line, "world" } }
  end)
end
]]

local BOOKS = {
  part = LINES .. 'return runbook { lock = "part", run = function() add "part" return "passed" end }',
  whole = LINES .. 'return runbook { lock = "whole", run = function() local said = runbook.call "part" add("then " .. said) end }',
}

local ALL = { "part", "then passed" }

--- Killed at a point: the runs that there are, or nil where there is no such point any more.
local function killed_at(p, words, point, n)
  local code, _, err = p:run(words, { ALMANAC_FAULT = string.format("%s:%d:kill", point, n) })
  if code == 0 then return nil end
  t.eq(code, -1, err)
  local _, runs = p:run { "runs", "--limit", "100" }
  return runs
end

local function must(p, words, what)
  local code, _, err = p:run(words)
  t.eq(code, 0, table.concat(words, " ") .. ", " .. what .. "\n" .. err)
end

--- The lines of `runs` of a runbook, and the status of the newest.
local function find(runs, book)
  local count, status = 0, nil
  for line in runs:gmatch "[^\n]+" do
    if line:find("^" .. book .. "%-%d") then
      count = count + 1
      status = status or line:match "^%S+%s+(%S+)"
    end
  end
  return count, status
end

for _, point in ipairs { "journal.append", "journal.commit", "journal.committed" } do
  t.test("killed at every " .. point .. ", each effect happens exactly once", function()
    local n = 1
    while true do
      local p, what = project.new(BOOKS), point .. " " .. n
      local runs = killed_at(p, { "run", "whole" }, point, n)
      if not runs then break end
      local count, status = find(runs, "whole")
      if count > 0 then
        if status ~= "done" then must(p, { "resume" }, what) end
        t.eq(p:lines "world", ALL, what)
        t.eq(find(select(2, p:run { "runs" }), "part"), 1, what)
      end
      n = n + 1
    end
    t.ok(n > 8, "there were points to be killed at: " .. n)
  end)
end

t.test("killed at every journal.committed of its rollback, all is taken back once", function()
  local n = 1
  while true do
    local p, what = project.new(BOOKS), "killed at " .. n
    must(p, { "run", "whole" }, what)
    local _, runs = p:run { "runs" }
    local whole = runs:match "whole%-%S+"
    runs = killed_at(p, { "rollback", whole }, "journal.committed", n)
    if not runs then break end
    local stopped = runs:match "rollback%-of%-whole%-%S+"
    must(p, stopped and { "resume", stopped } or { "rollback", whole }, what)
    t.eq(p:lines "world", {}, what)
    _, runs = p:run { "runs" }
    for _, book in ipairs { "part", "whole" } do t.eq(select(2, find(runs, book)), "undone", book .. ", " .. what) end
    t.ok(find(runs, "rollback%-of%-part") <= 1, what)
    n = n + 1
  end
  t.ok(n > 8, "there were points to be killed at: " .. n)
end)

t.test("killed while a part that failed takes itself back: that is finished, and then it is made anew", function()
  local books = {
    part = LINES .. [[return runbook { lock = "part", on_failure = "undo", run = function()
      add "part"
      step("judge", function() if fs.exists "bad" then error "bad" end end)
      return "passed"
    end }]],
    whole = BOOKS.whole,
  }
  local n = 1
  while true do
    local p, what = project.new(books), "killed at " .. n
    t.write_file(p.dir .. "/bad", "")
    local code = p:run({ "run", "whole", "--no-ask" }, { ALMANAC_FAULT = string.format("journal.append:%d:kill", n) })
    if code ~= -1 then break end
    t.must { "rm", p.dir .. "/bad" }
    local tries = 0
    while find(select(2, p:run { "runs" }), "whole") > 0 and select(2, find(select(2, p:run { "runs" }), "whole")) ~= "done" do
      local _, _, err = p:run { "resume", "--no-ask" }
      tries = tries + 1
      t.ok(tries < 3, what .. "\n" .. err)
    end
    if tries > 0 then t.eq(p:lines "world", ALL, what) end
    n = n + 1
  end
  t.ok(n > 12, "there were points to be killed at: " .. n)
end)
