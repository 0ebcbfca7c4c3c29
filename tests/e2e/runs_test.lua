-- almanac runs: what it shows of each, and which it leaves away.
local json = require "native.json"
local process = require "native.process"
local projects = require "tests.project"
local ptys = require "tests.pty"
local task = require "native.task"
local t = require "tests.harness"

local BOOK = [[
return runbook {
  summary = "Fails where it is told to",
  params = { tag = param.string { required = true }, fail = param.boolean { default = false } },
  run = function(p)
    step("the step", function() if p.fail then sh.run { "sh", "-c", "exit 3" } end end)
  end,
}
]]

t.test("runs are shown with their parameters, duration and error, and found by them", function()
  local p = projects.new { book = BOOK, other = BOOK }
  t.eq((p:run { "run", "book", "tag=v1" }), 0)
  t.eq((p:run { "run", "book", "tag=v2", "fail=true", "--no-ask" }), 1)
  t.eq((p:run { "run", "other", "tag=v2" }), 0)
  local function lines(...)
    local code, out, err = p:run { "runs", ... }
    t.eq(code, 0, err)
    return out, select(2, out:gsub("[^\n]+", ""))
  end
  local all, count = lines()
  t.eq(count, 3, all)
  t.ok(all:find "book%-%S+ +failed +%S+ %S+ +%d+m?s +%S+ +fail=true tag=v2  ✗ the step: ", all)
  t.eq({ select(2, lines "book"), select(2, lines("book", "--failed")), select(2, lines("--param", "tag=v2")) }, { 2, 1, 2 })
  t.eq({ select(2, lines("--param", "tag=v2", "--param", "fail=true")), select(2, lines("--status", "done,failed")) }, { 1, 3 })
  t.eq({ select(2, lines("--since", "1h")), select(2, lines("--until", "1h")), select(2, lines("--by", "nobody-here")) }, { 3, 0, 0 })
  t.eq({ select(2, lines("--since", "2020-01-01")), select(2, lines("--until", "2020-01-01 10:00")) }, { 3, 0 })
  local _, status = p:run { "status", "book" .. all:match "book(%-%S+) +failed" }
  t.ok(status:find "\n  started: %S+ %S+ by %S+ on %S+; fail=true tag=v2\n", status)
  local one = json.decode((lines("--failed", "--json=id,params,error")))
  t.eq({ one.params, one.status == nil, one.error ~= nil }, { { tag = "v2", fail = true }, true, true })
  t.eq(json.decode((lines("book", "--failed", "--json", "id,status"))).status, "failed")
  t.eq(select(2, lines("--since", "yesterday")), 3)
end)

t.test("a run that failed and was undone says why, is found as failed, and took as long as it was run", function()
  local p = projects.new { book = [[return runbook { on_failure = "undo", run = function()
    step("write", function() fs.write("file", "x") end)
    step("judge", function() if not fs.exists "good" then error "it is bad" end end)
  end }]], ["good-one"] = [[return runbook { run = function() step("write", function() fs.write("file", "x") end) end }]] }
  t.eq((p:run { "run", "book" }), 4)
  t.eq((p:run { "run", "good-one" }), 0)
  local began = task.now()
  local good = p:newest()
  local idle = 1.2 -- seconds
  t.eventually("a while", function() return task.now() - began > idle end)
  t.eq((p:run { "rollback", good }), 0)
  local found = {}
  for line in select(2, p:run { "runs", "--json" }):gmatch "[^\n]+" do
    local one = json.decode(line)
    found[one.runbook] = one
  end
  t.eq({ found.book.status, found.book.error, found.book.step }, { "undone", "it is bad", "judge" })
  t.eq({ found["good-one"].status, found["good-one"].error }, { "undone" })
  local one = found["good-one"]
  local whole = (one.ended_ms - one.started_ms) / 1000
  t.ok(one.duration <= whole - idle, string.format("it took %s s of %s s", one.duration, whole))
  local _, text = p:run { "runs", "--failed" }
  t.ok(text:find "^book%-%S+ +undone .*✗ judge: it is bad", text)
  local _, none, why = p:run { "runs", "--status", "failed" }
  t.eq({ none, why }, { "", "no run is so" }, "that is how it stands now")
  local _, _, guess = p:run { "runs", "--by", "roott" }
  t.has(guess, "no run is so; did you mean root?")
  t.has(select(3, p:run { "rollback", "bok" }), "; did you mean book?")
end)

t.test("a word that is no status, field or time is refused with those that are", function()
  local p = projects.new { book = BOOK }
  p:run { "run", "book", "tag=v1" }
  for _, case in ipairs {
    { { "--status", "faild" }, 'no status "faild"; did you mean failed?' }, { { "--json=statuz" }, 'no field "statuz"' },
    { { "--since", "soon" }, "--since takes a time" }, { { "--param", "tag" }, "--param takes NAME=VALUE" },
    { { "--failed", "--status", "done" }, "give one of them" }, { { "bok" }, 'no run of "bok"; did you mean book?' },
    { { "--json", "status" }, "the field of that name: --json=status" },
  } do
    local code, _, err = p:run { "runs", table.unpack(case[1]) }
    t.eq(code, 2)
    t.has(err, case[2])
  end
end)

t.test("at 40 columns the ids of runs, and the words that are typed with them, stand whole", function()
  local p = projects.new { book = BOOK, ["restart-everything"] = BOOK }
  p:run { "run", "book", "tag=v1", "fail=true", "--no-ask" }
  p:run { "run", "restart-everything", "tag=v1", "fail=true", "--no-ask" }
  local ids, exe = {}, process.exe()
  local _, listed = p:run { "runs", "--json=id" }
  for line in listed:gmatch "[^\n]+" do ids[#ids + 1] = json.decode(line).id end
  t.eq(#ids, 2)
  local pty = ptys.open({ width = 40, height = 60 }, string.format("%s runs; %s status; %s status book", exe, exe, exe), { cwd = p.dir })
  pty:ended()
  local shown = pty.screen:text()
  for _, id in ipairs(ids) do
    local _, count = (shown .. "\n"):gsub("%f[%w]" .. id:gsub("%-", "%%-") .. "[: ]*\n?", "")
    t.ok(count >= 4, string.format("%s stands whole %d times in:\n%s", id, count, shown))
  end
  t.has(shown, "  failed")
  t.has(shown, "  fail=true tag=v1  ✗ the step:")
end)
