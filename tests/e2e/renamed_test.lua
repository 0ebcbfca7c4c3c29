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

t.test("a step that was not over is recognised by the steps in it: what they did is not done again", function()
  local p = failed_run()
  p:edit("book", (works:gsub('step%("outer"', 'step("all nodes"')))
  local code, _, err = p:run { "resume" }
  t.eq(code, 2, err)
  t.has(err, 'and "outer", in which steps took place that the new one names, is gone from the script: is it the same step?')
  t.eq(p:lines "world", { "one", "inner" })
  code, _, err = p:run { "resume", "--renamed", "all nodes=outer" }
  t.eq(code, 0, err)
  t.has(err, "✓ all nodes/inner                          done, unchanged\n")
  t.eq(p:lines "world", { "one", "inner", "last" })
end)

t.test("one whose steps are elsewhere in the script stops before the first effect that the gone one has", function()
  local p = failed_run()
  p:edit("book", (works:gsub('step%("outer", function%(%)(.-)\n    end%)\n    step%("last"',
    'step("all nodes", function() nodes() end)\n    step("last"'):gsub("^",
    'local function nodes() step("inner", function() sh.run { argv = { "sh", "-c", "echo inner >> world" } } end) end\n')))
  local code, _, err = p:run { "resume" }
  t.eq(code, 3, err)
  t.has(err, 'step "outer", which is gone from the script, did:')
  t.eq(p:lines "world", { "one", "inner" })
  code, _, err = p:run { "resume", "--not-renamed", "all nodes" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "inner", "inner", "last" }, "that is what was said")
end)

t.test("a step of which only the name was edited is unchanged, whoever said that it is the same", function()
  local p = failed_run()
  p:edit("book", (works:gsub('step%("one"', 'step("eins"')))
  local code, _, err = p:run { "resume", "--renamed", "eins=one" }
  t.eq(code, 0, err)
  t.has(err, '✓ eins                                     done, unchanged; renamed from "one"\n')
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

--- A step "one" that is done, renamed to "eins" and edited by this.
local function renamed_and_edited(edit)
  local p = failed_run()
  p:edit("book", (edit(works:gsub('step%("one"', 'step("eins"'))))
  return p
end

local edits = {
  ["the rest of the step"] = function(text) return text:gsub('"from one"', '"from eins"') end,
  ["its effect's input"] = function(text) return text:gsub("echo one", "echo eins") end,
  ["a call around its effect"] = function(text)
    return text:gsub('sh.run { argv = { "sh", "%-c", "echo one >> world" } }',
      'step("within", function() %0 end)')
  end,
}

t.test("a step that was renamed and edited at once stops before its effect, with the line to write", function()
  for what, edit in pairs(edits) do
    local p = renamed_and_edited(edit)
    for _ = 1, 2 do
      local code, _, err = p:run { "resume", "--no-ask" }
      t.eq(code, 3, what .. ": " .. err)
      t.has(err, 'step "eins" is not in this run, and would do: run sh -c', what)
      t.has(err, 'step "one", which is gone from the script, did: run sh -c', what)
      t.has(err, 'write step("eins", { was = "one" }, …)', what)
      t.has(err, '--renamed "eins=one"', what)
      t.has(err, '--not-renamed "eins"', what)
      t.eq(p:lines "world", { "one", "inner" }, what)
    end
    local code, _, err = p:run { "resume", "--renamed", "eins=one" }
    t.eq(code, 0, what .. ": " .. err)
    t.eq(p:lines "world", { "one", "inner", "last" }, what)
    local _, out = p:run { "status", p:newest() }
    t.eq(select(2, out:gsub("eins", "")), 1, out)
  end
end)

t.test("the line that it asks for is enough; another step is run when that is said", function()
  local p = renamed_and_edited(edits["its effect's input"])
  p:edit("book", (edits["its effect's input"](works:gsub('step%("one", ', 'step("eins", { was = "one" }, '))))
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "inner", "last" })
  p = renamed_and_edited(edits["its effect's input"])
  t.eq((p:run { "resume", "--no-ask" }), 3)
  code, _, err = p:run { "resume", "--not-renamed", "eins" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "inner", "eins", "last" })
end)

t.test("a step that is deleted, and another that has no such effect, are no question", function()
  local p = failed_run()
  p:edit("book", (works:gsub('step%("one", function%(%).-\n    end%)', 'step("eins", function() fs.write("f", "x") end)')))
  local code, _, err = p:run { "resume", "--no-ask" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "inner", "last" })
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

t.test("what the words of a resume say is all looked at before any of it is journalled, and what holds already is no mistake", function()
  local p = failed_run()
  p:edit("book", (works:gsub('step%("one"', 'step("eins"')))
  local code, _, err = p:run { "resume", "--renamed", "eins=one", "--redo", "eyns" }
  t.eq(code, 2)
  t.has(err, 'did you mean "eins"?')
  local _, out = p:run { "status", p:newest() }
  t.lacks(out, "renamed")
  code, _, err = p:run { "resume", "--renamed", "eins=one", "--redo", "eins", "--no-ask" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "one", "inner", "one", "inner", "last" })
  p = failed_run()
  p:edit("book", (source:gsub('step%("one"', 'step("eins"')))
  t.eq((p:run { "resume", "--no-ask", "--renamed", "eins=one" }), 1)
  p:edit("book", (works:gsub('step%("one"', 'step("eins"')))
  code, _, err = p:run { "resume", "--renamed", "eins=one" }
  t.eq(code, 0, err)
end)

t.test("a step that the script has still is not taken for another one", function()
  local p = project.new { book = [[return runbook { run = function()
    step("w", function() sh.run("sh", "-c", "echo x >> world; test -e again || kill -9 $PPID") end)
    step("b", function() fs.write("b", "x") end)
  end }]] }
  p:run { "run", "book", "--no-ask" }
  t.write_file(p.dir .. "/again", "")
  for _, renaming in ipairs { "b=w", "a/b=w" } do
    local code, _, err = p:run { "resume", "--no-ask", "--renamed", renaming }
    t.eq(code, 2, err)
    t.has(err, '--renamed "' .. renaming .. '": the script has step "w" still: they are two')
  end
  t.eq((p:run { "resume", "--no-ask" }), 3)
  local code, _, err = p:run { "resume", "--no-ask", "--in-doubt", "done" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "x" })
end)
