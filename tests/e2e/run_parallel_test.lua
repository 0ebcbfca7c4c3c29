local project = require "tests.project"
local t = require "tests.harness"

t.test("a failed branch cancels its siblings, and their processes are gone", function()
  local p = project.new { book = [[
return runbook { run = function()
  parallel("both", {
    a = function() sh.read { argv = { "sh", "-c", "echo $$ > pid; exec sleep 1000" } } end,
    b = function()
      sh.read { argv = { "sh", "-c", "until test -s pid; do :; done" } }
      error { kind = "command", message = "b is broken" }
    end,
  })
end }]] }
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1)
  t.has(err, "b is broken")
  local pid = p:lines("pid")[1]
  t.eq(require("native.fs").exists("/proc/" .. pid), false, "the sleep")
end)

t.test("branches are in the order in which people read their names", function()
  local p = project.new { book = [[
return runbook { run = function()
  local branches = {}
  for i = 1, 11 do branches["gate " .. i] = function() if i == 11 and not fs.exists "good" then error "no" end end end
  parallel("gates", branches)
end }]] }
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  local names = {}
  for name in select(2, p:run { "status" }):gmatch "gate (%d+)" do names[#names + 1] = name end
  t.eq(table.concat(names, " ", 1, 11), "1 2 3 4 5 6 7 8 9 10 11")
end)

t.test("the digest of a parallel is that of the journals of before", function()
  local p = project.new { book = [[return runbook { run = function()
    parallel("both", { ["b 10"] = function() end, ["b 9"] = function() end })
  end }]] }
  t.eq((p:run { "run", "book" }), 0)
  local _, log = p:run { "log", "--json" }
  t.has(log, [["digest":"b 10\nb 9"]])
end)

t.test("limit bounds how many run at once", function()
  local p = project.new { book = [[
return runbook { run = function()
  local now, most, branches = 0, 0, {}
  for i = 1, 6 do
    branches["b" .. i] = function()
      now = now + 1
      most = math.max(most, now)
      sh.read { argv = { "true" } }
      now = now - 1
    end
  end
  parallel("six", branches, { limit = 2 })
  step("most", function() note("most " .. most) end)
end }]] }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  t.has(err, "most 2")
end)

t.test("a timeout ends a step, keeps the child's output, and says what it was", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("slow", { timeout = "200ms" }, function() sh.read { argv = { "sh", "-c", "echo begun; exec sleep 1000" } } end)
end }]] }
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1)
  t.has(err, "not done within")
  t.has(err, "begun")
end)

t.test("retry runs a step again after its delay, and then gives up", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("flaky", { retry = { times = 3, delay = "10ms" } }, function()
    sh.run { argv = { "sh", "-c", "echo x >> tries; test $(wc -l < tries) -ge 3" } }
  end)
end }]] }
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 0, err)
  t.eq(#p:lines "tries", 3)
end)

t.test("a resume calls no parallel edited that is as it was, whatever its names hold", function()
  local source = [[
return runbook { run = function()
  parallel("two", { a = function() note "a" end, b = function() note "b" end })
  parallel("odd", { ["é \"quoted\""] = function() note "c" end, ["back\\slash"] = function() note "d" end, tab = function() end })
  step("last", function()
    if sh.read("cat", "mode").stdout:find "bad" then error { kind = "command", message = "bad" } end
  end)
end }]]
  local p = project.new { book = source }
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  local code, _, err = p:run { "resume", "--no-ask" }
  t.eq(code, 1)
  for _, name in ipairs { "two", "odd" } do t.ok(err:find("✓ " .. name .. " +done, unchanged"), err) end
  t.lacks(err, "edited since")
  p:edit("book", (source:gsub("note \"b\"", "note \"other\"")))
  t.write_file(p.dir .. "/mode", "good")
  code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.ok(err:find "two.* done, but edited since", err)
  t.ok(err:find "✓ odd +done, unchanged", err)
end)

t.test("the undo of a step in a done branch is not lost", function()
  local p = project.new { book = [[
return runbook { run = function()
  parallel("both", {
    a = function()
      step("x", { undo = function() sh.run { argv = { "sh", "-c", "echo undone >> log" }, idempotent = true } end }, function() end)
    end,
    b = function() return 1 end,
  })
end }]] }
  t.eq(p:run { "run", "book" }, 0)
  local code, _, err = p:run { "rollback", p:newest() }
  t.eq(code, 0, err)
  t.eq(p:lines "log", { "undone" })
end)
