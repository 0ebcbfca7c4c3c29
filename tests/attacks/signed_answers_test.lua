-- Every answer that lets a run go on is signed where answers are: to go on behind a breach of a guard, and what became of
-- an effect in doubt. What stops a run or takes it back is anybody's to say.
local approvals = require "tests.approvals"
local httpd = require "native.httpd"
local signers = require "tests.signers"
local t = require "tests.harness"

local runner = approvals.runner

local function run(p, code, words, env)
  local got, out, err = p:run(words, env or runner)
  t.eq(got, code, table.concat(words, " ") .. "\n" .. out .. err)
  return out .. err
end

--- Puts a row into the journal, as who can write the file can.
local function forge(p, id, kind, path, data)
  local journal <close> = require("native.journal").open { dir = p.dir .. "/.almanac", mode = "rw" }
  require("almanac.journal.event").append(journal, id, kind, path, data)
end

t.test("an approval does not count for parameters that were given anew after it, nor does it with a second one", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p = approvals.new(", quorum: 2", alice:line(), bob:line())
  p:edit("book", (approvals.BOOK:gsub("runbook {", "runbook { params = { image = param.string { default = 'v1' } },")))
  local id = approvals.waiting(p)
  approvals.approve(p, alice, 0, id, "--sign=" .. alice.key)
  local code, _, err = p:run({ "resume", id, "image=v2", "--plain" }, runner)
  t.eq(code, 3, err)
  t.has(err, "the approval of alice@example.com does not count: parameters of the run were given anew since then")
  t.has(err, "(0 of 2)")
  t.has(approvals.approve(p, bob, 0, id, "--sign=" .. bob.key), "1 of 2")
  approvals.resume(p, id, "(1 of 2: bob@example.com)")
  approvals.approve(p, alice, 0, id, "--sign=" .. alice.key)
  approvals.resume(p, id)
end)

-- Guards -----------------------------------------------------------------------------------------

local GUARDED = [[
return runbook { run = function()
  guard("healthy", {
    gates = { { name = "lag", query = "lag", op = "<=", limit = 5, tolerate = 0 } }, interval = "20ms", on_breach = "pause",
  }, function()
    step("wait", function() sh.read { argv = { "sh", "-c", "until [ -e go ]; do sleep 0.02; done" } } end)
  end)
  step("after", function() sh.run { argv = { "sh", "-c", "echo after >> log" } } end)
end }]]

--- A run whose guard was breached: Prometheus gives what the test wants.
local function breached(policy, ...)
  local world = { lag = 30 }
  local server = httpd.listen { port = 0, handler = function(_, response)
    world.told = world.lag
    response:send(200, {}, string.format(
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1795457677.031,"%s"]}]}}', world.lag))
  end }
  t.defer(function() server:close() end)
  local p = approvals.new(policy, ...)
  p:edit("book", GUARDED)
  t.write_file(p.dir .. "/almanac.yaml", t.read_file(p.dir .. "/almanac.yaml") ..
    string.format('endpoints: { prometheus: "http://127.0.0.1:%d" }\n', server:port()))
  local said = run(p, 3, { "run", "book", "--no-ask" })
  t.has(said, "waiting for signed approvals: lag")
  t.has(said, 'almanac answer ' .. p:newest() .. ' "go on" --sign')
  return p, p:newest(), world
end

t.test("to go on behind a breach takes a signature, and another breach takes another one", function()
  local alice, mallory = signers.person "alice", signers.person "mallory"
  local p, id, world = breached("", alice:line())
  t.has(run(p, 2, { "approve", id }), "only a signed approval counts here")
  t.has(run(p, 2, { "answer", id, "go on" }), "only a signed approval counts here")
  t.has(run(p, 2, { "answer", id, "go on", "--sign=" .. mallory.key }), "does not name whose the key SHA256:")
  t.has(run(p, 3, { "resume", id, "--plain" }), "(0 of 1)")
  t.has(run(p, 0, { "answer", id, "go on", "--sign=" .. alice.key }, alice:env()), "alice@example.com, signed")
  world.lag = 1
  local resumed = p:spawn({ "resume", id, "--plain", "--no-ask" }, runner)
  resumed:wait_line "go on, said alice@example.com"
  world.lag = 2 -- as it was: let pass
  t.eventually("the guard has looked again", function() return world.told == 2 end)
  world.lag = 30
  local code, out, err = resumed:wait(20)
  t.eq(code, 3, out .. err)
  t.has(err, "waiting for signed approvals")
  t.has(run(p, 3, { "resume", id, "--plain" }), "(0 of 1)")
  t.write_file(p.dir .. "/go", "")
  run(p, 0, { "answer", id, "go on", "--sign=" .. alice.key }, alice:env())
  world.lag = 1
  run(p, 0, { "resume", id })
  t.has(run(p, 0, { "verify", id }), "healthy: 1 of 1 signatures count")
end)

t.test("a quorum of two holds for a guard", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p, id, world = breached(", quorum: 2", alice:line(), bob:line())
  t.has(run(p, 0, { "answer", id, "go on", "--sign=" .. alice.key }, alice:env()), "it takes 1 more")
  t.has(run(p, 3, { "resume", id, "--plain" }), "(1 of 2: alice@example.com)")
  t.has(run(p, 2, { "answer", id, "go on", "--sign=" .. alice.key }, alice:env()), "alice@example.com is counted already")
  run(p, 0, { "answer", id, "go on", "--sign=" .. bob.key }, bob:env())
  world.lag = 1
  t.write_file(p.dir .. "/go", "")
  run(p, 0, { "resume", id })
end)

t.test("rows that somebody wrote let nothing pass: neither an answer, nor that it was given", function()
  local alice = signers.person "alice"
  local p, id = breached("", alice:line())
  forge(p, id, "confirm.answered", "healthy",
    { question = "lag", answer = "go on", by = "ceo@headquarters", at_ms = require("native.task").wall_ms() })
  t.has(run(p, 3, { "resume", id, "--plain" }), "the approval of ceo@headquarters does not count: it is not signed")
  forge(p, id, "guard.answered", "healthy", { answer = "go on", by = "ceo@headquarters" })
  t.has(run(p, 1, { "resume", id, "--plain" }), "was let pass is in the journal, without the signatures that almanac.yaml wants (0 of 1)")
  t.eq(p:lines "log", {})
end)

t.test("to stop, and to take back, is anybody's to say", function()
  local p, id = breached("", signers.person("alice"):line())
  run(p, 0, { "answer", id, "stop" })
  t.has(run(p, 1, { "resume", id, "--plain" }), "healthy  stop, said ")
  p, id = breached("", signers.person("alice"):line())
  run(p, 0, { "answer", id, "roll back" })
  t.has(run(p, 4, { "resume", id, "--plain" }), "healthy  roll back, said ")
end)

-- Effects in doubt -------------------------------------------------------------------------------

local DOUBTFUL = [[
return runbook { run = function()
  step("x", function()
    sh.run { argv = { "sh", "-c", "echo ran >> log; test -e go && exit; echo $$ > pid; echo begun >&2; exec sleep 600" } }
  end)
end }]]

local function in_doubt(policy, ...)
  local p = approvals.new(policy, ...)
  p:edit("book", DOUBTFUL)
  local running = p:spawn({ "run", "book", "--no-ask" }, runner)
  running:wait_line "| begun"
  running:kill "KILL"
  running:wait()
  t.must { "kill", "-KILL", p:lines("pid")[1] }
  local id = p:newest()
  local said = run(p, 3, { "resume", id, "--plain" })
  t.has(said, "waiting for signed approvals: run sh -c")
  t.has(said, "almanac answer " .. id .. ' "redo" --sign')
  return p, id
end

t.test("what became of an effect in doubt is signed: to take it for made, and to make it again", function()
  local alice, mallory = signers.person "alice", signers.person "mallory"
  local p, id = in_doubt("", alice:line())
  for _, word in ipairs { "done", "redo" } do
    t.has(run(p, 1, { "resume", id, "--in-doubt", word }), "only a signed answer counts here, not --in-doubt " .. word)
    t.has(run(p, 2, { "answer", id, word }), "only a signed approval counts here")
    t.has(run(p, 2, { "answer", id, word, "--sign=" .. mallory.key }), "does not name whose the key SHA256:")
  end
  t.has(run(p, 2, { "approve", id, "--sign=" .. alice.key }, alice:env()), "it takes one of: redo, done, abort")
  run(p, 0, { "answer", id, "done", "--sign=" .. alice.key }, alice:env())
  run(p, 0, { "resume", id })
  t.eq(p:lines "log", { "ran" }, "it was not made again")
  t.has(run(p, 0, { "verify", id }), "1 of 1 signatures count")
  t.has(run(p, 0, { "log", id, "--json" }), "alice@example.com")
end)

t.test("what was signed is what the next look asks, though it says otherwise how the doubt arose", function()
  local alice = signers.person "alice"
  local p = approvals.new("", alice:line())
  p:edit("book", [[return runbook { run = function() step("x", function()
    sh.run { argv = { "sh", "-c", "echo ran >> log; echo begun >&2; until test -e end; do sleep 0.05; done" } } end) end }]])
  local running = p:spawn({ "run", "book", "--no-ask" }, runner)
  running:wait_line "| begun"
  running:kill "KILL"
  running:wait()
  local id = p:newest()
  local first = p:spawn({ "resume", id, "--plain" }, runner)
  first:wait_line "is still at work"
  t.write_file(p.dir .. "/end", "")
  local code, out, err = first:wait(20)
  t.eq(code, 3, out .. err)
  t.has(err, "ended while nobody could see how")
  run(p, 0, { "answer", id, "done", "--sign=" .. alice.key }, alice:env())
  t.has(run(p, 0, { "resume", id, "--plain" }), "its end was not seen")
  t.eq(p:lines "log", { "ran" })
end)

t.test("signatures for one answer are none for the other, and those for one try none for the next", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p, id = in_doubt(", quorum: 2", alice:line(), bob:line())
  run(p, 0, { "answer", id, "done", "--sign=" .. alice.key }, alice:env())
  run(p, 0, { "answer", id, "redo", "--sign=" .. bob.key }, bob:env())
  t.has(run(p, 3, { "resume", id, "--plain" }), "(1 of 2")
  run(p, 0, { "answer", id, "redo", "--sign=" .. alice.key }, alice:env())
  local again = p:spawn({ "resume", id, "--plain" }, runner)
  again:wait_line "| begun"
  again:kill "KILL"
  again:wait()
  t.must { "kill", "-KILL", p:lines("pid")[1] }
  t.eq(p:lines "log", { "ran", "ran" })
  t.has(run(p, 3, { "resume", id, "--plain" }), "(0 of 2)")
  run(p, 0, { "answer", id, "abort" })
  t.ok(p:run({ "resume", id, "--plain" }, runner) ~= 0)
  t.eq(p:lines "log", { "ran", "ran" })
end)

-- Redo -------------------------------------------------------------------------------------------

local TWICE = [[
return runbook { run = function()
  step("first", function() sh.run { argv = { "sh", "-c", "echo first >> log" } } end)
  step("looks", function() return sh.read { argv = { "true" } }.code end)
  step("second", function()
    sh.run { argv = { "sh", "-c", "echo second >> log" } }
    sh.run { argv = { "sh", "-c", "echo third >> log" } }
  end)
  step("last", function() sh.run { argv = { "sh", "-c", "echo last >> log; test -e go" } } end)
end }]]

local function stopped(policy, ...)
  local p = approvals.new(policy, ...)
  p:edit("book", TWICE)
  run(p, 1, { "run", "book", "--no-ask" })
  t.eq(p:lines "log", { "first", "second", "third", "last" })
  t.write_file(p.dir .. "/go", "")
  return p, p:newest()
end

t.test("to do a done step once more is signed, for each step, and for each redo anew", function()
  local alice, mallory = signers.person "alice", signers.person "mallory"
  local p, id = stopped("", alice:line())
  local said = run(p, 3, { "resume", id, "--redo", "second", "--plain" })
  t.has(said, 'waiting for signed approvals: step "second" took place in this run, and is to take place once more: run sh -c')
  t.has(said, "almanac answer " .. id .. ' "redo" --sign')
  t.has(run(p, 2, { "answer", id, "redo" }), "only a signed approval counts here")
  t.has(run(p, 2, { "answer", id, "redo", "--sign=" .. mallory.key }), "does not name whose the key SHA256:")
  t.has(run(p, 3, { "resume", id, "--plain" }), "(0 of 1)")
  t.eq(#p:lines "log", 4, "nothing was done again")
  forge(p, id, "confirm.answered", "second#redo",
    { question = "x", answer = "redo", by = "ceo@headquarters", at_ms = require("native.task").wall_ms() })
  t.has(run(p, 3, { "resume", id, "--plain" }), "(0 of 1)")
  run(p, 0, { "answer", id, "redo", "--sign=" .. alice.key }, alice:env())
  run(p, 0, { "resume", id })
  t.eq(p:lines "log", { "first", "second", "third", "last", "second", "third", "last" })
  t.has(run(p, 0, { "verify", id }), "second#redo: 1 of 1 signatures count")
end)

t.test("a signature for one redo is none for the next, nor for another step; what only looked is anybody's to repeat", function()
  local alice = signers.person "alice"
  local p, id = stopped("", alice:line())
  t.has(run(p, 3, { "resume", id, "--redo", "looks", "--plain" }), 'step "second" took place')
  run(p, 0, { "answer", id, "redo", "--sign=" .. alice.key }, alice:env())
  t.must { "rm", p.dir .. "/go" }
  run(p, 1, { "resume", id, "--no-ask" })
  t.eq(p:lines "log", { "first", "second", "third", "last", "second", "third", "last" })
  t.has(run(p, 3, { "resume", id, "--redo", "second", "--plain" }), "(0 of 1)")
  t.has(run(p, 3, { "resume", id, "--redo", "first", "--plain" }), 'step "first" took place')
  run(p, 0, { "answer", id, "redo", "first#redo", "--sign=" .. alice.key }, alice:env())
  t.has(run(p, 3, { "resume", id, "--plain" }), 'step "second" took place')
  t.eq(p:lines "log", { "first", "second", "third", "last", "second", "third", "last", "first" })
end)

t.test("a quorum of two holds for a redo, and a stop is anybody's to say", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p, id = stopped(", quorum: 2", alice:line(), bob:line())
  run(p, 3, { "resume", id, "--redo", "second", "--plain" })
  t.has(run(p, 0, { "answer", id, "redo", "--sign=" .. alice.key }, alice:env()), "it takes 1 more")
  t.has(run(p, 3, { "resume", id, "--plain" }), "(1 of 2: alice@example.com)")
  run(p, 0, { "answer", id, "stop" })
  t.has(run(p, 1, { "resume", id, "--no-ask" }), 'said that "second" is not to be done once more')
  t.eq(#p:lines "log", 4, "nothing was done again")
end)

t.test("a script hears who signed the answer to its ask, and of a signature that does not count who typed it", function()
  local alice, mallory = signers.person "alice", signers.person "mallory"
  local p = approvals.new("", alice:line())
  p:edit("book", [[return runbook { run = function()
    local said = ask("colour?", { choices = { "red", "green" } })
    step("tell", function() fs.write("by", said.by) end)
  end }]])
  t.write_file(p.dir .. "/signers", alice:line() .. mallory:line())
  local function answered_by(person)
    run(p, 3, { "run", "book", "--no-ask" })
    run(p, 0, { "answer", p:newest(), "red", "--sign=" .. person.key }, person:env())
    t.write_file(p.dir .. "/signers", alice:line())
    run(p, 0, { "resume", p:newest() })
    t.write_file(p.dir .. "/signers", alice:line() .. mallory:line())
    return t.read_file(p.dir .. "/by")
  end
  t.eq(answered_by(alice), "alice@example.com")
  t.eq(answered_by(mallory), require("almanac.journal.approval").operator())
end)
