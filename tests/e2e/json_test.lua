-- --json: every event from the first, lists that are lists, and the same text for the same data.
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local book = [[
return runbook {
  params = { hosts = param.list { default = {} } },
  run = function(p)
    step("work", function() return { hosts = p.hosts } end)
    step("maybe", function()
      if sh.read("cat", "mode").stdout:find "bad" then error { kind = "command", message = "bad" } end
    end)
  end,
}
]]

local function kinds(out)
  local all = {}
  for line in out:gmatch "[^\n]+" do
    local event = json.decode(line)
    if event.path == "" then all[#all + 1] = event.kind end
  end
  return table.concat(all, " ")
end

local function new(mode)
  local p = project.new { book = book }
  t.write_file(p.dir .. "/mode", mode)
  return p
end

t.test("a run tells how it began, and so does a resume", function()
  local p = new "bad"
  local code, out = p:run { "run", "book", "--json", "--no-ask" }
  t.eq(code, 1)
  t.eq(kinds(out), "run.start run.script run.end run.head")
  t.has(out, '"params":{"hosts":[]}')
  t.write_file(p.dir .. "/mode", "good")
  code, out = p:run { "resume", "--json", "hosts=a,b" }
  t.eq(code, 0, out)
  t.eq(kinds(out), "run.resume run.end run.head")
  t.has(out, '"params":{"hosts":["a","b"]}')
end)

t.test("a run that is bound to a plan tells the plan", function()
  local p = new "good"
  p:run { "plan", "book", "-o", "plan.json" }
  local code, out = p:run { "run", "--plan", "plan.json", "--json" }
  t.eq(code, 0, out)
  t.eq(kinds(out), "run.start run.plan run.script run.end run.head")
end)

t.test("an empty list is a list", function()
  local p = new "good"
  p:run { "run", "book" }
  local _, status = p:run { "status", "--json" }
  for _, field in ipairs { "notes", "effects", "children" } do t.has(status, string.format('"%s":[]', field)) end
  local _, log = p:run { "log", "--json" }
  t.has(log, '"result":{"hosts":[]}')
end)

t.test("keys are in the same order, whichever process writes them", function()
  local p = new "good"
  p:run { "run", "book" }
  for _, words in ipairs { { "status", "--json" }, { "log", "--json" }, { "runs", "--json" }, { "list", "--json" } } do
    local _, out = p:run(words)
    for line in out:gmatch "[^\n]+" do t.eq(line, json.encode(json.decode(line), { canonical = true })) end
    for _ = 1, 3 do
      local _, again = p:run(words)
      t.eq(again, out)
    end
  end
  local _, out = p:run { "run", "book", "--json" }
  for line in out:gmatch "[^\n]+" do t.eq(line, json.encode(json.decode(line), { canonical = true })) end
end)
