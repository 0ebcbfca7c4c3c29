-- The way back of a run does not depend on today's script: its journal keeps the one that it was made with.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local library = [[
return { off = function() sh.run { argv = { "sh", "-c", "echo off >> world" } } end }
]]

local source = [[
local switch = require "lib.switch"
return runbook {
  params = { to = param.string { default = "on" } },
  run = function(p)
    step("switch", { undo = switch.off }, function() sh.run { argv = { "sh", "-c", "echo " .. p.to .. " >> world" } } end)
    local nothing = {}
    if p.to == "on" then return nothing.here.there end
  end,
}
]]

--- A run that failed outside of its steps, after a step that has an undo.
local function failed_run()
  local p = project.new { book = source }
  fs.mkdir(p.dir .. "/runbooks/lib")
  t.write_file(p.dir .. "/runbooks/lib/switch.lua", library)
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1, err)
  t.eq(p:lines "world", { "on" })
  return p
end

local function goes_back(p, said)
  local code, _, err = p:run { "rollback" }
  t.eq(code, 0, err)
  t.has(err, "switch: its undo")
  for _, text in ipairs(said or {}) do t.has(err, text) end
  t.eq(p:lines "world", { "on", "off" })
  t.has(select(2, p:run { "runs" }), "undone")
end

t.test("a script that stops outside of its steps: what it did until there is taken back", function()
  goes_back(failed_run(), { "the script stops before its end", "what it did until there is taken back" })
end)

for what, spoil in pairs {
  ["does not compile"] = function(p) p:edit("book", "return runbook {") end,
  ["is gone"] = function(p) fs.remove(p.dir .. "/runbooks/book.lua") end,
  ["wants a parameter more"] = function(p)
    p:edit("book", (source:gsub("params = {", "params = { from = param.string { required = true },")))
  end,
  ["stops before its first step"] = function(p) p:edit("book", (source:gsub("run = function%(p%)", "%0 error 'spoilt'"))) end,
} do
  t.test("a script that " .. what .. ": the one that the run was made with takes it back", function()
    local p = failed_run()
    spoil(p)
    goes_back(p, { "today's script cannot take the run back", "the script that it was made with does" })
  end)
end

t.test("the library that the run was made with goes with its script", function()
  local p = failed_run()
  p:edit("book", "return runbook {")
  t.write_file(p.dir .. "/runbooks/lib/switch.lua", (library:gsub("echo off", "echo wrong")))
  goes_back(p)
end)

t.test("a script that can be walked is used as it is now", function()
  local p = failed_run()
  p:edit("book", (source:gsub("nothing%.here%.there", "nil")))
  t.write_file(p.dir .. "/runbooks/lib/switch.lua", (library:gsub("echo off", "echo off by the new one")))
  local code, _, err = p:run { "rollback" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "on", "off by the new one" })
end)

t.test("a done step that today's script has lost is taken back by the script that it was done with", function()
  local p = failed_run()
  p:edit("book", 'return runbook { params = { to = param.string { default = "on" } }, run = function() step("new", note) end }')
  local code, _, err = p:run { "rollback" }
  t.eq(code, 0, err)
  t.has(err, "today's script does not get to \"switch\" any more")
  t.eq(p:lines "world", { "on", "off" })
end)

t.test("an effect of the script's own that today's has lost, with what it may touch", function()
  local own = [[
effect.define("toy.set", {
  apply = function() sh.run { argv = { "sh", "-c", "echo set >> world" } } end,
  undo = function() sh.run { argv = { "sh", "-c", "echo unset >> world" } } end,
  allow = { category = "toy", of = function() return "it" end },
})
return runbook {
  allow = { toy = { "it" }, shell = { "sh" } },
  run = function()
    step("set", function() effect.perform("toy.set", {}) end)
    step("fail", function() error { kind = "command", message = "bad" } end)
  end,
}
]]
  local p = project.new { book = own }
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  p:edit("book", 'return runbook { allow = { k8s = { "x" } }, run = function() step("new", note) end }')
  local code, _, err = p:run { "rollback" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "set", "unset" })
end)

t.test("the file of the runbook has another name: the way back is there", function()
  local p = failed_run()
  fs.write(p.dir .. "/runbooks/renamed.lua", source)
  fs.remove(p.dir .. "/runbooks/book.lua")
  goes_back(p, { "the script that it was made with does" })
end)

t.test("a run that has nothing to undo is named, and so is a failed one that has", function()
  local p = failed_run()
  local failed = p:newest()
  p:edit("idle", 'return runbook { run = function() step("look", function() return 1 end) end }')
  t.eq((p:run { "run", "idle" }), 0)
  local code, _, err = p:run { "rollback", p:newest() }
  t.eq(code, 0, err)
  t.has(err, p:newest() .. " (done): there is nothing to undo")
  t.has(err, failed .. " (failed) did something: almanac rollback " .. failed)
  t.eq(p:lines "world", { "on" })
end)
