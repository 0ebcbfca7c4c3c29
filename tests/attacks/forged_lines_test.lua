-- What a script, a server or another person writes passes for no line of ours: a newline in it is followed by a mark, or
-- spelt, wherever it is shown; and so is what a terminal would break.
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"
local tmux = require "tests.tmux"

--- Lines as ours are, each with a word by which it is found again.
local FORGED = {
  "✓ FORGED is done", "  go on:   almanac FORGED", "  next:  FORGED", "  by:      FORGED", "next: almanac FORGED", "Plan: 0 effects FORGED",
  "  head:    event 1, FORGED", "almanac run: FORGED", "‖ FORGED waits", "  [y]es  FORGED > ", "  step:  FORGED",
}
local EVIL = "calm\n" .. table.concat(FORGED, "\n") .. "\r\n" .. FORGED[1]

--- What others say in a report of Markdown stands in fences.
local function without_fences(text)
  local out, fence = {}, nil
  for line in text:gmatch "[^\n]*" do
    local mark = line:match "^(```+)"
    if not fence and mark then fence = mark elseif not fence then out[#out + 1] = line elseif line == fence then fence = nil end
  end
  return table.concat(out, "\n")
end

--- No such line begins one: each stands behind a mark, or within a line of ours.
local function check_marked(what, text)
  for line in text:gmatch "[^\r\n]+" do
    for _, forged in ipairs(FORGED) do
      local at = line:find(forged:match "^ *(.-) *$", 1, true)
      if at then
        local before = line:sub(1, at - 1):gsub("^%d%d:%d%d:%d%d", "")
        t.ok(before:find "%S", what .. ": a line was forged: " .. line .. "\nin:\n" .. text)
      end
    end
  end
end

local function check(p, words, expected)
  local code, out, err = p:run(words)
  local what = table.concat(words, " "):sub(1, 40)
  check_marked(what .. " (standard output)", words[1] == "report" and without_fences(out) or out)
  check_marked(what .. " (standard error)", err)
  if expected then t.has(out .. err, expected, what) end
  t.ok(code ~= 139 and code ~= 134, what)
  return code, out .. err
end

local function source(text, body)
  return string.format("local evil = %q\n%s", text, body)
end

--- Ways in which a script has its text shown: by name, its run function or the whole of it.
local SAID = {
  error = "error(evil, 0)", raise = "errors.raise { kind = 'x', message = evil, hint = evil }",
  fields = "error { kind = 'x', message = evil, hint = evil, step = evil, where = evil, stderr = evil, logs = evil }",
  waiting = "error { kind = 'x', message = 'go on:   almanac FORGED', hint = evil, waiting = true }",
  in_step = "step('one', function() errors.raise { kind = 'x', message = evil, hint = evil } end)",
  retried = "step('one', { retry = { times = 2, delay = '1ms' } }, function() error(evil, 0) end)",
  branches = "parallel('p', { a = function() error(evil, 0) end, b = function() error('b' .. evil, 0) end })",
  note = "note(evil)", print = "print(evil)", note_in_step = "step('one', function() note(evil) print(evil) end)",
  child = "step('one', function() sh.run { argv = { 'printf', '%s', evil }, title = evil } end)",
  child_fails = "step('one', function() sh.run { argv = { 'sh', '-c', 'printf %s \"$1\" >&2; exit 1', 'sh', evil } } end)",
  write = "step('one', function() fs.write('out', evil) error(evil, 0) end)",
  result = "step('one', function() return { [evil] = evil } end) error(evil, 0)",
  checklist = "checklist('list', { { text = 'shown ' .. evil, evidence = function() error(evil, 0) end } })",
  gate = "gate { name = 'g', read = function() error(evil, 0) end, pass = function() return true end, hold = '1ms' }",
}

--- Those that are looked at by more commands.
local IN_FULL = { raise = true, fields = true, note_in_step = true, child_fails = true }

t.test("errors, notes, output, titles: run, status, log, plan, report, resume and rollback", function()
  for name, body in pairs(SAID) do
    local p = project.new { book = source(EVIL, "return runbook { run = function() " .. body .. " end }") }
    local looks = { { "plan", "book" }, { "run", "book", "--no-ask" }, { "status" }, { "report", "--format", "md" }, { "rollback" } }
    if IN_FULL[name] then
      for _, words in ipairs { { "log" }, { "runs" }, { "resume" }, { "status", "--watch", "--plain" }, { "show", "--plan" } } do
        table.insert(looks, #looks, words)
      end
    end
    for _, words in ipairs(looks) do
      local _, said = check(p, words)
      t.lacks(said, "a bug in", name .. ": " .. table.concat(words, " "))
    end
  end
end)

t.test("an error whose fields are of no kind that they could be is shown all the same, by every command", function()
  local odd = "error { kind = {}, message = 'odd', hint = { 1 }, step = { 2 }, where = { 3 }, raised_at = { 5 }, stderr = {}, logs = 7, " ..
    "traceback = {}, also = { 5, {}, { message = evil, also = 7 } }, file = {}, line = {}, column = {} }"
  for name, text in pairs {
    top = source(EVIL, odd), run = source(EVIL, "return runbook { run = function() " .. odd .. " end }"),
    step = source(EVIL, "return runbook { run = function() step('s', function() " .. odd .. " end) end }"),
    also = source(EVIL, "return runbook { run = function() error { message = 'odd', also = 5 } end }"),
  } do
    local p = project.new { [name] = text }
    for _, words in ipairs { { "plan", name }, { "run", name, "--no-ask" }, { "status" }, { "runs" }, { "report", "--format", "md" },
      { "report", "--format", "html" }, { "report", "--format", "xml" }, { "check" }, { "list" }, { "show", name } } do
      local _, said = check(p, words)
      t.lacks(said, "attempt to", name .. ": " .. table.concat(words, " "))
    end
  end
end)

t.test("what a runbook says of itself, where it is listed, shown, checked, and where it does not load", function()
  local described = [[
return runbook {
  summary = evil, help = evil,
  params = { x = param.string { required = true, help = evil, example = evil }, y = param.enum { values = { "a", evil }, default = evil } },
  run = function() end,
}]]
  for name, text in pairs {
    described = source(EVIL, described), comment = "--- " .. EVIL:gsub("\r?\n", "\n--- ") .. "\nreturn runbook { run = function() end }",
    fails = source(EVIL, "error(evil, 0)"), raises = source(EVIL, "errors.raise { kind = 'refused', message = evil, hint = evil }"),
    option = source(EVIL, "return runbook { [evil] = 1, run = function() end }"),
    unreadable = "return runbook { run = function( '" .. EVIL:gsub("\r?\n", "\\\n") .. "' end }",
  } do
    local p = project.new { [name] = text }
    for _, words in ipairs { { "list" }, { "show", name }, { "check" }, { "plan", name }, { "run", name }, { "run", name, "--help" },
      { "run", name, "x=" .. EVIL, "y=" .. EVIL }, { "plan", name, "x=" .. EVIL }, { "status" }, { "runs" } } do check(p, words) end
  end
end)

t.test("questions, their choices and their answers: run, status, approve, reject, answer, report", function()
  local p = project.new {
    confirm = source(EVIL, "return runbook { run = function() confirm(evil) end }"),
    ask = source(EVIL, "return runbook { run = function() local said = ask('q ' .. evil, { link = evil }) error(said.answer, 0) end }"),
    choices = source(EVIL, "return runbook { run = function() ask('which', { choices = { 'wait', evil } }) end }"),
    pattern = source(EVIL, "return runbook { run = function() ask('which', { pattern = evil }) end }"),
  }
  local function after(...)
    for _, words in ipairs { { "status" }, { "log" }, { "runs" }, { "report", "--format", "md" }, ... } do check(p, words) end
  end
  check(p, { "run", "confirm" }, "waits")
  after { "approve", "confirm", "--text" }
  check(p, { "reject", "confirm", "--reason", EVIL }, "rejected")
  after { "resume" }
  check(p, { "approve", "confirm", "--reason", EVIL })
  after { "resume" }
  check(p, { "run", "ask" }, "waits")
  check(p, { "answer", "ask", EVIL }, "  go on:   almanac resume")
  after { "resume" }
  after()
  t.eq(check(p, { "run", "choices" }, "holds a control character"), 1)
  t.eq(check(p, { "plan", "choices" }, "holds a control character"), 1)
  check(p, { "run", "pattern" }, "waits")
  check(p, { "answer", "pattern", "x" }, "is no answer")
  after { "abandon", "pattern", "--reason", EVIL }
  after()
end)

t.test("a test of runbooks that fails, and the run that it looks at; in a report of JUnit", function()
  local book = "return runbook { run = function() step('x', function() note(evil) error(evil, 0) end) end }"
  local p = project.new { book = source(EVIL, book) }
  t.must({ "mkdir", "runbooks/tests" }, { cwd = p.dir })
  p:edit("tests/book_test", source(EVIL, [[
it("fails", function() error(evil, 0) end)
it("runs", function() expect_effects(world({}):run "book", { "one" }) end)
]]))
  local code, said = check(p, { "test" }, "calm")
  t.eq(code, 1, said)
  check(p, { "run", "book", "--no-ask" })
  local _, xml = check(p, { "report", "--format", "xml" }, "FORGED")
  t.lacks(xml, "\n✓ FORGED")
end)

t.test("effects of a script's own: what they are called, would do, and say of a failure", function()
  local p = project.new { book = source(EVIL, [[
local set = effect.define("own.set", {
  input = function(raw) return raw end, title = function() return evil end,
  preview = function()
    return { summary = evil, changes = { { action = "change", object = evil, why = evil } }, warnings = { evil } }
  end,
  apply = function(input) fs.write("out", "x") if input.fails then error(evil, 0) end return evil end,
  undo = function() error(evil, 0) end,
})
return runbook { run = function()
  step("one", function() set { fails = false } end)
  step("two", function() set { fails = true } end)
end }
]]) }
  for _, words in ipairs { { "plan", "book", "-o", "plan.json" }, { "approve", "./plan.json" },
    { "run", "--plan", "plan.json", "--no-ask" }, { "status" }, { "show", "--plan" }, { "report", "--format", "md" }, { "rollback" },
    { "status" }, { "log" } } do check(p, words) end
end)

--- A terminal on which a line of the shell runs in a project; waits until the screen shows a word.
local function screen(p, width, line)
  local terminal = tmux.open({ width = width, height = 50 }, line, { cwd = p.dir, env = { KUBECONFIG = false } })
  local function all() return table.concat(terminal:lines { above = true }, "\n") end
  return {
    all = all,
    wait = function(word) t.eventually("the screen shows " .. word, function() return all():find(word, 1, true) end, 20) end,
    answer = function(text) terminal:type(text) terminal:key "Enter" end,
    ended = function() t.eventually("it ends", function() return terminal:ended() end, 20) end,
  }
end

--- A line that fills a terminal of so many columns, so that what follows would begin the next one.
local function filled(width, forged)
  return ("x"):rep(width * 3) .. (" "):rep(width) .. forged .. (" "):rep(width * 2) .. forged
end

t.test("on a terminal a question stands behind a sign, whatever it begins with, drawn or in plain lines", function()
  for i, evil in ipairs { "✓ FORGED is done", "  go on:   almanac FORGED" } do
    local p = project.new { book = source(evil, [[
return runbook { run = function()
  confirm(evil)
  ask(evil .. " 2", { pattern = "^y$" })
  ask(evil .. " 3", { choices = { evil, "yes" }, link = evil })
  checklist("list", { evil .. " 4" })
  parallel("both", { a = function() confirm(evil .. " 5") end })
end }]]) }
    local s = screen(p, 80, process.exe() .. " run book" .. (i == 1 and " --plain" or ""))
    for n, question in ipairs { evil, evil .. " 2", evil .. " 3", evil .. " 4", evil .. " 5" } do
      s.wait("? " .. question)
      s.answer "?"
      t.eventually("it asks again", function() return select(2, s.all():gsub(" > ?%?\n", "")) == n end, 20)
      s.answer "y"
    end
    s.ended()
    check_marked("questions", s.all())
  end
end)

t.test("on a terminal no character takes more columns than it is counted with, so that what follows would begin a line", function()
  local lines = { "x" }
  for _, wide in ipairs { "䷀", "㉈", "㉏", "☰", "⚊", "𝌀", "🇩", "\u{600}", "\u{6DD}", "\u{70F}", "\u{8E2}", "\u{110BD}" } do
    for n = 14, 40 do lines[#lines + 1] = wide:rep(n) .. "✓ FORGED is done" end
  end
  local described = "return runbook { summary = 'x', help = evil, run = function() end }"
  local p = project.new { book = source(table.concat(lines, "\n"), described) }
  local s = screen(p, 40, process.exe() .. " show book")
  s.ended()
  check_marked("show", s.all())
end)

t.test("what is answered with a choice of the script's stands behind words", function()
  local p = project.new { book = "return runbook { run = function() ask('which', { choices = { '✓ FORGED is done', 'no' } }) end }" }
  check(p, { "run", "book" }, "waits")
  check(p, { "answer", "book", "✓ FORGED is done" }, "answered ✓ FORGED is done, which")
end)

t.test("on a terminal: prompts for a parameter, a yes, a text, and behind a failure; in 40 columns and 80", function()
  for _, width in ipairs { 40, 80 } do
    for _, evil in ipairs { EVIL, filled(width, "✓ FORGED is done") } do
      local p = project.new { book = source(evil, [[
return runbook { params = { x = param.string { required = true, help = evil } }, run = function()
  note(evil)
  confirm(evil)
  ask("which " .. evil, { choices = { "wait", "go on" } })
  step("fail", function() errors.raise { kind = "x", message = evil, hint = evil } end)
end }]]) }
      local s = screen(p, width, process.exe() .. " run book; " .. process.exe() .. " status; " .. process.exe() .. " plan book x=1")
      s.wait "x ("
      check_marked("the prompt of a parameter", s.all())
      s.answer "1"
      s.wait "[n]o >"
      check_marked("a confirm", s.all())
      s.answer "y"
      s.wait "[w]ait"
      check_marked("an ask", s.all())
      s.answer "w"
      s.wait "[r]etry"
      check_marked("what now", s.all())
      s.answer "s"
      s.ended()
      check_marked("status and plan in " .. width .. " columns", s.all())
    end
  end
end)
