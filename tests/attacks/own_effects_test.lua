-- What an effect of the script's own makes by others is in the plan, and under a plan it makes nothing else.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local function run(p, code, ...)
  local got, out, err = p:run { ... }
  t.eq(got, code, table.concat({ ... }, " ") .. "\n" .. out .. err)
  return out .. err
end

--- A runbook with an effect whose apply is this.
local function book(apply, more)
  return string.format([[
effect.define("pager.page", {
  input = function(raw) return { team = raw.team } end, title = function(i) return "page " .. i.team end,
  preview = function(i) return { summary = "would page " .. i.team } end, apply = function(i, ctx) %s return {} end, %s
})
return runbook { run = function()
  step("a", function() effect.perform("pager.page", { team = "ops" }) end)
  step("b", function() effect.perform("pager.page", { team = "dev" }) end)
end }]], apply, more or "")
end

local function planned(source)
  local p = project.new { book = source }
  local _, out = p:run { "plan", "book", "-o", "plan.json" }
  return p, out
end

local function is_there(p, name) return fs.exists(p.dir .. "/" .. name) end

t.test("a plan names what it makes, and its run makes that", function()
  local p, said = planned(book 'fs.write("paged-" .. i.team, "x") sh.run { argv = { "touch", "more-" .. ctx.id } }')
  t.has(said, "  → page ops\n    would page ops\n    makes: write paged-ops (1 bytes)\n      + paged-ops  created\n"
    .. "          + content: x\n    makes: run touch")
  run(p, 0, "run", "--plan", "plan.json", "--no-ask")
  t.ok(is_there(p, "paged-ops") and is_there(p, "paged-dev"))
end)

t.test("one that does otherwise when it runs is stopped before it does", function()
  for _, apply in ipairs {
    'if fs.exists "flag" then fs.write("evil", "x") end', 'fs.write("fine", fs.exists "flag" and "evil" or "x")',
    'if fs.exists "flag" then step("deeper", function() fs.write("evil", "x") end) end',
    'if fs.exists "flag" then effect.perform("pager.page", { team = "other" }) end',
    -- Of a kind, and with a target, that it has made already.
    'sh.bash "true" if fs.exists "flag" then sh.bash "touch evil" end', 'sh.bash(fs.exists "flag" and "touch evil" or "true")',
    'sh.run "true" sh.run { argv = { "true", fs.exists "flag" and "evil" or "fine" } }',
    'fs.write("fine", "x") if fs.exists "flag" then fs.write("fine", "evil") end',
    'fs.write("fine", "x") if fs.exists "flag" then fs.write("fine", "x") end',
    'sh.run { argv = { "touch", "evil" }, check = { "sh", "-c", "! test -e flag" } }',
  } do
    local p = planned(book(apply))
    t.write_file(p.dir .. "/flag", "")
    local said = run(p, 3, "run", "--plan", "plan.json", "--no-ask")
    t.ok(said:find("is not in the plan", 1, true) or said:find("the plan says that nothing would change", 1, true), said)
    t.eq(is_there(p, "evil"), false)
    t.ok(t.read_file(p.dir .. "/fine") ~= "evil")
  end
end)

t.test("a preview that says that nothing would change is not believed", function()
  local p = project.new { book = (book('sh.run("touch", "evil")'):gsub('summary = "would page " .. i.team', "nothing = true")) }
  local said = run(p, 2, "plan", "book")
  t.has(said, "makes: run touch evil")
  t.has(said, "Plan: 2 effects\n")
end)

t.test("what cannot be followed is said, and takes no time", function()
  for _, apply in ipairs {
    'if sh.run("true").stdout == "" then sh.run("touch", "evil") end', 'sleep("w", "1h")', 'while true do end',
    'repeat until fs.exists "never"',
    'step("deeper", function() sh.run("touch", "evil") end)',
  } do
    local _, said = planned(book(apply))
    t.has(said, "makes what else its script says, known when it runs\n", apply)
  end
end)

t.test("allow is asked for what it makes before it is made, in the plan", function()
  local p = project.new { book = (book('fs.write("evil", "x")', 'allow = { category = "pager", of = function(i) return i.team end },')
    :gsub("runbook {", 'runbook { allow = { pager = { "*" }, fs = { "out/*" } },')) }
  t.has(run(p, 1, "plan", "book"), 'WOULD STOP THE RUN: fs.write: this runbook may not touch fs "evil"')
end)

t.test("a recover makes no more than that either", function()
  local p = planned(book('fs.write("paged-" .. i.team, "x")',
    'recover = function() sh.run("touch", "evil") return "again" end,'))
  local killed = p:run({ "run", "--plan", "plan.json", "--no-ask" }, { ALMANAC_FAULT = "effect.applied:1:kill" })
  t.ok(killed ~= 0)
  t.has(run(p, 3, "resume", "--plain"), "run touch evil, which pager.page makes, is not in the plan")
  t.eq(is_there(p, "evil"), false)
end)

t.test("nor another command of a program that it ran already", function()
  local p = planned(book('sh.bash "true"', 'recover = function() sh.bash "touch evil" return "again" end,'))
  local killed = p:run({ "run", "--plan", "plan.json", "--no-ask" }, { ALMANAC_FAULT = "effect.applied:2:kill" })
  t.ok(killed ~= 0)
  t.has(run(p, 3, "resume", "--plain"), "run bash: touch evil, which pager.page makes, is not in the plan")
  t.eq(is_there(p, "evil"), false)
end)

t.test("what reads what an effect before it changed is made as it has become", function()
  local p = planned(book [[
    local n = fs.exists "count" and tonumber(fs.read "count") or 0
    fs.write("count", tostring(n + 1))]])
  run(p, 0, "run", "--plan", "plan.json", "--no-ask")
  t.eq(t.read_file(p.dir .. "/count"), "2")
end)
