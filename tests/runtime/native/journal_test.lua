-- native.journal: arguments, results and errors as Lua sees them. What the store itself promises is
-- tested in tests/runtime/journal/.
local journal = require "native.journal"
local t = require "tests.harness"
local task = require "native.task"

local function open(dir, mode)
  return journal.open { dir = dir, mode = mode }
end

local function fresh()
  local j = open(t.tmpdir() .. "/store")
  j:create { id = "r1", runbook = "runbooks/rollout.lua", meta = '{"tag":"v1"}' }
  return j
end

local function rows(j, run, after)
  local out = {}
  for seq, time_ms, kind, path, payload in j:events(run, after) do
    t.eq(math.type(time_ms), "integer")
    out[#out + 1] = seq .. " " .. kind .. " " .. path .. " " .. payload
  end
  return out
end

t.test("journal: runs, the newest first", function()
  local j <close> = fresh()
  j:create { id = "r2", runbook = "b.lua", meta = "{}" }
  local runs = j:runs()
  t.eq(#runs, 2)
  t.eq(runs[1].id, "r2")
  t.ok(runs[1].created_ms > 1600000000000)
  runs[2].created_ms = nil
  t.eq(runs[2], { id = "r1", runbook = "runbooks/rollout.lua", meta = '{"tag":"v1"}' })
  t.eq(j:run("r2").runbook, "b.lua")
  t.eq(j:run "nobody", nil)
end)

t.test("journal: events come back in order, queued ones too, and the iterator follows", function()
  local j <close> = fresh()
  t.eq(j:last_seq "r1", 0)
  local seq, time_ms = j:append("r1", "step.start", "a", "{}")
  t.eq(seq, 1)
  t.eq(math.type(time_ms), "integer")
  t.eq(j:append("r1", "note", "", '{"text":"ä\\u0000"}', false), 2)
  t.eq(j:pending(), true)
  t.eq(rows(j, "r1"), { "1 step.start a {}", '2 note  {"text":"ä\\u0000"}' })
  t.eq(j:append("r1", "step.done", "a", "{}", true), 3)
  t.eq(j:pending(), false)
  t.eq(rows(j, "r1", 2), { "3 step.done a {}" })

  local next_event = j:events("r1", 3)
  t.eq(next_event(), nil)
  j:append("r1", "note", "", "{}", false)
  t.eq(next_event(), 4)
  t.eq(next_event(), nil)
  j:flush(false)
  t.eq(j:pending(), true, "written, not synced")
  j:flush()
  t.eq(j:pending(), false)
  t.eq(j:last_seq "r1", 4)
end)

t.test("journal: many events cross the batches of the iterator", function()
  local j <close> = fresh()
  for i = 1, 1000 do
    j:append("r1", "output", "p", string.rep("x", i * 7), false)
  end
  j:flush()
  local n = 0
  for seq, _, _, _, payload in j:events "r1" do
    n = n + 1
    t.eq(seq, n)
    t.eq(#payload, n * 7)
  end
  t.eq(n, 1000)
end)

local uses = {
  ["step.done"] = "done", ["step.start"] = "begun", ["step.redo"] = "forget", ["step.undone"] = "forget",
  output = "skip", note = "skip", progress = "skip", ["gate.sample"] = "skip",
}

t.test("journal: fold gives the last outcome of each step and what else matters", function()
  local j <close> = fresh()
  local function add(kind, path, payload)
    return j:append("r1", kind, path, payload or "{}", false)
  end
  add("run.start", "")
  add("step.start", "a")
  add("effect.intent", "a", '{"id":"1"}')
  add("output", "a")
  add("effect.outcome", "a", '{"id":"1"}')
  add("step.done", "a", '{"result":1}')
  add("step.start", "b")
  add("step.done", "b", '{"result":2}')
  add("note", "b")
  add("progress", "b")
  add("gate.sample", "b")
  add("step.start", "c")
  add("step.done", "c", '{"result":3}')
  add("step.undone", "c")
  add("step.redo", "b")
  add("step.done", "b", '{"result":4}')
  local f = j:fold("r1", uses)
  t.eq(f.last_seq, 16)
  t.eq(f.broken, nil)
  t.eq(f.done:paths(), { "a", "b" })
  t.eq({ f.done:payload "a", f.done:payload "b" }, { '{"result":1}', '{"result":4}' })
  t.eq(table.pack(f.done:meet("b", "b", "no digest")), { true, 4, false, n = 3 })
  t.eq(select("#", f.done:meet("c", "c")), 0)
  local kinds = {}
  for i, e in ipairs(f.kept) do
    kinds[i] = e.seq .. " " .. e.kind .. " " .. e.path
    t.eq(type(e.payload) .. math.type(e.time_ms), "stringinteger")
  end
  t.eq(kinds, {
    "1 run.start ",
    "3 effect.intent a",
    "5 effect.outcome a",
    "14 step.undone c",
    "15 step.redo b",
  })
  t.eq(j:verify "r1", true)
  t.raises("not_found", j.fold, j, "nobody", uses)
end)

t.test("journal: a fold of an empty run", function()
  local j <close> = fresh()
  local f = j:fold("r1", uses)
  t.eq({ f.last_seq, f.done:count(), f.begun, f.kept }, { 0, 0, {}, {} })
end)

t.test("journal: a fold takes what each kind is for; what it cannot be is refused", function()
  local j <close> = fresh()
  j:append("r1", "word", "a", "{}", false)
  t.eq(#j:fold("r1", {}).kept, 1)
  t.eq(#j:fold("r1", { word = "skip" }).kept, 0)
  t.eq(j:fold("r1", { word = "begun" }).begun, { a = true })
  t.raises("usage", j.fold, j, "r1", { word = "eat" })
  t.raises("usage", j.fold, j, "r1", { "keep" })
end)

t.test("journal: each pass over the done steps meets them anew", function()
  local j <close> = fresh()
  for i, path in ipairs { "a", "a/b", "a/c", "ab" } do
    j:append("r1", "step.done", path, '{"digest":"d\\n' .. i .. '"}', false)
  end
  local done = j:fold("r1", uses).done
  t.eq(table.pack(done:meet("a", "a", "d\n1")), { true, nil, true, n = 3 })
  t.eq(table.pack(done:meet("a", "a", "d\n2")), { false, nil, false, n = 3 }, "met already, and edited")
  t.eq(done:unmet(), { "a/b", "a/c", "ab" })
  t.eq({ done:is_met "a", done:is_met "ab", done:is_met "nothing" }, { true, false, false })
  t.eq(select("#", done:meet("a/b", "a/b")), 0, "a piece of a path is no name")
  t.eq({ done:meet("a/b", "b") == true, done:meet("ab", "ab") == true }, { true, true })
  done:unmeet_below "a"
  t.eq(done:unmet(), { "a/b", "a/c" }, "the attempt that met them counts for nothing")
  done:begin_pass()
  t.eq(done:unmet(), { "a", "a/b", "a/c", "ab" })
  done:forget "a/c"
  t.eq({ done:count(), done:seq "ab", done:seq "a/c" }, { 3, 4, nil })
end)

t.test("journal: what another process wrote is seen; a reader creates nothing", function()
  local dir = t.tmpdir() .. "/store"
  local err = t.raises("not_found", open, dir, "ro")
  t.has(err.message, dir)
  t.ok(err.hint ~= "")
  local j <close> = open(dir)
  j:create { id = "r1", runbook = "a.lua", meta = "{}" }
  local reader <close> = open(dir, "ro")
  j:append("r1", "k", "p", "{}", true)
  t.eq(rows(reader, "r1"), { "1 k p {}" })
  t.raises("usage", reader.append, reader, "r1", "k", "p", "{}", true)
  t.raises("usage", reader.lock_run, reader, "r1", "{}")
end)

t.test("journal: locks name their holder and go with the journal", function()
  local dir = t.tmpdir() .. "/store"
  local a, b <close> = open(dir), open(dir)
  t.eq(a:holder "r1", nil)
  t.eq(a:lock_run("r1", '{"pid":1}'), true)
  local ok, text = b:lock_run("r1", '{"pid":2}')
  t.eq(ok, false)
  t.eq(text, '{"pid":1}')
  t.eq(b:holder "r1", '{"pid":1}')
  t.eq(a:lock_name("release/animica-devnet", "x"), true)
  t.eq({ b:lock_name("release/animica-devnet", "y") }, { false, "x" })
  a:unlock()
  t.eq(b:lock_name("release/animica-devnet", "y"), true)
  t.eq(a:lock_run("r1", "again"), true)
  a:close()
  t.eq(b:holder "r1", nil)
end)

t.test("journal: who waits for a name waits in order", function()
  local dir = t.tmpdir() .. "/store"
  local a, b <close> = open(dir), open(dir)
  t.eq(a:queue "n", true)
  t.eq(b:queue "n", false)
  a:leave_queue "n"
  t.eq(b:queue "n", true)
  t.eq(a:queue "n", false)
  t.eq(a:lock_name("n", "x"), true)
  a:unlock_name "n"
  t.eq(b:lock_name("n", "y"), true)
  a:close()
end)

t.test("journal: misuse raises kind usage and names what is wrong", function()
  local j = fresh()
  local cases = {
    { "dir", journal.open, { dir = 1 } },
    { "mode", journal.open, { mode = "w" } },
    { "table", journal.open, nil },
    { "table", j.create, j },
    { "meta", j.create, j, { id = "x", runbook = "y" } },
    { "id", j.create, j, { id = "a/b", runbook = "y", meta = "" } },
    { "already", j.create, j, { id = "r1", runbook = "y", meta = "" } },
    { "kind", j.append, j, "r1", nil, "p", "{}", true },
    { "payload", j.append, j, "r1", "k", "p", {}, true },
    { "payload", j.append, j, "r1", "k", "p", 12, true },
    { "durable", j.append, j, "r1", "k", "p", "{}", 1 },
    { "zero byte", j.append, j, "r1", "k", "p\0q", "{}", true },
    { "seq", j.events, j, "r1", -1 },
    { "seq", j.events, j, "r1", 1.5 },
    { "colon", j.append, "r1" },
    { "text", j.lock_run, j, "r1" },
    { "durable", j.flush, j, "yes" },
  }
  for _, case in ipairs(cases) do
    local err = t.raises("usage", table.unpack(case, 2, 8))
    t.has(err.message, case[1])
  end
  t.raises("not_found", j.append, j, "nobody", "k", "p", "{}", true)
  t.raises("not_found", j.events, j, "nobody")
  t.raises("limit", j.append, j, "r1", "k", "p", string.rep("x", 16 * 1024 * 1024 + 1), true)
  t.eq(j:last_seq "r1", 0)

  local next_event = j:events "r1"
  j:close()
  j:close()
  t.raises("usage", j.runs, j)
  t.raises("usage", next_event)
end)

t.test("journal: a file that is no journal is corrupt, and is left alone", function()
  local dir = t.tmpdir()
  t.write_file(dir .. "/journal.db", string.rep("this is not a database\n", 1000))
  local err = t.raises("corrupt", open, dir)
  t.has(err.message, dir .. "/journal.db")
  t.has(err.hint, ".recover")
  t.raises("corrupt", open, dir, "ro")
  t.eq(t.read_file(dir .. "/journal.db"), string.rep("this is not a database\n", 1000))
end)

t.test("journal: a place that cannot hold one", function()
  local err = t.raises("io", open, "/proc/almanac")
  t.has(err.message, "/proc/almanac")
  t.raises("io", open, "/dev/null/almanac")
  t.ok(err.hint ~= "")
end)

--- Appends from n tasks of one turn; what each got.
local function append_together(j, n)
  local handles, results = {}, {}
  for i = 1, n do
    handles[i] = task.spawn(function() return j:append("r1", "step.done", "s" .. i, "{}", true) end)
  end
  for i = 1, n do results[i] = table.pack(handles[i]:join()) end
  return results
end

t.test("journal: what the tasks of a turn want durable is committed once, in their order", function()
  local dir = t.tmpdir() .. "/store"
  local j <close> = open(dir)
  j:create { id = "r1", runbook = "a.lua", meta = "{}" }
  local before = j:syncs()
  local results = append_together(j, 1000)
  t.eq(j:syncs(), before + 1)
  for i = 1, 1000 do t.eq({ results[i][1], results[i][2] }, { true, i }) end
  t.eq({ j:verify "r1" }, { true })
end)

t.test("journal: a task goes on only when another process could read what it appended", function()
  local dir = t.tmpdir() .. "/store"
  local j <close> = open(dir)
  j:create { id = "r1", runbook = "a.lua", meta = "{}" }
  local reader <close> = open(dir, "ro")
  local both = {}
  for i = 1, 2 do
    both[i] = task.spawn(function()
      local seq = j:append("r1", "effect.intent", "s" .. i, "{}", true)
      return reader:last_seq "r1" >= seq
    end)
  end
  for i = 1, 2 do t.eq({ both[i]:join() }, { true, true }) end
end)

t.test("journal: a commit waits for the tasks that are ready, but not for ever", function()
  local j <close> = fresh()
  local stop = false
  local spinner = task.spawn(function()
    local ticket = task.spawn(function() j:append("r1", "step.done", "a", "{}", true) stop = true end)
    while not stop do
      local other = task.spawn(function() end)
      other:join()
    end
    ticket:join()
  end)
  t.eq({ spinner:join() }, { true })
end)

t.test("journal: a task that runs alone commits at once, and keeps nobody waiting", function()
  local j <close> = fresh()
  local woke = false
  local sleeper = task.spawn(function()
    task.sleep(0.02)
    woke = true
  end)
  local before, count = j:syncs(), 0
  repeat
    j:append("r1", "note", "", "{}", true)
    count = count + 1
  until woke or count == 100000
  t.eq(woke, true)
  t.eq(j:syncs(), before + count)
  t.eq({ sleeper:join() }, { true })
end)

t.test("journal: where the code cannot wait it commits at once", function()
  local j <close> = fresh()
  local before, seq = j:syncs(), nil
  ;("x"):gsub("x", function() seq = j:append("r1", "note", "", "{}", true) end)
  t.eq({ seq, j:syncs() }, { 1, before + 1 })
  seq = coroutine.wrap(function() return (j:append("r1", "note", "", "{}", true)) end)()
  t.eq({ seq, j:syncs() }, { 2, before + 2 })
end)

t.test("journal: one that is closed commits what tasks wait for, and tells them", function()
  local dir = t.tmpdir() .. "/store"
  local j <close> = open(dir)
  j:create { id = "r1", runbook = "a.lua", meta = "{}" }
  local writer = task.spawn(function() return (j:append("r1", "note", "", "{}", true)) end)
  local closer = task.spawn(function() j:close() end)
  t.eq({ closer:join() }, { true })
  t.eq({ writer:join() }, { true, 1 })
  local again <close> = open(dir, "ro")
  t.eq(again:last_seq "r1", 1)
end)

t.test("journal: a commit that fails raises in every task that waited for it", function()
  local script = t.tmpdir() .. "/fails.lua"
  t.write_file(script, [[
local dir = ...
local task, terminal = require "native.task", require "native.terminal"
local j = require "native.journal".open { dir = dir }
j:create { id = "r1", runbook = "a.lua", meta = "{}" }
j:append("r1", "note", "kept", "{}")
local handles = {}
for i = 1, 3 do handles[i] = task.spawn(function() j:append("r1", "step.done", "lost " .. i, "{}", true) end) end
for i = 1, 3 do
  local ok, err = handles[i]:join()
  terminal.write(1, tostring(ok) .. " " .. err.kind .. "\n")
end
j:append("r1", "note", "after", "{}", true)
for seq, _, _, path in j:events "r1" do terminal.write(1, seq .. " " .. path .. "\n") end
]])
  local out = t.must({ require("native.process").exe(), "lua", script, t.tmpdir() .. "/store" },
    { env = { ALMANAC_FAULT = "journal.commit:1:fail" } })
  t.eq(out, "false io\nfalse io\nfalse io\n1 kept\n2 after")
end)

t.test("a run that another process appends to is whole whenever it is looked at", function()
  local dir = t.tmpdir()
  local writer = journal.open { dir = dir .. "/store" }
  writer:create { id = "r", runbook = "r", meta = "{}" }
  writer:close()
  t.write_file(dir .. "/write.lua", [[
local j = require("native.journal").open { dir = ... }
for n = 1, 600 do j:append("r", "note", "", "{}", false) j:flush(false) end
j:close()]])
  local process = t.spawn { require("native.process").exe(), "lua", dir .. "/write.lua", dir .. "/store" }
  local seen = 0
  while seen < 600 do
    local other <close> = journal.open { dir = dir .. "/store" }
    seen = other:head "r"
  end
  t.eq(process:wait(), 0)
end)
