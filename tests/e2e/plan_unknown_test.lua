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

local function plan(last)
  local p = project.new { book = book(last) }
  local code, out, err = p:run({ "plan", "book" }, { TOKEN = "hunter2-hunter2" })
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
  t.has(out, "already done: true says so")
  t.has(out, "Plan: 4 effects, 2 of them would change nothing; objects: 1 created")
  t.eq((t.run({ "ls", "a.txt" }, { cwd = p.dir })), 2, "nothing was written")
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
end
