-- What we write for the operator goes where he said: no link that a clone brought, that another user made, or that lies
-- where others write, leads it elsewhere.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = "return runbook { run = function() step('x', function() return 1 end) end }"

--- A project, and a directory beside it with a file of the operator's own.
local function place()
  local p = project.new { book = BOOK }
  local outside = t.tmpdir()
  t.write_file(outside .. "/own", "mine\n")
  return p, outside
end

local function link(p, to, name) t.must({ "ln", "-s", to, name }, { cwd = p.dir }) end

local function refused(p, words, name, what)
  local code, out, err = p:run(words)
  what = (what or "") .. table.concat(words, " ") .. ": " .. out .. err
  t.ok(code == 1 or code == 2, what)
  t.has(err, name .. " is a symbolic link in the project, whose links are not written through", what)
  t.has(err, "look where it leads", what)
end

--- Nothing was made there, and what is there is as it was.
local function untouched(outside, what)
  t.eq(t.read_file(outside .. "/own"), "mine\n", what)
  t.eq(#fs.list(outside .. "/*"), 1, what)
end

t.test("a directory of the project that is a link: init, new, eject and meta write nothing, not even the rest", function()
  local cases = {
    { { "init" }, "runbooks" }, { { "init" }, ".almanac-stubs" }, { { "init" }, ".vscode" },
    { { "new", "other" }, "runbooks" }, { { "eject", "rollout" }, "runbooks" }, { { "eject", "rollout" }, "runbooks/lib" },
    { { "meta", "stubs" }, "stubs" }, { { "meta", "a/stubs" }, "a" }, { { "meta", "./a/../stubs/" }, "stubs" },
  }
  for _, case in ipairs(cases) do
    local outside, dir = t.tmpdir(), t.tmpdir()
    t.write_file(outside .. "/own", "mine\n")
    if case[2]:find "/" then fs.mkdir(dir .. "/" .. case[2]:match "^(.*)/") end
    if case[1][2] == "./a/../stubs/" then fs.mkdir(dir .. "/a") end
    t.must { "ln", "-s", outside, dir .. "/" .. case[2] }
    local p = setmetatable({ dir = dir }, getmetatable(project.new {}))
    refused(p, case[1], case[2])
    untouched(outside, case[2])
    t.eq(fs.exists(dir .. "/almanac.yaml"), false, "half of it was written")
  end
end)

t.test("a file that is a link, dangling ones too: nothing is made behind it", function()
  for _, case in ipairs { { { "init" }, ".gitignore" }, { { "init" }, ".luacheckrc" }, { { "new", "other" }, "runbooks/other.lua" },
    { { "meta", "stubs" }, ".luarc.json" }, { { "eject", "canary" }, "runbooks/canary.lua" } } do
    local p, outside = place()
    link(p, outside .. "/made", case[2])
    refused(p, case[1], case[2])
    untouched(outside, case[2])
    t.eq(fs.exists(p.dir .. "/almanac.yaml"), false, "half of it was written")
  end
  local p, outside = place()
  link(p, outside .. "/own", ".gitignore") -- it is the operator's, and only read
  t.must { "rm", "-r", p.dir .. "/runbooks" }
  local code, out, err = p:run { "init" }
  t.eq(code, 0, out .. err)
  untouched(outside)
end)

t.test("sim --tls makes its certificates in no directory and over no file that is a link", function()
  local p, outside = place()
  link(p, outside, "out")
  refused(p, { "sim", "--tls", "out" }, "out")
  refused(p, { "sim", "--tls", "out/deep" }, "out")
  untouched(outside)
  for _, name in ipairs { "ca.key", "server.pem", "client.key" } do
    t.must { "mkdir", "-m", "700", "-p", p.dir .. "/tls" }
    link(p, outside .. "/own", "tls/" .. name)
    refused(p, { "sim", "--tls", "tls" }, "tls/" .. name)
    untouched(outside, name)
    t.must { "rm", "-r", p.dir .. "/tls" }
  end
end)

t.test("plan -o and report -o over a link of the project, at its end or on the way: its target stays", function()
  local p, outside = place()
  t.eq(p:run { "run", "book" }, 0)
  fs.mkdir(p.dir .. "/deep")
  link(p, outside .. "/own", "plan.json")
  link(p, "plan.json", "twice.json")
  link(p, outside, "out")
  link(p, "../out", "deep/out")
  link(p, outside .. "/made", "report.md")
  for _, case in ipairs { { "plan.json", "plan.json" }, { p.dir .. "/plan.json", "plan.json" }, { "twice.json", "twice.json" },
    { "out/own", "out" }, { "deep/out/own", "deep/out" }, { "out/../own", "out" }, { "report.md", "report.md" } } do
    refused(p, { "plan", "book", "-o", case[1] }, case[2])
    refused(p, { "report", "-o", case[1], "--format", "md" }, case[2])
    untouched(outside, case[1])
  end
end)

t.test("what the operator linked elsewhere is followed, and so is /dev/stdout; a device takes the text", function()
  local p, outside = place()
  t.eq(p:run { "run", "book" }, 0)
  fs.mkdir(outside .. "/real")
  t.must { "ln", "-s", "real", outside .. "/reports" }
  t.must { "ln", "-s", "real/r.md", outside .. "/latest.md" }
  for _, path in ipairs { outside .. "/reports/r.md", outside .. "/latest.md" } do
    local code, out, err = p:run { "report", "-o", path }
    t.eq(code, 0, out .. err)
    t.has(t.read_file(outside .. "/real/r.md"), "book")
    fs.remove(outside .. "/real/r.md")
  end
  local _, out = p:run { "report", "-o", "/dev/stdout", "--format", "md" }
  t.has(out, "book")
  t.eq(p:run { "report", "-o", "/dev/null", "--format", "md" }, 0)
  t.eq(fs.stat("/dev/null").type, "other")
  t.eq(p:run { "report", "-o", "missing/r.md" }, 1, "no directory is made for what was named")
end)

t.test("a link of another user's, or where others can write, is not followed", function()
  local p, outside = place()
  t.eq(p:run { "run", "book" }, 0)
  local open = t.tmpdir()
  t.must { "chmod", "777", open }
  t.must { "ln", "-s", outside .. "/own", open .. "/r.md" }
  local function refuse(path, why)
    local code, out, err = p:run { "report", "-o", path }
    t.eq(code, 2, out .. err)
    t.has(err, "r.md is a symbolic link " .. why)
    untouched(outside)
  end
  refuse(open .. "/r.md", "where others can write")
  t.must { "chmod", "1777", open } -- as /tmp: nobody else can replace ours
  t.eq(p:run { "report", "-o", open .. "/r.md" }, 0)
  t.write_file(outside .. "/own", "mine\n")
  if require("native.process").user() ~= "root" then return end -- only root makes files of another's
  t.must { "chmod", "755", open }
  t.must { "chown", "-h", "nobody", open .. "/r.md" }
  refuse(open .. "/r.md", "of another user's")
end)

t.test("a link in the store: its locks, its index, its log; nothing is made or overwritten behind it", function()
  for _, name in ipairs { "locks", "journal.db-wal", "journal.db-shm", "journal.db-journal", "journal.db" } do
    local p, outside = place()
    fs.mkdir(p.dir .. "/.almanac")
    t.must { "chmod", "700", p.dir .. "/.almanac" }
    link(p, name == "locks" and outside or outside .. "/own", ".almanac/" .. name)
    for _, words in ipairs { { "run", "book" }, { "runs" }, { "resume" } } do
      local code, out, err = p:run(words)
      t.ok(code ~= 0, name .. out .. err)
      t.has(err, ".almanac/" .. name .. " is no journal to trust: it is a symbolic link", name)
    end
    untouched(outside, name)
  end
  local p, outside = place()
  t.eq(p:run { "run", "book" }, 0)
  link(p, outside .. "/own", ".almanac/plan-book.json")
  t.eq(p:run { "plan", "book" }, 0) -- it keeps the last plan for who reads the script, and does without
  untouched(outside)
end)

t.test("the lock of a name, its queue, the lock of a run: one that is a link is refused, and nothing is written behind it", function()
  local p, outside = place()
  p:edit("locked", [[return runbook { lock = "L", run = function() step("x", function() return 1 end) end }]])
  p:edit("waits", [[return runbook { run = function() confirm "go on?" end }]])
  t.eq(p:run { "run", "locked" }, 0)
  t.eq(p:run { "run", "waits", "--no-ask" }, 3)
  local id = p:newest()
  for name, words in pairs { ["name-L.lock"] = { "run", "locked" }, ["queue-L.lock"] = { "run", "locked" },
    ["run-" .. id .. ".lock"] = { "resume", id, "--no-ask" } } do
    local path = ".almanac/locks/" .. name
    t.must({ "rm", path }, { cwd = p.dir }) -- it is there
    link(p, outside .. "/own", path)
    local code, out, err = p:run(words)
    t.ok(code == 1 or code == 2, name .. ": " .. out .. err)
    t.has(err, name .. ": it is a symbolic link, which is not followed", name)
    untouched(outside, name)
    t.must({ "rm", path }, { cwd = p.dir })
  end
  t.eq(p:run { "run", "locked" }, 0)
end)
