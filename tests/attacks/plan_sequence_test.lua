-- A run that keeps to a plan asks, watches and makes what the plan has before each of its effects.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local FLAG = 'local f = step("look", function() return fs.exists "flag" end) '
local LAST = ' step("last", function() fs.write("evil", "x") end)'

local function book(body, after) return "return runbook { run = function() " .. FLAG .. body .. (after or LAST) .. " end }" end

--- Plans with the flag, takes it away, and runs.
local function without_flag(source)
  local p = project.new { book = source }
  t.write_file(p.dir .. "/flag", "")
  local code, out, err = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 2, out .. err)
  os.remove(p.dir .. "/flag")
  code, out, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  return p, code, out .. err
end

for what, case in pairs {
  ["a question"] = { 'if f then confirm "really wipe?" end', "the plan asks first: really wipe?, and this run did not" },
  ["a question of a step"] = { 'step("s", function() if f then confirm "really?" end end)', "the plan asks first: really?" },
  ["a sleep"] = { 'if f then sleep("soak", "1s") end', "the plan waits first: soak" },
  ["an effect"] = { 'if f then step("backup", function() sh.run { argv = { "touch", "backup" } } end) end',
    "the plan has before it: run touch backup, in backup" },
  ["an effect of the same step"] = { "", "the plan has before it: write backup (1 bytes), in last",
    ' step("last", function() if f then fs.write("backup", "x") end fs.write("evil", "x") end)' },
  ["a branch"] = { 'parallel("both", { a = function() if f then fs.write("a", "x") end end, b = function() fs.write("b", "x") end })',
    "the plan has before it: write a (1 bytes), in both/a" },
} do
  t.test(what .. " that the plan shows is not left out before an effect", function()
    local p, code, said = without_flag(book(case[1], case[3]))
    t.eq(code, 3, said)
    t.ok(said:find(case[2], 1, true) or case[3] and said:find("is not in the plan", 1, true) or said:find("another input", 1, true), said)
    t.eq(fs.exists(p.dir .. "/evil"), false)
  end)
end

t.test("effects are made in the plan's order", function()
  local p, code, said = without_flag(book('local function a() step("a", function() fs.write("a", "x") end) end '
    .. 'local function b() step("b", function() fs.write("evil", "x") end) end if f then a() b() else b() a() end', ""))
  t.eq(code, 3, said)
  t.has(said, "the plan has before it: write a (1 bytes), in a")
  t.eq(fs.exists(p.dir .. "/evil"), false)
end)

t.test("branches side by side have no order", function()
  local _, code, said = without_flag [[return runbook { run = function()
    parallel("both", {
      a = function() if not fs.exists "flag" then sleep("w", "200ms") end fs.write("a", "x") end,
      b = function() fs.write("b", "x") end,
    })
  end }]]
  t.eq(code, 0, said)
end)
