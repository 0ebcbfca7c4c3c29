-- Secrets that once cost a run its journal, or were told by a metatable, an order, a URL or a plan's file: each in more values
-- and places than secrets_test.lua has, and what a child inherits after a request.
local base64 = require "almanac.base.base64"
local cluster = require "tests.attacks.cluster"
local fs = require "native.fs"
local httpd = require "native.httpd"
local json = require "native.json"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"
local walls = require "tests.attacks.walls"

--- Commands, and all that they say and leave.
local function artefacts(p, commands, env)
  local all = {}
  for i, words in ipairs(commands) do
    local _, out, err = p:run(words, env)
    all[i .. " " .. table.concat(words, " ")] = out .. err
  end
  for _, path in ipairs(fs.list(p.dir .. "/.almanac/*")) do all[path] = t.read_file(path) end
  all["plan.json"] = t.read_file(p.dir .. "/plan.json")
  return all
end

local function lacks(all, texts)
  for what, text in pairs(all) do
    for _, secret in ipairs(texts) do t.lacks(text, secret, what) end
  end
end

local function echo()
  local server = httpd.listen { port = 0, handler = function(request, response)
    local lines = { request.method .. " " .. request.path .. " " .. json.encode(request.query or {}) .. request.body }
    for name, value in pairs(request.headers) do lines[#lines + 1] = name .. ": " .. value end
    response:send(200, {}, table.concat(lines, "\n"))
  end }
  t.defer(function() server:close() end)
  return "http://127.0.0.1:" .. server:port()
end

t.test("whatever a secret's value is, the journal is JSON, and status, resume and rollback take it", function()
  local book = [[
return runbook { params = { s = param.secret { required = true } }, run = function(p)
  step("one", { undo = function() fs.write("undone", "x") end }, function()
    fs.write("made", "x")
    local text = sh.read { argv = { "sh", "-c", 'printf %s "$S"' }, env = { S = p.s } }.stdout
    return { v = text, [text .. "-key"] = text, n = 1, zero = 0.00, yes = true, text = "it is " .. text }
  end)
  step("two", function()
    local text = sh.read { argv = { "sh", "-c", 'printf %s "$S"' }, env = { S = p.s } }.stdout
    error("no such: " .. text .. ', "quoted" ' .. text)
  end)
end }]]
  for _, value in ipairs { "true", "0.00", "12345", "null", "1", "false", '{"a":1}', "[]",
    '"', "\\", 'a"b\\c-long', "first-line\nsecond-line",
    "\\u0041bcd", "}]}\n", "result", "hash" } do
    local p = project.new { book = book }
    local env, what = { S_V = value }, string.format("%q", value)
    local code, out, err = p:run({ "run", "book", "s=env:S_V", "--no-ask" }, env)
    t.eq(code, 1, what .. out .. err)
    local _, log = p:run { "log", "--json" }
    for line in log:gmatch "[^\n]+" do t.eq(type(json.decode(line)), "table", what) end
    local resumed, again, why = p:run({ "resume", "--no-ask" }, env)
    t.eq(resumed, 1, what .. again .. why)
    t.has(why, "no such: ", what)
    local back, undone, undone_err = p:run({ "rollback", "--no-ask" }, env)
    t.eq(back, 0, what .. undone .. undone_err)
    t.eq(fs.exists(p.dir .. "/undone"), true, what)
    walls.whole(p, what)
    if value:find "long" or value:find "line" or value:find "bcd" then
      local lines = {}
      for line in value:gmatch "[^\n]+" do lines[#lines + 1] = line end
      lacks(artefacts(p, { { "status" }, { "log" }, { "log", "--json" }, { "report" } }), lines)
    end
  end
end)

t.test("one secret inside another, at its begin, middle and end: no rest of the longer one, in any run", function()
  local p = project.new { book = [[
return runbook { params = { a = param.secret { required = true }, b = param.secret { required = true },
  c = param.secret { required = true },
  d = param.secret { required = true } }, run = function(p)
  step("x", function()
    local env = { A = p.a, B = p.b, C = p.c, D = p.d }
    local text = sh.read { argv = { "sh", "-c", 'printf "%s|" "$A" "$B" "$C" "$D"' }, env = env }.stdout
    sh.run { argv = { "sh", "-c", 'printf "%s\n" "$D" "$C" "$B" "$A"; printf %s "$D" | base64; printf %s "$B" | od -An -tx1 >&2' },
      env = env,
      title = "with " .. text }
    note(text)
    step("named " .. text, function() return { [text] = text } end)
  end)
end }]] }
  local env = { A = "core-word", B = "core-word-tail-1", C = "head-2-core-word", D = "head-3-core-word-tail-3" }
  for _ = 1, 4 do
    local all = artefacts(p, { { "plan", "book", "a=env:A", "b=env:B", "c=env:C", "d=env:D", "-o", "plan.json" },
      { "run", "book", "a=env:A", "b=env:B", "c=env:C", "d=env:D", "--no-ask" }, { "status" }, { "log", "--json" }, { "report" } }, env)
    lacks(all, { "core-word", "tail-1", "head-2", "head-3", "tail-3", base64.encode(env.D):sub(1, 20), "2d 74 61 69 6c" })
  end
  walls.whole(p, "nested")
end)

t.test("the user and password of a URL, whoever is given it: in no output, plan or journal", function()
  local base = echo()
  local with_user = base:gsub("//", "//joe:hun\" .. \"ter2pass@")
  local git = "git." .. "push { ref = 'main', remote = \"" .. with_user .. "/x.git\" }"
  local p = project.new {}
  t.must({ "sh", "-ec", "git init -q -b main . && git -c user.name=x -c user.email=x@x commit -q --allow-empty -m first" },
    { cwd = p.dir })
  for _, call in ipairs { "return http.get(\"" .. with_user .. "/a\")", "return http.post(\"" .. with_user .. "/a\", {})",
    "http.get(\"" .. base .. "/a\", { proxy = \"" .. with_user .. "\" })",
    "note(\"" .. with_user .. "/z\") error(\"" .. with_user .. "/z\")",
    "return prom.query('up', { url = \"" .. with_user .. "\" })", git, "return { url = \"" .. with_user .. "/y\" }",
    "sh.run { 'echo', \"" .. with_user .. "/y\" }" } do
    p:edit("book", walls.step(call))
    local all = artefacts(p, { { "plan", "book", "-o", "plan.json" }, { "run", "book", "--no-ask" }, { "status" }, { "log", "--json" },
      { "report" } }, { GIT_CONFIG_GLOBAL = "/dev/null" })
    lacks(all, { "hunter2pass" })
  end
  walls.whole(p, "URLs")
end)

t.test("a Secret that a step reads, however it got it", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("get", function() note(json.encode(k8s.get("secret/db", { namespace = "ns1" }))) end)
  step("list", function() note(json.encode((k8s.list("secrets", { namespace = "ns1" })))) end)
  step("find", function() note(json.encode(k8s.find("secret/db", { namespace = "ns1" }))) end)
  step("patch", function() return k8s.patch("secret/db", { metadata = { labels = { a = "b" } } }, { namespace = "ns1" }) end)
  step("deep", function() note(json.encode { a = { { k8s.get("secret/db", { namespace = "ns1" }) } } }) end)
  step("fails", function() error { kind = "x", message = "m", data = k8s.get("secret/db", { namespace = "ns1" }) } end)
end }]] }
  local api, env = cluster.start(p, { "ns1" })
  cluster.create(api, "secrets", { kind = "Secret", metadata = { name = "db", namespace = "ns1" },
    stringData = { password = "correct-horse-battery", key = "staple-of\nmany-lines" } })
  local all = artefacts(p, { { "plan", "book", "-o", "plan.json" }, { "run", "book", "--no-ask" }, { "status" }, { "log" },
    { "log", "--json" }, { "report" } }, env)
  lacks(all, { "correct-horse", "staple-of", "many-lines", base64.encode("correct-horse-battery"):sub(1, 24),
    base64.encode("staple-of\nmany-lines"):sub(1, 20) })
  t.has(all["2 run book --no-ask"], "step:    fails")
  walls.whole(p, "Secrets")
end)

t.test("a table with functions of the script's own is read raw: none of them sees a secret in clear", function()
  local base = echo()
  local p = project.new { book = string.format([[
local got = {}
local function spied(table)
  local function see(_, k, v) got[#got + 1] = tostring(k) .. tostring(v) end
  return setmetatable(table, { __newindex = see, __index = function(_, k) see(nil, k) end,
    __pairs = function() see() return next, {}, nil end,
    __len = function() see() return 0 end, __tostring = function() see() return "x" end, __concat = see, __eq = see, __call = see })
end
return runbook { params = { s = param.secret { required = true } }, run = function(p)
  step("x", function()
    for name, call in pairs {
      headers = function() http.post { url = %q, headers = spied { Authorization = p.s } } end,
      json = function() http.post { url = %q, json = spied { a = p.s, b = spied { p.s } } } end,
      query = function() http.get { url = %q, query = spied { a = p.s } } end,
      whole = function() http.post(spied { url = %q, body = p.s }) end,
      env = function() sh.run { argv = { "true" }, env = spied { A = p.s } } end,
      argv = function() sh.read(spied { "cat", stdin = p.s }) end,
      file = function() fs.write("f", "x", spied { mode = 384 }) end,
    } do
      local ok, err = pcall(call)
      note(name .. (ok and " was done" or " was refused: " .. tostring(err.message)))
    end
    for _, text in ipairs(got) do
      assert(not text:find("hunter2", 1, true) and not text:find("secret", 1, true), "seen: " .. text:gsub(".", "%%0 "))
    end
  end)
end }]], base, base, base, base) }
  local code, out, err = p:run({ "run", "book", "s=env:S_V", "--no-ask" }, { S_V = "hunter2-of-tables" })
  t.eq(code, 0, out .. err)
  lacks(artefacts(p, { { "status" }, { "log", "--json" } }), { "hunter2-of-tables" })
  walls.whole(p, "tables")
end)

t.test("a plan's file is its owner's, whatever the umask, and whatever was there", function()
  local p = project.new { book = walls.step "sh.run { 'true' }" }
  t.must({ "mkdir", "folder" }, { cwd = p.dir })
  for file, before in pairs { ["plan.json"] = "true", ["old.json"] = "touch old.json; chmod 644 old.json", ["folder/plan.json"] = "true",
    ["wide.json"] = "touch wide.json; chmod 666 wide.json" } do
    local command = before .. "; umask 000; exec " .. process.exe() .. " plan book -o " .. file
    t.run({ "sh", "-c", command }, p:options())
    t.eq(fs.stat(p.dir .. "/" .. file).mode, tonumber("600", 8), file)
    t.eq(p:run { "run", "--plan", file, "--no-ask" }, 0, file)
  end
  walls.whole(p, "plans")
end)

t.test("after a request, and during one, a child has none of its connections", function()
  local base = echo()
  local p = project.new { book = string.format([[
local LIST = { "sh", "-c", "ls -l /proc/$$/fd" }
return runbook { run = function()
  step("after", function()
    http.get(%q)
    http.post(%q, {})
    note("read " .. sh.read { argv = LIST }.stdout)
    sh.run { argv = LIST, check = { "sh", "-c", "ls -l /proc/$$/fd >&2; exit 1" } }
    note("bash " .. sh.read("bash", "-c", "ls -l /proc/$$/fd; true").stdout)
  end)
  parallel("at once", {
    a = function() step("a", function() for i = 1, 5 do http.get(%q .. "/" .. i) end end) end,
    b = function() step("b", function() for _ = 1, 5 do note(sh.read { argv = LIST }.stdout) end end) end,
  })
end }]], base, base, base) }
  local code, out, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 0, out .. err)
  t.has(out .. err, "pipe:")
  t.lacks(out .. err, "socket:")
  for fd in (out .. err):gmatch " (%d+) %->" do t.ok(tonumber(fd) <= 2, "a child has " .. fd .. ": " .. out .. err) end
  walls.whole(p, "children")
end)
