local project = require "tests.project"
local t = require "tests.harness"

local source = [[
return runbook {
  params = { fail = param.boolean { default = true } },
  run = function(p)
    local a = step("one", function() sh.run { argv = { "sh", "-c", "echo one >> world" } } return { n = 1 } end)
    step("two", function()
      sh.run { argv = { "sh", "-c", "echo two >> world" } }
      if sh.read { argv = { "cat", "mode" } }.stdout:find "bad" then error { kind = "command", message = "mode is bad" } end
    end)
    step("three", function() sh.run { argv = { "sh", "-c", "echo three" .. a.n .. " >> world" } } end)
  end,
}
]]

local function failed_run()
  local p = project.new { book = source }
  t.write_file(p.dir .. "/mode", "bad")
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1)
  t.has(err, "mode is bad")
  t.has(err, "step:    two")
  t.has(err, "runbooks/book.lua:7")
  return p
end

t.test("a failed run is resumed where it failed, and nothing that was done is done again", function()
  local p = failed_run()
  t.write_file(p.dir .. "/mode", "good")
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "two", "three1" })
end)

t.test("a script that was edited is resumed; what was edited is said", function()
  local p = failed_run()
  t.write_file(p.dir .. "/mode", "good")
  p:edit("book", (source:gsub("n = 1", "n = 2"):gsub("three", "drei")))
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.has(err, "done, but edited since")
  t.eq(p:lines "world", { "one", "two", "drei1" }, "the journalled result of the edited step stands")
end)

t.test("--redo runs a done step again, and all that followed it", function()
  local p = failed_run()
  t.write_file(p.dir .. "/mode", "good")
  p:edit("book", (source:gsub("n = 1", "n = 2")))
  local code, _, err = p:run { "resume", "--redo", "one" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "two", "one", "two", "three2" })
  t.has(err, "to be run again, where the script still gets there:\n  one\n  two\n")
  code, _, err = p:run { "resume", p:newest(), "--redo", "nowhere" }
  t.eq(code, 2)
  t.has(err, "no done step \"nowhere\"")
end)

t.test("an effect whose input was edited after it took place stops the run, both inputs side by side", function()
  local p = failed_run()
  t.write_file(p.dir .. "/mode", "good")
  p:edit("book", (source:gsub("echo two", "echo zwei")))
  local code, _, err = p:run { "resume" }
  t.eq(code, 1)
  t.has(err, "echo two >> world")
  t.has(err, "echo zwei >> world")
  t.has(err, "--redo \"two\"")
  t.eq(p:lines "world", { "one", "two" })
end)

t.test("a step that is gone from the script is said to be", function()
  local p = failed_run()
  t.write_file(p.dir .. "/mode", "good")
  p:edit("book", (source:gsub('step%("one"', 'step("uno"')))
  local code, _, err = p:run { "resume", "--not-renamed", "uno" }
  t.eq(code, 0, err)
  t.ok(err:find "one +gone from the script", err)
  t.ok(err:find "uno +new, next", err)
end)

t.test("a failed run that a later one has overtaken is gone on with only by name", function()
  -- It failed before it did anything, so that it holds no lock.
  local early = source:gsub("params =", 'lock = "world", params ='):gsub("run = function%(p%)", [[%0
    step("zero", function() if fs.read("mode"):find "bad" then error { kind = "command", message = "mode is bad" } end end)]])
  local p = project.new { book = early }
  t.write_file(p.dir .. "/mode", "bad")
  p:run { "run", "book", "--no-ask" }
  local first = p:newest()
  t.write_file(p.dir .. "/mode", "good")
  t.eq((p:run { "run", "book" }), 0)
  local code, _, err = p:run { "resume" }
  t.eq(code, 2, err)
  t.has(err, first)
  t.eq(p:lines "world", { "one", "two", "three1" })
  code, _, err = p:run { "resume", first }
  t.eq(code, 0, err)
  t.has(err, "! " .. first .. " is not the last run on world")
end)

t.test("a sleep that was edited while the run was stopped lasts as long as it says now, from its beginning", function()
  local book = [[return runbook { run = function() sleep("hold on", "10m") end }]]
  local p = project.new { book = book }
  local running = p:spawn { "run", "book", "--plain" }
  running:wait_line "hold on .*left"
  running:kill "INT"
  local code, _, err = running:wait()
  t.eq(code, 130, err)
  p:edit("book", (book:gsub("10m", "10ms")))
  code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.has(err, "lasts 10ms since it began, and no longer 10m")
end)
