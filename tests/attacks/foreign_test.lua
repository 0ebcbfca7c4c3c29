-- Scripts that somebody else can write are looked at, and not run: whatever is run has the rights of who runs it. For root
-- another user's files are another's, too.
local fs = require "native.fs"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local LIB = 'local lib = require "lib.tools" return runbook { run = function() step("x", function() return lib end) end }'
local LATE = 'return runbook { run = function() step("x", function() return require "lib.tools" end) end }'

local is_root = process.user() == "root" and t.must({ "id", "-u" }):find "^0" ~= nil

local function new()
  local p = project.new { book = LIB, late = LATE }
  fs.mkdir(p.dir .. "/runbooks/lib")
  t.write_file(p.dir .. "/runbooks/lib/tools.lua", "return 'TOOLS'")
  return p
end

--- Looking at it goes on, and says so; what would run it refuses.
local function refused(p, book, what, env)
  local code, out, err = p:run({ "show", book }, env)
  t.eq(code, 0, out .. err)
  if book == "book" then t.has(out, "you cannot run it: ") end
  for _, words in ipairs { { "plan", book }, { "run", book, "--no-ask" } } do
    code, out, err = p:run(words, env)
    t.ok(code ~= 0, table.concat(words, " ") .. ": " .. out .. err)
    t.has(out .. err, what, table.concat(words, " "))
  end
  local _, log = p:run({ "log" }, env)
  t.lacks(log, "TOOLS")
end

local function both(p, what)
  refused(p, "book", what)
  refused(p, "late", what)
end

t.test("a file that others can write: a runbook, a library, one that a step loads late", function()
  local p = new()
  t.eq(p:run { "run", "book" }, 0)
  t.must { "rm", "-r", p.dir .. "/.almanac" }
  for _, mode in ipairs { "666", "646", "664" } do
    t.must { "chmod", mode, p.dir .. "/runbooks/lib/tools.lua" }
    both(p, "runbooks/lib/tools.lua is not run: it can be written by others")
  end
  t.must { "chmod", "644", p.dir .. "/runbooks/lib/tools.lua" }
  t.must { "chmod", "o+w", p.dir .. "/runbooks/book.lua" }
  refused(p, "book", "runbooks/book.lua is not run: it can be written by others")
  for _, words in ipairs { { "list" }, { "check" } } do t.eq(p:run(words), 0, words[1]) end
  t.has(select(3, p:run { "backtest", "book", "--at", "2026-01-01" }), "runbooks/book.lua is not run: it can be written by others")
  t.has(select(3, p:run { "run", "book" }), "chmod go-w runbooks/book.lua")
end)

t.test("a directory that others can write, up to the project's own; one like /tmp is closed", function()
  local p = new()
  for _, dir in ipairs { "runbooks/lib", "runbooks", "." } do
    t.must { "chmod", "777", p.dir .. "/" .. dir }
    both(p, ".lua is not run: " .. dir .. " can be written by others")
    t.must { "chmod", "1777", p.dir .. "/" .. dir }
    t.eq(p:run { "run", "book" }, 0)
    t.must { "chmod", "755", p.dir .. "/" .. dir }
    t.must { "rm", "-r", p.dir .. "/.almanac" }
  end
end)

t.test("a link leads to where others can write, or lies there", function()
  local p, open = new(), t.tmpdir()
  t.must { "mv", p.dir .. "/runbooks/lib/tools.lua", open .. "/tools.lua" }
  t.must { "ln", "-s", open .. "/tools.lua", p.dir .. "/runbooks/lib/tools.lua" }
  t.eq(p:run { "run", "book" }, 0)
  t.must { "chmod", "777", open }
  t.must { "rm", "-r", p.dir .. "/.almanac" }
  both(p, "runbooks/lib/tools.lua is not run: " .. fs.real(open) .. " can be written by others")
  t.must { "chmod", "755", open }
  t.must { "chmod", "666", open .. "/tools.lua" }
  both(p, "runbooks/lib/tools.lua is not run: it can be written by others")
  t.must { "chmod", "644", open .. "/tools.lua" }
  t.must { "chmod", "777", p.dir .. "/runbooks/lib" }
  both(p, "runbooks/lib/tools.lua is not run: runbooks/lib can be written by others")
end)

t.test("a kubeconfig that others can write, or of another user, is not used: it names programs that are run", function()
  local p = project.new { book = "return runbook { run = function() step('x', function() return k8s.info() end) end }" }
  t.write_file(p.dir .. "/config", [[{ current-context: c, contexts: [{ name: c, context: { cluster: c, user: u } }],
    clusters: [{ name: c, cluster: { server: "http://127.0.0.1:9" } }], users: [{ name: u, user: { exec: {
      apiVersion: client.authentication.k8s.io/v1, command: touch, args: [pwned], interactiveMode: Never } } }] }]])
  local function is_refused(why)
    for _, command in ipairs { "plan", "run" } do
      local code, out, err = p:run { command, "book", "--kubeconfig", "config" }
      t.ok(code ~= 0, out .. err)
      t.has(out .. err, "config is no kubeconfig to trust: " .. why)
    end
  end
  for _, mode in ipairs { "666", "602", "777", "664" } do
    t.must { "chmod", mode, p.dir .. "/config" }
    is_refused "others can write to it"
  end
  t.must { "chmod", "644", p.dir .. "/config" }
  if is_root then
    t.must { "chown", "1234", p.dir .. "/config" }
    is_refused "it belongs to another user"
    t.must { "ln", "-s", "config", p.dir .. "/link" }
    local _, out, err = p:run { "plan", "book", "--kubeconfig", "link" }
    t.has(out .. err, "link is no kubeconfig to trust: it belongs to another user")
    _, out, err = p:run({ "plan", "book", "--kubeconfig", "config" }, { ALMANAC_TRUST_UID = "1234" })
    t.lacks(out .. err, "to trust")
    t.must { "rm", "-f", p.dir .. "/pwned" }
  end
  t.eq(fs.exists(p.dir .. "/pwned"), false)
end)

t.test("a run that was stopped does not go on, nor back, with a file that others can write by now", function()
  local p = project.new { book = [[return runbook { run = function()
    step("a", { undo = function() fs.write("undone", "x") end }, function() fs.write("a", "x") end)
    step("b", function() error "no" end) end }]] }
  t.eq(p:run { "run", "book", "--no-ask" }, 1)
  t.must { "chmod", "666", p.dir .. "/runbooks/book.lua" }
  local code, out, err = p:run { "resume", "--no-ask" }
  t.ok(code ~= 0, out .. err)
  t.has(err, "runbooks/book.lua is not run: it can be written by others")
  t.must { "chmod", "644", p.dir .. "/runbooks/book.lua" }
  code, out, err = p:run { "rollback", "--no-ask" }
  t.eq(code, 0, out .. err)
  t.eq(t.read_file(p.dir .. "/undone"), "x")
end)

t.test("another user's project, for root: looked at, not run; what sudo's caller owns is his, and so is a named user's", function()
  if not is_root then
    print "skipped: only root gives a file away"
    return
  end
  local p = new()
  t.must { "chown", "-R", "nobody", p.dir }
  for _, book in ipairs { "book", "late" } do refused(p, book, "runbooks/" .. book .. ".lua is not run: it belongs to another user") end
  t.must { "chown", "root", p.dir, p.dir .. "/runbooks", p.dir .. "/runbooks/book.lua", p.dir .. "/runbooks/late.lua" }
  both(p, "runbooks/lib/tools.lua is not run: it belongs to another user")
  t.must { "chown", "-R", "root", p.dir }
  t.must { "chown", "nobody", p.dir }
  both(p, "is not run: . belongs to another user")
  t.must { "chown", "-R", "nobody", p.dir }
  local uid = t.must({ "id", "-u", "nobody" }):gsub("%s", "")
  for _, variable in ipairs { "SUDO_UID", "ALMANAC_TRUST_UID" } do
    t.eq(p:run({ "run", "book" }, { [variable] = uid }), 0, variable)
    for _, no in ipairs { "", uid .. "x", " " .. uid, "1", tostring(tonumber(uid) + (1 << 32)) } do
      t.has(select(3, p:run({ "run", "book" }, { [variable] = no })), "is not run: it belongs to another user")
    end
  end
end)

t.test("another user's project, for who is not root: SUDO_UID says nothing to him", function()
  if not is_root then return end
  -- Not below the tests' own directory, which is closed to others.
  local dir = t.must({ "mktemp", "-d", "/tmp/almanac-test.XXXXXX" }):gsub("%s+$", "")
  t.defer(function() fs.remove_tree(dir) end)
  fs.mkdir(dir .. "/runbooks")
  fs.mkdir(dir .. "/below")
  t.write_file(dir .. "/runbooks/book.lua", "return runbook { run = function() end }")
  t.must { "chown", "-R", "daemon", dir }
  t.must { "chmod", "755", dir }
  local function run(where, env, ...)
    local all = { HOME = dir, KUBECONFIG = false, NO_COLOR = "1" }
    for name, value in pairs(env) do all[name] = value end
    return t.run({ "setpriv", "--reuid=nobody", "--clear-groups", process.exe(), ... }, { cwd = dir .. where, env = all })
  end
  local uid = t.must({ "id", "-u", "daemon" }):gsub("%s", "")
  local code, _, err = run("", { SUDO_UID = uid }, "plan", "book")
  if err:find "^setpriv: failed to execute" then
    print "skipped: nobody cannot reach the program"
    return
  end
  t.eq(code, 1, err)
  t.has(err, "runbooks/book.lua is not run: it belongs to another user")
  t.has(err, "ALMANAC_TRUST_UID=")
  t.must { "chmod", "777", dir .. "/below" }
  code, _, err = run("/below", {}, "plan", "book")
  t.eq(code, 1, err)
  t.has(err, 'no runbook "book"')
  t.has(err, "the project in " .. dir .. " is another user's, or others can write there: it is not searched")
  t.must { "chown", "-R", "root", dir }
  code, _, err = run("", {}, "plan", "book")
  t.eq(code, 0, err)
end)

t.test("check looks at one that others can write, and --fix makes it none of ours", function()
  local p = project.new { book = 'return runbook { run = function() step("x", function() nott("x") end) end }' }
  local path = p.dir .. "/runbooks/book.lua"
  t.must { "chmod", "666", path }
  local before = t.read_file(path)
  t.eq((p:run { "check", "--diff" }), 1)
  local code, out, err = p:run { "check", "--fix" }
  t.eq({ code, t.read_file(path) }, { 2, before }, out .. err)
  t.has(out .. err, "book.lua")
  t.must { "chmod", "644", path }
  t.eq((p:run { "check", "--fix" }), 0)
  t.has(t.read_file(path), 'note("x")')
end)

--- Each of these says no while a file stands as `chmod` or `chown` made it, and goes on when it is ours again.
local function refused_while(p, path, words, want, env)
  local function look(change, why)
    t.must(change)
    local code, out, err = p:run(words, env)
    t.ok(code ~= 0, out .. err)
    t.has((out .. err):gsub("\n%s*|? ?", " "), why)
  end
  look({ "chmod", "666", path }, want.open)
  t.must { "chmod", "644", path }
  if is_root then
    look({ "chown", "1234", path }, want.other)
    t.must { "chown", "root", path }
  end
  local code, out, err = p:run(words, env)
  t.eq(code, 0, out .. err)
end

t.test("a file of parameters, and one that a secret is read from; a link to one of ours is followed", function()
  local p = project.new { book = [[return runbook { params = { s = param.secret {} }, run = function()
    step("x", function() return 1 end) end }]] }
  t.write_file(p.dir .. "/p.yaml", "s: TOP-SECRET-1\n")
  t.write_file(p.dir .. "/s.txt", "TOP-SECRET-2\n")
  refused_while(p, p.dir .. "/p.yaml", { "run", "book", "--params", "p.yaml" }, {
    open = "p.yaml is no file of parameters to trust: others can write to it",
    other = "p.yaml is no file of parameters to trust: it belongs to another user",
  })
  refused_while(p, p.dir .. "/s.txt", { "run", "book", "s=file:s.txt" }, {
    open = "s.txt is no file of a secret to trust: others can write to it",
    other = "s.txt is no file of a secret to trust: it belongs to another user",
  })
  t.must { "ln", "-s", "p.yaml", p.dir .. "/link.yaml" }
  local code, out, err = p:run { "run", "book", "--params", "link.yaml" }
  t.eq(code, 0, out .. err)
end)

t.test("a program of the project, by its path: in a plan, a read, a run and a check", function()
  local p = project.new {}
  t.write_file(p.dir .. "/tool.sh", "#!/bin/sh\ntouch pwned\n")
  t.must { "chmod", "755", p.dir .. "/tool.sh" }
  for _, body in ipairs { 'sh.read "./tool.sh"', 'sh.run "./tool.sh"', 'sh.run { "true", check = "./tool.sh" }',
    'sh.run { "./tool.sh", cwd = "." }',
    'sh.run("sh", "tool.sh")', 'sh.read { "sh", "tool.sh", cwd = "." }', string.format("sh.read %q", p.dir .. "/tool.sh") } do
    p:edit("book", "return runbook { run = function() step('x', function() return " .. body .. " end) end }")
    t.must { "chmod", "777", p.dir .. "/tool.sh" }
    for _, command in ipairs { "plan", "run" } do
      local code, out, err = p:run { command, "book", command == "run" and "--no-ask" or nil }
      t.eq(code, 1, body .. out .. err)
      t.has(out .. err, "tool.sh is not run: it can be written by others", body)
      t.eq(fs.exists(p.dir .. "/pwned"), false, body)
    end
    t.must { "chmod", "755", p.dir .. "/tool.sh" }
    t.eq(p:run { "run", "book", "--no-ask" }, 0, body)
    os.remove(p.dir .. "/pwned")
  end
end)

t.test("the file of an interpreter, whatever options are before it, and either behind a program that starts others", function()
  local p = project.new {}
  t.write_file(p.dir .. "/tool.sh", "#!/bin/sh\ntouch pwned\n")
  t.write_file(p.dir .. "/tool.py", "open('pwned', 'w')\n")
  t.must { "ln", "-s", "tool.sh", p.dir .. "/link" }
  local commands = {}
  for line in ([[
    /bin/sh tool.sh
    sh -x tool.sh
    sh -e -- tool.sh
    bash --norc tool.sh
    bash -o errexit tool.sh 3
    bash link
    python3 -u tool.py
    /usr/bin/python3 tool.py
    env ./tool.sh
    env A=b sh tool.sh
    timeout 5 ./tool.sh
    timeout 5 sh -x tool.sh
    nice -n 1 python3 -u tool.py
    nohup ./tool.sh
    setsid ./tool.sh
    xargs -n 1 ./tool.sh
    flock lock ./tool.sh
    find . -maxdepth 0 -exec sh tool.sh ;
    env nice sh tool.sh]]):gmatch "[^\n]+" do
    local words = {}
    for word in line:gmatch "%S+" do words[#words + 1] = string.format("%q", word) end
    commands[#commands + 1] = "sh.run { " .. table.concat(words, ", ") .. " }"
  end
  commands[#commands + 1] = 'sh.run { "env", "-S", "sh -x tool.sh" }'
  commands[#commands + 1] = 'sh.read { "sh", "-x", "tool.sh", cwd = "." }'
  local steps = {}
  for i, command in ipairs(commands) do
    steps[i] = string.format("step(%q, function() local ok, err = errors.try(function() %s end) note(ok and 'IT RAN' or err.message) end)",
      i .. " " .. command:gsub("/", "-"), command)
  end
  p:edit("book", "return runbook { run = function() " .. table.concat(steps, "\n") .. " end }")
  for _, name in ipairs { "tool.sh", "tool.py" } do t.must { "chmod", "777", p.dir .. "/" .. name } end
  local _, out, err = p:run { "run", "book", "--plain", "--no-ask" }
  local _, count = (out .. err):gsub(" is not run: it can be written by others", "")
  t.lacks(out .. err, "IT RAN")
  t.eq(count, #commands, out .. err)
  t.eq(fs.exists(p.dir .. "/pwned"), false)
  for _, name in ipairs { "tool.sh", "tool.py" } do t.must { "chmod", "755", p.dir .. "/" .. name } end
  t.write_file(p.dir .. "/data.csv", "a,b\n")
  t.must { "chmod", "666", p.dir .. "/data.csv" }
  p:edit("book", "return runbook { run = function() step('x', function() sh.run('sh', '-e', 'tool.sh', 'data.csv') end) end }")
  t.eq((p:run { "run", "book", "--no-ask" }), 0, "what the file is given may be another's")
end)

t.test("a Compose file, and the .env beside it", function()
  local p = project.new { book = [[return runbook { run = function()
    step("x", function() return compose.config { dir = "stack" } and true end) end }]] }
  t.must({ "mkdir", "stack", "bin" }, { cwd = p.dir })
  for _, name in ipairs { "docker-compose.yml", ".env" } do t.write_file(p.dir .. "/stack/" .. name, "") end
  t.write_file(p.dir .. "/bin/docker", "#!/bin/sh\necho 'services: { web: { image: w } }'\n")
  t.must { "chmod", "755", p.dir .. "/bin/docker" }
  for _, name in ipairs { "docker-compose.yml", ".env" } do
    refused_while(p, p.dir .. "/stack/" .. name, { "run", "book", "--no-ask" }, {
      open = "stack/" .. name .. " is not used: it can be written by others",
      other = "stack/" .. name .. " is not used: it belongs to another user",
    }, { PATH = p.dir .. "/bin:/usr/bin:/bin" })
  end
end)

t.test("a chart, what lies in it or what a link of it leads to, and values", function()
  local cluster = require "tests.attacks.cluster"
  local p = project.new { book = [[return runbook { run = function()
    step("x", function() return helm.template { release = "r", chart = "c", values = "v.yaml" } end) end }]] }
  cluster.add_charts(p)
  fs.mkdir(p.dir .. "/c/templates")
  t.write_file(p.dir .. "/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n")
  t.write_file(p.dir .. "/c/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n")
  t.write_file(p.dir .. "/v.yaml", "a: 1\n")
  t.write_file(p.dir .. "/else.txt", "x\n")
  t.must { "ln", "-s", "../else.txt", p.dir .. "/c/link.txt" }
  for path, shown in pairs { ["c/templates/a.yaml"] = "c/templates/a.yaml", ["v.yaml"] = "v.yaml", ["else.txt"] = "c/link.txt" } do
    refused_while(p, p.dir .. "/" .. path, { "run", "book", "--no-ask" }, {
      open = shown .. " is not used: it can be written by others", other = shown .. " is not used: it belongs to another user",
    })
  end
end)
