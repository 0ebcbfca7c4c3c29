-- What others put into a project: a link among the runbooks shows nothing of what it leads to, and an almanac.yaml that
-- others can write chooses nothing.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local PRIVATE = "private:*:20228:0:99999:7:::"

local function outside()
  local path = t.tmpdir() .. "/shadow"
  t.write_file(path, PRIVATE .. "\nsecond line\n")
  return path
end

t.test("a link to what is no Lua file, as a runbook and as a library: nothing of it is shown, kept or planned", function()
  local p = project.new { plain = 'require "lib.linked" return runbook { run = function() end }',
    late = 'return runbook { run = function() step("x", function() require "lib.linked" end) end }' }
  fs.mkdir(p.dir .. "/runbooks/lib")
  for _, name in ipairs { "linked.lua", "lib/linked.lua" } do t.must { "ln", "-s", outside(), p.dir .. "/runbooks/" .. name } end
  for _, words in ipairs { { "list" }, { "list", "--json" }, { "show", "linked" }, { "show", "linked", "--source" }, { "check" },
    { "check", "linked" }, { "check", "plain" }, { "plan", "linked" }, { "plan", "plain" }, { "plan", "late", "-o", "plan.json" },
    { "run", "linked" }, { "run", "plain" }, { "run", "late" }, { "log" }, { "show", "plain" } } do
    local _, out, err = p:run(words)
    t.lacks(out .. err, "20228", table.concat(words, " "))
    if words[2] == "linked" then t.has(err, "which is no Lua file") end
  end
  for _, path in ipairs(fs.list(p.dir .. "/.almanac/*")) do t.lacks(t.read_file(path), "20228", path) end
  t.lacks(t.read_file(p.dir .. "/plan.json") or "", "20228")
end)

t.test("a link to a Lua file is as good as the file", function()
  local p = project.new {}
  local elsewhere = t.tmpdir() .. "/shared.lua"
  t.write_file(elsewhere, "return runbook { summary = 'shared', run = function() end }")
  t.must { "ln", "-s", elsewhere, p.dir .. "/runbooks/book.lua" }
  local code, out, err = p:run { "show", "book" }
  t.eq(code, 0, err)
  t.has(out, "shared")
end)

t.test("an almanac.yaml that others can write, or a link, is refused by every command, in words", function()
  local p = project.new { book = "return runbook { run = function() end }" }
  local file = p.dir .. "/almanac.yaml"
  local function refused(why, next_step)
    for _, words in ipairs { { "list" }, { "show", "book" }, { "plan", "book" }, { "run", "book" }, { "runs" }, { "resume" }, { "verify" },
      { "approve", "x" } } do
      local code, out, err = p:run(words)
      t.ok(code ~= 0, table.concat(words, " ") .. out)
      t.has(err, "almanac.yaml is no configuration to trust: " .. why)
      t.has(err, next_step)
    end
    local _, out = p:run { "check" }
    t.has(out, why)
  end
  t.write_file(file, "store: elsewhere\n")
  t.must { "chmod", "666", file }
  refused("others can write to it", "chmod go-w almanac.yaml")
  t.must { "chmod", "620", file }
  refused("others can write to it", "chmod go-w almanac.yaml")
  t.must { "chmod", "644", file }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  fs.remove(file)
  t.must { "ln", "-s", outside(), file }
  refused("it is a symbolic link", "name the file itself")
end)
