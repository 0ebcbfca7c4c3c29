-- What is typed wrong is refused, and what cannot be written is no success.
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local quiet = { book = 'return runbook { run = function() step("one", function() end) end }' }

t.test("words, values and options that mean nothing are refused with exit code 2", function()
  local p = project.new(quiet)
  t.eq((p:run { "run", "book" }), 0)
  for _, words in ipairs {
    { "list", "x" }, { "runs", "x" }, { "runs", "--limit", "x" }, { "runs", "--json=1" }, { "nope" }, { "--stdlib" },
    { "--stdlib", "/nope", "list" }, { "run", "book", "--params", "nope.yaml" },
  } do
    local code, out, err = p:run(words)
    t.eq(code, 2, table.concat(words, " ") .. "\n" .. err)
    t.eq(out, "")
  end
end)

t.test("a plan that cannot be made is 1, whatever the reason: 2 says that something would change", function()
  local p = project.new { book = [[return runbook { params = { n = param.integer { required = true } },
    run = function(p) if p.n > 1 then step("one", function() fs.write("f", "x") end) end end }]] }
  t.eq((p:run { "plan", "book", "n=1" }), 0)
  t.eq((p:run { "plan", "book", "n=2" }), 2)
  t.write_file(p.dir .. "/bad.yaml", "n: [")
  for _, words in ipairs {
    { "plan" }, { "plan", "nope" }, { "plan", "book" }, { "plan", "book", "n=x" }, { "plan", "book", "n=1", "m=1" },
    { "plan", "book", "--nope" }, { "plan", "book", "--params", "bad.yaml" }, { "plan", "book", "n=1", "-e", "nowhere" },
  } do
    local code, _, err = p:run(words)
    t.eq(code, 1, table.concat(words, " ") .. "\n" .. err)
    words[1] = "run"
    t.eq((p:run(words)), 2, table.concat(words, " "))
  end
end)

t.test("a word that is no command: what was probably meant", function()
  local p = project.new(quiet)
  for word, meant in pairs { rollout = "almanac run rollout", book = "almanac run book", rnu = "almanac run", stauts = "almanac status" } do
    local code, _, err = p:run { word }
    t.eq(code, 2, err)
    t.has(err, "did you mean '" .. meant .. "'?")
  end
  local _, _, err = p:run { "qqqqqq" }
  t.lacks(err, "did you mean")
end)

t.test("--help of every command", function()
  local p = project.new(quiet)
  local _, help = p:run { "--help" }
  for name in help:gmatch "\n  (%l+) " do
    local code, out = p:run { name, "--help" }
    t.eq(code, 0, name)
    t.ok(#out > 0, name)
  end
end)

local function shell(p, script)
  return t.run({ "sh", "-c", script }, { cwd = p.dir, env = { ALMANAC = process.exe(), HOME = p.dir } })
end

t.test("closed standard streams, a full disk and a reader that has enough", function()
  local p = project.new(quiet)
  t.eq((shell(p, "$ALMANAC run book 0<&- 1>&- 2>&-")), 0)
  t.eq((shell(p, "$ALMANAC runs >&-")), 0)
  local code, _, err = shell(p, "$ALMANAC runs > /dev/full")
  t.eq(code, 1)
  t.has(err, "could not be written")
  t.eq((shell(p, "$ALMANAC plan book > /dev/full")), 1, "a plan that nobody saw is none")
  t.eq((shell(p, "$ALMANAC run book --json > /dev/full")), 1, "events that nobody saw are none")
  t.eq((shell(p, "$ALMANAC run book > /dev/full")), 0, "it writes nothing there")
  t.eq((shell(p, "{ $ALMANAC run book; echo $? > code; } 2>&1 | true")), 0)
  t.eq(p:lines "code", { "0" })
  t.has((select(2, p:run { "runs" })), "done")
end)

t.test("a terminal that goes away pauses the run, told twice as it is", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("slow", function() sh.run { argv = { "sh", "-c", "echo begun >&2; sleep 1; echo done > world" } } end)
  step("next", function() sh.run { argv = { "sh", "-c", "echo next >> world" } } end)
end }]] }
  local run = p:spawn { "run", "book" }
  run:wait_line "| begun" -- the line above it names the command too
  run:kill "HUP"
  run:kill "HUP"
  local code, _, err = run:wait()
  t.eq(code, 130, err)
  t.eq(p:lines "world", { "done" })
  t.eq((p:run { "resume" }), 0)
  t.eq(p:lines "world", { "done", "next" })
end)

t.test("a script that takes all memory fails its step, and says so", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("big", function() local all = {} for i = 1, 1e9 do all[i] = ("x"):rep(1000) .. i end end)
end }]] }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 1, err)
  t.has(err, "memory")
  t.has(err, "step:    big")
end)

t.test("Ctrl-C ends what is no run: a script that never finishes loading", function()
  local p = project.new { book = "while true do end" }
  local list = p:spawn { "run", "book" }
  t.eventually("it loads", function() -- processor time is the only sign of a busy loop
    local stat = t.must { "cat", "/proc/" .. list.pid .. "/stat" }
    local ticks = stat:match("%) " .. ("%S+ "):rep(11) .. "(%d+)")
    return (tonumber(ticks) or 0) > 5
  end)
  list:kill "INT"
  t.eq((list:wait(10)), -1)
end)

t.test("what a child prints cannot move the terminal's cursor", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("one", function()
    sh.run { argv = { "sh", "-c", [=[printf "\033[31mred\033[0m \033[2J\tx\r\n\007bell\n"
      printf "\033[1mbad\033[0m\033c\n" >&2; exit 1]=] } }
  end)
end }]] }
  local _, _, err = p:run { "run", "book" }
  t.has(err, "| red \tx\n")
  t.has(err, "| \\x07bell\n")
  t.has(err, "| bad\\x1bc\n")
  t.ok(not err:find "\27", err)
end)

t.test("a script may begin with a byte order mark and a line for the shell; its lines keep their numbers", function()
  local mark = "\239\187\191"
  for _, top in ipairs { mark, "#!/usr/bin/env almanac\n", mark .. "#!/usr/bin/env almanac\n" } do
    local p = project.new {
      book = top .. 'local lib = require "lib.l"\nreturn runbook { run = function() step("a", function() error(lib) end) end }\n',
    }
    require("native.fs").mkdir(p.dir .. "/runbooks/lib")
    p:edit("lib/l", mark .. 'return "told"\n')
    t.eq((p:run { "check" }), 0)
    local code, _, err = p:run { "run", "book", "--no-ask" }
    t.eq(code, 1)
    t.has(err, "told")
    t.has(err, "book.lua:" .. (top:find "#" and 3 or 2))
  end
end)

t.test("a step that raises a table without a message says what is in it", function()
  local p = project.new { book = 'return runbook { run = function() step("a", function() error { code = 5 } end) end }' }
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1)
  t.has(err, "an error without a message: code = 5")
  t.has(err, "book.lua:1")
end)

t.test("almanac help says what a command takes, or a runbook; what is neither is guessed", function()
  local p = project.new { book = "return runbook { params = { n = param.integer { help = 'how many' } }, run = function() end }" }
  local _, run_help = p:run { "run", "--help" }
  local code, out = p:run { "help", "run" }
  t.eq({ code, out }, { 0, run_help })
  code, out = p:run { "help", "book" }
  t.eq(code, 0)
  t.has(out, "n  integer  optional  how many")
  local err
  code, out, err = p:run { "help", "rnu" }
  t.eq({ code, out }, { 2, "" })
  t.has(err, "did you mean 'almanac run'?")
  code, _, err = p:run { "run", "--jsno" }
  t.eq(code, 2)
  t.has(err, "no option --jsno; did you mean --json?")
  code, _, err = p:run { "status", "a", "b" }
  t.eq({ code, err:match "^[^\n]*" }, { 2, "usage: almanac status [RUN]" })
end)
