-- almanac verify: a journal that was cut or rewritten is noticed by a head that was kept, and signatures by their keys.
local json = require "native.json"
local project = require "tests.project"
local signers = require "tests.signers"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  step("one", function() return 1 end)
  confirm "roll on"
end }]]

local function verify(p, code, ...)
  local got, out, err = p:run { "verify", ... }
  t.eq(got, code, out .. err)
  return out .. err
end

--- The head that a report gives.
local function head_of(text) return t.ok(text:match("event %d+, (" .. ("%x"):rep(64) .. ")"), text) end

t.test("every report says the same head, and it is found again", function()
  local p = project.new { book = "return runbook { run = function() step('one', function() end) end }" }
  t.eq(p:run { "plan", "book", "-o", "plan.json" }, 0)
  local _, events, err = p:run { "run", "--plan", "plan.json", "--json" }
  local hash = head_of(err)
  local last = json.decode(events:match "([^\n]+)\n?$")
  t.eq({ last.kind, last.data.hash }, { "run.head", hash })
  for _, words in ipairs { { "status" }, { "log" }, { "log", "--verify" }, { "show", "--plan" }, { "verify" } } do
    t.eq(head_of(select(2, p:run(words))), hash, words[1])
  end
  t.eq(json.decode(select(2, p:run { "status", "--json" })).head.hash, hash)
  t.has(select(2, p:run { "log", "--json" }), hash)
  t.has(verify(p, 0, p:newest(), "--head", hash), "the last")
  t.has(verify(p, 0, p:newest(), "--head", hash:sub(1, 16):upper()), "the last")
end)

t.test("a journal whose tail was cut, with its head set back, has a whole chain and not the head that was kept", function()
  local p = project.new { book = BOOK }
  local _, _, err = p:run { "run", "book", "--no-ask" }
  local early = head_of(err)
  t.must({ "cp", "-rp", ".almanac", "earlier" }, { cwd = p.dir })
  t.eq(p:run { "approve", p:newest() }, 0)
  t.eq(p:run { "resume" }, 0)
  local late = head_of(select(2, p:run { "status" }))
  t.has(verify(p, 0, "--head", early), "since then")
  t.must({ "sh", "-c", "rm -r .almanac && mv earlier .almanac" }, { cwd = p.dir })
  verify(p, 0)
  verify(p, 0, "--head", early)
  t.has(verify(p, 1, "--head", late), "no event has that head: the journal was cut off or rewritten")
end)

t.test("a row that was changed is told before anything else, by runs and show as well", function()
  local p = project.new { book = "return runbook { run = function() step('one', function() return 1 end) end }" }
  t.eq(p:run { "plan", "book", "-o", "plan.json" }, 0)
  t.eq(p:run { "run", "--plan", "plan.json" }, 0)
  local path = p.dir .. "/.almanac/journal.db"
  t.write_file(path, (t.read_file(path):gsub('"result":1', '"result":2')))
  t.has(verify(p, 1), "broken at event")
  for _, words in ipairs { { "runs" }, { "runs", "--json" }, { "report" }, { "show", "--plan" } } do
    local code, _, err = p:run(words)
    t.eq(code, 1, words[1])
    t.has(err, "this is not to be believed")
  end
end)

t.test("who signed what is told, by the keys as they were then and almanac.yaml as it is now", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p = project.new { book = BOOK }
  local function config(policy) t.write_file(p.dir .. "/almanac.yaml", "approval: { allowed_signers: signers" .. policy .. " }\n") end
  config ""
  t.write_file(p.dir .. "/signers", alice:line() .. bob:line())
  local sign = "--sign=" .. alice.key
  t.eq(p:run({ "plan", "book", "-o", "plan.json", sign }, alice:env()), 0)
  t.eq(p:run { "run", "--plan", "plan.json", "--no-ask" }, 3)
  t.has(verify(p, 0), "roll on: 0 of 1 signatures count; nothing went on behind it")
  t.eq(p:run({ "approve", p:newest(), sign }, alice:env()), 0)
  t.eq(p:run { "resume" }, 0)
  local text = verify(p, 0)
  t.has(text, "plan: 1 of 1 signatures count")
  t.has(text, "roll on: 1 of 1 signatures count")
  t.has(text, "alice@example.com, ")
  t.write_file(p.dir .. "/signers", alice:line('valid-before="' .. os.date("!%Y%m%d%H%MZ", os.time() + 120) .. '"'))
  verify(p, 0)
  config ", quorum: 2"
  t.has(verify(p, 1), "! roll on: 1 of 2 signatures count")
  config ""
  t.write_file(p.dir .. "/signers", bob:line())
  t.has(verify(p, 1), "the signature of alice@example.com does not count: allowed_signers does not let alice@example.com sign")
  t.write_file(p.dir .. "/almanac.yaml", "")
  t.has(verify(p, 0), "almanac.yaml names no signers: signatures were not looked at")
end)

t.test("what is no head is refused", function()
  local p = project.new { book = BOOK }
  p:run { "run", "book", "--no-ask" }
  for _, hash in ipairs { "", "abc", ("x"):rep(64), ("a"):rep(65), "event 3" } do
    t.has(verify(p, 2, "--head", hash), "--head takes 16 to 64 hexadecimal digits")
  end
end)

t.test("behind a redo the signatures count that the run went on with, and those that it had made void do not", function()
  local alice = signers.person "alice"
  local p = project.new { book = [[
return runbook { run = function()
  step("one", function() sh.run { "true" } end)
  confirm "roll on"
end }]] }
  t.write_file(p.dir .. "/signers", alice:line())
  t.write_file(p.dir .. "/almanac.yaml", "approval: { allowed_signers: signers }\n")
  local runner = { HOME = "/nonexistent", SSH_AUTH_SOCK = false }
  t.eq(p:run({ "run", "book", "--no-ask" }, runner), 3)
  local id = p:newest()
  local function approve()
    local code, out, err = p:run({ "approve", id, "--sign=" .. alice.key }, alice:env())
    t.eq(code, 0, out .. err)
  end
  local function signatures()
    local finding = verify(p, 0, id):match "roll on: [^\n]*\n(.*)"
    local times = {}
    for time in finding:gmatch "alice@example.com, ([^,]+), with the key" do times[#times + 1] = time end
    return times, finding
  end
  approve()
  local code, _, err = p:run({ "resume", id, "--redo", "one" }, runner)
  t.eq(code, 3, err)
  t.has(err, "Redo or stop?")
  code, _, err = p:run({ "answer", id, "redo", "--sign=" .. alice.key }, alice:env())
  t.eq(code, 0, err)
  code, _, err = p:run({ "resume", id }, runner)
  t.eq(code, 3, err)
  t.has(err, "waiting for signed approvals: roll on (0 of 1)")
  approve()
  code, _, err = p:run({ "resume", id }, runner)
  t.eq(code, 0, err)
  local times, finding = signatures()
  t.eq(#times, 1)
  t.has(finding, "the signature of alice@example.com does not count: what was done before it is done once more since then")
end)
