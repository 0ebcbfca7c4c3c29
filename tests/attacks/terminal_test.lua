-- Text of a script, a child or a server cannot steer the terminal of whoever looks: not in list, show,
-- check, plan, run, status or log, on a terminal or in a pipe. One line stays one line.
local httpd = require "native.httpd"
local project = require "tests.project"
local t = require "tests.harness"

--- What erases, moves, renames, hides, colours, or turns text round.
local STEERING = {
  erase = "\27[2K", up = "\27[5A", cr = "\rPlan: 0 effects", title = "\27]0;x\7", csi = "\194\1552K", bell = "\7", hidden = "\27[8m",
  red = "\27[31m", bidi = "\u{202e}", joiner = "\u{200d}", filler = "\u{3164}",
  soft = "\u{ad}", variant = "\u{fe0f}", isolate = "\u{2066}", separator = "\u{2028}", raw = "\1552K", tag = "\u{e0041}",
  none = "\u{fffe}", none_either = "\u{fdd0}",
}

local function check_calm(texts)
  for what, text in pairs(texts) do
    t.ok(not text:find "[%z\1-\8\11-\31\127]", what .. " has a control character: " .. string.format("%q", text))
    for name, part in pairs(STEERING) do t.lacks(text, part, what .. " " .. name) end
    t.ok(utf8.len(text), what .. " is no UTF-8")
    local text_shown = what:find "source" and "" or text -- a script's own text is its lines
    for line in text_shown:gmatch "[^\n]+" do
      t.ok(not line:find "^Plan: 0 effects", what .. ": a line was forged")
    end
  end
end

local all = {}
for _, part in pairs(STEERING) do all[#all + 1] = part end
local EVIL = table.concat(all, " ") .. "\nPlan: 0 effects\r\nPlan: 0 effects"

t.test("a script's summary, help, titles, notes and output: in list, show, check, plan, run, status, log", function()
  local p = project.new { book = string.format([[
local evil = %q
return runbook {
  summary = "calm " .. evil, help = "help " .. evil, params = { x = param.string { help = evil, default = evil } },
  run = function(p)
    print(evil)
    step("one", function()
      note(evil)
      sh.run { argv = { "printf", "%%s\n", evil }, title = "title " .. evil }
      sh.run { argv = { "sh", "-c", 'printf "%%s" "$1" >&2; exit 1', "sh", evil } }
    end)
  end,
}]], EVIL), broken = "error(" .. string.format("%q", EVIL) .. ", 0)", raises = string.format(
    "return runbook { run = function() error(setmetatable({ kind = 'x', message = %q, hint = %q }, nil)) end }", EVIL, EVIL) }
  local texts = {}
  for _, words in ipairs { { "list" }, { "list", "--json" }, { "show", "book" }, { "show", "book", "--source" }, { "check" },
    { "plan", "book" }, { "plan", "book", "--json" }, { "plan", "broken" }, { "run", "book", "--no-ask" }, { "status" },
    { "status", "--json" }, { "log" }, { "log", "--json" },
    { "run", "raises", "--no-ask" }, { "status" }, { "runs" }, { "run", "book", EVIL }, { EVIL } } do
    local _, out, err = p:run(words)
    texts[table.concat(words, " "):sub(1, 20) .. " out"], texts[table.concat(words, " "):sub(1, 20) .. " err"] = out, err
  end
  check_calm(texts)
  t.has(texts["list out"], "\\x1b[2K", "what was there is spelt, not lost")
  require("native.json").decode(texts["list --json out"])
end)

t.test("a server's answer", function()
  local server = httpd.listen { port = 0, handler = function(_, response) response:send(500, {}, EVIL) end }
  t.defer(function() server:close() end)
  local p = project.new { book = string.format([[
return runbook { run = function() step("ask", function() http.get { url = "http://127.0.0.1:%d/", retry = { times = 1 } } end) end }]],
    server:port()) }
  local _, plan_out, plan_err = p:run { "plan", "book" }
  local _, out, err = p:run { "run", "book", "--no-ask" }
  local _, status = p:run { "status" }
  check_calm { plan_out = plan_out, plan_err = plan_err, out = out, err = err, status = status }
end)

t.test("in colour, only our own colours pass", function()
  local terminal = require "almanac.base.terminal"
  local line = terminal.paint("text \27[31m of others " .. "\27[8m", "1;31", true)
  t.ok(not line:find("\27[1;31m", 1, true), "a colour has its mark until it is written")
  t.eq(terminal.one_line "a\r\nb\nc", "a\\nb\\nc")
  t.eq(terminal.said "a\nb", "a\n  | b")
  t.eq(terminal.lines { "a\nb", "c" }, "a\n  | b\nc\n")
end)

t.test("a plan's file, the last plan and reports may be printed, what would steer is spelt; the run keeps to the plan", function()
  local p = project.new { book = string.format([[
local evil = %q
return runbook { summary = evil, run = function()
  step("one", function() note(evil) sh.run { argv = { "true", evil }, title = "title " .. evil } end)
end }]], EVIL) }
  t.eq(p:run { "plan", "book", "-o", "plan.json" }, 2)
  t.eq(p:run { "run", "--plan", "plan.json", "--no-ask" }, 0)
  t.eq(p:run { "plan", "book" }, 2)
  for _, form in ipairs { "md", "html", "xml", "json" } do t.eq(p:run { "report", "-o", "report." .. form }, 0) end
  local files = { "plan.json", ".almanac/plan-book.json", "report.md", "report.html", "report.xml", "report.json" }
  for _, file in ipairs(files) do
    local text = t.read_file(p.dir .. "/" .. file)
    t.ok(utf8.len(text), file)
    for name, part in pairs(STEERING) do t.lacks(text, part, file .. " " .. name) end
  end
end)

t.test("the name of a file is no line of ours: one with a control character is refused, and not listed", function()
  local p = project.new {}
  local name = "a\n✓ forged is done\n"
  t.write_file(p.dir .. "/runbooks/" .. name .. ".lua", "return runbook { run = function() end }")
  for _, words in ipairs { { "list" }, { "check" }, { "run", name }, { "show", name }, { "plan", name },
    { "check", "runbooks/" .. name .. ".lua" } } do
    local _, out, err = p:run(words, {})
    t.ok(not ("\n" .. out .. err):find "\n✓ forged", table.concat(words, " ") .. ": " .. out .. err)
  end
end)

--- Names and what they are names of: each as a script's run function.
local NAMED = {
  step = "step(n, function() return 1 end)", below = "step('outer', function() step(n, function() return 1 end) end)",
  branch = "parallel('p', { [n] = function() return 1 end })", parallel = "parallel(n, { a = function() return 1 end })",
  confirm = "confirm(n)", checklist = "checklist(n, { 'x' })", item = "checklist('list', { n })", call = "runbook.call(n)",
  options = "runbook.call('book', {}, { name = n })", guard = "guard(n, { watch = function() return true end }, function() end)",
}
local BAD = { nul = [["a\0b"]], invalid = [["a\255b"]], newline = [["a\n✓ forged"]], escape = [["a\27[2Kb"]], long = [[("x"):rep(1000000)]],
  blanks = [[(" "):rep(1000000) .. "x"]] }

t.test("a name that no journal and no terminal takes: a plan and a run say the same of it, and the journal stays whole", function()
  for what, source in pairs(NAMED) do
    for bad, text in pairs(BAD) do
      local p = project.new { book = "return runbook { run = function() local n = " .. text .. " " .. source .. " end }" }
      local code, _, err = p:run { "plan", "book" }
      local run_code, _, run_err = p:run { "run", "book", "--no-ask" }
      local case = what .. ", " .. bad .. ": " .. err:sub(1, 300) .. run_err:sub(1, 300)
      t.eq(run_code == 1, code == 1, case)
      t.lacks(run_err, "journal", case)
      t.lacks(run_err, "a bug in", case)
      check_calm { plan = err, run = run_err }
      if what == "step" then t.has(select(2, p:run { "log", "--verify" }), "whole", case) end
    end
  end
end)

t.test("the name of a lock and of a parameter are refused in the same way, by everybody who loads them", function()
  for bad, text in pairs(BAD) do
    for what, source in pairs { lock = "lock = n", params = "params = { [n] = param.string { default = 'x' } }" } do
      local p = project.new { book = "local n = " .. text .. " return runbook { " .. source .. ", run = function() end }" }
      for _, command in ipairs { "show", "plan", "run" } do
        local code, out, err = p:run { command, "book" }
        t.ok(code ~= 0, command .. ": " .. what .. ", " .. bad .. out)
        t.has(err, "the name of a " .. (what == "lock" and "lock" or "parameter"), command .. " " .. bad)
        check_calm { [command] = out .. err }
      end
    end
  end
end)

t.test("a padded name does not break into a line of ours, on a terminal of any width", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("a" .. (" "):rep(78) .. "✓ approved by all", function() note((" "):rep(200) .. "✓ done") end)
end }]] }
  local almanac = require("native.process").exe()
  local commands = string.format("stty cols 80; %s run book --no-ask; %s status", almanac, almanac)
  local _, shown = t.run({ "script", "-qec", commands, "/dev/null" }, p:options { TERM = "dumb" })
  for line in shown:gmatch "[^\r\n]+" do t.ok(not line:find "^%s*✓ approved" and not line:find "^%s*✓ done", line) end
  t.has(shown, "↳")
end)
