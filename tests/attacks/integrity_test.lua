-- A run that keeps to a plan runs what was reviewed, whenever it is loaded.
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  step("late", function()
    local lib = require "lib.late"
    sh.run { argv = { "touch", lib.file } }
  end)
end }]]

local function planned()
  local p = project.new { book = BOOK }
  require("native.fs").mkdir(p.dir .. "/runbooks/lib")
  t.write_file(p.dir .. "/runbooks/lib/late.lua", 'return { file = "good" }\n')
  local code, out, err = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 2, out .. err)
  return p
end

t.test("a file that a step requires late, edited after the plan: refused, by its line", function()
  local p = planned()
  t.write_file(p.dir .. "/runbooks/lib/late.lua", 'return { file = "good", _ = pcall(print, "evil") }\n')
  local code, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.ok(code ~= 0, err)
  t.has(err, "late.lua:1 was edited after the plan was made")
  t.eq(require("native.fs").exists(p.dir .. "/good"), false)
end)

t.test("one that nobody saw when the plan was made", function()
  local p = planned()
  p:edit("book", BOOK)
  t.write_file(p.dir .. "/runbooks/lib/late.lua", 'return { file = "good", more = function() return require "lib.new" end }\n')
  local replanned, out = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(replanned, 2, out)
  local code, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 0, err)
  local q = project.new { book = (BOOK:gsub('"lib.late"', [[(os.getenv "NEW" and "lib.new" or "lib.late")]])) }
  require("native.fs").mkdir(q.dir .. "/runbooks/lib")
  for _, name in ipairs { "late", "new" } do t.write_file(q.dir .. "/runbooks/lib/" .. name .. ".lua", 'return { file = "good" }\n') end
  t.eq(q:run { "plan", "book", "-o", "plan.json" }, 2)
  local refused, _, why = q:run({ "run", "--plan", "plan.json", "--no-ask" }, { NEW = "1" })
  t.ok(refused ~= 0, why)
  t.has(why, "lib/new.lua was not read when the plan was made")
end)

t.test("unchanged, it runs", function()
  local p = planned()
  local code, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 0, err)
  t.ok(require("native.fs").exists(p.dir .. "/good"))
end)
