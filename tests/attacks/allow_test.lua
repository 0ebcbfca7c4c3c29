-- A runbook with `allow` reaches nothing outside of it: each way out is refused with its words, in the plan and in the
-- run, and nothing is done. The table of docs/explanation/allow.md is made of these cases.
local escapes = require "tests.attacks.escapes"
local project = require "tests.project"
local t = require "tests.harness"

for _, kind in ipairs { "http", "services" } do
  t.test(kind .. ": every way out is refused in words, and nothing is done", function() escapes.of_kind(kind) end)
end

local PAGE = "docs/explanation/allow.md"
local BEGIN, END = "<!-- of tests/attacks/escapes, by GOLDEN=update -->\n", "<!-- end -->\n"

t.test("the page has the table of what was tried", function()
  local page = t.read_file(PAGE)
  local before, now, after = page:match("^(.-" .. BEGIN:gsub("%p", "%%%0") .. ")(.*)(" .. END:gsub("%p", "%%%0") .. ".*)$")
  local wanted = escapes.table()
  if now ~= wanted and t.getenv "GOLDEN" == "update" then
    t.write_file(PAGE, before .. wanted .. after)
    now = wanted
  end
  t.eq(now, wanted, "GOLDEN=update sh tests/run.sh build tests/attacks/allow_test.lua writes it")
end)

t.test("a plan of which allow refuses something names all of it, and is not run", function()
  local p = project.new { book = [[
return runbook { allow = { fs = { "mine/*" } }, run = function()
  step("write", function()
    fs.write("other/one", "x")
    fs.write("mine/two", "x")
    fs.write("other/three", "x")
  end)
  step("look", function() return fs.read("/etc/passwd") end)
  step("compute", function() return 1 end)
end }]] }
  t.must { "mkdir", p.dir .. "/mine", p.dir .. "/other" }
  local code, out = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 1, out)
  for _, words in ipairs {
    'may not touch fs "other/one"', 'may not touch fs "other/three"', 'may not read fs "/etc/passwd"', "mine/two  created",
  } do t.has(out, words) end
  local ended, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(ended, 2, err)
  t.has(err, "the plan has 3 calls that the runbook's allow refuses: write: fs.write: this runbook may not touch fs \"other/one\"")
  t.has(err, "make a new plan")
  t.eq(p:lines "mine/two", {}, "nothing was begun")
end)

t.test("show says in words what allow means, and that there is none", function()
  local p = project.new {
    book = [[return runbook { allow = {
      helm = { "web", "team/*@prod" }, k8s = { "web", "node/*", "*@prod" }, shell = { "ops/*", "bash", "LD_PRELOAD=*" },
      env = { "APP_*", "KUBECONFIG", "STAGE=canary" },
      http = { "https://api.example.org/**" }, read = { fs = { "ops/**" }, k8s = { "monitoring" } } }, run = function() end }]],
    free = [[return runbook { run = function() end }]],
    closed = [[return runbook { allow = {}, run = function() end }]],
  }
  local _, out = p:run { "show", "book" }
  for _, line in ipairs {
    "change release web in namespace web of the context that almanac runs in, with any object there",
    "change every release in namespace team of context prod, with any object there",
    "change objects in namespace web of the context that almanac runs in",
    "change node of any name of the context that almanac runs in", "change objects in every namespace of context prod",
    "run ops/*", "run bash, which runs and reaches whatever it is told to",
    "set variables of programs that are called APP_*",
    "set the variable KUBECONFIG of programs, which makes them do something else",
    "set the variable STAGE=canary of programs\n", "set the variable LD_PRELOAD=*, which makes programs do something else",
    "read and send to https://api.example.org/**",
    "read files ops/**", "look at objects in namespace monitoring", "nothing else, but queries to the services that almanac.yaml names",
  } do t.has(out, line) end
  t.has(select(2, p:run { "show", "free" }), "may touch: anything that its runner may (it declares no allow)")
  t.has(select(2, p:run { "show", "closed" }), "nothing, but queries to the services that almanac.yaml names")
end)

t.test("check names the constants that allow does not, and leaves what is computed", function()
  local p = project.new { book = [[
return runbook { allow = { fs = { "a/*" }, shell = { "ops/*" }, k8s = { "ns1@prod" }, helm = { "web" } }, run = function(p)
  step("x", function()
    fs.write("a/x", "x")
    fs.write("b/x", "y")
    fs.read("c" .. math.random(9))
    sh.run("bash", "ops/x.sh")
    sh.run { "rm", "-rf", "x" }
    k8s.get("pod/x", { namespace = "ns1" })
    k8s.delete("pod/x", { namespace = "ns2" })
    k8s.delete("pod/x", { namespace = "ns" .. math.random(9) })
    http.post("https://y.example/a", {})
    helm.upgrade { release = "web", chart = "c" }
    helm.uninstall { release = "web", namespace = "other" }
    notify.send { channel = "ops", text = "x" }
    fs.remove "b/y"
    sh.bash "true"
    k8s.exec("ls", { pod = "pod/x", namespace = "ns2" })
    k8s.exec_read("ls", { pod = "pod/x", namespace = "ns1" })
    k8s.cordon "worker-1"
    k8s.list("pods", { namespace = "ns2" })
    registry.tags "ghcr.io/x/y"
    github.comment { repo = "a/b", number = 1, text = "x" }
    grafana.annotate { dashboard = "d", text = "x" }
    http.request { method = "DELETE", url = "https://y.example/b" }
  end)
end }]] }
  local code, out = p:run { "check", "book" }
  t.eq(code, 1, out)
  local found = {}
  for line, what in out:gmatch ":(%d+):%d+: error: ([^\n]-), which allow does not name" do found[#found + 1] = line .. " " .. what end
  t.eq(found, {
    '4 fs.write reaches fs "b/x"', '7 sh.run reaches shell "rm"', '9 k8s.delete reaches k8s "ns2"',
    '11 http.post reaches http "https://y.example/a"', '13 helm.uninstall reaches helm "other/web"',
    '14 notify.send reaches notify "ops"', '15 fs.remove reaches fs "b/y"', '16 sh.bash reaches shell "bash"',
    '17 k8s.exec reaches k8s "ns2"', '19 k8s.cordon reaches k8s "node/worker-1"', '20 k8s.list reaches k8s "ns2"',
    '21 registry.tags reaches registry "ghcr.io/x/y"', '22 github.comment reaches github "a/b"',
    '23 grafana.annotate reaches grafana "d"', '24 http.request reaches http "https://y.example/b"',
  })
  t.has(out, 'name it: allow = { fs = { "b/x" } }, or reach something else')
end)

t.test("a script has no secret be read from a file, by a default or a call, that allow does not name", function()
  local CHILD = [[return runbook { allow = { fs = { "ok" } }, params = { k = param.secret {},
    l = param.list { of = param.secret {}, default = {} } }, run = function(p) step("x", function() fs.write("ok", "x") end) end }]]
  local p = project.new {
    default = [[return runbook { allow = { shell = { "cat" } }, params = { k = param.secret { default = "file:outside" } },
      run = function(p) step("x", function() sh.run { "cat", stdin = p.k } end) end }]],
    child = CHILD,
    call = [[return runbook { allow = { fs = { "ok" }, runbook = { "child" } }, run = function()
      step("x", function() runbook.call("child", { k = "file:outside" }) end) end }]],
    list = [[return runbook { allow = { fs = { "ok" }, runbook = { "child" } }, run = function()
      step("x", function() runbook.call("child", { k = "plain-text", l = { "file:outside" } }) end) end }]],
    variable = [[return runbook { run = function() step("x", function() runbook.call("child", { k = "env:S_OUTSIDE" }) end) end }]],
    named = [[return runbook { allow = { shell = { "cat" }, read = { fs = { "outside" } } },
      params = { k = param.secret { default = "file:outside" } },
      run = function(p) step("x", function() sh.run { "cat", stdin = p.k } end) end }]],
  }
  t.write_file(p.dir .. "/outside", "TOP-SECRET")
  for book, words in pairs {
    default = 'params.k: this runbook may not read fs "outside"', call = 'params.k: this runbook may not read fs "outside"',
    list = 'params.l: this runbook may not read fs "outside"', variable = "this runbook may not read the variable S_OUTSIDE for k",
  } do
    for _, command in ipairs { "plan", "run" } do
      local code, out, err = p:run({ command, book, command == "run" and "--no-ask" or nil }, { S_OUTSIDE = "TOP-SECRET" })
      t.ok(code ~= 0, book)
      t.has((out .. err):gsub("\n%s*", " "), words, book .. " " .. command)
    end
  end
  local code, out, err = p:run { "run", "named", "--no-ask" }
  t.eq(code, 0, out .. err)
  code, out, err = p:run { "run", "default", "k=file:outside", "--no-ask" }
  t.eq(code, 0, "who runs it may: " .. out .. err)
end)

t.test("what a script looks at before a resume, in branches and in an undo that was called is asked for as well", function()
  local SECRET_FILE = "/etc/passwd"
  local p = project.new {
    book = [[
effect.define("my.x", { allow = { category = "my", of = function() return "a" end }, apply = function() return 1 end,
  holds = function() return { { about = "x", look = function() return fs.read("/etc/passwd") end } } end })
return runbook { allow = { my = { "a" }, fs = { "ok" }, runbook = { "child" } }, run = function()
  step("effect", function() effect.perform("my.x", {}) end)
  parallel("both", { a = function()
    local ok, err = pcall(fs.write, "pwned", "x")
    note("branch: " .. tostring(err.message))
  end })
  step("call", function() runbook.call("child", {}) end)
  step("stop", function() error { kind = "stop", message = "stop" } end)
end }]],
    child = [[return runbook { run = function()
  step("x", { undo = function() fs.write("pwned", "x") end }, function() fs.write("ok", "x") end)
end }]],
  }
  local _, out, err = p:run { "run", "book", "--no-ask" }
  t.has(out .. err, 'branch: fs.write: this runbook may not touch fs "pwned"')
  _, out, err = p:run { "resume", "--no-ask" }
  t.has(out .. err, string.format("this runbook may not read fs %q", SECRET_FILE))
  t.lacks(out .. err, "root:")
  _, out, err = p:run { "rollback", "--no-ask" }
  t.has(out .. err, 'fs.write: this runbook may not touch fs "pwned"')
  t.eq(p:lines "pwned", {})
end)
