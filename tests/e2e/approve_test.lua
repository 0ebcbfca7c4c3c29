-- almanac approve and reject: an answer from elsewhere, bound to the plan and the script.
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  step("before", function() sh.run { argv = { "sh", "-c", "echo before >> log" } } end)
  confirm "roll on"
  step("after", function() sh.run { argv = { "sh", "-c", "echo after >> log" } } end)
end }]]

local function waiting(words)
  local p = project.new { book = BOOK }
  local code, _, err = p:run(words or { "run", "book" })
  t.eq(code, 3, err)
  t.has(err, "almanac approve " .. p:newest())
  return p, p:newest()
end

t.test("an approved run goes on without asking, and says who approved", function()
  local p, id = waiting()
  local _, status = p:run { "status", id }
  t.has(status, "almanac approve " .. id)
  local code, out = p:run { "approve", id, "--reason", "the canary looks good" }
  t.eq(code, 0)
  t.has(out, "approved roll on: roll on")
  local again, _, why = p:run { "approve", id }
  t.eq(again, 2, why)
  t.has(why, "roll on was approved by ")
  local resumed, _, err = p:run { "resume", id }
  t.eq(resumed, 0, err)
  t.eq(p:lines "log", { "before", "after" })
  local _, log = p:run { "log", id, "--json" }
  t.has(log, "the canary looks good")
  local _, verified = p:run { "log", id, "--verify" }
  t.has(verified, "whole")
end)

t.test("a rejected run fails there once, and asks again when it is resumed", function()
  local p, id = waiting()
  t.eq(p:run { "reject", id, "--reason", "peers are lagging" }, 0)
  local code, _, err = p:run { "resume", id }
  t.eq(code, 1, err)
  t.has(err, "said no: roll on (peers are lagging)")
  t.eq(p:lines "log", { "before" })
  local asked, _, why = p:run { "resume", id }
  t.eq(asked, 3, why)
  -- The value of an option is no name of a plan's file, whatever is in it.
  t.eq(p:run { "approve", "--store", ".almanac", "--reason", "ticket A/12", id }, 0)
  t.eq(p:run { "resume", id }, 0)
  t.eq(p:lines "log", { "before", "after" })
end)

t.test("an answer can be another one until the run goes on by it", function()
  local p, id = waiting()
  t.eq(p:run { "approve", id }, 0)
  local rejected, out = p:run { "reject", id, "--reason", "it was the wrong one" }
  t.eq(rejected, 0)
  t.has(out, "rejected roll on: roll on")
  local code, _, err = p:run { "resume", id }
  t.eq(code, 1, err)
  t.has(err, "said no: roll on (it was the wrong one)")
  t.eq(p:lines "log", { "before" })
  local late, _, why = p:run { "reject", id }
  t.eq(late, 2, "the run has come to it")
  t.has(why, "waits for no answer")
  t.eq(p:run { "resume", id }, 3)
  t.eq(p:run { "reject", id }, 0)
  t.eq(p:run { "approve", id }, 0)
  t.eq(p:run { "resume", id }, 0)
  t.eq(p:run { "reject", id }, 2)
end)

t.test("so can the choice of an ask; one of two questions is named by its step", function()
  local p = project.new { book = [[return runbook { run = function()
    local function branch(name)
      return function() fs.write("said." .. name, ask(name .. "?", { choices = { "now", "later" } }).answer) end
    end
    parallel("both", { a = branch "a", b = branch "b" })
  end }]] }
  t.eq(p:run { "run", "book" }, 3)
  local first, second = "both/a/a?", "both/b/b?"
  t.eq(p:run { "answer", p:newest(), "later", first }, 0)
  t.eq(p:run { "answer", p:newest(), "now", second }, 0)
  local code, _, err = p:run { "answer", p:newest(), "now" }
  t.eq(code, 2)
  t.has(err, "name the step")
  t.eq(p:run { "answer", p:newest(), "now", first }, 0)
  t.eq(p:run { "resume" }, 0)
  t.eq(p:lines "said.a", { "now" })
end)

t.test("a question holds a URL, a channel and several lines; its step has a name of its own", function()
  local p = project.new { book = [[
return runbook { run = function()
  confirm "told #devnet?\nand https://grafana.example/d/peers is green"
end }]] }
  t.eq(p:run { "check", "book" }, 0)
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 3, err)
  t.has(err, "waiting for the operator: told #devnet?\n  | and https://grafana.example/d/peers is green")
  local _, out = p:run { "approve", p:newest() }
  t.has(out, "told devnet? and https: grafana.example d peers is green")
  t.eq(p:run { "resume", p:newest() }, 0)
end)

t.test("a question that leaves no name is refused", function()
  local p = project.new { book = 'return runbook { run = function() confirm "#/" end }' }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 1, err)
  t.has(err, 'confirm takes a question, not "#/"')
  t.has(select(2, p:run { "check", "book" }), "cannot be empty")
end)

t.test("an approval does not hold for a script that was edited after it", function()
  local p, id = waiting()
  t.eq(p:run { "approve", id }, 0)
  p:edit("book", (BOOK:gsub("echo after", "echo something else")))
  local code, _, err = p:run { "resume", id }
  t.eq(code, 3, err)
  t.has(err, "the script was edited since then")
  t.eq(p:lines "log", { "before" })
end)

t.test("an approval does not hold for parameters that were given anew after it", function()
  local asks = BOOK:gsub("runbook {", "runbook { params = { image = param.string { required = true } },")
    :gsub("run = function%(%)", "run = function(p)"):gsub('"echo after >> log"', '"echo " .. p.image .. " >> log"')
  local p = project.new { book = asks }
  t.eq((p:run { "run", "book", "image=v1" }), 3)
  t.eq(p:run { "approve", p:newest() }, 0)
  local code, _, err = p:run { "resume", "image=v2" }
  t.eq(code, 3, err)
  t.has(err, "given anew: image=v2 (was v1)\n  what is done was done with what it was before, and stays; a step once more: almanac resume ")
  t.has(err, "answered yes, but parameters of the run were given anew since then")
  t.eq(p:lines "log", { "before" })
  t.eq((p:run { "resume" }), 3, "an answer that was overtaken stays so")
  t.eq(p:run { "approve", p:newest() }, 0)
  code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.eq(p:lines "log", { "before", "v2" })
end)

t.test("an approval does not hold for what is done once more after it", function()
  local p, id = waiting()
  t.eq(p:run { "approve", id }, 0)
  local code, _, err = p:run { "resume", id, "--no-ask", "--redo", "before" }
  t.eq(code, 3, err)
  t.has(err, "but what was done before it is done once more since then")
  t.eq(p:lines "log", { "before", "before" })
  t.eq(p:run { "approve", id }, 0)
  t.eq((p:run { "resume", id }), 0)
  t.eq(p:lines "log", { "before", "before", "after" })
end)

t.test("an approval holds for what a resume has to give once more: a secret that no journal keeps, and what is as it was", function()
  local asks = BOOK:gsub("runbook {",
    "runbook { params = { token = param.secret { required = true }, other = param.secret {}, n = param.integer { default = 1 } },")
  local p = project.new { book = asks }
  local env = { TOKEN = "a-long-secret" }
  local function resumed(token, ...)
    t.eq((p:run({ "run", "book", "--no-ask", token }, env)), 3)
    local id = p:newest()
    t.eq(p:run { "approve", id }, 0)
    local code, _, err = p:run({ "resume", id, "--no-ask", ... }, env)
    return code, err
  end
  t.eq((resumed "token=a-long-secret"), 2, "it has to be given")
  local code, err = resumed("token=a-long-secret", "token=a-long-secret", "n=1")
  t.eq(code, 0, err)
  t.lacks(err, "given anew: ")
  for _, words in ipairs { { "token=a-long-secret", "token=env:TOKEN" }, { "token=env:TOKEN", "token=a-long-secret" },
    { "token=a-long-secret", "token=a-long-secret", "other=another-secret" }, { "token=env:TOKEN", "n=2" } } do
    code, err = resumed(table.unpack(words))
    t.eq(code, 3, err)
    t.has(err, "parameters of the run were given anew since then")
  end
end)

t.test("a text or a choice that was answered before parameters were given anew is asked for again; a no is not", function()
  local asking = [[
    return runbook { params = { n = param.integer { default = 1 } }, run = function(p)
      local colour = ask("which colour?", { choices = { "red", "green" } })
      step("after", function() sh.run { argv = { "sh", "-c", "echo " .. colour.answer .. p.n .. " >> log" } } end)
    end }]]
  local other = BOOK:gsub("runbook {", "runbook { params = { n = param.integer { default = 1 } },")
  local p = project.new { book = asking, other = other }
  t.eq((p:run { "run", "book" }), 3)
  t.eq(p:run { "answer", p:newest(), "red" }, 0)
  local code, _, err = p:run { "resume", "n=2" }
  t.eq(code, 3, err)
  t.has(err, 'answered red, but parameters of the run were given anew')
  t.eq(p:run { "answer", p:newest(), "green" }, 0)
  t.eq((p:run { "resume" }), 0)
  t.eq(p:lines "log", { "green2" })
  t.eq((p:run { "run", "other" }), 3)
  t.eq(p:run { "reject", p:newest() }, 0)
  code, _, err = p:run { "resume", p:newest(), "n=2" }
  t.eq(code, 1, err)
  t.has(err, "said no")
end)

t.test("the approval of a planned run names the plan, and falls with it", function()
  local p = project.new { book = BOOK }
  t.eq(p:run { "plan", "book", "-o", "plan.json" }, 2)
  local digest = t.read_file(p.dir .. "/plan.json"):match '"digest":"(%x+)"'
  local code, _, err = p:run { "run", "--plan", "plan.json" }
  t.eq(code, 3, err)
  local id = p:newest()
  local _, out = p:run { "approve", id }
  t.has(out, "the plan " .. digest:sub(1, 12))
  p:edit("book", (BOOK:gsub('confirm "roll on"', "")))
  local unasked, _, refused = p:run { "resume", id }
  t.eq(unasked, 2, "what the plan asks is asked")
  t.has(refused, "was edited after the plan was made")
  t.has(refused, "put the script back, then: almanac resume " .. id)
  t.has(refused, "take the run back, then make a new plan: almanac rollback " .. id)
  t.has(refused, "resume " .. id .. " --without-plan")
  p:edit("book", BOOK)
  local dropped, _, why = p:run { "resume", id, "--without-plan" }
  t.eq(dropped, 3, why)
  t.has(why, "another plan")
  t.eq(p:lines "log", { "before" })
end)

t.test("rubbish is refused, and a run under way is not answered over its head", function()
  local p, id = waiting()
  local code, _, err = p:run { "approve", id, "nowhere" }
  t.eq(code, 2, err)
  t.has(err, "asks nothing in a step \"nowhere\"")
  t.has(err, "roll on: roll on")
  for _, words in ipairs { { "approve" }, { "approve", id, "a", "b" }, { "approve", "no-such-run" }, { "reject", id, "--reason" } } do
    t.eq(p:run(words), 2, table.concat(words, " "))
  end
  p:edit("slow", [[
return runbook { run = function()
  step("hold", function() sh.run { argv = { "sh", "-c", "echo up > up; exec sleep 60" } } end)
end }]])
  local child = p:spawn { "run", "slow" }
  t.eventually("the step is under way", function() return t.read_file(p.dir .. "/up") end)
  local busy, _, why = p:run { "approve", p:newest() }
  child:kill "INT"
  child:wait_line "pausing"
  child:kill "INT"
  child:wait()
  t.eq(busy, 2, why)
  t.has(why, "under way in another process")
end)

t.test("a run does not begin where nobody can tell whose signature counts", function()
  local p = project.new { roll = 'return runbook { run = function() confirm "roll on" end }' }
  t.write_file(p.dir .. "/almanac.yaml", "approval: { allowed_signers: signers, runner_may_approve: false }\n")
  local code, _, err = p:run { "run", "roll" }
  t.eq(code, 2, err)
  t.has(err, "approval in almanac.yaml: cannot read signers: No such file or directory")
  t.eq(p:newest(), nil, "there is no run")
end)
