-- Approvals that a run keeps: what it goes on with is what was approved, where it was.
local approvals = require "tests.approvals"
local fs = require "native.fs"
local signers = require "tests.signers"
local t = require "tests.harness"

t.test("another environment does not take the approvals off a run, nor does the one that almanac.yaml has come to prefer", function()
  local alice = signers.person "alice"
  local p = approvals.new("", alice:line())
  local function write(environment)
    t.write_file(p.dir .. "/almanac.yaml", "environment: " .. environment .. "\nenvironments: { easy: {}, "
      .. "strict: { approval: { allowed_signers: signers } }, alike: { approval: { allowed_signers: signers } } }\n")
  end
  write "strict"
  local id = approvals.waiting(p)
  for _, command in ipairs { "resume", "rollback" } do
    local code, _, err = p:run({ command, id, "-e", "easy", "--plain" }, approvals.runner)
    t.eq(code, 2, err)
    t.has(err, id .. " was begun in environment strict, where other approvals are asked for than in easy")
  end
  write "easy"
  approvals.resume(p, id, "(0 of 1)")
  t.write_file(p.dir .. "/other.yaml", "{}\n")
  local code, _, err = p:run({ "resume", id, "--config", "other.yaml", "--plain" }, approvals.runner)
  t.eq(code, 2, err)
  code, _, err = p:run({ "resume", id, "-e", "alike", "--plain" }, approvals.runner)
  t.eq(code, 2, err)
  t.has(err, id .. " was begun in environment strict, not in environment alike")
  approvals.approve(p, alice, 0, id, "--sign=" .. alice.key, "-e", "strict")
  approvals.resume(p, id)
end)

local STOPS = [[
return runbook { params = { word = param.string { default = "one" } }, allow = { fs = { "out/*" }, read = { fs = { "flag" } } },
run = function(p)
  confirm "roll on"
  step("b", function() fs.write("out/b", p.word) end)
  step("c", function() if not fs.exists "flag" then error "no flag" end end)
end }]]

local EVIL = [[
return runbook { params = { word = param.string { default = "one" } }, run = function(p)
  %s
  step("b", function() fs.write("out/b", p.word) end)
  step("c", function() fs.write("elsewhere", p.word) end)
end }]]

local function run(p, code, ...)
  local got, out, err = p:run({ ... }, approvals.runner)
  t.eq(got, code, table.concat({ ... }, " ") .. "\n" .. out .. err)
  return out .. err
end

--- A run behind its signed confirm, that failed.
local function failed_behind(policy, ...)
  local p = approvals.new(policy, ...)
  fs.mkdir(p.dir .. "/out")
  p:edit("book", STOPS)
  return p, (approvals.waiting(p))
end

local function is_kept(p, why, people)
  t.has(why, "waiting for signed approvals: the script was edited since " .. (people or "alice@example.com") .. ' signed "roll on"')
  t.eq(fs.exists(p.dir .. "/elsewhere"), false)
end

t.test("a script that was edited behind its signed confirm waits for signatures of its own, with the confirm or without", function()
  local alice = signers.person "alice"
  for _, confirm in ipairs { 'confirm "roll on"', "", 'confirm "anything"' } do
    local p, id = failed_behind("", alice:line())
    approvals.approve(p, alice, 0, id, "--sign=" .. alice.key)
    run(p, 1, "resume", id)
    p:edit("book", EVIL:format(confirm))
    local said = run(p, 3, "resume", id, "--plain")
    is_kept(p, said)
    t.has(said, "! runbooks/book.lua was edited: its allow is gone: nothing bounds what it touches; until now: fs: out/*, read fs: flag")
    is_kept(p, run(p, 3, "resume", id, "--plain", "--anyway"))
  end
end)

t.test("with as many signatures as it takes it goes on, once; another edit waits again", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p, id = failed_behind(", quorum: 2", alice:line(), bob:line())
  for _, person in ipairs { alice, bob } do approvals.approve(p, person, 0, id, "--sign=" .. person.key) end
  run(p, 1, "resume", id)
  p:edit("book", (STOPS:gsub('"no flag"', '"no flag yet"')))
  run(p, 3, "resume", id)
  for _, person in ipairs { bob, alice } do
    approvals.approve(p, person, 0, id, "--sign=" .. person.key)
    t.has(run(p, person == bob and 3 or 1, "resume", id), person == bob and "(1 of 2: bob@example.com)" or "no flag yet")
  end
  t.has(run(p, 1, "resume", id), "no flag yet")
  t.has(run(p, 0, "verify", id), "roll on#edited: 2 of 2 signatures count")
  p:edit("book", (STOPS:gsub('"no flag"', '"no flag at all"')))
  is_kept(p, run(p, 3, "resume", id), "alice@example.com, bob@example.com")
  t.has(run(p, 0, "verify", id), "roll on#edited: 0 of 2 signatures count; nothing went on behind it")
  p:edit("book", STOPS) -- what was signed first
  t.write_file(p.dir .. "/flag", "")
  run(p, 0, "resume", id)
end)

t.test("a no is one; parameters that are given anew behind a signed confirm are signed, too", function()
  local alice = signers.person "alice"
  local p, id = failed_behind("", alice:line())
  approvals.approve(p, alice, 0, id, "--sign=" .. alice.key)
  run(p, 1, "resume", id)
  local said = run(p, 3, "resume", id, "word=two", "--plain")
  t.has(said, 'parameters of the run were given anew since alice@example.com signed "roll on"')
  run(p, 0, "reject", id)
  t.has(run(p, 1, "resume", id, "--plain"), "said no")
  approvals.approve(p, alice, 2, id, "--sign=" .. alice.key)
end)

t.test("rows that somebody wrote are no signature of the edited script", function()
  local alice = signers.person "alice"
  local p, id = failed_behind("", alice:line())
  approvals.approve(p, alice, 0, id, "--sign=" .. alice.key)
  run(p, 1, "resume", id)
  p:edit("book", EVIL:format "")
  run(p, 3, "resume", id)
  local asked
  local journal <close> = require("native.journal").open { dir = p.dir .. "/.almanac", mode = "ro" }
  for event in require("almanac.journal.event").each(journal, id, "confirm.asked") do asked = event.data end
  for _, path in ipairs { "roll on", "roll on#edited" } do
    approvals.forge(p, id, function(data)
      data.path, data.script, data.question = path, asked.script, path == "roll on" and data.question or asked.question
      return data
    end)
    is_kept(p, run(p, 3, "resume", id))
  end
end)

t.test("without signatures an edit goes on as it did, and what it may touch besides is said", function()
  local p = approvals.new("")
  t.write_file(p.dir .. "/almanac.yaml", "{}\n")
  fs.mkdir(p.dir .. "/out")
  p:edit("book", STOPS)
  local id = approvals.waiting(p)
  run(p, 0, "approve", id)
  run(p, 1, "resume", id)
  p:edit("book", (STOPS:gsub('"out/%*"', '"**"')))
  t.has(run(p, 1, "resume", id, "--plain"),
    "! runbooks/book.lua was edited: its allow is another one; it may touch besides: fs: **; not any more: fs: out/*")
  p:edit("book", EVIL:format 'confirm "roll on"')
  t.has(run(p, 0, "resume", id, "--plain"), "its allow is gone")
end)

t.test("verify tells what a run did by another script than the signed one", function()
  local alice = signers.person "alice"
  local p, id = failed_behind("", alice:line())
  approvals.approve(p, alice, 0, id, "--sign=" .. alice.key)
  run(p, 1, "resume", id)
  t.has(run(p, 0, "verify", id), "roll on: 1 of 1 signatures count")
  local policy = t.read_file(p.dir .. "/almanac.yaml")
  t.write_file(p.dir .. "/almanac.yaml", "{}\n") -- the runner's, who may do so
  p:edit("book", EVIL:format 'confirm "roll on"')
  run(p, 0, "resume", id)
  t.write_file(p.dir .. "/almanac.yaml", policy)
  t.has(run(p, 1, "verify", id), "2 steps and effects are of another script than was signed")
  for _, form in ipairs { "md", "html" } do
    t.has(run(p, 0, "report", id, "--format", form), "2 steps and effects are of another script than was signed")
  end
  t.has(run(p, 0, "report", id, "--format", "json"), '"unsigned"')
end)

t.test("a signature that a no has ended does not count again, whoever brings it: as a text, or as a row", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p = approvals.new(", quorum: 2", alice:line(), bob:line())
  local id = approvals.waiting(p)
  local code, text = p:run({ "approve", id, "--text", "--as", "alice@example.com" }, alice:env())
  t.eq(code, 0, text)
  text = text .. "\n" -- p:run gives lines
  t.write_file(p.dir .. "/old", text)
  t.write_file(p.dir .. "/old.sig", alice:sign(text))
  approvals.approve(p, bob, 0, id, "--sign=" .. bob.key)
  run(p, 0, "reject", id)
  t.has(run(p, 1, "resume", id), "said no")
  run(p, 3, "resume", id)
  t.has(run(p, 2, "approve", id, "--signed", "old"), "would not count: it was given before somebody said no")
  approvals.forge(p, id, function(data) return data end)
  approvals.resume(p, id, "(0 of 2)", "it was given before somebody said no")
  for _, person in ipairs { alice, bob } do approvals.approve(p, person, 0, id, "--sign=" .. person.key) end
  approvals.resume(p, id)
end)

t.test("a run that made one is bound by what was signed there: edited, it waits, and verify tells what it did", function()
  local alice = signers.person "alice"
  local p = approvals.new("", alice:line())
  p:edit("inner", [[return runbook { run = function()
    confirm "go on?"
    step("stop", function() if not fs.exists "flag" then error "no flag" end end)
  end }]])
  local function outer(words)
    p:edit("outer", string.format([[return runbook { run = function()
      runbook.call "inner"
      step("after", function() fs.write("log", %q) end)
    end }]], words))
  end
  outer "good"
  p:run({ "run", "outer", "--no-ask" }, approvals.runner)
  local id = t.ok(select(2, p:run { "runs" }):match "(outer%-%S+)")
  local sign = "--sign=" .. alice.key
  local _, text = p:run { "approve", id, "--text", "--as", "alice@example.com" }
  t.has(text, '\ncallers: "' .. id .. " ")

  outer "edited before it was signed for"
  t.has(run(p, 0, "approve", id, sign), "approved")
  t.has(run(p, 3, "resume", id, "--plain"), "waiting for signed approvals: go on?")
  outer "good"
  run(p, 1, "resume", id, "--plain") -- behind the question: no flag

  t.write_file(p.dir .. "/flag", "")
  outer "evil"
  t.has(run(p, 3, "resume", id, "--plain"), 'the script was edited since alice@example.com signed "go on?". Go on as it is now?')
  t.eq(p:lines "log", {})
  run(p, 0, "approve", id, sign)
  run(p, 0, "resume", id, "--plain")
  t.eq(p:lines "log", { "evil" })
  run(p, 0, "verify", id)
end)

t.test("verify of a run tells what it did behind what was signed in one that it made", function()
  local alice = signers.person "alice"
  local p = approvals.new("", alice:line())
  p:edit("inner", [[return runbook { run = function() confirm "go on?" end }]])
  p:edit("outer", [[return runbook { run = function() runbook.call "inner" end }]])
  p:run({ "run", "outer", "--no-ask" }, approvals.runner)
  local id = t.ok(select(2, p:run { "runs" }):match "(outer%-%S+)")
  run(p, 0, "approve", id, "--sign=" .. alice.key)
  run(p, 0, "resume", id)
  run(p, 0, "verify", id)
  local journal <close> = require("native.journal").open { dir = p.dir .. "/.almanac", mode = "rw" }
  local append = require("almanac.journal.event").append
  append(journal, id, "run.script", "", { digest = ("f"):rep(64), files = {}, sources = {} })
  append(journal, id, "step.start", "evil", { attempt = 1 })
  append(journal, id, "step.done", "evil", { started = 0, elapsed_ms = 1 })
  t.has(run(p, 1, "verify", id), "are of another script than was signed")
end)
