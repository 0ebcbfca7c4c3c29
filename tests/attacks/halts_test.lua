-- A run that waits for somebody makes nothing behind that: no protected call of its script, no variable that closes and no
-- coroutine keeps a question to itself, nor what else ends a run until somebody answers.
local approvals = require "tests.approvals"
local project = require "tests.project"
local signers = require "tests.signers"
local t = require "tests.harness"

local EVIL = [[step("evil", function() fs.write("evil", "x") end)]]

--- A variable of which the code that closes it puts an error of its own in the place of the one that it is closed by.
local CLOSES_WITH_ANOTHER = [[local x <close> = setmetatable({}, { __close = function() error "another one" end })]]

--- A run function of these lines.
local function book(lines) return "return runbook { run = function()\n" .. lines .. "\nend }" end

--- Ways to go on behind `confirm "wipe?"`.
local ASKING = {
  ["errors.try"] = [[errors.try(confirm, "wipe?")]],
  ["errors.try of a function"] = [[errors.try(function() confirm "wipe?" end)]],
  ["pcall"] = [[pcall(confirm, "wipe?")]],
  ["pcall of pcall"] = [[pcall(pcall, confirm, "wipe?")]],
  ["xpcall"] = [[xpcall(confirm, function() return "kept" end, "wipe?")]],
  ["a handler of xpcall"] = [[xpcall(confirm, function() ]] .. EVIL .. [[ end, "wipe?")]],
  ["a handler that fails"] = [[xpcall(confirm, function() error "another one" end, "wipe?")]],
  ["in a step"] = [[step("s", function() pcall(confirm, "wipe?") fs.write("evil", "x") end)]],
  ["around a step"] = [[pcall(step, "s", function() confirm "wipe?" end)]],
  ["in a step with a retry"] = [[pcall(step, "s", { retry = { times = 2, delay = "10ms", on = { "waiting" } } },
    function() confirm "wipe?" end)]],
  ["in a step with a time limit"] = [[pcall(step, "s", { timeout = "10s" }, function() pcall(confirm, "wipe?") ]] .. EVIL .. [[ end)]],
  ["around branches"] = [[pcall(parallel, "p", { one = function() confirm "wipe?" end })]],
  ["in a branch"] = [[parallel("p", { one = function() pcall(confirm, "wipe?") ]] .. EVIL .. [[ end })]],
  ["around a list"] = [[pcall(checklist, "l", { "wipe?", "really?" })]],
  ["around a question for a text"] = [[pcall(ask, "wipe?", { choices = { "a", "b" } })]],
  ["around a run of another runbook"] = [[pcall(runbook.call, "asks")]],
  ["a variable that closes"] = [[local x <close> = setmetatable({}, { __close = function() ]] .. EVIL .. [[ end }) confirm "wipe?"]],
  ["a variable of a step that closes"] = [[step("s", function()
    local x <close> = setmetatable({}, { __close = function() fs.write("evil", "x") end }) confirm "wipe?" end)]],
  ["a variable that closes with the library"] = [[
    local x <close> = setmetatable({}, { __close = function() pcall(step, "evil", function() fs.write("evil", "x") end) end })
    pcall(confirm, "wipe?")]],
  ["a variable that raises another error as it closes"] = [[pcall(function()
    local x <close> = setmetatable({}, { __close = function() error "another one" end }) confirm "wipe?" end)]],
  ["a variable of a step that raises another error as it closes"] = [[pcall(step, "s", { retry = { times = 2, delay = "10ms" } },
    function() ]] .. CLOSES_WITH_ANOTHER .. [[ confirm "wipe?" end)]],
  ["a variable of a branch that raises another error as it closes"] = [[pcall(parallel, "p", {
    one = function() ]] .. CLOSES_WITH_ANOTHER .. [[ confirm "wipe?" end })]],
  ["variables of branches that go on"] = [[errors.try(parallel, "p", {
    one = function() ]] .. CLOSES_WITH_ANOTHER .. [[ confirm "wipe?" end,
    two = function() ]] .. CLOSES_WITH_ANOTHER .. [[ confirm "wipe?" end }, { keep_going = true, limit = 1 })]],
  ["a variable that raises another error at last"] = CLOSES_WITH_ANOTHER .. [[ confirm "wipe?"]],
  ["a coroutine that closes"] = [[local co = coroutine.create(function()
    local x <close> = setmetatable({}, { __close = function() ]] .. EVIL .. [[ end }) coroutine.yield() end)
    coroutine.resume(co) pcall(confirm, "wipe?") coroutine.close(co)]],
  ["a metamethod"] = [[pcall(function() return setmetatable({}, { __index = function() confirm "wipe?" end }).x end)]],
  ["a callback"] = [[pcall(string.gsub, "a", "a", function() confirm "wipe?" end)]],
}

--- The run waits, and made nothing.
local function check_waits(p, name, env)
  local code, out, err = p:run({ "run", "book", "--no-ask" }, env)
  t.eq(code, 3, name .. "\n" .. out .. err)
  t.has(err, "waits", name)
  t.eq(p:lines "evil", {}, name)
  return err
end

t.test("nothing is made behind a question that nobody answered, whatever the script does with it", function()
  local p = project.new { asks = book [[confirm "wipe?"]] }
  for name, lines in pairs(ASKING) do
    p:edit("book", book(lines .. "\n" .. EVIL))
    local err = check_waits(p, name)
    t.has(err, "wipe?", name)
    t.has(select(2, p:run { "status" }), "waiting", name)
  end
end)

--- A runbook that makes an effect of its own, with these functions of it, and would go on whatever comes of that.
local function own_effect(functions)
  return [[effect.define("own.one", { title = function() return "one" end, ]] .. functions .. [[ })
    ]] .. book([[step("own", function() pcall(effect.perform, "own.one", {}) fs.write("evil", "x") end)]] .. EVIL)
end

local function apply(lines) return "apply = function()\n" .. lines .. "\nreturn {} end" end

t.test("nor within an effect of the script's own, which a pause would let end", function()
  local p = project.new { asks = book [[confirm "wipe?"]] }
  for name, lines in pairs(ASKING) do
    p:edit("book", own_effect(apply(lines .. "\n" .. EVIL)))
    t.has(check_waits(p, name), "wipe?", name)
  end
  local parts = {
    ["behind it, in the same line"] = apply [[pcall(confirm, "wipe?") fs.write("evil", "x")]],
    ["an effect in an effect"] = [[apply = function() pcall(effect.perform, "own.two", {}) fs.write("evil", "x") end })
      effect.define("own.two", { ]] .. apply [[pcall(confirm, "wipe?") fs.write("evil", "x")]],
    ["a branch in an effect"] = apply [[pcall(parallel, "p", {
      one = function() pcall(confirm, "wipe?") fs.write("evil", "x") end })]],
    ["a look before it"] = [[observe = function() pcall(confirm, "wipe?") return {} end, ]] .. apply [[fs.write("evil", "x")]],
  }
  for name, functions in pairs(parts) do
    p:edit("book", own_effect(functions))
    t.has(check_waits(p, name), "wipe?", name)
  end
end)

t.test("answered, an effect that asked goes on with what it had not made", function()
  local p = project.new { book = own_effect(apply [[sh.bash "echo x >> first" pcall(confirm, "wipe?") fs.write("second", "x")]]) }
  check_waits(p, "an effect of its own")
  t.eq({ p:lines "first", p:lines "second" }, { { "x" }, {} })
  t.eq(p:run { "approve", p:newest() }, 0)
  t.eq(p:run { "resume" }, 0)
  t.eq({ p:lines "first", p:lines "second", p:lines "evil" }, { { "x" }, { "x" }, { "x" } })
end)

t.test("nor by an effect that is looked for when its run was killed, nor as one is taken back", function()
  local p = project.new { book = own_effect([[recover = function() pcall(confirm, "wipe?") fs.write("evil", "x") return "done" end, ]]
    .. apply [[sh.bash "kill -KILL $PPID"]]) }
  p:run { "run", "book", "--no-ask" }
  local function check_stopped(code, out, err)
    t.eq({ code, p:lines "evil" }, { 3, {} }, out .. err)
    t.has(err, "waiting for the operator: wipe?")
  end
  check_stopped(p:run { "resume", "--no-ask" })
  p:edit("taken", [[effect.define("own.one", { undo = function() pcall(confirm, "wipe?") fs.write("evil", "x") end, ]]
    .. apply "" .. " }) " .. book [[step("own", function() effect.perform("own.one", {}) end)]])
  t.eq(p:run { "run", "taken" }, 0)
  check_stopped(p:run { "rollback", p:newest(), "--no-ask" })
end)

t.test("nothing is taken back behind a question, whatever else fails as the run stops there", function()
  local lines = [[step("made", { undo = function() fs.write("evil", "x") end }, function() fs.write("made", "x") end) ]]
    .. CLOSES_WITH_ANOTHER .. [[ confirm "wipe?"]]
  local undoes = book(lines):gsub("runbook {", 'runbook { on_failure = "undo",', 1)
  local p = project.new { book = undoes, undoes = undoes }
  check_waits(p, "a run")
  p:edit("book", book([[pcall(runbook.call, "undoes")]] .. EVIL))
  check_waits(p, "a called run")
end)

t.test("answered, such a run goes on: what was caught is what the call gives then", function()
  local p = project.new { book = book [[
    local ok, said = errors.try(confirm, "wipe?")
    step("after", function() fs.write("after", tostring(ok and said.by ~= nil)) end)]] }
  check_waits(p, "errors.try")
  t.eq(p:run { "approve", p:newest() }, 0)
  t.eq(p:run { "resume" }, 0)
  t.eq(p:lines "after", { "true" })
end)

t.test("a branch that waits lets the others go on where they are to, and the run waits", function()
  local p = project.new { book = book [[
    parallel("p", {
      a = function() confirm "wipe?" end, b = function() fs.write("b", "x") end, c = function() fs.write("c", "x") end,
    }, { keep_going = true, limit = 1 })
    step("evil", function() fs.write("evil", "x") end)]] }
  check_waits(p, "parallel")
  t.eq({ p:lines "b", p:lines "c" }, { { "x" }, { "x" } })
end)

t.test("where one branch failed and another waits, the run failed, and no script keeps that to itself", function()
  local p = project.new { book = book([[pcall(parallel, "p",
    { a = function() error "it failed" end, b = function() confirm "wipe?" end }, { keep_going = true, limit = 1 })]] .. EVIL) }
  local code, out, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1, out .. err)
  t.has(err, "also: waiting for the operator: wipe?")
  t.eq(p:lines "evil", {})
end)

t.test("an error that says of itself that it waits is none that does", function()
  local p = project.new { book = book [[errors.raise { kind = "waiting", message = "I wait", waiting = true }]] }
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1, err)
end)

t.test("where answers are signed: nothing is made behind a question, a list, a run that asks, and an effect in doubt", function()
  local alice = signers.person "alice"
  local p = approvals.new("", alice:line())
  p:edit("asks", book [[confirm "wipe?"]])
  for _, name in ipairs { "errors.try", "around a list", "around a run of another runbook", "a variable that closes" } do
    p:edit("book", book(ASKING[name] .. "\n" .. EVIL))
    t.has(check_waits(p, name, approvals.runner), "waiting for signed approvals", name)
  end
  p:edit("book", book([[pcall(step, "x", function() sh.bash "echo $PPID > pid; kill -KILL $PPID" end)]] .. EVIL))
  p:run({ "run", "book", "--no-ask" }, approvals.runner)
  t.eq(#p:lines "pid", 1)
  local code, out, err = p:run({ "resume", p:newest(), "--plain" }, approvals.runner)
  t.eq(code, 3, out .. err)
  t.eq(p:lines "evil", {})
end)

t.test("what is not in the plan ends the run, and no script keeps that to itself", function()
  local p = project.new { book = book [[
    step("look", function() if fs.exists "flag" then errors.try(fs.write, "evil", "x") end end)
    step("behind", function() fs.write("evil", "x") end)]] }
  t.eq(p:run { "plan", "book", "-o", "plan.json" }, 2)
  t.write_file(p.dir .. "/flag", "")
  local code, out, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 3, out .. err)
  t.has(err, "is not in the plan")
  t.eq(p:lines "evil", {})
end)

t.test("verify tells what a run did behind a question that has not been answered", function()
  local p = approvals.new("", signers.person("alice"):line())
  local id = approvals.waiting(p)
  local function verify(code)
    local got, out, err = p:run { "verify", id }
    t.eq(got, code, out .. err)
    return out
  end
  t.has(verify(0), "roll on: 0 of 1 signatures count; nothing went on behind it")
  local journal <close> = require("native.journal").open { dir = p.dir .. "/.almanac", mode = "rw" }
  local append = require("almanac.journal.event").append
  append(journal, id, "step.start", "after", { attempt = 1 })
  append(journal, id, "step.done", "after", { started = 0, elapsed_ms = 1 })
  local out = verify(1)
  t.has(out, "! roll on: 0 of 1 signatures count")
  t.lacks(out, "nothing went on")
end)
