-- A step that is done is renamed while the run is stopped: it is recognised, asked about, and not done again.
local project = require "tests.project"
local t = require "tests.harness"

local source = [[
return runbook {
  run = function()
    step("one", function()
      sh.run { argv = { "sh", "-c", "echo one >> world" } }
      return "from one"
    end)
    step("outer", function()
      step("inner", function() sh.run { argv = { "sh", "-c", "echo inner >> world" } } end)
      step("fails", function() error { kind = "command", message = fs.read "mode" } end)
    end)
    step("last", function() sh.run { argv = { "sh", "-c", "echo last >> world" } } end)
  end,
}
]]
local works = source:gsub("error {.-end%)", "fs.read 'mode' end)")

local function failed_run()
  local p = project.new { book = source }
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  t.eq(p:lines "world", { "one", "inner" })
  return p
end

t.test("in a pipe a renamed step is refused, with the words that answer", function()
  local p = failed_run()
  p:edit("book", (works:gsub('step%("one"', 'step("eins"')))
  local code, _, err = p:run { "resume" }
  t.eq(code, 2, err)
  for _, words in ipairs { 'step "eins" is not in this run', '--renamed "eins=one"', '--not-renamed "eins"', 'was = "one"' } do
    t.has(err, words)
  end
  t.eq(p:lines "world", { "one", "inner" })
  code, _, err = p:run { "resume" }
  t.eq(code, 2, "a second time as the first: " .. err)
  code, _, err = p:run { "resume", "--renamed", "eins=one" }
  t.eq(code, 0, err)
  t.has(err, 'renamed from "one"')
  t.eq(p:lines "world", { "one", "inner", "last" })
  local _, out = p:run { "status", p:newest() }
  t.has(out, "eins")
end)

t.test("another step is run when that is said, and not asked about again", function()
  local p = failed_run()
  p:edit("book", (works:gsub('step%("one"', 'step("eins"')))
  local code, _, err = p:run { "resume", "--not-renamed", "eins" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "inner", "one", "last" })
end)

t.test("was = declares it", function()
  local p = failed_run()
  p:edit("book", (works:gsub('step%("one", function', 'step("eins", { was = "one" }, function')))
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.has(err, 'renamed from "one"')
  t.eq(p:lines "world", { "one", "inner", "last" })
end)

t.test("a step that contains others takes them along; one that is met only later is asked about then", function()
  local p = failed_run()
  p:edit("book", (works:gsub('step%("one"', 'step("new", function() return 1 end)\n%0'):gsub('"one"', '"eins"')
    :gsub('step%("inner"', 'step("innen"')))
  local code, _, err = p:run { "resume" }
  t.eq(code, 3, err)
  t.has(err, '--renamed "eins=one"')
  t.eq(p:lines "world", { "one", "inner" })
  code, _, err = p:run { "resume", "--renamed", "eins=one" }
  t.eq(code, 2, err)
  t.has(err, '--renamed "outer/innen=outer/inner"')
  code, _, err = p:run { "resume", "--renamed", "outer/innen=outer/inner" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "inner", "last" })
end)

t.test("what a renamed step did is taken back once", function()
  local undoable = source:gsub('step%("one", ', [[%0{
      undo = function() sh.run { argv = { "sh", "-c", "echo off >> world" } } end }, ]])
  local p = project.new { book = undoable }
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  p:edit("book", (undoable:gsub('"one"', '"eins"')))
  t.eq((p:run { "resume", "--no-ask", "--renamed", "eins=one" }), 1)
  local code, _, err = p:run { "rollback", p:newest() }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "inner", "off" })
end)

t.test("a step that failed after its effect is recognised too: the effect is not made again", function()
  local book = [[
return runbook {
  run = function()
    step("first", function()
      sh.run { argv = { "sh", "-c", "echo first >> world" } }
      if fs.read("mode"):find "bad" then error { kind = "command", message = "bad" } end
    end)
  end,
}
]]
  local p = project.new { book = book }
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  t.write_file(p.dir .. "/mode", "good")
  p:edit("book", (book:gsub('"first"', '"erst"', 1)))
  local code, _, err = p:run { "resume" }
  t.eq(code, 2, err)
  t.has(err, '--renamed "erst=first"')
  code, _, err = p:run { "resume", "--renamed", "erst=first" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "first" })
end)

t.test("an unedited script with many steps of one source is not asked about", function()
  local p = project.new { book = [[
return runbook {
  run = function()
    local function go() if fs.read "mode" == "bad" then error { kind = "command", message = "bad" } end end
    for _, name in ipairs { "a", "b" } do step("early " .. name, function() return 1 end) end
    step("go", go)
    for _, name in ipairs { "a", "b" } do step("late " .. name, function() return 1 end) end
  end,
}
]] }
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  t.write_file(p.dir .. "/mode", "good")
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
end)

t.test("--renamed with what is no pair of steps is refused", function()
  local p = failed_run()
  p:edit("book", works)
  local code, _, err = p:run { "resume", "--renamed", "eins=nothing" }
  t.eq(code, 2, err)
  t.has(err, '"new=old"')
end)
