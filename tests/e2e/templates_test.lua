-- almanac init, new and eject; and each template, made one's own, planned, run and taken back against real parts.
local fs = require "native.fs"
local httpd = require "native.httpd"
local json = require "native.json"
local postgres = require "tests.postgres"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"
local tls = require "tests.tls"

local kubectl = process.cwd() .. "/.deps/bin/kubectl34"

--- A project that `almanac init` made, with a runbook from a template, edited.
local function from(template, edits)
  local p = setmetatable({ dir = t.tmpdir() }, getmetatable(project.new {}))
  t.eq((p:run { "init" }), 0)
  local code, out, err = p:run { "new", "mine", "--template", template }
  t.eq(code, 0, err)
  t.has(out, "runbooks/mine.lua")
  local text = t.read_file(p.dir .. "/runbooks/mine.lua")
  for what, new in pairs(edits or {}) do
    local edited, found = text:gsub(what, new)
    t.ok(found > 0, what)
    text = edited
  end
  t.write_file(p.dir .. "/runbooks/mine.lua", text)
  local said
  code, said, err = p:run { "check" }
  t.eq(code, 0, said .. err)
  t.has(err, "0 errors, 0 warnings")
  return p
end

local function must(p, code, words, env)
  local got, out, err = p:run(words, env)
  t.eq(got, code, table.concat(words, " ") .. "\n" .. out .. err)
  return out, err
end

--- A simulated cluster with objects in its namespace "team"; gives what reads of it.
local function cluster(p, objects)
  local sim = t.spawn { process.exe(), "sim", "--kubeconfig", p.dir .. "/kubeconfig", "--with-namespace", "team", "--ready-time", "0.05" }
  sim:wait_line "api=(%S+)"
  local env = { env = { KUBECONFIG = p.dir .. "/kubeconfig", HOME = p.dir }, cwd = p.dir }
  for _, object in ipairs(objects) do
    t.write_file(p.dir .. "/object.json", json.encode(object))
    t.must({ kubectl, "-n", "team", "apply", "-f", "object.json" }, env)
  end
  return function(...) return t.must({ kubectl, "-n", "team", "get", ... }, env) end
end

local function deployment(name, color)
  local labels = { app = "web", color = color }
  return {
    apiVersion = "apps/v1", kind = "Deployment", metadata = { name = name },
    spec = { replicas = 1, selector = { matchLabels = labels }, template = {
      metadata = { labels = labels }, spec = { containers = { { name = "main", image = "ghcr.io/x/web:v1" } } } } },
  }
end

t.test("init makes a project whose first runbook is planned, run and taken back; it writes over nothing", function()
  local p = from "first"
  must(p, 2, { "plan", "first", "text=hello" })
  must(p, 0, { "run", "first", "text=hello" })
  t.eq(t.read_file(p.dir .. "/greeting.txt"), "hello\n")
  must(p, 0, { "rollback" })
  t.eq(t.read_file(p.dir .. "/greeting.txt"), nil)
  t.write_file(p.dir .. "/almanac.yaml", "vars: {}\n")
  fs.remove(p.dir .. "/.luarc.json")
  local _, err = must(p, 2, { "init" })
  t.has(err, "almanac.yaml is there already, and nothing was written")
  t.eq(t.read_file(p.dir .. "/almanac.yaml"), "vars: {}\n")
  t.eq(fs.exists(p.dir .. "/.luarc.json"), false)
  t.must({ "luacheck", "-q", "runbooks" }, { cwd = p.dir })
end)

t.test("every key of the almanac.yaml that init writes is one, uncommented", function()
  local p = from "first"
  local text = t.read_file(p.dir .. "/almanac.yaml")
  local said, keys = text:match "^(.-)\n\n(.*)$"
  t.ok(said:find "^#")
  t.write_file(p.dir .. "/almanac.yaml", (keys:gsub("# ?([^\n]*)", "%1", 1):gsub("\n# ?", "\n")))
  t.write_file(p.dir .. "/allowed_signers", "")
  local code, out, err = p:run { "check" }
  t.eq(code, 0, out .. err .. t.read_file(p.dir .. "/almanac.yaml"))
end)

t.test("new: a wrong name, a wrong template, a runbook that is there", function()
  local p = from "restart"
  for words, why in pairs {
    [{ "new", "a/b" }] = "is no name of a runbook", [{ "new", "x", "--template", "restrat" }] = "did you mean restart?",
    [{ "new", "mine" }] = "runbooks/mine.lua is there already", [{ "new" }] = "usage:",
  } do
    local _, err = must(p, 2, words)
    t.has(err, why)
  end
  must(p, 0, { "new", "greet" })
  t.has(must(p, 0, { "new", "incident" }), "from the template incident", "a template's own name")
  local _, several = must(p, 2, { "new", "Rotate", "DB" })
  t.has(several, 'almanac new: one name, and "DB" is a word too many\n  next:    almanac new rotate-db')
  t.has(t.read_file(p.dir .. "/runbooks/greet.lua"), "almanac plan greet text=hello")
  local list = must(p, 0, { "new", "--list" })
  for _, name in ipairs { "backup-migrate", "blue-green", "certificates", "first", "incident", "restart" } do t.has(list, name) end
end)

t.test("each template has a test beside it, which passes at once; with luacheck, too", function()
  local p = from "first"
  for _, name in ipairs { "backup-migrate", "blue-green", "certificates", "incident", "restart" } do
    local out = must(p, 0, { "new", "my-" .. name, "--template", name })
    t.has(out, "runbooks/tests/my-" .. name .. "_test.lua")
  end
  local out = must(p, 0, { "test" })
  t.has(out, "runbooks/tests/my-restart_test.lua")
  t.has(out, "18 passed, 0 failed")
  must(p, 0, { "check" })
  t.must({ "luacheck", "-q", "--no-max-line-length", "runbooks" }, { cwd = p.dir })
end)

t.test("eject copies a built-in runbook with its libraries, which run from then on; what is there is kept", function()
  local p = project.new {}
  fs.mkdir(p.dir .. "/runbooks/lib")
  t.write_file(p.dir .. "/runbooks/lib/versions.lua", 'return { TAG = "^mine" }')
  local out, err = must(p, 0, { "eject", "rollout" })
  local _
  t.has(out, "runbooks/rollout.lua\n")
  t.has(out, "runbooks/lib/devnet.lua")
  t.lacks(out, "versions.lua")
  t.has(err, "kept: runbooks/lib/versions.lua, which is yours")
  t.has(must(p, 0, { "show", "rollout" }), "pattern ^mine")
  t.lacks(must(p, 0, { "show", "rollout" }), "built in")
  _, err = must(p, 2, { "eject", "rollout" })
  t.has(err, "runbooks/rollout.lua is there already")
  _, err = must(p, 2, { "eject", "rolout" })
  t.has(err, "did you mean rollout?")
  _, err = must(p, 0, { "eject", "cutover" })
  t.has(err, "calls: rollout, built in")
end)

t.test("restart: the pods are others, and ready", function()
  local p = from("restart", { ['"default"'] = '"team"' })
  local get = cluster(p, { deployment("web", "blue") })
  local words = { "run", "mine", "workload=deployment/web" }
  local env = { KUBECONFIG = p.dir .. "/kubeconfig" }
  must(p, 0, words, env)
  t.has(get("deployment/web", "-o", "yaml"), "restartedAt")
  local _, err = must(p, 2, { "run", "mine", "workload=web" }, env)
  t.has(err, "parameter workload must be of the pattern")
end)

t.test("blue-green: the service moves once it was confirmed, and moves back", function()
  local p = from("blue-green", { ['"default"'] = '"team"' })
  local get = cluster(p, {
    deployment("web-blue", "blue"), deployment("web-green", "green"),
    { apiVersion = "v1", kind = "Service", metadata = { name = "web" },
      spec = { selector = { app = "web", color = "blue" }, ports = { { port = 80 } } } } })
  local env = { KUBECONFIG = p.dir .. "/kubeconfig" }
  local function selected() return get("service/web", "-o", "jsonpath={.spec.selector.color}") end
  local words = { "service=web", "container=main", "image=ghcr.io/x/web:v2" }
  local plan = must(p, 2, { "plan", "mine", table.unpack(words) }, env)
  t.has(plan, "ghcr.io/x/web:v1 → ghcr.io/x/web:v2")
  t.has(plan, "blue → green")
  must(p, 3, { "run", "mine", table.unpack(words) }, env)
  t.eq(selected(), "blue")
  t.has(get("deployment/web-green", "-o", "yaml"), "web:v2")
  must(p, 0, { "approve", p:newest() })
  must(p, 0, { "resume" }, env)
  t.eq(selected(), "green")
  must(p, 0, { "rollback", "--no-ask" }, env)
  t.eq(selected(), "blue")
end)

t.test("certificates: one that ends soon is renewed, another is left alone", function()
  local p = from "certificates"
  local server = httpd.listen { tls = tls.certificate(p.dir), handler = function(_, response) response:send(200, {}, "") end }
  t.defer(function() server:close() end)
  local port = "port=" .. server:port()
  fs.mkdir(p.dir .. "/bin")
  t.write_file(p.dir .. "/bin/ssh", "#!/bin/sh\necho renewed >>" .. p.dir .. "/renewed\n")
  t.must { "chmod", "+x", p.dir .. "/bin/ssh" }
  local env = { PATH = p.dir .. "/bin:" .. process.getenv "PATH" }
  must(p, 0, { "run", "mine", "hosts=127.0.0.1", "within=1", port }, env) -- it is good for two days
  t.eq(t.read_file(p.dir .. "/renewed"), nil)
  must(p, 2, { "plan", "mine", "hosts=127.0.0.1", "within=30", port }, env)
  local _, err = must(p, 1, { "run", "mine", "hosts=127.0.0.1", "within=30", "--no-ask", port }, env)
  t.eq(t.read_file(p.dir .. "/renewed"), "renewed\n")
  t.has(err, "127.0.0.1 still serves the one that ends in 2 days")
end)

t.test("incident: people are told, and the last word waits for them", function()
  local p = from "incident"
  t.write_file(p.dir .. "/almanac.yaml", "channels: { ops: { kind: command, argv: [sh, -c, 'cat >>" .. p.dir .. "/told'] } }\n")
  must(p, 3, { "run", "mine", "what=slow", "lead=ana" })
  t.has(t.read_file(p.dir .. "/told"), "major incident: slow (led by ana)")
end)

t.test("backup-migrate: PostgreSQL is backed up and migrated, a bad migration changes nothing, the way back restores", function()
  if not postgres.is_there then
    t.ok(true, "skipped: there is no PostgreSQL")
    return
  end
  local p = from "backup-migrate"
  local db = postgres.start()
  db.sql("postgres", "create database app")
  db.sql("app", "create table users (name text); insert into users values ('ana'), ('bo')")
  t.write_file(p.dir .. "/good.sql", "alter table users rename column name to login;\n")
  t.write_file(p.dir .. "/bad.sql", "drop table users; select nothing_of_that;\n")
  local env = { PATH = db.env.PATH, PGHOST = db.env.PGHOST, PGUSER = db.env.PGUSER, LD_LIBRARY_PATH = db.env.LD_LIBRARY_PATH }
  must(p, 1, { "run", "mine", "database=app", "migration=bad.sql", "--no-ask" }, env)
  t.eq(db.sql("app", "select count(name) from users"), "2")
  must(p, 0, { "abandon", p:newest(), "--reason", "the migration is wrong" })
  must(p, 0, { "run", "mine", "database=app", "migration=good.sql" }, env)
  db.sql("app", "delete from users where login = 'bo'")
  must(p, 0, { "rollback", p:newest() }, env)
  t.eq(db.sql("app", "select name from users order by 1"), "ana\nbo")
end)
