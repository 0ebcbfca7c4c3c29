-- Text of a script, a child or a server cannot steer the terminal of whoever looks: not in list, show,
-- check, plan, run, status or log, on a terminal or in a pipe. One line stays one line.
local httpd = require "native.httpd"
local project = require "tests.project"
local t = require "tests.harness"

--- What erases, moves, renames, hides, colours, or turns text round.
local STEERING = {
  erase = "\27[2K", up = "\27[5A", cr = "\rPlan: 0 effects", title = "\27]0;x\7", csi = "\194\1552K", bell = "\7", hidden = "\27[8m",
  red = "\27[31m", bidi = "\u{202e}", isolate = "\u{2066}", separator = "\u{2028}", raw = "\1552K", tag = "\u{e0041}",
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
  t.eq(terminal.hanging("a\nb", "  "), "a\n  b")
  t.eq(terminal.lines { "a\nb", "c" }, "a\\nb\nc\n")
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
