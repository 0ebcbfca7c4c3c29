-- What a plan cannot know may be passed on and printed; computing with it stops the plan at that line.
local project = require "tests.project"
local t = require "tests.harness"

local function book(last)
  return string.format([[
return runbook {
  params = { token = param.secret { default = "env:TOKEN" } },
  run = function(p)
    local said = step("ask the machine", function()
      return sh.run { argv = { "uname" } }
    end)
    step("pass it on", function()
      sh.run { argv = { "echo", "it is " .. said, p.token } }
    end)
    step("go on", function()
      %s
    end)
  end,
}
]], last)
end

local function plan(last, ...)
  local p = project.new { book = book(last) }
  local code, out, err = p:run({ "plan", "book", ... }, { TOKEN = "hunter2-hunter2" })
  t.lacks(out .. err, "hunter2")
  return code, out, err
end

t.test("what only commands, files and requests do is shown, and what is done already", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("write", function() fs.write("a.txt", "one\ntwo") fs.remove("gone.txt") end)
  step("say", function() http.post("http://127.0.0.1:9/hook", { json = { text = "hi" } }) end)
  step("once", function() sh.run { argv = { "touch", "x" }, check = { "true" } } end)
end }
]] }
  local code, out, err = p:run { "plan", "book" }
  t.eq(code, 2, err)
  t.has(out, "+ a.txt  created")
  t.has(out, [[+ content: "one\ntwo"]])
  t.has(out, "remove gone.txt  (nothing would change)")
  t.has(out, 'with the body {"text":"hi"}')
  t.has(out, "already done: true says so\n    on top of the planned change before: previewed as of now")
  t.has(out, "Plan: 4 effects, 1 of them would change nothing; objects: 1 created")
  t.has(out, "↩ say: does not take back POST")
  t.eq((t.run({ "ls", "a.txt" }, { cwd = p.dir })), 2, "nothing was written")
end)

t.test("a question that only the run will know is asked by it, and a plan goes on", function()
  local p = project.new { book = [[
effect.define("own.draw", { input = function(raw) return raw end, apply = function() return "one" end })
return runbook { run = function()
  local old = step("look", function() return effect.perform("own.draw", {}) end)
  confirm("Revoke " .. old .. "?")
  local said = ask("And " .. old .. ", too?", { choices = { "now", "later" } })
  step("write " .. "it", function() fs.write("a.txt", said.answer) end)
end }]] }
  local code, out, err = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 2, err)
  t.has(out, "asks the operator: (known after look)")
  t.has(out, "write it")
  t.eq((p:run { "run", "--plan", "plan.json", "--no-ask" }), 3)
  t.eq((p:run { "approve", p:newest() }), 0)
  t.eq((p:run { "resume" }), 3)
  t.eq((p:run { "answer", p:newest(), "now" }), 0)
  t.eq((p:run { "resume" }), 0)
  t.eq(p:lines "a.txt", { "now" })
end)

t.test("text with an unknown in it is unknown text, also beside a secret", function()
  local code, out, err = plan "return nil"
  t.eq(code, 2, err)
  t.has(out, "(known after ask the machine)")
  t.has(out, "its input is known when it runs")
  t.has(out, "Plan: 2 effects")
end)

for what, line in pairs {
  ["arithmetic on"] = "return said + 1", ["a comparison with"] = "return said < 3", ["the length of"] = "return #said",
  ["a field of"] = "return said.stdout", ["a call of"] = "local x = said() return x",
} do
  t.test(what .. " an unknown stops the plan at its line", function()
    local code, out, err = plan(line)
    t.eq(code, 1, err)
    t.has(out, "The plan stops here: the plan cannot go on: " .. what .. " a value that is known after ask the machine")
    t.has(out, "book.lua:11")
    t.has(out, line)
    t.has(out, "Plan: 2 effects")
  end)
  t.test(what .. " an unknown: a program is told the same", function()
    local _, out = plan(line, "--json")
    local made = require("native.json").decode(out).plan
    t.has(made.stopped, what .. " a value that is known after ask the machine")
    t.eq(made.counts.effects, 2)
  end)
end

t.test("a script that catches the error does not go on with a guess", function()
  for _, line in ipairs {
    "local ok = pcall(function() return said + 1 end) fs.write('a.txt', tostring(ok))",
    "local ok = xpcall(function() return said + 1 end, tostring) fs.write('a.txt', tostring(ok))",
    "local ok = errors.try(function() return said + 1 end) fs.write('a.txt', tostring(ok))",
  } do
    local code, out, err = plan(line)
    t.eq(code, 1, err)
    t.has(out, "arithmetic on a value that is known after ask the machine")
    t.lacks(out, "a.txt  created")
  end
end)

t.test("text made by string.format or tostring is unknown too, and the run keeps to the plan", function()
  local p = project.new { book = [[
return runbook { run = function()
  local said = step("ask", function() return sh.run { argv = { "uname" } } end)
  step("keep", function()
    fs.write("a.txt", string.format("%s", said) == "" and "never" or "said " .. tostring(said))
  end)
end }
]] }
  local code, out, err = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 2, err)
  t.has(out, "its input is known when it runs")
  code, out, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 0, out .. err)
end)

t.test("what the plan knew of an open input is bound all the same", function()
  local p = project.new { book = [[
return runbook { run = function()
  local said = step("ask", function() return sh.run { argv = { "uname" } } end)
  step("keep", function()
    fs.write(fs.read("name"):gsub("%s", "") == "b" and "b.txt" or "a.txt", "it is " .. said.stdout)
  end)
end }
]] }
  t.write_file(p.dir .. "/runbooks/book.lua", (t.read_file(p.dir .. "/runbooks/book.lua"):gsub("said%.stdout", "tostring(said)")))
  t.write_file(p.dir .. "/name", "a")
  local code, out, err = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 2, err)
  t.has(out, "its input is known when it runs: text after ask")
  t.write_file(p.dir .. "/name", "b")
  code, out, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 3, out .. err)
  t.has(err, "fs.write has another input than in the plan")
end)

t.test("a read that is handed an unknown stops the plan at its line, and asks nobody", function()
  for call, name in pairs {
    ["fs.read(said)"] = "fs.read", ["sh.read { argv = { 'touch', said } }"] = "sh.read",
    ["sh.read('touch', string.format('x-%s', said))"] = "sh.read", ["http.get { url = 'http://127.0.0.1:1/' .. said }"] = "http.get",
    ["k8s.get({ kind = 'Pod', name = said })"] = "k8s.get", ["gate { query = 'up', op = '<', limit = said }"] = "gate",
  } do
    local code, out, err = plan(call)
    t.eq(code, 1, err)
    t.has(out, "the plan cannot go on: " .. name .. " is handed a value that is known after ask the machine", call)
    t.has(out, "book.lua:11")
  end
end)

t.test("a plan that an error ends says so where it is shown", function()
  local code, out, err = plan "return fs.read(7)"
  t.eq(code, 1)
  t.has(out, "The plan stops here: fs.read: the path must be a string")
  t.has(err, "almanac plan: fs.read: the path must be a string")
end)

t.test("long texts are shown where they differ", function()
  local long = string.format("%q", ("é line of text, "):rep(20))
  local p = project.new { book = "return runbook { run = function() step('write', function() fs.write('a.txt', " ..
    long .. " .. 'level = two') end) end }" }
  t.write_file(p.dir .. "/a.txt", ("é line of text, "):rep(20) .. "level = one")
  local _, out = p:run { "plan", "book" }
  t.has(out, "level = one → …")
  t.has(out, "level = two\n")
end)
