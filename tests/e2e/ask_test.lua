-- Questions with answers of their own: one of several words, or a text; at the terminal, and from elsewhere.
local process = require "native.process"
local project = require "tests.project"
local signers = require "tests.signers"
local t = require "tests.harness"
local tmux = require "tests.tmux"

local book = [[
return runbook { summary = "Asks", allow = { fs = { "out" } }, run = function()
  local incident = ask("Which incident is this for?", { pattern = "^INC%-%d+$", link = "https://status.example.org" })
  local way = ask("What now?", { choices = { "wait", "go on" } })
  step("write", function() fs.write("out", incident.answer .. " " .. way.answer) end)
end }]]

local function must(p, code, words)
  local got, out, err = p:run(words)
  t.eq(got, code, table.concat(words, " ") .. "\n" .. out .. err)
  return out, err
end

t.test("each is answered from elsewhere, by a text that fits and by one of the words, and kept", function()
  local p = project.new { book = book }
  local _, err = must(p, 3, { "run", "book" })
  t.has(err, "waiting for the operator: Which incident is this for?")
  t.has(err, "(see https://status.example.org)")
  local id = p:newest()
  t.has(err, "answer: almanac answer " .. id .. " 'TEXT'")
  t.has(must(p, 0, { "status" }), "almanac answer " .. id .. " 'TEXT'")
  _, err = must(p, 2, { "answer", id, "soon" })
  t.has(err, '"soon" is no answer to: Which incident is this for?')
  t.has(err, "^INC%-%d+$")
  must(p, 0, { "answer", id, "INC-42" })
  _, err = must(p, 3, { "resume" })
  t.has(err, 'almanac answer ' .. id .. ' "go on"')
  _, err = must(p, 2, { "answer", id, "stop" })
  t.has(err, "it takes one of: wait, go on")
  must(p, 0, { "answer", id, "go on" })
  must(p, 0, { "resume" })
  t.eq(t.read_file(p.dir .. "/out"), "INC-42 go on")
  t.has(must(p, 0, { "status" }), 'answered "INC-42" by')
end)

t.test("where approvals are signed an answer is input, as a parameter is, and signed by nobody", function()
  local p = project.new { book = book }
  t.write_file(p.dir .. "/signers", "")
  t.write_file(p.dir .. "/almanac.yaml", "approval: { allowed_signers: signers }\n")
  must(p, 3, { "run", "book" })
  must(p, 0, { "answer", p:newest(), "INC-42" })
  must(p, 3, { "resume" })
  must(p, 0, { "answer", p:newest(), "wait" })
  must(p, 0, { "resume" })
  must(p, 0, { "verify", p:newest() })
end)

t.test("a plan lists the questions and does not know the answers", function()
  local p = project.new { book = book }
  local out = must(p, 2, { "plan", "book" })
  t.has(out, "Which incident is this for?")
  t.has(out, "What now?")
  t.has(out, "known when it runs: text after Which incident is this for?")
end)

t.test("at a terminal what does not fit is asked again", function()
  local p = project.new { book = book }
  local terminal = tmux.open({ width = 100, height = 30 }, process.exe() .. " run book", { cwd = p.dir, env = { KUBECONFIG = false } })
  local function wait_for(text)
    t.eventually("the screen shows " .. text, function() return table.concat(terminal:lines(), "\n"):find(text, 1, true) end, 20)
  end
  wait_for "Which incident is this for?"
  terminal:type "soon"
  terminal:key "Enter"
  wait_for "That does not fit the pattern"
  terminal:type "INC-7"
  terminal:key "Enter"
  wait_for "[w]ait  [g]o on"
  terminal:type "w"
  terminal:key "Enter"
  t.eventually("it ends", function() return terminal:ended() end, 20)
  t.eq(terminal:ended(), 0)
  t.eq(t.read_file(p.dir .. "/out"), "INC-7 wait")
end)

t.test("what is wrong in a question is said before it is asked", function()
  for options, why in pairs {
    ['{ choices = { "go", "go back" } }'] = "begin with the same letter", ['{ choices = { "go" } }'] = "two answers or more",
    ['{ choices = { "a", "b" }, pattern = "x" }'] = "not both", ['{ pattern = "[" }'] = "has no ]",
    ['{ choises = { "a" } }'] = "did you mean choices?",
  } do
    local p = project.new { book = "return runbook { summary = 'x', run = function() ask('Well?', " .. options .. ") end }" }
    local _, err = must(p, 1, { "run", "book", "--no-ask" })
    t.has(err, why)
  end
end)

t.test("a command that is printed to be pasted does nothing else, whatever the script calls an answer", function()
  local p = project.new { book = "return runbook { summary = 'x', run = function() ask('Which?', { choices = " ..
    "{ 'all$(touch PASTED)', \"it's `touch PASTED`\" } }) end }" }
  local _, err = must(p, 3, { "run", "book" })
  t.has(err, [['all$(touch PASTED)']])
  t.has(err, [['it'\''s `touch PASTED`']])
  for command in err:gmatch "(almanac answer [^\n]*)" do
    t.run({ "bash", "-c", "almanac() { :; }; " .. command }, { cwd = p.dir })
  end
  t.eq(t.read_file(p.dir .. "/PASTED"), nil)
end)

t.test("an answer that no run waits for, and one to an effect in doubt, say where it belongs", function()
  local p = project.new { book = [[return runbook { summary = "x", run = function()
    step("a", function() sh.run { "sh", "-c", "kill -9 $PPID" } end)
  end }]] }
  t.ok(p:run { "run", "book" } ~= 0)
  must(p, 3, { "resume", "book" })
  t.has(select(2, must(p, 2, { "answer", "book", "done" })), "--in-doubt redo|done|abort")
  t.eq((p:run { "abandon", "book", "--reason", "gone" }), 0)
  t.ok(p:run { "run", "book" } ~= 0)
  t.has(select(2, must(p, 2, { "answer", "book", "done" })), "fits several runs, and none waits for an answer")
end)

t.test("an answer is another one until the run goes on by it; a signed one is replaced by a signed one, and can be signed later", function()
  local alice = signers.person "alice"
  local p = project.new { book = [[return runbook { summary = "x", run = function()
    ask("All of it?", { choices = { "go", "hold", "back" } })
  end }]] }
  t.write_file(p.dir .. "/signers", alice:line())
  t.write_file(p.dir .. "/almanac.yaml", "approval: { allowed_signers: signers }\n")
  must(p, 3, { "run", "book" })
  must(p, 0, { "answer", "book", "go" })
  t.has((must(p, 0, { "status", "book" })), "it was answered, and waits for somebody to go on with it")
  t.has(select(2, must(p, 2, { "answer", "book", "go" })), "already")
  must(p, 0, { "answer", "book", "go", "--reason", "seen in staging" })
  local code, out, err = p:run({ "answer", "book", "go", "--sign=" .. alice.key }, alice:env())
  t.eq(code, 0, out .. err)
  t.has(select(2, must(p, 2, { "answer", "book", "hold" })), "signed: an answer without a signature does not take its place")
  must(p, 0, { "reject", "book" })
end)
