-- A plan that could not follow an effect of the script's own to its end binds what it lists before that end: only what comes
-- behind it is open.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local OPEN_END = "makes what else its script says, known when it runs\n"

local function run(p, code, ...)
  local got, out, err = p:run { ... }
  t.eq(got, code, table.concat({ ... }, " ") .. "\n" .. out .. err)
  return out .. err
end

--- A runbook with an effect, own.outer, that makes these; another one, own.inner, makes `inner`.
local function book(apply, inner)
  local define = [[
effect.define("own.%s", {
  input = function() return {} end, title = function() return "%s" end, preview = function() return { summary = "would" } end,
  apply = function() %s return {} end, recover = function() %s return "again" end,
})
]]
  local repair = 'if fs.exists "flag" then sh.run("touch", "evil") end'
  return define:format("inner", "inner", inner or "", "") .. define:format("outer", "outer", apply, repair)
    .. 'return runbook { run = function() step("a", function() effect.perform("own.outer", {}) end) end }\n'
end

local function planned(apply, inner)
  local p = project.new { book = book(apply, inner) }
  t.write_file(p.dir .. "/text", "true")
  t.has(run(p, 2, "plan", "book", "-o", "plan.json"), OPEN_END)
  return p
end

local function is_there(p, name) return fs.exists(p.dir .. "/" .. name) end

t.test("what is behind the end is made, with what is listed before it", function()
  for apply, inner in pairs {
    ['sh.run("true") sleep("w", "0s") sh.run("touch", "open")'] = "",
    ['effect.perform("own.inner", {}) sh.run("touch", "listed")'] = 'sh.run("true") sleep("w", "0s") sh.run("touch", "open")',
    ['fs.write("listed", "x") if sh.run("true").stdout == "" then fs.write("open", fs.read "text") end'] = "",
  } do
    local p = planned(apply, inner)
    run(p, 0, "run", "--plan", "plan.json", "--no-ask")
    t.ok(is_there(p, "open"), apply)
    t.eq(is_there(p, "listed"), apply:find("listed", 1, true) ~= nil, apply)
  end
end)

t.test("another input, another effect, one left out and one put before are refused", function()
  for _, apply in ipairs {
    'sh.run("sh", "-c", fs.read "text") step("x", function() end)',
    'sh.run("sh", "-c", fs.read "text") sleep("w", "0s")',
    'pcall(sh.run, "sh", "-c", fs.read "text") sleep("w", "0s") if fs.exists "flag" then sh.run("touch", "evil") end',
    'if fs.exists "flag" then sh.run("touch", "evil") end sh.run("true") sleep("w", "0s")',
    'if not fs.exists "flag" then sh.run("true") end sleep("w", "0s") sh.run("touch", "evil")',
    'if fs.exists "flag" then step("x", function() sh.run("touch", "evil") end) end sh.run("true") sleep("w", "0s")',
  } do
    local p = planned(apply)
    t.write_file(p.dir .. "/flag", "")
    t.write_file(p.dir .. "/text", "touch evil")
    t.has(run(p, 3, "run", "--plan", "plan.json", "--no-ask"), "is not in the plan", apply)
    t.eq(is_there(p, "evil"), false, apply)
  end
end)

t.test("so is another ground", function()
  local p = planned 'fs.write("fine", "x") sleep("w", "0s")'
  t.write_file(p.dir .. "/fine", "came after the plan")
  t.has(run(p, 3, "run", "--plan", "plan.json", "--no-ask"), "fine has changed since the plan was made")
  t.eq(t.read_file(p.dir .. "/fine"), "came after the plan")
end)

t.test("the open end of a part leaves open what that part makes, and not what is made around it", function()
  local p = planned('effect.perform("own.inner", {}) sh.run("touch", "listed") if fs.exists "flag" then sh.run("touch", "evil") end',
    'sh.run("true") sleep("w", "0s") sh.run("touch", "open")')
  t.write_file(p.dir .. "/flag", "")
  t.has(run(p, 3, "run", "--plan", "plan.json", "--no-ask"), "run touch evil, which own.outer makes, is not in the plan")
  t.eq({ is_there(p, "open"), is_there(p, "listed"), is_there(p, "evil") }, { true, true, false })
end)

t.test("a recover before the end makes no more than what is listed", function()
  local p = planned 'sh.run("true") sh.run { argv = { "true", "listed" } } sleep("w", "0s")'
  t.write_file(p.dir .. "/flag", "")
  local killed = p:run({ "run", "--plan", "plan.json", "--no-ask" }, { ALMANAC_FAULT = "effect.applied:1:kill" })
  t.ok(killed ~= 0)
  t.has(run(p, 3, "resume", "--plain"), "run touch evil, which own.outer makes, is not in the plan")
  t.eq(is_there(p, "evil"), false)
end)
