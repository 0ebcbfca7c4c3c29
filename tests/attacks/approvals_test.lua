-- Signed approvals: what does not count, and in which words; what does. The keys and the agent are real ones.
local approvals = require "tests.approvals"
local fs = require "native.fs"
local json = require "native.json"
local signers = require "tests.signers"
local t = require "tests.harness"

local new, waiting, approve, resume = approvals.new, approvals.waiting, approvals.approve, approvals.resume
local last_yes, forge, runner, BOOK = approvals.last_yes, approvals.forge, approvals.runner, approvals.BOOK

t.test("an approval by an allowed key lets the run go on, and the journal keeps what was signed", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  local id, err = waiting(p)
  t.has(err, "waiting for signed approvals: roll on (0 of 1)")
  t.has(err, "almanac approve " .. id .. " --sign")
  t.has(approve(p, alice, 0, id, "--sign=" .. alice.key, "--reason", "all is green"), "by:      alice@example.com, signed")
  resume(p, id)
  local _, log = p:run { "log", id, "--json" }
  for _, words in ipairs {
    [[run: \"]] .. id, [[question: \"roll on\"]], [[principal: \"alice@example.com\"]], [[reason: \"all is green\"]],
    "BEGIN SSH SIGNATURE",
  } do
    t.has(log, words)
  end
end)

t.test("what is not signed does not count, from elsewhere or out of the journal", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  local id = waiting(p)
  t.has(approve(p, alice, 2, id), "only a signed approval counts here")
  forge(p, id, function()
    return { question = "roll on", answer = "yes", by = "ceo@headquarters", at_ms = require("native.task").wall_ms() }
  end)
  resume(p, id, "the approval of ceo@headquarters does not count: it is not signed", "(0 of 1)")
end)

t.test("a key that is not allowed is refused, when it signs and when it is in the journal", function()
  local alice, mallory = signers.person "alice", signers.person "mallory"
  local p = new("", alice:line())
  local id = waiting(p)
  t.has(approve(p, mallory, 2, id, "--sign=" .. mallory.key), "does not name whose the key SHA256:")
  t.has(approve(p, mallory, 2, id, "--sign=" .. mallory.key, "--as", "alice@example.com"),
    "allowed_signers does not let alice@example.com sign with the key SHA256:")
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  forge(p, id, function(data)
    data.signature = mallory:sign(data.signed)
    return data
  end)
  t.write_file(p.dir .. "/signers", mallory:line())
  resume(p, id, "the approval of alice@example.com does not count: the key is one of mallory@example.com, not of alice@example.com")
end)

t.test("the runner does not count where almanac.yaml says so: by his key, his name, another key of his", function()
  local alice, bob = signers.person("alice", { in_ssh = true }), signers.person "bob"
  local second = signers.person "alice"
  local p = new(", runner_may_approve: false", alice:line(), second:line(), bob:line())
  local code, out, err = p:run({ "run", "book" }, alice:env())
  t.eq(code, 3, out .. err)
  local id = p:newest()
  t.has(approve(p, alice, 2, id, "--sign"), "the approval of alice@example.com would not count: the key is one that the runner has at hand")
  t.has(approve(p, second, 2, id, "--sign=" .. second.key), "the runner has a key of the same person at hand")
  t.write_file(p.dir .. "/signers", bob:line():gsub("bob@example.com", require("native.process").user() .. "@example.com"))
  t.has(approve(p, bob, 2, id, "--sign=" .. bob.key), "the run is run by the user of that name")
  t.write_file(p.dir .. "/signers", alice:line() .. bob:line())
  approve(p, bob, 0, id, "--sign=" .. bob.key)
  local waits, _, why = p:run({ "resume", id }, bob:env(signers.agent(bob)))
  t.eq(waits, 3, "who resumes runs it as well")
  t.has(why, "the approval of bob@example.com does not count: the key is one that the runner has at hand")
end)

t.test("a quorum of two: the run goes on at the second; one person, or one key, counts once", function()
  local alice, bob, again = signers.person "alice", signers.person "bob", signers.person "alice"
  local p = new(", quorum: 2", alice:line(), bob:line(), again:line(), "twin@example.com " .. alice.public .. "\n")
  local id = waiting(p)
  t.has(approve(p, alice, 0, id, "--sign=" .. alice.key, "--as", "alice@example.com"),
    "so far:  1 of 2 (alice@example.com); it takes 1 more")
  local _, status = p:run { "status", id }
  t.has(status, "almanac approve " .. id)
  t.has(approve(p, alice, 2, id, "--sign=" .. alice.key, "--as", "alice@example.com"), "alice@example.com is counted already")
  t.has(approve(p, again, 2, id, "--sign=" .. again.key), "alice@example.com is counted already")
  t.has(approve(p, alice, 2, id, "--sign=" .. alice.key, "--as", "twin@example.com"), "the key is counted already, for alice@example.com")
  forge(p, id, function(data) return data end)
  resume(p, id, "waiting for signed approvals: roll on (1 of 2: alice@example.com)", "alice@example.com is counted already")
  local resuming = p:spawn({ "resume", id, "--plain" }, runner) -- killed between the two
  resuming:wait_line "waiting for signed approvals"
  resuming:kill "KILL"
  resuming:wait()
  approve(p, bob, 0, id, "--sign=" .. bob.key)
  t.has(resume(p, id), "approved by alice@example.com, bob@example.com")
end)

t.test("an approval of another run, of another question, or for another script is refused", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  local first = waiting(p)
  approve(p, alice, 0, first, "--sign=" .. alice.key)
  local stolen = last_yes(p, first)
  t.must({ "rm", "log" }, { cwd = p.dir })
  local second = waiting(p)
  forge(p, second, function() return stolen end)
  resume(p, second, "does not count: the journal is not the one that was signed")
  -- The thief writes the head that it has as well, but not the signature.
  local _, out = p:run { "status", second, "--json" }
  local head = json.decode(out).head
  forge(p, second, function()
    local copy = {}
    for name, value in pairs(stolen) do copy[name] = value end
    copy.head = string.format("event %d, %s", head.seq, head.hash)
    return copy
  end)
  resume(p, second, 'it was signed for another run: "' .. first .. '", not "' .. second .. '"')
  p:edit("book", (BOOK:gsub("echo after", "echo  after")))
  approve(p, alice, 0, second, "--sign=" .. alice.key)
  resume(p, second, "it was signed for another script")
  approve(p, alice, 0, second, "--sign=" .. alice.key)
  resume(p, second)
end)

t.test("an approval that is given again after a redo is no approval", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  local id = waiting(p)
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  resume(p, id)
  local code, _, err = p:run({ "resume", id, "--redo", "roll on" }, runner)
  t.eq(code, 3, err)
  forge(p, id, function(data) return data end)
  local again, _, why = p:run({ "resume", id, "--plain" }, runner)
  t.eq(again, 3, why)
  t.has(why, "does not count: it was given before this was asked")
end)

t.test("tampered signatures and texts, and those that were made for something else", function()
  local alice = signers.person "alice"
  local p = new(", quorum: 2", alice:line()) -- so that the good one does not let the run go on
  local id = waiting(p)
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  local good = last_yes(p, id)
  local function with(changes)
    return function()
      local data = {}
      for name, value in pairs(good) do data[name] = value end
      for name, value in pairs(changes) do data[name] = value end
      return data
    end
  end
  -- Each is the last word: a no before it takes the good one away.
  local function check(words, changes)
    t.eq(p:run { "reject", id }, 0)
    t.eq(p:run({ "resume", id }, runner), 1)
    t.eq(p:run({ "resume", id }, runner), 3)
    local _, out = p:run { "status", id, "--json" }
    local head = json.decode(out).head
    changes = changes(string.format("event %d, %s", head.seq, head.hash))
    forge(p, id, with(changes))
    resume(p, id, words)
  end
  check("the signature does not hold over what was signed", function()
    return { signature = good.signature:gsub("U1NIU0lH", "U1NIU0lI") }
  end)
  check("the signature does not hold over what was signed", function() return { signature = "rubbish" } end)
  check("the signature does not hold over what was signed", function(head)
    return { signature = alice:sign(good.signed), signed = good.signed:gsub("roll on", "roll off"), head = head }
  end)
  check("it was signed for another question", function(head)
    local text = good.signed:gsub('question: "roll on"', 'question: "have lunch"')
    return { signature = alice:sign(text), signed = text, head = head }
  end)
  check("what was signed is no such statement: almanac plan 1", function(head)
    local text = good.signed:gsub("^almanac approval 2", "almanac plan 1")
    return { signature = alice:sign(text), signed = text, head = head }
  end)
  check("namespace does not match", function(head) return { signature = alice:sign(good.signed, "git"), head = head } end)
  t.write_file(p.dir .. "/signers", alice:line 'namespaces="git"')
  check('key is not permitted for use in signature namespace "almanac"', function(head)
    return { signature = alice:sign(good.signed), head = head }
  end)
end)

t.test("too old, dated ahead, by a key that is no longer or not yet valid, or was revoked", function()
  local alice = signers.person "alice"
  local p = new(", valid_for: 1h, revoked_keys: revoked", alice:line())
  t.write_file(p.dir .. "/revoked", "")
  local id = waiting(p)
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  local wall_ms = require("native.task").wall_ms
  local approval = require "almanac.journal.approval"
  local function dated(ms)
    return function(data)
      data.at_ms = wall_ms() + ms
      data.signed = approval.statement(id, "roll on", data)
      data.signature = alice:sign(data.signed)
      return data
    end
  end
  t.write_file(p.dir .. "/revoked", alice.public .. "\n")
  resume(p, id, "the approval of alice@example.com does not count: the key was revoked")
  t.write_file(p.dir .. "/revoked", "")
  for options, words in pairs {
    ['valid-before="20200101"'] = "key has expired", ['valid-after="20990101"'] = "key is not yet valid",
  } do
    t.write_file(p.dir .. "/signers", alice:line(options))
    resume(p, id, "allowed_signers does not let alice@example.com sign with the key", words)
  end
  t.write_file(p.dir .. "/signers", alice:line())
  t.eq(p:run { "reject", id }, 0)
  t.eq(p:run({ "resume", id }, runner), 1)
  t.eq(p:run({ "resume", id }, runner), 3)
  forge(p, id, dated(-2 * 3600 * 1000))
  resume(p, id, "does not count: it is 2h", "old; almanac.yaml lets it count for 1h") -- some seconds more on a busy machine
  forge(p, id, dated(3600 * 1000))
  resume(p, id, "does not count: it is dated 1h ahead")
end)

t.test("the journal that was signed is the one that goes on: rewritten before the approval it is refused", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  local id = waiting(p)
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  -- Another journal with a whole chain of its own, in which the run is the same but for what it did before.
  local store = p.dir .. "/.almanac"
  local old = require("native.journal").open { dir = store }
  local run, events = old:run(id), {}
  for _, _, kind, path, payload in old:events(id, 0) do events[#events + 1] = { kind, path, payload } end
  old:close()
  fs.remove_tree(store)
  local forged = require("native.journal").open { dir = store }
  forged:create { id = id, runbook = run.runbook, meta = run.meta }
  for _, event in ipairs(events) do forged:append(id, event[1], event[2], (event[3]:gsub("echo before", "echo nothing")), true) end
  forged:close()
  local _, verified = p:run { "log", id, "--verify" }
  t.has(verified, "whole")
  resume(p, id, "does not count: the journal is not the one that was signed")
end)

t.test("an agent signs, and a key with a passphrase without one says what to do", function()
  local alice, bob = signers.person("alice", { in_ssh = true }), signers.person("bob", { passphrase = "secret" })
  local p = new("", alice:line(), bob:line())
  local id = waiting(p)
  t.has(approve(p, bob, 2, id, "--sign=" .. bob.key), "ssh-add " .. bob.key)
  t.has(approve(p, bob, 2, id, "--sign"), "none of your keys (of the agent, and in ~/.ssh) is in signers")
  t.has(approve(p, bob, 2, id, "--sign=/no/such/key"), "there is no key /no/such/key")
  local carol = signers.person "carol"
  local socket = signers.agent(alice)
  local code, out, err = p:run({ "approve", id, "--sign" }, carol:env(socket)) -- forwarded: only the agent has it
  t.eq(code, 0, out .. err)
  t.has(out, "alice@example.com, signed")
  resume(p, id)
end)

t.test("a list of signers that others can write is none", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  local id = waiting(p)
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  t.must { "chmod", "666", p.dir .. "/signers" }
  local code, _, err = p:run({ "resume", id }, runner)
  t.eq(code, 1, err)
  t.has(err, "signers is no list of signers to trust: others can write to it")
  t.has(err, "chmod go-w signers")
  t.eq(p:lines "log", { "before" })
end)

t.test("a no needs no signature, and takes approvals away", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p = new(", quorum: 2", alice:line(), bob:line())
  local id = waiting(p)
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  t.eq(p:run { "reject", id, "--reason", "peers lag" }, 0)
  local code, _, err = p:run({ "resume", id }, runner)
  t.eq(code, 1, err)
  t.has(err, "said no: roll on (peers lag)")
  resume(p, id, "(0 of 2)")
end)

t.test("who cannot reach the journal signs its text elsewhere; a text that was changed there is refused", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p = new(", quorum: 2", alice:line(), bob:line())
  local id = waiting(p)
  local function text(person)
    local code, out, err = p:run({ "approve", id, "--text", "--as", person.name .. "@example.com", "--reason", "looks good" }, runner)
    t.eq(code, 0, out .. err)
    return out .. "\n" -- p:run gives lines
  end
  local function take(code, said, signature)
    t.write_file(p.dir .. "/answer", said)
    t.write_file(p.dir .. "/answer.sig", signature)
    local got, out, err = p:run({ "approve", id, "--signed", "answer" }, runner)
    t.eq(got, code, out .. err)
    return out .. err
  end
  local of_alice, of_bob = text(alice), text(bob) -- at once: neither has to wait for the other
  t.has(take(2, of_alice, bob:sign(of_alice)), "the key is one of bob@example.com, not of alice@example.com")
  local other = of_alice:gsub("roll on", "have lunch")
  t.has(take(2, other, alice:sign(other)), "it was signed for another step")
  local older = of_alice:gsub("event %d+", "event 1")
  t.has(take(2, older, alice:sign(older)), "the journal is not the one that was signed: its event 1 is another one")
  local longer = of_alice .. "run: \"another\"\n"
  t.has(take(2, longer, alice:sign(longer)), "it was signed for another run")
  for _, rubbish in ipairs { "", "x", "almanac approval 2\n", 'almanac approval 2\nprincipal: "x"\nhead: 5\ntime: 7\n' } do
    t.has(take(2, rubbish, alice:sign(rubbish)), "is no text of such an answer")
  end
  t.has(take(0, of_bob, bob:sign(of_bob)), "1 of 2 (bob@example.com)")
  t.has(take(0, of_alice, alice:sign(of_alice)), "approved roll on")
  resume(p, id)
end)

t.test("a run that is called asks for signatures, too", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  p:edit("outer", [[
return runbook { run = function()
  runbook.call("book", {})
end }]])
  local code, out, err = p:run({ "run", "outer", "--no-ask" }, runner)
  t.eq(code, 3, out .. err)
  t.has(err, "waiting for signed approvals: roll on (0 of 1)")
  local inner = err:match "almanac approve (%S+) %-%-sign"
  approve(p, alice, 0, inner, "--sign=" .. alice.key)
  local outer = select(2, p:run { "runs" }):match "outer%-%S+"
  resume(p, outer)
end)

t.test("a journal that says that the question was answered does not do, nor does one that asked nobody", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  for _, book in ipairs { "book", "other" } do
    local id = waiting(p, book)
    do
      local journal <close> = require("native.journal").open { dir = p.dir .. "/.almanac" }
      journal:append(id, "step.done", "roll on", '{"result":{"by":"ceo","at_ms":1}}', true)
    end
    local code, out, err = p:run({ "resume", id, "--no-ask" }, runner)
    t.eq(code, 1, out .. err)
    t.has(err, "roll on is done in the journal, without the signatures that almanac.yaml wants (0 of 1)")
    t.has(err, "--redo \"roll on\"")
    t.eq(p:lines "log", { "before" })
    t.must({ "rm", "log" }, { cwd = p.dir })
  end
end)

t.test("a run whose signed question is done goes on with keys that are about to expire, and asks anew of an edited script", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  p:edit("book", (BOOK:gsub('"echo after', '"cat missing && echo after')))
  local id = waiting(p)
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  t.eq(p:run({ "resume", id, "--no-ask" }, runner), 1)
  p:edit("book", BOOK)
  resume(p, id, 'the script was edited since alice@example.com signed "roll on"')
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  t.write_file(p.dir .. "/signers", alice:line('valid-before="' .. os.date("!%Y%m%d%H%MZ", os.time() + 60) .. '"'))
  resume(p, id)
end)

t.test("rows with nonsense in them are no approvals, and no error of ours", function()
  local alice = signers.person "alice"
  local p = new(", quorum: 2", alice:line())
  local id = waiting(p)
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  for field, values in pairs {
    at_ms = { -1, 1 << 62 }, principal = { "", "-f" }, signed = { "", "x" }, signature = { "", "x" },
    head = { "", "event 99999, abc", "event 1e5, abc" }, question = { "x" }, reason = { "because" },
  } do
    for _, value in ipairs(values) do
      forge(p, id, function(data)
        data[field] = value
        return data
      end)
      resume(p, id, "(1 of 2: alice@example.com)", "does not count")
      t.eq(p:run { "verify", id }, 0)
      t.eq(p:run { "status", id }, 0)
    end
  end
end)

t.test("a question in an undo takes a signature, too", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  p:edit("back", [[
return runbook { run = function()
  step("do", { undo = function() confirm "take it back" sh.run { argv = { "sh", "-c", "echo back >> log" } } end }, function() return 1 end)
end }]])
  t.eq(p:run({ "run", "back" }, runner), 0)
  local code, _, err = p:run({ "rollback" }, runner)
  t.eq(code, 3, err)
  t.has(err, "waiting for signed approvals: take it back (0 of 1)")
  local id = p:newest()
  t.has(approve(p, alice, 2, id), "only a signed approval counts here")
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  code, _, err = p:run({ "resume", id }, runner)
  t.eq(code, 0, err)
  t.eq(p:lines "log", { "back" })
end)
