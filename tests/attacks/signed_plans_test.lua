-- Signed plans: a run begins with one, and goes on within it, when enough people signed that very plan.
local fs = require "native.fs"
local json = require "native.json"
local project = require "tests.project"
local signers = require "tests.signers"
local t = require "tests.harness"

local BOOK = [[
return runbook { params = { word = param.string { default = "one" } }, run = function(p)
  step("act", function() sh.run { argv = { "sh", "-c", "echo " .. p.word .. " >> log" } } end)
  step("stop", function() if sh.read("cat", "mode").stdout:find "bad" then error { kind = "command", message = "bad" } end end)
end }]]

local nobody = { HOME = "/nonexistent", SSH_AUTH_SOCK = false }

local function new(policy, ...)
  local p = project.new { book = BOOK }
  t.write_file(p.dir .. "/signers", table.concat { ... })
  t.write_file(p.dir .. "/almanac.yaml", "approval: { allowed_signers: signers" .. policy .. " }\n")
  t.write_file(p.dir .. "/mode", "good")
  return p
end

local function run(p, person, code, ...)
  local got, out, err = p:run({ ... }, person and person:env() or nobody)
  t.eq(got, code, out .. err)
  return out .. err
end

local function plan(p, person, ...)
  return run(p, person, 2, "plan", "book", "-o", "plan.json", ...)
end

local function refused(p, ...)
  local text = run(p, nil, 2, "run", "--plan", "plan.json", "--no-ask")
  for _, words in ipairs { ... } do t.has(text, words) end
  t.eq(p:lines "log", {})
end

local function read(p) return t.read_file(p.dir .. "/plan.json") end

local function write(p, text) fs.keep(p.dir .. "/plan.json", text) end

t.test("a plan that is signed where it is made can be run, and is whole JSON in a file of one's own", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  t.has(plan(p, alice, "--sign=" .. alice.key), "signed plan.json: 1 of 1 (alice@example.com)")
  t.eq(fs.stat(p.dir .. "/plan.json").mode, 384)
  local file = json.decode(read(p))
  t.eq(file.plan.runbook, "book")
  t.has(file.signatures[1].text, 'almanac plan 1\nplan: "' .. file.digest)
  run(p, nil, 0, "run", "--plan", "plan.json")
  t.has(run(p, nil, 0, "show", "--plan"), "as planned")
end)

t.test("a plan of a run that would stop is signed with a word of it, and of how it is run all the same", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  p:edit("book", [[return runbook { run = function() step("stop", function() sh.read { "false" } end) end }]])
  local said = run(p, alice, 1, "plan", "book", "-o", "plan.json", "--sign=" .. alice.key)
  t.has(said, "! it says that its run would stop: ")
  t.has(said, "almanac run --plan plan.json --anyway")
end)

t.test("not signed, or by a key that is not allowed, it is refused; signing it so is refused as well", function()
  local alice, mallory = signers.person "alice", signers.person "mallory"
  local p = new("", alice:line())
  plan(p)
  refused(p, "plan.json has 0 of the 1 signatures that it takes", "almanac approve plan.json --sign")
  t.has(run(p, mallory, 2, "approve", "plan.json", "--sign=" .. mallory.key), "does not name whose the key")
  t.has(run(p, mallory, 2, "approve", "plan.json", "--sign=" .. mallory.key, "--as", "alice@example.com"), "the signature would not count")
  t.has(run(p, mallory, 1, "plan", "book", "-o", "other.json", "--sign=" .. mallory.key), "does not name whose the key")
  t.eq(fs.exists(p.dir .. "/other.json"), false)
  run(p, alice, 0, "approve", "plan.json", "--sign=" .. alice.key)
  t.write_file(p.dir .. "/signers", mallory:line())
  refused(p, "the signature of alice@example.com does not count: allowed_signers does not let alice@example.com sign with the key")
end)

t.test("two must sign; who signs sees the plan; one person counts once", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p = new(", quorum: 2", alice:line(), bob:line())
  plan(p, alice, "--sign=" .. alice.key)
  refused(p, "plan.json has 1 of the 2 signatures that it takes")
  t.has(run(p, alice, 2, "approve", "plan.json", "--sign=" .. alice.key), "alice@example.com is counted already")
  t.has(run(p, bob, 2, "approve", "plan.json"), "a plan is approved by a signature")
  local shown = run(p, bob, 0, "approve", "plan.json", "--sign=" .. bob.key)
  t.has(shown, "echo one >> log")
  t.has(shown, "signed plan.json: 2 of 2 (alice@example.com, bob@example.com)")
  run(p, nil, 0, "run", "--plan", "plan.json")
end)

t.test("those who sign at once have all signed", function()
  local people, lines = {}, {}
  for i, name in ipairs { "alice", "bob", "carol", "dave" } do
    people[i] = signers.person(name)
    lines[i] = people[i]:line()
  end
  local p = new(", quorum: 4", table.unpack(lines))
  plan(p, nil)
  local signing = {}
  for i, one in ipairs(people) do signing[i] = p:spawn({ "approve", "plan.json", "--sign=" .. one.key }, one:env()) end
  local last = 0
  for _, process in ipairs(signing) do
    local code, out, err = process:wait()
    t.eq(code, 0, out .. err)
    if out:find("signed plan.json: 4 of 4", 1, true) then last = last + 1 end
  end
  t.ok(last >= 1, "nobody was told that it was signed by all")
  t.eq(#json.decode(read(p)).signatures, 4)
  run(p, nil, 0, "run", "--plan", "plan.json")
end)

t.test("what is to be typed for a plan of a bare name names its file, and no run", function()
  local alice = signers.person "alice"
  local p = new(", quorum: 2", alice:line())
  run(p, nil, 2, "plan", "book", "-o", "plan")
  t.has(run(p, nil, 2, "run", "--plan", "plan", "--no-ask"), "almanac approve ./plan --sign")
end)

t.test("the signatures of another plan, of other words, and of this one with other contents are refused", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  plan(p, alice, "--sign=" .. alice.key, "word=one")
  local first = read(p)
  plan(p, alice, "word=two")
  local signatures, digest = first:match '"signatures":(%b[])', read(p):match '"digest":"(%x+)"'
  write(p, (read(p):gsub('","plan":', function() return '","signatures":' .. signatures .. ',"plan":' end, 1)))
  refused(p, "it was signed for another plan: ")
  write(p, (read(p):gsub(first:match '"digest":"(%x+)"', digest))) -- the text says so, and its signature does not
  refused(p, "the signature does not hold over what was signed")
  write(p, (first:gsub("echo one", "echo evil")))
  refused(p, "was changed after it was made: its digest does not fit")
  local dated = '[{"principal":"x","text":"x","signature":"x","at_ms":%s}]'
  for _, rubbish in ipairs {
    "[1]", "[{}]", '["x"]', '[{"principal":1}]', "[", dated:format "1.5", dated:format "-1", dated:format "1e300", dated:format '"x"',
  } do
    write(p, (first:gsub('"signatures":%b[]', function() return '"signatures":' .. rubbish end)))
    refused(p, "plan.json is not a plan")
  end
end)

t.test("a signature for git, and the runner's own where he may not", function()
  local alice, bob = signers.person("alice", { in_ssh = true }), signers.person "bob"
  local p = new(", runner_may_approve: false", alice:line(), bob:line())
  plan(p, bob, "--sign=" .. bob.key)
  local good = read(p)
  local signed = json.decode(good).signatures[1]
  signed.signature = bob:sign(signed.text, "git")
  write(p, (good:gsub('"signatures":%b[]', function() return '"signatures":' .. json.encode { signed } end)))
  refused(p, "namespace does not match")
  plan(p, alice, "--sign")
  t.has(run(p, alice, 2, "run", "--plan", "plan.json"), "the key is one that the runner has at hand")
  run(p, alice, 2, "approve", "plan.json", "--sign", "--as", "bob@example.com")
  run(p, bob, 0, "approve", "plan.json", "--sign=" .. bob.key)
  run(p, alice, 0, "run", "--plan", "plan.json")
end)

t.test("a run that goes on asks again: a signer who left, and a plan that was put into the journal", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p = new(", plan_required: true", alice:line())
  t.write_file(p.dir .. "/mode", "bad")
  plan(p, alice, "--sign=" .. alice.key)
  run(p, nil, 1, "run", "--plan", "plan.json", "--no-ask")
  t.write_file(p.dir .. "/mode", "good")
  t.write_file(p.dir .. "/signers", bob:line())
  t.has(run(p, nil, 2, "resume", "--no-ask"), "the plan has 0 of the 1 signatures that it takes")
  t.has(run(p, nil, 2, "resume", "--no-ask", "--without-plan"), "wants every run to keep to a plan")
  t.write_file(p.dir .. "/signers", alice:line())
  local store = p.dir .. "/.almanac"
  t.must { "cp", "-rp", store, p.dir .. "/kept" }
  local id = p:newest()
  do -- the same run with another plan under the same digest, in a whole chain of its own
    local old <close> = require("native.journal").open { dir = store }
    local row, events = old:run(id), {}
    for _, _, kind, path, payload in old:events(id, 0) do events[#events + 1] = { kind, path, payload } end
    fs.remove_tree(store)
    local forged <close> = require("native.journal").open { dir = store }
    forged:create { id = id, runbook = row.runbook, meta = row.meta }
    for _, event in ipairs(events) do
      if event[1] == "run.plan" then event[3] = event[3]:gsub("echo one", "echo evil") end
      forged:append(id, event[1], event[2], event[3], true)
    end
  end
  t.has(run(p, nil, 2, "resume", id, "--no-ask"), "the plan in the journal is not the one with which the run began")
  fs.remove_tree(store)
  t.must { "mv", p.dir .. "/kept", store }
  run(p, nil, 0, "resume", id, "--no-ask")
  t.eq(p:lines "log", { "one" })
end)

t.test("--sign without a file to keep it in, or without signers, is refused", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  t.has(run(p, alice, 1, "plan", "book", "--sign"), "--sign signs what is saved")
  t.write_file(p.dir .. "/almanac.yaml", "")
  t.has(run(p, alice, 1, "plan", "book", "-o", "plan.json", "--sign=" .. alice.key), "almanac.yaml does not say whose signatures count")
end)

t.test("a plan does not choose the almanac.yaml by which it is judged", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  t.write_file(p.dir .. "/lax.yaml", "")
  run(p, nil, 2, "plan", "book", "-o", "plan.json", "--config", "lax.yaml")
  refused(p, "plan.json was made with --config lax.yaml", "almanac run --plan plan.json --config lax.yaml")
  t.has(run(p, alice, 0, "approve", "plan.json", "--sign=" .. alice.key), "1 of 1 (alice@example.com)")
  refused(p, "plan.json was made with --config lax.yaml")
end)

t.test("a run that was let off its plan by a row of the journal does not go on where one is wanted", function()
  local alice = signers.person "alice"
  local p = new(", plan_required: true", alice:line())
  t.write_file(p.dir .. "/mode", "bad")
  plan(p, alice, "--sign=" .. alice.key)
  run(p, nil, 1, "run", "--plan", "plan.json", "--no-ask")
  local journal = require("native.journal").open { dir = p.dir .. "/.almanac" }
  journal:append(p:newest(), "run.unbound", "", '{"operator":"ceo"}', true)
  journal:close()
  t.has(run(p, nil, 2, "resume", "--no-ask"), "wants every run to keep to a plan, and this one keeps to none")
end)

t.test("an approval for a run with a plan does not count without it, or with another one", function()
  local alice = signers.person "alice"
  local p = new("", alice:line())
  p:edit("asks", "return runbook { run = function() confirm 'roll on' end }")
  run(p, alice, 0, "plan", "asks", "-o", "plan.json", "--sign=" .. alice.key)
  run(p, nil, 3, "run", "--plan", "plan.json", "--no-ask")
  local id = p:newest()
  run(p, alice, 0, "approve", id, "--sign=" .. alice.key)
  t.has(run(p, nil, 3, "resume", id, "--no-ask", "--without-plan", "--plain"), "it was signed for another plan: ")
  run(p, alice, 0, "approve", id, "--sign=" .. alice.key)
  run(p, nil, 0, "resume", id, "--no-ask")
end)
