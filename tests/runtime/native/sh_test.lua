--- native.sh: results, streaming, timeouts, interrupts, permits.
local t = require "tests.harness"
local sh = require "native.sh"
local task = require "native.task"

local function script(text) return { "sh", "-c", text } end

t.test("exec returns code, output and what it took", function()
  local r = sh.exec { argv = script "echo out; echo err >&2; exit 3" }
  t.eq(r.code, 3)
  t.eq(r.signal, nil)
  t.eq(r.stdout, "out\n")
  t.eq(r.stderr, "err\n")
  t.eq(r.truncated, false)
  t.ok(r.elapsed > 0)
end)

t.test("a signal is given by its name", function()
  local r = sh.exec { argv = script "kill -KILL $$" }
  t.eq(r.signal, "KILL")
  t.eq(r.code, nil)
end)

t.test("env adds and removes, cwd and stdin are honoured", function()
  local r = sh.exec {
    argv = script "echo \"$ADDED|${HOME-none}\"; pwd; cat",
    env = { ADDED = "a b", HOME = false },
    cwd = "/",
    stdin = "text",
  }
  t.eq(r.stdout, "a b|none\n/\ntext")
end)

t.test("misuse is named", function()
  t.has(t.raises("usage", sh.exec, {}).message, "argv is missing")
  t.has(t.raises("usage", sh.exec, { argv = {} }).message, "argv is empty")
  t.has(t.raises("usage", sh.exec, { argv = { "a", {} } }).message, "argv[2] must be a string")
  t.has(t.raises("usage", sh.exec, { argv = { "a\0b" } }).message, "zero byte")
  t.has(t.raises("usage", sh.exec, { argv = { "true" }, env = { ["A=B"] = "c" } }).message, "env")
  t.has(t.raises("usage", sh.exec, { argv = { "true" }, env = { A = {} } }).message, "env.A")
end)

t.test("a missing program is not_found and says where it was looked for", function()
  local err = t.raises("not_found", sh.exec, { argv = { "no-such-program-here" } })
  t.has(err.message, "PATH")
  t.eq(sh.which "no-such-program-here", nil)
  t.has(sh.which "sh", "/sh")
end)

t.test("a timeout stops the child and keeps its output", function()
  local err = t.raises("timeout", sh.exec, {
    argv = script "echo before; echo why >&2; sleep 1000",
    timeout = 0.3,
    grace = 1,
  })
  t.eq(err.stdout, "before\n")
  t.eq(err.stderr, "why\n")
  t.eq(err.argv[1], "sh")
  t.eq(err.signal, "TERM")
end)

t.test("a cancelled task stops its child and keeps the output", function()
  local ready = sh.start { argv = script "read line", keep_stdin = true }
  local handle = task.spawn(function()
    return sh.exec { argv = script("echo before; kill -TERM " .. ready:pid() .. "; sleep 1000"), grace = 1 }
  end)
  ready:wait() -- the child has printed by now
  handle:cancel()
  local ok, err = handle:join()
  t.eq(ok, false)
  t.eq(err.kind, "cancelled")
  t.eq(err.stdout, "before\n")
end)

t.test("a deadline of the task raises timeout", function()
  local token = task.push_deadline(0.2)
  local err = t.raises("timeout", sh.exec, { argv = { "sleep", "1000" } })
  t.eq(task.pop_deadline(token), true)
  t.eq(err.argv[1], "sleep")
end)

t.test("lines come as they are printed, stdin can be fed", function()
  local child <close> = sh.start { argv = script "while read l; do echo got $l; done; echo end >&2", keep_stdin = true }
  child:write "one\n"
  local stream, line = child:read_line()
  t.eq(stream, "stdout")
  t.eq(line, "got one")
  child:write "two\n"
  t.eq(select(2, child:read_line()), "got two")
  child:close_stdin()
  stream, line = child:read_line()
  t.eq(stream, "stderr")
  t.eq(line, "end")
  t.eq(child:read_line(), nil)
  t.eq(child:read_line(), nil)
  local r = child:wait()
  t.eq(r.code, 0)
  t.eq(r.stdout, "got one\ngot two\n")
end)

t.test("a reader that is slow holds the child, and loses nothing", function()
  local child <close> = sh.start { argv = { "seq", "200000" } }
  local n = 0
  while true do
    local stream, line = child:read_line()
    if not stream then break end
    n = n + 1
    if tonumber(line) ~= n then error("line " .. n .. " is " .. line) end
  end
  t.eq(n, 200000)
end)

t.test("wait gives up lines that nobody read, and does not hang on them", function()
  local child <close> = sh.start { argv = { "seq", "200000" }, max_output = 20 }
  local r = child:wait()
  t.eq(r.code, 0)
  t.eq(r.truncated, true)
end)

t.test("kill sends one signal, stop ends the group", function()
  local child <close> = sh.start { argv = script "trap 'exit 5' USR1; echo ready; while :; do sleep 0.02; done" }
  child:read_line()
  child:kill "USR1"
  t.eq(child:wait().code, 5)
  t.raises("not_found", child.kill, child, "USR1")
  t.raises("usage", child.kill, child, "NONSENSE")
end)

t.test("a closed child is killed", function()
  local pids
  do
    local child <close> = sh.start { argv = { "sleep", "1000" }, env = { NATIVE_SH_TEST = "closed" } }
    pids = sh.find_by_env("NATIVE_SH_TEST", "closed")
    t.eq(pids, { child:pid() })
  end
  t.eq(sh.find_by_env("NATIVE_SH_TEST", "closed"), {})
end)

t.test("permits: nothing outside a step, only reads in one", function()
  local old = task.permit "compute"
  local err = t.raises("outside_step", sh.exec, { argv = { "true" }, read = true, who = "sh.read" })
  t.has(err.message, "sh.read")
  task.permit "read"
  t.raises("refused", sh.exec, { argv = { "true" } })
  t.eq(sh.exec({ argv = { "true" }, read = true }).code, 0)
  task.permit(old)
end)

t.test("a hundred at once", function()
  local handles = {}
  for i = 1, 100 do
    handles[i] = task.spawn(function() return sh.exec { argv = script("exit " .. i) }.code end)
  end
  for i = 1, 100 do
    local ok, code = handles[i]:join()
    t.ok(ok)
    t.eq(code, i)
  end
end)
