-- runbook.call: a run made of runs, each with a journal, a status, a resume and a rollback of its own.
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

--- What both books share: a line in the world, which can be looked up and taken back.
local LINES = [[
local function add(line)
  local function take_back()
    sh.run { argv = { "sed", "-i", "/^" .. line .. "$/d", "world" }, check = { "sh", "-c", "! grep -qx '" .. line .. "' world" } }
  end
  step(line, { undo = take_back }, function()
    sh.run { argv = { "sh", "-c", "echo " .. line .. " >> world" }, check = { "grep", "-qx", line, "world" } }
  end)
end
]]

local CANARY = LINES .. [[
return runbook {
  params = { tag = param.string { required = true } },
  lock = "release/canary",
  run = function(p)
    add("canary " .. p.tag)
    step("judge", function() if fs.exists "bad" then error "a bad canary" end end)
    add "judged"
    return { verdict = "pass", tag = p.tag }
  end,
}]]

local DEPLOY = LINES .. [[
return runbook {
  params = { tag = param.string { required = true } },
  lock = "release/devnet",
  run = function(p)
    add "first"
    local canary = runbook.call("canary", { tag = p.tag })
    add("last " .. canary.verdict)
  end,
}]]

local ALL = { "first", "canary v1", "judged", "last pass" }

local function new(books)
  local all = { canary = CANARY, deploy = DEPLOY }
  for name, source in pairs(books or {}) do all[name] = source end
  return project.new(all)
end

local function must(p, words, want)
  local code, out, err = p:run(words)
  t.eq(code, want, table.concat(words, " ") .. "\n" .. out .. err)
  return out, err
end

--- The runs of a runbook, newest first, as `runs --json` has them.
local function runs_of(p, book)
  local found = {}
  for line in select(2, p:run { "runs", "--json", "--limit", "100" }):gmatch "[^\n]+" do
    local run = json.decode(line)
    if run.runbook == book then found[#found + 1] = run end
  end
  return found
end

local function put(p, name) t.write_file(p.dir .. "/" .. name, "") end
local function take_away(p, name) t.must { "rm", "-f", p.dir .. "/" .. name } end

t.test("a run that another one makes has a place of its own in the journal, and gives its value", function()
  local p = new()
  local _, said = must(p, { "run", "deploy", "tag=v1" }, 0)
  t.eq(p:lines "world", ALL)
  local deploy, canary = runs_of(p, "deploy")[1], runs_of(p, "canary")[1]
  t.eq(#runs_of(p, "canary"), 1)
  t.eq(canary.caller, deploy.id)
  t.has(said, "run " .. canary.id)
  t.has(said, "✓ canary/judge")
  local list = must(p, { "runs" }, 0)
  t.has(list, "in " .. deploy.id)
  local status = must(p, { "status" }, 0)
  t.has(status, deploy.id .. ": done")
  t.has(status, "run " .. canary.id)
  t.has(status, "  ✓ canary v1")
  t.has(must(p, { "status", canary.id }, 0), "part of: " .. deploy.id .. ', step "canary"')
  t.has(must(p, { "log", deploy.id, "--verify" }, 0), "whole")
end)

t.test("a run that fails in the one it makes is resumed there; the runs without a name mean the outermost", function()
  local p = new()
  put(p, "bad")
  local _, said = must(p, { "run", "deploy", "tag=v1" }, 1)
  t.has(said, "step:    canary/judge")
  t.has(must(p, { "status" }, 0), runs_of(p, "canary")[1].id .. ": failed")
  take_away(p, "bad")
  local _, told = must(p, { "resume" }, 0)
  t.has(told, "  canary goes on with " .. runs_of(p, "canary")[1].id .. ': failed at "judge"')
  t.eq(p:lines "world", ALL)
  t.eq(#runs_of(p, "canary"), 1)
  must(p, { "rollback", runs_of(p, "deploy")[1].id }, 0)
  t.eq(p:lines "world", {})
  t.eq(runs_of(p, "canary")[1].status, "undone")
  t.eq(runs_of(p, "rollback-of-canary")[1].caller, runs_of(p, "rollback-of-deploy")[1].id)
end)

t.test("it is resumed by itself as well: the run that made it finds it done, and its value", function()
  local p = new()
  put(p, "bad")
  must(p, { "run", "deploy", "tag=v1" }, 1)
  take_away(p, "bad")
  local canary = runs_of(p, "canary")[1].id
  must(p, { "resume", canary }, 0)
  t.eq(p:lines "world", { "first", "canary v1", "judged" })
  must(p, { "resume", runs_of(p, "deploy")[1].id }, 0)
  t.eq(p:lines "world", ALL)
end)

t.test("a part that was not done, and was rolled back by itself, is begun anew", function()
  local p = new()
  put(p, "bad")
  must(p, { "run", "deploy", "tag=v1" }, 1)
  local first = runs_of(p, "canary")[1].id
  must(p, { "rollback", first }, 0)
  t.eq(p:lines "world", { "first" })
  take_away(p, "bad")
  must(p, { "resume" }, 0)
  t.eq(p:lines "world", ALL)
  t.ok(runs_of(p, "canary")[1].id ~= first, "another run")
end)

t.test("a part that was done, and was rolled back by itself, stops the resume of the whole", function()
  local late = 'step("late", function() if fs.exists "late" then error(canary.tag) end end)'
  local p = new { deploy = DEPLOY:gsub('add%("last " .. canary.verdict%)', late) }
  put(p, "late")
  must(p, { "run", "deploy", "tag=v1" }, 1)
  must(p, { "rollback", runs_of(p, "canary")[1].id }, 0)
  local _, said = must(p, { "resume" }, 3)
  t.has(said, "what was done is not so any more")
  t.has(said, "the run " .. runs_of(p, "canary")[1].id .. " is undone")
  take_away(p, "late")
  must(p, { "resume", "--redo", "canary" }, 0)
  t.eq(p:lines "world", { "first", "canary v1", "judged" })
end)

t.test("a plan shows what the runs would do that it makes, and a run keeps to that", function()
  local p = new()
  local out = must(p, { "plan", "deploy", "tag=v1", "-o", "plan.json" }, 2)
  t.has(out, "canary\n  → run canary\n    a run of its own: tag=v1\n  canary v1\n    → run sh -c 'echo canary v1 >> world'")
  t.has(out, "Plan: 4 effects")
  t.has(out, "canary/judged: its undo")
  t.eq(p:lines "world", {})
  must(p, { "run", "--plan", "plan.json" }, 0)
  t.eq(p:lines "world", ALL)
  local shown = must(p, { "show", runs_of(p, "deploy")[1].id, "--plan" }, 0)
  t.has(shown, "✓ canary/judged: run sh -c 'echo judged >> world'  as planned")
  t.lacks(shown, "not reached")
end)

t.test("an edit of the runbook that is called is another plan; a planned run that was killed keeps to its plan", function()
  local p = new()
  must(p, { "plan", "deploy", "tag=v1", "-o", "plan.json" }, 2)
  p:edit("canary", (CANARY:gsub("judged", "hacked")))
  local _, said = must(p, { "run", "--plan", "plan.json" }, 1)
  t.has(said, "runbooks/canary.lua:")
  t.has(said, "was edited after the plan was made")
  t.eq(p:lines "world", { "first" })
  p:edit("canary", CANARY)
  must(p, { "resume" }, 0)
  t.eq(p:lines "world", ALL)
end)

t.test("a plan that cannot know a parameter says so, and shows no part of its own", function()
  local p = new { deploy = [[
return runbook { run = function()
  local seen = step("ask", function() return sh.run { argv = { "cat", "tag" } } end)
  runbook.call("canary", { tag = seen })
end }]] }
  t.has(must(p, { "plan", "deploy" }, 2), "its input is known when it runs: params/tag after ask")
end)

t.test("what cannot be: itself, through others too; a runbook that is not there; a parameter that does not fit", function()
  local p = new {
    loop = 'return runbook { run = function() runbook.call "again" end }',
    again = 'return runbook { run = function() runbook.call "loop" end }',
    nobody = 'return runbook { run = function() runbook.call "nowhere" end }',
    wrong = 'return runbook { run = function() runbook.call("canary", { tga = "v1" }) end }',
    list = 'return runbook { run = function() runbook.call("canary", { "v1" }) end }',
    words = 'return runbook { run = function() runbook.call("canary", {}, { naem = "x" }) end }',
  }
  t.has(select(2, must(p, { "run", "loop" }, 1)), "a runbook cannot run itself: loop → again → loop")
  t.has(must(p, { "plan", "loop" }, 1), "a runbook cannot run itself: loop → again → loop")
  t.has(select(2, must(p, { "run", "nobody" }, 1)), 'no runbook "nowhere"')
  t.has(select(2, must(p, { "run", "wrong" }, 1)), 'canary has no parameter "tga"; did you mean tag?')
  t.has(select(2, must(p, { "run", "list" }, 1)), "params must be a table of names and values")
  t.has(select(2, must(p, { "run", "words" }, 1)), "did you mean name?")
end)

t.test("allow names the runbooks that may be called; each keeps to its own", function()
  local p = new {
    deploy = 'return runbook { allow = { runbook = { "smoke" } }, run = function() runbook.call("canary", { tag = "v1" }) end }',
    fine = 'return runbook { allow = { runbook = { "c*" } }, run = function() runbook.call("narrow") end }',
    cnarrow = 'return runbook { allow = { shell = { "true" } }, run = function() step("x", function() sh.run("touch", "f") end) end }',
    wide = 'return runbook { allow = { runbook = { "c*" } }, run = function() runbook.call("cnarrow") end }',
  }
  t.has(select(2, must(p, { "run", "deploy" }, 1)), 'runbook.call: this runbook may not touch runbook "canary"')
  t.eq(#runs_of(p, "canary"), 0, "nothing was begun")
  t.has(select(2, must(p, { "run", "fine" }, 1)), 'this runbook may not touch runbook "narrow"')
  t.has(select(2, must(p, { "run", "wide" }, 1)), 'sh.run: this runbook may not touch shell "touch"')
end)

t.test("a lock of the family holds for all of it, until the outermost is over; parts side by side share it", function()
  local p = new {
    other = 'return runbook { lock = "release/canary", run = function() step("x", function() end) end }',
    both = [[
return runbook { lock = "release/canary", run = function()
  parallel("both", { a = function() runbook.call("canary", { tag = "a" }, { name = "canary a" }) end,
    b = function() runbook.call("canary2", { tag = "b" }) end })
end }]],
    canary2 = (CANARY:gsub('"judged"', '"judged 2"')),
    deploy = DEPLOY:gsub('  end,\n}', '    step("late", function() if fs.exists "late" then error "late" end end)\n%0'),
  }
  must(p, { "run", "both" }, 0)
  put(p, "late")
  must(p, { "run", "deploy", "tag=v1" }, 1)
  local deploy = runs_of(p, "deploy")[1].id
  t.eq(runs_of(p, "canary")[1].status, "done")
  local _, said = must(p, { "run", "other" }, 2)
  t.has(said, "run " .. deploy .. ' holds the lock "release/canary": failed at "late"')
  must(p, { "abandon", deploy, "--reason", "moved on" }, 0)
  must(p, { "run", "other" }, 0)
end)

t.test("who gives a run up gives up what it made and was not over", function()
  local p = new()
  put(p, "bad")
  must(p, { "run", "deploy", "tag=v1" }, 1)
  local out = must(p, { "abandon", runs_of(p, "deploy")[1].id, "--reason", "moved on" }, 0)
  t.has(out, "abandoned " .. runs_of(p, "canary")[1].id)
  t.eq(runs_of(p, "canary")[1].status, "abandoned")
end)

t.test("other parameters than it was begun with are refused with both; a secret is handed on, and is in no journal", function()
  local p = new {
    canary = [[
return runbook { params = { token = param.secret { required = true }, tag = param.string {} }, run = function(p)
  step("use", { undo = function() sh.run { argv = { "rm", "used" }, idempotent = true } end }, function()
    sh.run { argv = { "sh", "-c", "echo $TOKEN > used" }, env = { TOKEN = p.token } }
  end)
  step("judge", function() if fs.exists "bad" then error "bad" end end)
end }]],
    deploy = [[
return runbook { params = { token = param.secret { required = true } }, run = function(p)
  runbook.call("canary", { token = p.token, tag = "v1" })
end }]],
  }
  put(p, "bad")
  local env = { TOKEN = "open-sesame-1795" }
  t.eq(p:run({ "run", "deploy", "token=env:TOKEN" }, env), 1)
  t.eq(p:lines "used", { "open-sesame-1795" })
  local source = t.read_file(p.dir .. "/runbooks/deploy.lua")
  p:edit("deploy", (source:gsub('"v1"', '"v2"')))
  local code, _, said = p:run({ "resume" }, env)
  t.eq(code, 1, said)
  t.has(said, "runbook.call took place in this run with another input")
  p:edit("deploy", source)
  take_away(p, "bad")
  t.eq(p:run({ "resume" }, env), 0)
  local taken, _, why = p:run({ "rollback", runs_of(p, "canary")[1].id }, env)
  t.eq(taken, 0, why)
  local log = must(p, { "log", runs_of(p, "canary")[1].id, "--json" }, 0) .. must(p, { "log", runs_of(p, "deploy")[1].id, "--json" }, 0)
  t.lacks(log, "sesame")
end)

t.test("runs within runs within branches: all of them are shown, gone on with and taken back", function()
  local p = new {
    outer = [[
return runbook { run = function()
  parallel("both", {
    a = function() runbook.call("deploy", { tag = "a" }) end,
    b = function() step("beside", { undo = function() fs.remove "beside" end }, function() fs.write("beside", "x") end) end,
  })
end }]],
  }
  put(p, "bad")
  must(p, { "run", "outer" }, 1)
  take_away(p, "bad")
  local outer = runs_of(p, "outer")[1].id
  must(p, { "resume", outer }, 0)
  t.eq(p:lines "world", { "first", "canary a", "judged", "last pass" })
  t.has(must(p, { "status", outer }, 0), "        ✓ judged")
  t.eq(#runs_of(p, "canary"), 1)
  must(p, { "rollback", outer }, 0)
  t.eq(p:lines "world", {})
  t.eq(t.read_file(p.dir .. "/beside"), nil)
  for _, book in ipairs { "canary", "deploy", "outer" } do t.eq(runs_of(p, book)[1].status, "undone", book) end
end)

t.test("a part with on_failure = undo takes itself back; resumed, the whole begins it anew", function()
  local p = new { canary = (CANARY:gsub("return runbook {", 'return runbook { on_failure = "undo",')) }
  put(p, "bad")
  local _, said = must(p, { "run", "deploy", "tag=v1" }, 1)
  t.has(said, "step:    canary/judge")
  t.eq(p:lines "world", { "first" })
  t.eq(runs_of(p, "canary")[1].status, "undone")
  t.eq(runs_of(p, "deploy")[1].status, "failed")
  take_away(p, "bad")
  must(p, { "resume" }, 0)
  t.eq(p:lines "world", ALL)
  t.eq(#runs_of(p, "canary"), 2)
  must(p, { "rollback", runs_of(p, "deploy")[1].id }, 0)
  t.eq(p:lines "world", {})
end)

t.test("what a done part made and is not so any more stops the resume of the whole", function()
  local p = new {
    canary = 'return runbook { run = function() step("write", function() fs.write("made", "x") end) end }',
    deploy = [[
return runbook { run = function()
  runbook.call "canary"
  step("late", function() if fs.exists "late" then error "late" end end)
end }]],
  }
  put(p, "late")
  must(p, { "run", "deploy" }, 1)
  take_away(p, "late")
  take_away(p, "made")
  local _, said = must(p, { "resume" }, 3)
  t.has(said, "what was done is not so any more")
  t.has(said, "write, in " .. runs_of(p, "canary")[1].id)
  must(p, { "resume", "--anyway" }, 0)
end)

t.test("a pause is heard in the run that is made", function()
  local p = new { canary = [[
return runbook { params = { tag = param.string {} }, run = function(p)
  step("ready", function() sh.run { argv = { "touch", "up" } } end)
  sleep("settle", "40s")
end }]], deploy = 'return runbook { run = function() runbook.call("canary", { tag = "v1" }) end }' }
  local child = p:spawn { "run", "deploy" }
  child:wait_line "canary/settle"
  child:kill "INT"
  t.eq(child:wait(), 130)
  t.eq(runs_of(p, "canary")[1].status, "paused")
  t.eq(runs_of(p, "deploy")[1].status, "paused")
end)
