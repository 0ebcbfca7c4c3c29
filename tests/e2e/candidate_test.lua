-- resume and rollback without a run: asked about on a terminal, and no guess where nobody can be asked.
local process = require "native.process"
local project = require "tests.project"
local ptys = require "tests.pty"
local t = require "tests.harness"

local BOOK = [[
return runbook {
  params = { to = param.string { default = "x" } },
  run = function(p)
    step("act", {
      undo = function() sh.run { argv = { "sh", "-c", "echo undone " .. p.to .. " >> log" } } end,
    }, function() sh.run { argv = { "sh", "-c", "echo acted " .. p.to .. " >> log" } } end)
    step("hold", function()
      if p.to == "long" then sh.read { argv = { "sh", "-c", "echo > holding; until [ -e go ]; do sleep 0.05; done" } } end
    end)
    step("judge", function() if fs.exists "bad" then error "bad" end end)
  end,
}]]

local LOOK = 'return runbook { run = function() step("look", function() return fs.exists "x" end) end }'

local function new()
  return project.new { book = BOOK, look = LOOK }
end

local function must(p, words, want)
  local code, out, err = p:run(words)
  t.eq(code, want, table.concat(words, " ") .. "\n" .. out .. err)
  return err
end

local function failed(p, to)
  t.write_file(p.dir .. "/bad", "")
  must(p, { "run", "book", "to=" .. to }, 1)
  t.must { "rm", p.dir .. "/bad" }
  return p:newest()
end

--- almanac WORDS on a terminal, whose question is answered with this line when it is there.
local function on_terminal(p, words, answer)
  local line = process.exe() .. " " .. table.concat(words, " ") .. " --plain"
  local pty = ptys.open({ width = 120, height = 50 }, line, { cwd = p.dir, env = p:options().env })
  pty:wait "%[n%]o >"
  pty:type(answer .. "\r")
  local code = pty:ended()
  return code, (pty:bytes():gsub("\r", ""))
end

t.test("in a pipe the only candidate is taken; runs that only looked are none for a rollback", function()
  local p = new()
  local id = failed(p, "a")
  must(p, { "run", "look" }, 0)
  must(p, { "run", "look" }, 0)
  t.has(must(p, { "rollback" }, 0), "undo act")
  t.eq(p:lines "log", { "acted a", "undone a" })
  t.has(must(p, { "rollback" }, 2), "no run to roll back")
  t.has(must(p, { "resume" }, 2), "no run to resume")
  t.has(must(p, { "rollback", id }, 0), "nothing to undo")
end)

t.test("in a pipe several candidates are listed, and nothing is done", function()
  local p = new()
  local a, b = failed(p, "a"), failed(p, "b")
  for _, command in ipairs { "resume", "rollback" } do
    local err = must(p, { command }, 2)
    t.has(err, "there are several runs")
    t.has(err, a .. "  failed, ")
    t.has(err, b .. "  failed, ")
    t.has(err, "almanac " .. command .. " RUN")
  end
  t.eq(p:lines "log", { "acted a", "acted b" })
end)

t.test("a name that fits several means the only one that is left to take back, or to resume", function()
  local p = new()
  local a, b = failed(p, "a"), failed(p, "b")
  t.has(must(p, { "rollback", "book" }, 2), '"book" fits several runs to roll back')
  must(p, { "rollback", a }, 0)
  t.has(must(p, { "rollback", "book" }, 0), "undo act")
  t.eq(p:lines "log", { "acted a", "acted b", "undone a", "undone b" })
  t.has(must(p, { "rollback", "book" }, 2), '"book" fits several runs, and none to roll back\n')
  local c = failed(p, "c")
  t.has(must(p, { "resume", "book" }, 0), c)
  t.has(must(p, { "resume", b }, 2), "was rolled back")
end)

t.test("a word within an id names no run: nothing is done, and nothing shown, by chance", function()
  local p = project.new { slow = BOOK, move = BOOK }
  must(p, { "run", "slow" }, 0)
  must(p, { "run", "move" }, 0)
  local id = p:newest()
  for _, command in ipairs { "rollback", "resume", "approve", "reject", "status", "log", "report", "verify" } do
    for _, word in ipairs { "lo", "ov", "2026" } do
      local err = must(p, { command, word }, 2)
      t.has(err, string.format("no run %q", word))
      t.has(err, "its id, the beginning or the last digits of that, or its runbook")
    end
  end
  must(p, { "abandon", "ov", "--reason", "none" }, 2)
  must(p, { "answer", "ov", "yes" }, 2)
  t.eq(p:lines "log", { "acted x", "acted x" })
  t.has(must(p, { "rollback", id:match "%x+$" }, 0), "rollback-of-move")
  must(p, { "rollback", id:sub(1, -3) }, 0)
end)

t.test("a runbook's name is its newest run to who looks, and the one that waits, or is not over, to who answers or gives up", function()
  local p = project.new { ask = 'return runbook { run = function() confirm "on" step("a", { undo = print }, function() end) end }' }
  must(p, { "run", "ask" }, 3)
  local first = p:newest()
  must(p, { "approve", "ask" }, 0)
  must(p, { "resume", "ask" }, 0)
  must(p, { "run", "ask" }, 3)
  local second = p:newest()
  for _, command in ipairs { "status", "report", "log" } do
    local code, out = p:run { command, "ask" }
    t.eq(code, 0)
    t.has(out, command == "log" and "confirm.asked" or second)
    t.lacks(out, first)
  end
  must(p, { "approve", "ask" }, 0)
  must(p, { "resume", "ask" }, 0)
  must(p, { "rollback", first }, 0)
  must(p, { "run", "ask" }, 3)
  must(p, { "reject", "ask" }, 0)
  must(p, { "resume", "ask" }, 1)
  must(p, { "abandon", "ask", "--reason", "enough" }, 0)
  must(p, { "abandon", "ask", "--reason", "enough" }, 2)
end)

t.test("a run that is under way is never meant, nor one that is older than it, unasked", function()
  local p = new()
  local a = failed(p, "a")
  local child = p:spawn { "run", "book", "to=long" }
  t.eventually("it holds", function() return t.read_file(p.dir .. "/holding") end)
  local long = p:newest()
  t.has(must(p, { "resume" }, 2), long .. " is under way, and the run to resume is an older one")
  t.has(must(p, { "rollback" }, 2), a)
  t.write_file(p.dir .. "/go", "")
  t.eq(child:wait(), 0)
  must(p, { "resume" }, 0)
end)

t.test("a run whose rollback was stopped is gone on with by that rollback alone, which a bare rollback finds again", function()
  local p = new()
  failed(p, "a")
  p:edit("book", (BOOK:gsub("undo = function%(%)", '%0 if fs.exists "stuck" then error "stuck" end')))
  t.write_file(p.dir .. "/stuck", "")
  must(p, { "rollback" }, 1)
  t.has(must(p, { "rollback" }, 1), "going on with rollback-of-book")
  t.must { "rm", p.dir .. "/stuck" }
  must(p, { "resume" }, 0)
  t.eq(p:lines "log", { "acted a", "undone a" })
end)

t.test("on a terminal the newest is shown and asked about", function()
  local p = new()
  local a, b = failed(p, "a"), failed(p, "b")
  local code, out = on_terminal(p, { "rollback" }, "n")
  t.eq(code, 2, out)
  t.has(out, b .. "\n  runbook: book to=b\n  status:  failed\n  started: 20")
  t.has(out, "\n  by:      ")
  t.has(out, "undo would, newest first:\n  ↩ act: its undo", "what it would take back")
  t.ok(out:find("↩ act", 1, true) < out:find("Roll this run back?", 1, true), "it is shown before it is asked")
  t.lacks(out, a)
  t.eq(p:lines "log", { "acted a", "acted b" })
  code, out = on_terminal(p, { "rollback" }, "y")
  t.eq(code, 0, out)
  t.eq(p:lines "log", { "acted a", "acted b", "undone b" })
  code, out = on_terminal(p, { "resume" }, "no")
  t.eq(code, 2, out)
  t.eq(p:lines "log", { "acted a", "acted b", "undone b" })
  code, out = on_terminal(p, { "resume" }, "yes")
  t.eq(code, 0, out)
  t.has(out, a .. "\n  runbook: book to=a")
  t.ok(out:find("✓ act +done, unchanged") < out:find("Resume this run?", 1, true), "what it will do is shown before it is asked")
end)
