-- A question, a watch or a wait of a plan is the one that its run comes by: no other of its step's name takes its place, nor does
-- one that is called with something else. And what the plan has in a run that it makes, or in an effect of the script's own, is
-- not left out.
local fs = require "native.fs"
local gates = require "tests.served_gates"
local project = require "tests.project"
local t = require "tests.harness"

local FLAG = 'local f = step("look", function() return fs.exists "flag" end) '
local LAST = ' step("last", function() fs.write("evil", "x") end)'

local function book(body, last)
  return "return runbook { run = function() " .. FLAG .. body .. (last or LAST) .. " end }"
end

--- Plans with the flag, takes it away, and runs.
local function without_flag(sources, config)
  local p = project.new(sources, config)
  t.write_file(p.dir .. "/flag", "")
  local code, shown, err = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 2, shown .. err)
  os.remove(p.dir .. "/flag")
  local out
  code, out, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  return p, code, out .. err, shown
end

local function resume(p, id)
  local code, out, err = p:run { "resume", id, "--no-ask" }
  return code, out .. err
end

local function is_stopped(sources, words, config)
  local p, code, said = without_flag(sources, config)
  t.eq(code, 3, said)
  t.has(said, words)
  t.eq(fs.exists(p.dir .. "/evil"), false)
  return p, said
end

for what, case in pairs {
  ["a step for a confirm"] = { 'if f then confirm "sure?" else step("sure?", function() return {} end) end',
    "the plan asks first: sure?" },
  ["an ask for a confirm"] = { 'if f then confirm "sure?" else ask "sure?" end', "sure? is a confirm in the plan, and an ask now" },
  ["other choices"] = { 'ask("which?", { choices = f and { "left", "right" } or { "left", "up" } })',
    "the ask has another input than in the plan: choices" },
  ["another link"] = { 'ask("which?", { link = f and "http://a" or "http://b" })', "the ask has another input than in the plan: link" },
  ["another text of the same name"] = { 'confirm(f and "sure?\\n" or "sure?\\n\\n")',
    "the confirm has another input than in the plan: question" },
  ["a step for a sleep"] = { 'if f then sleep("soak", "1s") else step("soak", function() end) end', "the plan waits first: soak" },
  ["another length"] = { 'sleep("soak", f and "3s" or "0s")', "the sleep has another input than in the plan: length" },
  ["a step for a checklist"] = { 'local e = { { text = "seen", evidence = function() return "x" end } } '
    .. 'if f then checklist("list", e) else step("list", function() step("seen", function() return "x" end) end) end',
    "the plan waits first: list" },
  ["another checklist"] = { 'checklist("list", { { text = f and "seen" or "looked", evidence = function() return "x" end } })',
    "the checklist has another input than in the plan: items" },
} do
  t.test(what .. " is not what the plan has", function() is_stopped({ book = book(case[1]) }, case[2]) end)
end

local served = gates.serve { lag = 3 }

local function gate(limit, hold, more) return served:options("lag", limit, hold, more) end

local WATCHES = {
  ["a step for a gate"] = { 'if f then gate("lag", ' .. gate(5, "100ms") .. ') else step("lag", function() end) end',
    "the plan watches first: lag" },
  ["another limit"] = { 'gate("lag", f and ' .. gate(5, "100ms") .. " or " .. gate(1000, "100ms") .. ")",
    "the gate has another input than in the plan: limit" },
  ["another hold and grace"] = { 'gate("lag", f and ' .. gate(5, "2s", "grace = 1") .. " or " .. gate(5, "200ms") .. ")",
    "the gate has another input than in the plan: grace, hold" },
  ["a gate in a step without it"] = { 'parallel("both", { a = function() if f then gate(' .. gate(5, "100ms") .. ") end end })",
    "the plan watches first: both/a" },
  ["a step for a guard"] = { 'local function work() fs.write("fine", "x") end if f then guard("g", { gates = { { name = "lag", '
    .. 'query = "lag", limit = 5, url = "http://127.0.0.1:' .. served.server:port() .. '" } } }, work) else step("g", work) end',
    "the plan watches first: g" },
  ["another limit of a guard"] = { 'guard("g", { gates = { { name = "lag", query = "lag", limit = f and 5 or 1000, '
    .. 'url = "http://127.0.0.1:' .. served.server:port() .. '" } } }, function() fs.write("evil", "x") end)',
    "the guard has another input than in the plan: gates", "" },
}

for what, case in pairs(WATCHES) do
  t.test(what .. " is not what the plan has", function() is_stopped({ book = book(case[1], case[3]) }, case[2]) end)
end

t.test("what is the same as planned is done, also where it needs what only the run knows", function()
  local p, code, said, shown = without_flag { book = [[
  effect.define("own.draw", { input = function(raw) return raw end, apply = function() return "seven" end })
  return runbook { run = function()
    local made = step("make", function() return effect.perform("own.draw", {}) end)
    confirm("go on with " .. made .. "?")
    ask("which?", { choices = { "left", made }, link = "http://x/" .. made })
    sleep("soak", "20ms") gate("lag", ]] .. gate(5, "20ms") .. [[)
    checklist("list", { { text = "seen", evidence = function() return "x" end } })
    step("last", function() fs.write("fine", "x") end)
  end }]] }
  t.eq(code, 3, said)
  t.has(shown, "soak  would wait for 20ms")
  local id = said:match "resume with: almanac resume ([%w-]+)"
  for _, answer in ipairs { "yes", "left" } do
    local answered, _, err = p:run { "answer", id, answer }
    t.eq(answered, 0, err)
    code, said = resume(p, id)
  end
  t.eq(code, 0, said)
  t.eq(fs.exists(p.dir .. "/fine"), true)
end)

for what, case in pairs {
  ["a question"] = { 'if f then confirm "child sure?" end', "the plan asks first: child sure?" },
  ["another question"] = { 'if f then confirm "sure?" else step("sure?", function() end) end', "the plan asks first: sure?" },
  ["a sleep"] = { 'if f then sleep("soak", "10ms") end', "the plan waits first: child/soak" },
  ["an effect"] = { 'if f then step("backup", function() fs.write("backup", "x") end) end',
    "the plan has before it: write backup (1 bytes), in child/backup" },
} do
  t.test(what .. " of a run that the planned one makes is not left out before an effect", function()
    is_stopped({
      child = "return runbook { run = function() " .. FLAG .. case[1] .. " end }",
      book = 'return runbook { run = function() runbook.call "child" ' .. LAST .. " end }",
    }, case[2])
  end)
end

t.test("what a run that was made has come by is known to who goes on", function()
  local p, code, said = without_flag {
    child = 'return runbook { run = function() sleep("soak", "10ms") step("w", function() fs.write("w", "x") end) end }',
    book = 'return runbook { run = function() runbook.call "child" confirm "go?" '
      .. 'step("last", function() fs.write("fine", "x") end) end }',
  }
  t.eq(code, 3, said)
  local id = said:match "resume with: almanac resume ([%w-]+)"
  p:run { "answer", id, "yes" }
  code, said = resume(p, id)
  t.eq(code, 0, said)
  t.eq(fs.exists(p.dir .. "/fine"), true)
end)

for what, case in pairs {
  ["fails half way, and is caught"] = { 'error "x"', "" }, ["ends half way"] = { "return {}", "" },
  ["ends half way, before its open end"] = { "return {}", 'step("deeper", function() end) ' },
} do
  t.test("an effect of the script's own that " .. what .. " leaves out nothing before the next effect", function()
    is_stopped({ book = 'effect.define("x.y", { input = function() return {} end, title = function() return "y" end, apply = function() '
      .. 'sh.run { argv = { "touch", "first" } } if not fs.exists "flag" then ' .. case[1]
      .. ' end sh.run { argv = { "touch", "second" } } ' .. case[2]
      .. 'return {} end }) return runbook { run = function() step("a", function() errors.try(effect.perform, "x.y", {}) end) '
      .. LAST .. " end }" }, "the plan has before it: run touch second, in a")
  end)
end

t.test("a question that was answered no, and a gate that failed, are not passed, whatever the script catches", function()
  local p = project.new { book = [[return runbook { run = function()
    errors.try(confirm, "sure?")
    step("w", function() fs.write("written", "x") end)
  end }]] }
  local code, out, err = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 2, out .. err)
  t.eq((p:run { "run", "--plan", "plan.json", "--no-ask" }), 3)
  t.eq((p:run { "reject", p:newest(), "--reason", "no" }), 0)
  code, out, err = p:run { "resume", "--no-ask" }
  t.ok(code ~= 0, out .. err)
  t.has(err, "asks first: sure?")
  t.eq(t.read_file(p.dir .. "/written"), nil)
end)
