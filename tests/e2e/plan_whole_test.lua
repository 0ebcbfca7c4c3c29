-- A plan that says that its run would stop is not begun with, unless somebody knows better.
local project = require "tests.project"
local t = require "tests.harness"

local function planned(body, params)
  local p = project.new { book = "return runbook { " .. (params or "") .. " run = function(p) " .. body .. " end }" }
  t.must { "mkdir", p.dir .. "/out" }
  local code, out, err = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 1, out .. err)
  return p
end

local FIRST = [[step("first", function() fs.write("out/first", "x") end) ]]

--- An effect that cannot be made as the world is now.
local SET = [[effect.define("toy.set", {
    preview = function() return { summary = fs.read "missing" } end,
    apply = function() fs.write("out/world", "x") end,
  })
  step("set", function() effect.perform("toy.set", {}) end)]]

for what, case in pairs {
  ["an effect that would fail"] = { FIRST .. SET, "set: " },
  ["what allow refuses"] = {
    FIRST .. [[step("far", function() fs.write("elsewhere/world", "x") end)]], "far: ", [[allow = { fs = { "out/**" } },]] },
  ["a script that computes with what is not known"] = {
    FIRST .. [[local r = step("run", function() return sh.run { argv = { "true" } } end) if r.code + 1 > 5 then note "x" end]],
    "the plan goes no further than: " },
} do
  t.test("refused before it begins: " .. what, function()
    local p = planned(case[1], case[3])
    local code, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
    t.eq(code, 2, err)
    t.has(err, case[2])
    t.eq(select(2, p:run { "runs" }):find("book-", 1, true), nil)
    t.eq(p:lines "out/first", {})
  end)
end

t.test("the operator may know better: --anyway begins, and the run keeps to the plan all the same", function()
  local p = planned(SET)
  t.has(select(3, p:run { "run", "--plan", "plan.json", "--no-ask" }), "almanac run --plan FILE --anyway")
  t.write_file(p.dir .. "/missing", "there now")
  local code, _, err = p:run { "run", "--plan", "plan.json", "--anyway", "--no-ask" }
  t.eq(code, 0, err)
  t.eq(p:lines "out/world", { "x" })
end)
