-- A rollback that is killed at every write, and gone on with: what the run did is taken back once, newest first.
local project = require "tests.project"
local t = require "tests.harness"

--- Two effects in one step, which their own undos take back, and steps with an undo in steps that have none.
local source = [[
local function add(line)
  return sh.run { argv = { "sh", "-c", "echo " .. line .. " >> world" }, check = { "grep", "-qxe", line, "world" } }
end
effect.define("toy.add", {
  input = function(line) return line end,
  apply = add,
  recover = function(line)
    return sh.read { argv = { "grep", "-qxe", line, "world" }, ok = { 0, 1 } }.status == 0 and "done" or "not_done"
  end,
  undo = function(line) add("-" .. line) end,
})
local function switch(name)
  return step(name, { undo = function() add("-" .. name) end }, function() add(name) end)
end
return runbook {
  run = function()
    step("pair", function() effect.perform("toy.add", "one") effect.perform("toy.add", "two") end)
    step("outer", function() step("inner", function() switch "three" end) end)
    step("sides", function() parallel("both", { left = function() switch "four" end }) end)
  end,
}
]]

local there = { "one", "two", "three", "four" }

local function is_back(p, where)
  local lines, wanted = p:lines "world", { table.unpack(there) }
  for i = #there, 1, -1 do wanted[#wanted + 1] = "-" .. there[i] end
  t.eq(lines, wanted, where)
end

local function ran()
  local p = project.new { book = source }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", there)
  return p
end

t.test("what steps in steps have is taken back", function()
  local p = ran()
  local code, _, err = p:run { "rollback", p:newest() }
  t.eq(code, 0, err)
  is_back(p, err)
end)

--- Whether the rollback of this run began to change something.
local function has_begun(p, rollback)
  return select(2, p:run { "log", rollback, "--json" }):find('"effect.intent"', 1, true) ~= nil
end

--- Puts the project back to where the run was done, and nothing of it taken back.
local function put_back(p, done)
  t.must { "sh", "-c", string.format("cd '%s' && rm -rf .almanac world && cp -a '%s/.' .", p.dir, done) }
end

local function killed_at(p, done, n)
  put_back(p, done)
  local original, where = p:newest(), "killed at write " .. n
  local code, _, said = p:run({ "rollback", original }, { ALMANAC_FAULT = string.format("journal.append:%d:kill", n) })
  if code == 0 then return false end
  t.eq(code, -1, where .. "\n" .. said)
  local rollback = p:newest()
  if rollback ~= original and has_begun(p, rollback) then
    local resumed, _, why = p:run { "resume", original, "--no-ask" }
    t.eq(resumed, 2, where .. "\n" .. why)
    t.has(why, original .. " is being rolled back")
  end
  local back, _, err = p:run { "rollback", original, "--no-ask" }
  t.eq(back, 0, where .. "\n" .. err)
  is_back(p, where .. "\n" .. err)
  t.has(select(2, p:run { "status", original }), "undone", where)
  return true
end

t.test("killed at every write, everything is taken back once, by one rollback, and nothing is done again", function()
  local n, p, done = 1, ran(), t.tmpdir()
  t.must { "cp", "-a", p.dir .. "/.", done }
  while killed_at(p, done, n) do n = n + 1 end
  t.ok(n > 10, "there were writes to be killed at: " .. n)
end)
