-- almanac repl: reads real, effects previewed and never performed, at a terminal and in a pipe.
local fs = require "native.fs"
local process = require "native.process"
local project = require "tests.project"
local ptys = require "tests.pty"
local t = require "tests.harness"

local function piped(p, text, words)
  return t.run({ process.exe(), "repl", table.unpack(words or {}) }, {
    cwd = p.dir, env = { HOME = p.dir, KUBECONFIG = false, NO_COLOR = "1" }, stdin = text,
  })
end

t.test("in a pipe each entry's result is printed, also of one of several lines, and names stay", function()
  local p = project.new {}
  t.write_file(p.dir .. "/notes", "one\n")
  local code, out, err = piped(p, [[
1 + 1
x = { a = 1, list = { "b", "c" } }
x
for i = 1, 2 do
  note("number " .. i)
end
fs.read "notes"
x.list[2], nil
]])
  t.eq(code, 0, err)
  t.eq(out, "2\na: 1\nlist:\n- b\n- c\none\n\nc\nnil")
  t.eq(err, "· number 1\n· number 2")
end)

t.test("an error is said with its hint, the next entry is evaluated, and the exit code tells", function()
  local p = project.new {}
  local code, out, err = piped(p, 'k8s.get("a/b", { namspace = "x" })\nk8s.gett\nerror "no"\n1 +* 2\n7\n')
  t.eq(code, 1)
  t.eq(out, "7")
  t.has(err, '✗ k8s.get: no option "namspace"; did you mean namespace?')
  t.has(err, "! k8s has no field 'gett'; did you mean 'get'?")
  t.has(err, "✗ no\n")
  t.has(err, "✗ syntax: ")
end)

t.test("a name by itself shows what almanac doc says; a library of the runbooks is required", function()
  local p = project.new {}
  fs.mkdir(p.dir .. "/runbooks/lib")
  t.write_file(p.dir .. "/runbooks/lib/mine.lua", "return { answer = 42 }\n")
  local _, out = piped(p, 'fs.exists\nrequire "lib.mine".answer\n')
  t.has(out, "Whether there is a file, a directory or anything else at a path.")
  t.has(out, "\n42")
end)

--- Whatever may be tried: nothing of it takes place.
local ATTACKS = [[
fs.write("made", "1")
fs.mkdir "made"
fs.remove "kept"
sh.run { "touch", "made" }
step("a", function() return fs.write("made", "1") end)
parallel("p", { a = function() return fs.write("made", "1") end })
pcall(fs.write, "made", "1")
coroutine.wrap(function() fs.write("made", "1") end)()
errors.try(function() fs.write("made", "1") end)
setmetatable({}, { __close = function() fs.write("made", "1") end })
do local x <close> = setmetatable({}, { __close = function() fs.write("made", "1") end }) end
x = fs.write
x("made", "1")
load("fs.write('made', '1')")()
effect.define("a.b", { input = function(i) return i end, apply = function() fs.write("made", "1") end, title = function() return "t" end })
effect.perform("a.b", {})
http.post("http://127.0.0.1:9/", { body = "x" })
git.commit { message = "x" }
notify.send("ops", "x")
runbook.call "made"
guard("g", { gates = {} }, function() fs.write("made", "1") end)
_G.fs.write("made", "1")
string.format("%s", setmetatable({}, { __tostring = function() fs.write("made", "1") return "" end }))
]]

t.test("no effect takes place, whatever is typed", function()
  local p = project.new { made = 'return runbook { summary = "x", run = function() step("a", function() fs.write("made", "1") end) end }' }
  t.write_file(p.dir .. "/kept", "1\n")
  local _, out = piped(p, ATTACKS)
  t.has(out, "→ write made (1 bytes)") -- previewed
  t.ok(not fs.exists(p.dir .. "/made"), "nothing was made")
  t.eq(t.read_file(p.dir .. "/kept"), "1\n")
  t.ok(not fs.exists(p.dir .. "/.almanac"), "and nothing is journalled")
end)

t.test("-e chooses the environment, and a wrong option is refused", function()
  local p = project.new {}
  t.write_file(p.dir .. "/almanac.yaml", "environments:\n  dev: { vars: { site: { name: here } } }\n  live: {}\n")
  t.eq((piped(p, "1\n", { "-e", "dev" })), 0)
  t.eq((piped(p, "1\n", { "-e", "devv" })), 2)
  t.eq((piped(p, "1\n", { "more" })), 2)
end)

local function terminal(p)
  return ptys.open({ width = 80, height = 24 }, "'" .. process.exe() .. "' repl", { cwd = p.dir, env = { HOME = p.dir } })
end

t.test("at a terminal: TAB completes, up brings lines back, several lines are one entry, Ctrl-D ends", function()
  local p = project.new {}
  fs.mkdir(p.dir .. "/.almanac")
  local pty = terminal(p)
  pty:wait "almanac>"
  pty:type "1 + 2\r"
  pty:wait "\n3 *\n"
  pty:type "fs.exi\t \"runbooks\"\r"
  pty:wait "almanac> fs.exists \"runbooks\" *\ntrue"
  pty:type "fs.re\t"
  pty:wait "read .*remove"
  pty:type "\21for i = 1, 1 do\r"
  pty:wait " %.%.>"
  pty:type "note \"in the loop\" end\r"
  pty:wait "· in the loop"
  pty:type "\27[A\27[A\27[A\r"
  pty:wait "true.*loop.*true"
  pty:type "\4"
  t.eq(pty:ended(), 0)
  local history = p.dir .. "/.almanac/repl_history"
  t.eq(t.read_file(history), '1 + 2\nfs.exists "runbooks"\nfor i = 1, 1 do\nnote "in the loop" end\nfs.exists "runbooks"\n')
  t.eq(fs.stat(history).mode & 511, 384, "0600")
end)

t.test("Ctrl-C gives up a line, stops a call, and never ends the repl", function()
  local p = project.new {}
  local pty = terminal(p)
  pty:wait "almanac>"
  pty:type "half a line"
  pty:wait "half a line"
  pty:type "\3"
  pty:wait "%^C *\nalmanac>"
  pty:type 'sh.read { "sh", "-c", "echo begun > begun; sleep 100" }\r'
  t.eventually("the call is under way", function() return fs.exists(p.dir .. "/begun") end)
  pty:type "\3"
  pty:wait "‖ stopped"
  pty:type "6 * 7\r"
  pty:wait "\n42"
  pty:type "\4"
  t.eq(pty:ended(), 0)
end)

t.test("a line in which a secret stands is not kept, also where it was known only later", function()
  local p = project.new {}
  fs.mkdir(p.dir .. "/.almanac")
  t.write_file(p.dir .. "/almanac.yaml",
    'endpoints: { loki: { url: "http://127.0.0.1:9", token: "file:token" } }\n')
  t.write_file(p.dir .. "/token", "correct-horse-battery\n")
  local pty = terminal(p)
  pty:wait "almanac>"
  pty:type '"correct-horse-battery"\r'
  pty:wait "almanac> .*\nalmanac>"
  pty:type 'loki.query("x")\r'
  pty:wait "nothing listens"
  pty:type "1 + 1\r"
  pty:wait "\n2"
  pty:type "\4"
  t.eq(pty:ended(), 0)
  t.lacks(t.read_file(p.dir .. "/.almanac/repl_history"), "correct-horse")
end)

-- Runs it on a terminal that is closed while a line is carried out; SIGHUP is ignored, as under nohup(1).
local GONE = [[
import os, pty, signal, sys, time
pid, master = pty.fork()
if pid == 0:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.chdir(sys.argv[1])
    os.execv(sys.argv[2], [sys.argv[2], "repl"])
seen = b""
while b"> " not in seen:
    seen += os.read(master, 4096)
os.write(master, b'sh.read("sh", "-c", "touch begun; until [ -e go ]; do sleep 0.05; done")\r')
while not os.path.exists(sys.argv[1] + "/begun"):
    time.sleep(0.02)
os.close(master)
open(sys.argv[1] + "/go", "w").close()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
]]

t.test("help says what it takes, and exit ends it, unless they are names of one's own", function()
  local code, out, err = piped(project.new {}, "help\n1\nexit\n2\n")
  t.eq({ code, out }, { 0, "1" })
  t.has(err, "Ctrl-D ends")
  code, out = piped(project.new {}, "help = 4\nexit = 5\nhelp\nexit\n6\n")
  t.eq({ code, out }, { 0, "4\n5\n6" })
end)

t.test("it ends when its terminal is gone, also where it finds that out when it asks for the next line", function()
  local p = project.new {}
  local code = t.run({ "python3", "-c", GONE, p.dir, process.exe() }, { timeout = 30 })
  t.eq(code, 0)
end)
