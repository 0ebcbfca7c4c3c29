-- What an API server, helm, git and Compose say cannot steer the terminal of who plans or runs; what was edited after a plan,
-- taken out of the journal or belongs to somebody else is refused in words. (terminal_test.lua, integrity_test.lua,
-- verify_test.lua and approvals_test.lua have more of each.)
local cluster = require "tests.attacks.cluster"
local fs = require "native.fs"
local http = require "native.http"
local httpd = require "native.httpd"
local json = require "native.json"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"
local walls = require "tests.attacks.walls"

local STEERING = { "\27[2K\27[1A\rPlan: 0 effects", "\27]0;title\7", "\194\1552K", "\1552K", "\u{202e}desrever", "\u{2028}Plan: 0 effects",
  "\nPlan: 0 effects", "\r\nPlan: 0 effects\n" }
local EVIL = "denied " .. table.concat(STEERING, " ")

local function calm(what, text)
  t.ok(not text:find "[%z\1-\8\11-\31\127]", what .. " has a control character: " .. string.format("%q", text))
  t.ok(utf8.len(text), what .. " is no UTF-8: " .. string.format("%q", text))
  for _, part in ipairs { "\u{202e}", "\u{2028}", "\194\155" } do t.lacks(text, part, what) end
  -- A report is Markdown, and has what was said between fences (report_test.lua).
  if what ~= "report" then t.ok(not ("\n" .. text):find "\nPlan: 0 effects%s*\n", what .. ": a line was forged: " .. text) end
end

local COMMANDS = { { "plan", "book", "-o", "plan.json" }, { "run", "book", "--no-ask" }, { "status" }, { "log" }, { "show", "--plan" },
  { "runs" }, { "report" } }

local function looks(p, env)
  local said = {}
  for _, words in ipairs(COMMANDS) do
    local _, out, err = p:run(words, env)
    calm(words[1], out)
    calm(words[1], err)
    said[words[1]] = out .. err
  end
  return said
end

--- An API server that says this of every change.
local function denying(p, answer)
  local api, env = cluster.start(p, { "ns1" })
  local server = httpd.listen { port = 0, handler = function(request, response)
    if request.method ~= "GET" then return answer(response) end
    local query = request.raw_query and request.raw_query ~= "" and "?" .. request.raw_query or ""
    local got = http.request { url = api .. request.raw_path .. query, read = true, who = "test",
      headers = { Accept = request.headers.accept } }
    response:send(got.status, { ["Content-Type"] = got.headers["content-type"] }, got.body)
  end }
  t.defer(function() server:close() end)
  local config = json.decode(t.read_file(p.dir .. "/kubeconfig"))
  config.clusters[1].cluster = { server = "http://127.0.0.1:" .. server:port() }
  t.write_file(p.dir .. "/kubeconfig", json.encode(config))
  return env
end

t.test("what an admission controller says, in each field of its answer", function()
  local clean = utf8.len(EVIL) and EVIL or EVIL:gsub("\155", "")
  for what, fields in pairs {
    message = { message = 'admission webhook "x" denied the request: ' .. clean, reason = "Forbidden" },
    reason = { message = "denied", reason = clean },
    causes = { message = "denied", reason = "Invalid", details = { name = clean, kind = clean,
      causes = { { field = clean, message = clean } } } },
  } do
    local p = project.new { book = walls.step
      [[k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a", namespace = "ns1" }, data = { x = "1" } }]] }
    local env = denying(p, function(response)
      local status = { apiVersion = "v1", kind = "Status", status = "Failure", code = 403 }
      for name, value in pairs(fields) do status[name] = value end
      response:send(403, { ["Content-Type"] = "application/json", Warning = '299 - "careful \27[2K"' }, json.encode(status))
    end)
    local said = looks(p, env)
    t.has(said.run, "denied", what)
    t.has(said.plan, "denied", what)
    walls.whole(p, what)
  end
  local p = project.new { book = walls.step "k8s.apply [[{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: ns1}}]]" }
  local env = denying(p, function(response) response:send(500, { ["Content-Type"] = "text/plain" }, EVIL) end)
  t.has(looks(p, env).run, "denied", "no JSON")
  walls.whole(p, "no JSON")
end)

t.test("what helm, git, docker and a program of the script's own say when they fail", function()
  local p = project.new {}
  t.must({ "sh", "-ec", [[mkdir -p bin chart stack; printf 'apiVersion: v2\nname: chart\nversion: 0.1.0\n' > chart/Chart.yaml
    printf 'services: {}\n' > stack/compose.yaml; git init -q -b main .
    git -c user.name=x -c user.email=x@x commit -q --allow-empty -m first]] }, { cwd = p.dir, env = { GIT_CONFIG_GLOBAL = "/dev/null" } })
  t.write_file(p.dir .. "/said", EVIL)
  for _, name in ipairs { "helm", "docker", "docker-compose", "own" } do
    t.write_file(p.dir .. "/bin/" .. name, "#!/bin/sh\ncase \"$*\" in version*) echo v3.16.0; exit;; esac\ncat " .. p.dir
      .. "/said; cat " .. p.dir .. "/said >&2; exit 1\n")
    t.must { "chmod", "+x", p.dir .. "/bin/" .. name }
  end
  local env = { PATH = p.dir .. "/bin:" .. t.getenv "PATH", GIT_CONFIG_GLOBAL = "/dev/null" }
  for _, call in ipairs { [[helm.template { release = "a", namespace = "a", chart = "./chart" }]],
    [[compose.up { dir = "stack" }]], [[sh.run { "bin/own" }]], [[return sh.read { "bin/own" }]],
    "git.tag { name = 'a', at = \"x\\27[2Ky\" }" } do
    p:edit("book", walls.step(call))
    looks(p, env)
    walls.whole(p, call)
  end
end)

t.test("a file that a step requires, edited in any way after the plan: refused, and nothing is done", function()
  local GONE = [[require "lib.late": no file runbooks/lib/late.lua]]
  local ways = { { "was edited after the plan was made", "echo '-- more' >> late.lua" },
    { "was edited after the plan was made", "printf ' ' | cat - late.lua > x && mv x late.lua" },
    { "was edited after the plan was made", "rm late.lua && echo 'return { file = \"pwned\" }' > other.lua && ln -s other.lua late.lua" },
    { GONE, "rm late.lua" }, { GONE, "mkdir -p late && mv late.lua late/init.lua" },
    { "was edited after the plan was made", "sed -i 's/good/pwned/' late.lua" } }
  for _, way in ipairs(ways) do
    local p = project.new { before = walls.step "return 1",
      book = walls.step [[local lib = require "lib.late" sh.run { argv = { "touch", lib.file } }]] }
    t.eq(p:run { "run", "before", "--no-ask" }, 0)
    fs.mkdir(p.dir .. "/runbooks/lib")
    t.write_file(p.dir .. "/runbooks/lib/late.lua", 'return { file = "good" }\n')
    t.eq(p:run { "plan", "book", "-o", "plan.json" }, 2)
    t.must({ "sh", "-ec", way[2] }, { cwd = p.dir .. "/runbooks/lib" })
    local code, out, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
    t.ok(code == 1 or code == 2, way[2] .. out .. err)
    t.has(out .. err, way[1], way[2])
    for _, name in ipairs { "good", "pwned" } do t.eq(fs.exists(p.dir .. "/" .. name), false, way[2]) end
    walls.whole(p, way[2])
  end
end)

local EDIT = [[
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for name in [r[0] for r in db.execute("select name from sqlite_master where type = 'trigger'")]: db.execute("drop trigger " + name)
assert db.execute(sys.argv[2]).rowcount > 0
db.commit()]]

t.test("a row that was changed, moved or taken out is told by every reader, and nothing goes on behind it", function()
  local book = "return runbook { run = function() step('x', function() return 1 end) confirm 'go on?' end }"
  local some = "key = (select key from events where kind = 'step.done' and path = 'x')"
  for _, edit in ipairs { "update events set payload = replace(payload, '1', '2') where " .. some, "delete from events where " .. some,
    "update events set path = 'y' where " .. some, "update events set kind = 'step.failed' where " .. some,
    "update events set hash = zeroblob(32) where " .. some, "update events set time_ms = time_ms - 86400000 where " .. some,
    "delete from events where key = (select max(key) from events)" } do
    local p = project.new { book = book }
    t.eq(p:run { "run", "book", "--no-ask" }, 3)
    local id = p:newest()
    t.must { "python3", "-c", EDIT, p.dir .. "/.almanac/journal.db", edit }
    for _, words in ipairs { { "status" }, { "log" }, { "verify" }, { "resume", id }, { "approve", id } } do
      local code, out, err = p:run(words)
      t.ok(code ~= 0, edit .. "; " .. words[1] .. ": " .. out .. err)
      t.ok((out .. err):find "broken at event" or (out .. err):find "damaged at event" or (out .. err):find "not to be believed",
        edit .. "; " .. words[1] .. ": " .. out .. err)
      t.lacks(out .. err, "a bug in", edit)
    end
  end
end)

t.test("what belongs to somebody else is refused in words, to who is not root: a store, its journal, a plan, almanac.yaml", function()
  if t.must { "id", "-u" } ~= "0" then
    print "skipped: only root gives a file away"
    return
  end
  -- Not below the tests' own directory, which is closed to others.
  local dir = t.must({ "mktemp", "-d", "/tmp/almanac-test.XXXXXX" }):gsub("%s+$", "")
  t.defer(function() fs.remove_tree(dir) end)
  t.must { "mkdir", dir .. "/runbooks" }
  t.write_file(dir .. "/runbooks/book.lua", walls.step "return 1")
  t.must { "chown", "-R", "nobody", dir }
  local function run(...)
    return t.run({ "setpriv", "--reuid=nobody", "--clear-groups", process.exe(), ... },
      { cwd = dir, env = { HOME = dir, TMPDIR = dir, KUBECONFIG = false, NO_COLOR = "1" } })
  end
  local made, out, err = run("run", "book", "--no-ask")
  if made ~= 0 and err:find "^setpriv: failed to execute" then
    print "skipped: nobody cannot reach the program"
    return
  end
  t.eq(made, 0, out .. err)
  t.eq(run("plan", "book", "-o", "plan.json"), 0)
  t.write_file(dir .. "/almanac.yaml", "{}\n")
  t.must { "chown", "nobody", dir .. "/almanac.yaml" }
  for _, case in ipairs {
    { ".almanac", "daemon", { "status" }, { "log" }, { "runs" }, { "run", "book" }, { "resume" } },
    { ".almanac/journal.db", "daemon", { "status" }, { "log" }, { "run", "book" }, { "verify" } },
    { "plan.json", "daemon", { "run", "--plan", "plan.json" } }, { "almanac.yaml", "daemon", { "status" }, { "list" }, { "run", "book" } },
    { ".almanac", "root", { "status" } }, { "plan.json", "root", { "run", "--plan", "plan.json" } },
  } do
    t.must({ "chown", case[2], case[1] }, { cwd = dir })
    -- Whose modes let everybody look, so that it is the owner who is judged.
    t.must({ "chmod", case[1] == ".almanac" and "755" or "644", case[1] }, { cwd = dir })
    for i = 3, #case do
      local code, said, why = run(table.unpack(case[i]))
      t.ok(code == 1 or code == 2, case[1] .. " " .. case[i][1] .. said)
      t.has(said .. why, "belongs to another user", case[1] .. " " .. case[i][1])
    end
    t.must({ "chown", "nobody", case[1] }, { cwd = dir })
    t.must({ "chmod", case[1] == ".almanac" and "700" or "600", case[1] }, { cwd = dir })
  end
  local code, whole = run("log", "--verify")
  t.eq(code, 0, whole)
  t.has(whole, "whole")
end)
