-- What a script prints, and secrets that it hands on.
local project = require "tests.project"
local t = require "tests.harness"

t.test("print is shown in a step and outside of one, and only the first is journalled", function()
  local p = project.new { book = [[
return runbook { run = function()
  print("outside", 1)
  step("in", function() print "inside" end)
end }]] }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  t.has(err, "outside\t1")
  local _, log = p:run { "log" }
  t.has(log, "inside")
  t.lacks(log, '"text":"outside')
end)

t.test("a secret reaches a command's environment, and nothing that is written", function()
  local p = project.new { book = [[
return runbook {
  params = { token = param.secret { required = true } },
  run = function(p)
    step("use", function()
      sh.run { argv = { "sh", "-c", "printf %s \"$TOKEN\" > used; echo the token is $TOKEN" }, env = { TOKEN = p.token } }
      note("it is " .. p.token)
    end)
    step("fail", function()
      sh.run { argv = { "sh", "-c", "echo bad token $TOKEN >&2; exit 1" }, env = { TOKEN = p.token } }
    end)
  end,
}]] }
  local code, out, err = p:run({ "run", "book", "token=env:SECRET_FOR_TEST" }, { SECRET_FOR_TEST = "hunter2-hunter2" })
  t.eq(code, 1, err)
  t.has(err, "bad token (secret token)")
  t.eq(p:lines "used", { "hunter2-hunter2" })
  local _, log = p:run { "log", "--json" }
  for what, text in pairs { stdout = out, stderr = err, log = log } do
    t.lacks(text, "hunter2", what)
  end
  t.has(log, "(secret token)")
end)

t.test("a run that is refused before it begins exits with 2, whatever refused it", function()
  local p = project.new { broken = "return runbook {", raises = "error 'no' return runbook { run = print }" }
  for _, name in ipairs { "broken", "raises" } do
    local code, _, err = p:run { "run", name }
    t.eq(code, 2, err)
  end
end)

t.test("a secret in a JSON body or a header is sent whole, and shown nowhere", function()
  local got = {}
  local server = require("native.httpd").listen { port = 0, handler = function(request, response)
    got[#got + 1] = { body = request.body, authorization = request.headers.authorization }
    response:send(200, {}, "ok")
  end }
  t.defer(function() server:close() end)
  local p = project.new { book = string.format([[
return runbook {
  params = { token = param.secret { required = true } },
  run = function(p)
    step("tell", function()
      http.post { url = "http://127.0.0.1:%d/", json = { key = p.token, n = 1 },
        headers = { Authorization = "Bearer " .. p.token } }
    end)
  end,
}]], server:port()) }
  local env = { TOKEN = "hunter2-hunter2" }
  local planned, plan = p:run({ "plan", "book", "token=env:TOKEN", "-o", "plan.json" }, env)
  t.eq(planned, 2, plan)
  t.has(plan, '{"key":"(secret token)","n":1}')
  local code, _, err = p:run({ "run", "book", "token=env:TOKEN" }, env)
  t.eq(code, 0, err)
  t.eq(got, { { body = '{"key":"hunter2-hunter2","n":1}', authorization = "Bearer hunter2-hunter2" } })
  local _, log = p:run { "log", "--json" }
  for what, text in pairs { err = err, log = log, plan = t.read_file(p.dir .. "/plan.json") } do t.lacks(text, "hunter2", what) end
end)

t.test("a declaration is listed, shown and checked without what its defaults are looked up in", function()
  local p = project.new { book = [[
return runbook {
  params = {
    token = param.secret { default = "env:ALMANAC_TEST_NOT_SET" },
    hosts = param.list { default = { "a", "b" } },
    none = param.list { default = {} },
  },
  run = function() end,
}
]] }
  t.lacks(select(2, p:run { "list" }), "does not load")
  local code, out = p:run { "show", "book" }
  t.eq(code, 0)
  for _, said in ipairs { "default env:ALMANAC_TEST_NOT_SET", "default a,b", "default (empty)" } do t.has(out, said) end
  t.eq((p:run { "check" }), 0)
  local _, err
  code, _, err = p:run { "run", "book" }
  t.eq(code, 2)
  t.has(err, "parameter token must be in the environment as ALMANAC_TEST_NOT_SET, which is not set")
end)

t.test("show begins with what the runbook says of itself: its help, else its first comment", function()
  local p = project.new {
    comment = "--- When: at night.\n---\n-- Touches: nothing.\nlocal x = 1 -- not this\nreturn runbook { run = function() return x end }",
    help = "--- not this\nreturn runbook { help = 'For all.\\nAlways.', run = function() end }",
    none = "return runbook { run = function() end }",
  }
  t.has(select(2, p:run { "show", "comment" }), "comment\n\n  | When: at night.\n  | Touches: nothing.\n\nparameters: none\n")
  local _, out = p:run { "show", "help" }
  t.has(out, "help\n\n  | For all.\n  | Always.\n\nparameters: none\n")
  t.lacks(out, "not this")
  t.has(select(2, p:run { "show", "none" }), "none\nparameters: none\n")
end)

t.test("a sleep without a name says how it is written; one of no duration says so", function()
  local p = project.new {
    book = [[return runbook { run = function() sleep "5s" end }]],
    other = [[return runbook { run = function() sleep("rest", "5 parsecs") end }]],
  }
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1)
  t.has(err, 'sleep: it takes a name and how long')
  t.has(err, 'sleep("let it settle", "5s")')
  _, _, err = p:run { "run", "other", "--no-ask" }
  t.has(err, 'sleep: length must be a duration ("90s", "5m", seconds), not "5 parsecs"')
end)

for what, returned in pairs { ["a secret"] = "p.token", ["a secret in a table"] = "{ all = { p.token } }" } do
  t.test("a step that returns " .. what .. " fails, and ends: the hint says what to return", function()
    local p = project.new { book = 'return runbook { params = { token = param.secret { required = true } }, run = function(p) ' ..
      'step("give", function() return ' .. returned .. " end) end }" }
    local code, _, err = p:run({ "run", "book", "token=env:TOKEN", "--no-ask" }, { TOKEN = "a-long-secret" })
    t.eq(code, 1, err)
    t.has(err, 'step "give" returned a secret')
    t.has(err, "no journal holds a secret")
    t.has(err, "use it in the step that has it")
    local status = select(2, p:run { "status" })
    t.has(status, "✗ give")
    t.lacks(err .. status, "a-long-secret")
  end)
end

t.test("a result that cannot be journalled ends its step, whatever it is", function()
  local p = project.new { book = 'return runbook { run = function() step("give", function() return print end) end }' }
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  t.has(select(2, p:run { "status" }), "✗ give")
end)

t.test("a command that was not run, since its check says that it is done, is told so", function()
  local p = project.new { book = [[return runbook { run = function()
    step("back up", function() sh.run { argv = { "touch", "made" }, check = { "true" } } end)
  end }]] }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  t.has(err, "not run: it is done already, true says so")
  t.has(select(2, p:run { "report" }), "| not run: done already |")
  code, _, err = p:run { "resume", p:newest(), "--redo", "bak up" }
  t.eq(code, 2)
  t.has(err, 'no done step "bak up"; did you mean "back up"?')
end)
