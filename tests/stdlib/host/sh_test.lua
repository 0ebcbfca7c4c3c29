--- sh: reads, effects, checks, streamed lines, errors, recovery.
local t = require "tests.harness"
local native = require "native.sh"
local execute = require "almanac.run.mode.execute"
local runs = require "almanac.journal.run"
local sh = require "almanac.host.sh"
local step = require "almanac.run.step"
local task = require "native.task"

--- Runs fn in a step of a run without a journal; gives its result, the run and its events.
local function in_step(fn, run)
  run = run or runs.unrecorded({ runbook = "test" }, execute)
  run.seen = {}
  local events = {}
  run:observe(function(event) events[#events + 1] = event end)
  local ok, result = t.pcall(step.within, run, function() return step.run("s", {}, fn) end)
  return ok, result, run, events
end

local function lines_of(events)
  local out = {}
  for _, event in ipairs(events) do
    if event.kind == "output" then out[#out + 1] = event.data.stream .. ":" .. event.data.text end
  end
  return out
end

--- Makes the run look as if it had been killed in its last effect.
local function forget_outcome(run)
  for _, effect in pairs(run.effects) do effect.outcome = nil end
end

t.test("read gives what a command printed", function()
  local ok, result = in_step(function() return sh.read("echo", "a b").stdout end)
  t.ok(ok, result)
  t.eq(result, "a b\n")
  ok, result = in_step(function() return sh.read { argv = { "sh", "-c", "exit 3" }, ok = { 0, 3 } }.code end)
  t.ok(ok, result)
  t.eq(result, 3)
end)

t.test("another exit code raises with what was printed", function()
  local ok, err = in_step(function()
    return sh.read("sh", "-c", "echo out; echo 'no such tag' >&2; exit 4")
  end)
  t.eq(ok, false)
  t.eq(err.kind, "command")
  t.eq(err.code, 4)
  t.eq(err.stdout, "out\n")
  t.eq(err.stderr, "no such tag\n")
  t.has(err.message, "sh -c 'echo out; echo '\\''no such tag")
  t.has(err.message, "exited with code 4")
end)

t.test("outside a step nothing runs", function()
  local run = runs.unrecorded({ runbook = "test" }, execute)
  local err = t.raises("outside_step", step.within, run, function() return sh.read "true" end)
  t.has(err.message, "sh.read")
  t.has(err.hint, "step(")
  t.raises("outside_step", step.within, run, function() return sh.run { argv = { "true" } } end)
end)

t.test("options are checked before anything runs", function()
  local bad = {
    { { argv = "ls -l" }, "the program first" }, { { argv = {} }, "the program first" },
    { { argv = { "a" }, enviroment = {} }, 'no option "enviroment"' },
    { { argv = { "a" }, timeout = "5x" }, "no unit x" },
    { { argv = { "a" }, env = { A = {} } }, "env.A" }, { { argv = { "a" }, ok = {} }, "exit codes" },
  }
  for _, case in ipairs(bad) do
    local ok, err = in_step(function() return sh.run(case[1]) end)
    t.eq(ok, false)
    t.eq(err.kind, "usage")
    t.has(err.message, case[2])
  end
end)

t.test("run streams its lines and carries its effect's id", function()
  local ok, result, run, events = in_step(function()
    return sh.run { argv = { "sh", "-c", "echo one; echo two >&2; echo $ALMANAC_EFFECT" } }
  end)
  t.ok(ok, result)
  local id = run.effects["s#0"].intent.id
  local lines = lines_of(events)
  table.sort(lines)
  t.eq(lines, { "stderr:two", "stdout:" .. id, "stdout:one" })
  t.eq(result.code, 0)
  t.eq(result.stdout, "one\n" .. id .. "\n")
end)

t.test("bash stops at the first failure, also in a pipe", function()
  local ok, err = in_step(function() return sh.bash "false | true\necho not here" end)
  t.eq(ok, false)
  t.eq(err.kind, "command")
  t.has(err.message, "bash: false | true")
  t.eq(err.stdout, "")
end)

t.test("a check that passes leaves nothing to do", function()
  local ok, result, _, events = in_step(function()
    return sh.run { argv = { "sh", "-c", "echo ran" }, check = { "true" } }
  end)
  t.ok(ok, result)
  t.eq(result.already_done, true)
  t.eq(lines_of(events), {})
end)

t.test("a timeout stops it, keeps its output and leaves it in doubt", function()
  local ok, err = in_step(function()
    return sh.run { argv = { "sh", "-c", "echo begun; sleep 1000" }, timeout = "300ms", grace = "1s" }
  end)
  t.eq(ok, false)
  t.eq(err.kind, "timeout")
  t.eq(err.in_doubt, true)
  t.eq(err.stdout, "begun\n")
end)

t.test("cancelling stops its group, keeps its output and leaves it in doubt", function()
  local begun = task.condition()
  local handle = task.spawn(function()
    local run = runs.unrecorded({ runbook = "test" }, execute)
    run:observe(function(event)
      if event.kind == "output" then begun:notify() end
    end)
    return step.within(run, function()
      return step.run("s", {}, function()
        return sh.run { argv = { "sh", "-c", "echo begun; sleep 1000" }, env = { SH_TEST = "cancel" } }
      end)
    end)
  end)
  begun:wait()
  t.ok(#native.find_by_env("SH_TEST", "cancel") > 0)
  handle:cancel()
  local ok, err = handle:join()
  t.eq(ok, false)
  t.eq(err.kind, "cancelled")
  t.eq(err.in_doubt, true)
  t.eq(err.stdout, "begun\n")
  t.eq(native.find_by_env("SH_TEST", "cancel"), {})
end)

t.test("cut short without a check: asked, never run twice by itself", function()
  local command = { argv = { "sh", "-c", "echo ran" } }
  local _, _, run = in_step(function() return sh.run(command) end)
  forget_outcome(run)
  local ok, err, _, events = in_step(function() return sh.run(command) end, run)
  t.eq(ok, false)
  t.eq(err.kind, "in_doubt")
  t.has(err.message, "no check to ask")
  t.eq(lines_of(events), {})
end)

t.test("cut short with a check: the check decides", function()
  local command = { argv = { "sh", "-c", "echo ran" }, check = { "sh", "-c", "test -n \"$DONE\"" } }
  local _, _, run = in_step(function() return sh.run(command) end)
  forget_outcome(run)
  local ok, result, _, events = in_step(function() return sh.run(command) end, run)
  t.ok(ok, result)
  t.eq(lines_of(events), { "stdout:ran" })
  t.eq(result.stdout, "ran\n")
end)

t.test("a child that outlived its run is waited for", function()
  local command = { argv = { "sh", "-c", "echo ran" }, idempotent = true }
  local _, _, run = in_step(function() return sh.run(command) end)
  forget_outcome(run)
  local id = run.effects["s#0"].intent.id
  local child <close> = native.start {
    argv = { "sh", "-c", "read line" }, env = { ALMANAC_EFFECT = id }, keep_stdin = true,
  }
  local seen = {}
  run:observe(function(event)
    seen[#seen + 1] = event.kind
    if event.kind == "progress" then child:write "end\n" end
  end)
  local ok, result = in_step(function() return sh.run(command) end, run)
  t.ok(ok, result)
  t.eq(result.code, 0)
  local order = table.concat(seen, " ")
  t.ok(order:find("note .*progress .*effect.recovered", 1), order)
end)

t.test("quote makes a line for a shell", function()
  t.eq(sh.quote { "a", "b c", "it's", "" }, "a 'b c' 'it'\\''s' ''")
end)

t.test("a command is written as words, with or without options", function()
  local ok, result = in_step(function() return sh.run("printf", "%s", "a b").stdout end)
  t.ok(ok, result)
  t.eq(result, "a b")
  ok, result = in_step(function() return sh.run { "sh", "-c", "exit 3", ok = { 3 } }.code end)
  t.ok(ok, result)
  t.eq(result, 3)
  ok, result = in_step(function() return sh.read { "pwd", cwd = "/" }.stdout end)
  t.ok(ok, result)
  t.eq(result, "/\n")
  ok, result = in_step(function() return sh.bash("echo x", { check = "true" }).already_done end)
  t.ok(ok, result)
  t.eq(result, true)
  ok, result = in_step(function() return sh.run { "sh", "-c", "exit 1", check = { "sh", "-c", "exit 7", ok = { 7 } } } end)
  t.ok(ok, result)
  t.eq(result.already_done, true)
end)

t.test("a whole line as the program's name is not run, and the hint says why", function()
  for _, call in ipairs { sh.read, sh.run } do
    local ok, err = in_step(function() return call "ls -l" end)
    t.eq(ok, false)
    t.eq(err.kind, "not_found")
    t.has(err.hint, "give each word on its own")
  end
end)
