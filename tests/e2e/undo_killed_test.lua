-- A rollback that leaves something out, and finds that something never took place, killed at every write: what was done is
-- taken back once, and what is said of the rest is said once.
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local source = [[
local function add(line)
  return sh.run { argv = { "sh", "-c", "echo " .. line .. " >> world" }, check = { "grep", "-qxe", line, "world" } }
end
local function switch(name)
  return step(name, { undo = function() add("-" .. name) end }, function() add(name) end)
end
return runbook { run = function()
  switch "one" switch "two" switch "three"
  step("four", { undo = function() add "-four" end }, function()
    sh.run { argv = { "sh", "-c", "exit 3" }, check = { "test", "-e", "never" } }
  end)
end }
]]

local function ran()
  local p = project.new { book = source }
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  t.eq(p:lines "world", { "one", "two", "three" })
  return p
end

local function put_back(p, done)
  t.must { "sh", "-c", string.format("cd '%s' && rm -rf .almanac world && cp -a '%s/.' .", p.dir, done) }
end

local function is_told(p, original, where)
  t.eq(p:lines "world", { "one", "two", "three", "-three", "-one" }, where)
  t.eq((p:run { "report", original, "-o", "report.json" }), 0)
  local report = json.decode(t.read_file(p.dir .. "/report.json"))
  local paths, words = {}, {}
  for i, left in ipairs(report.run.left) do paths[i] = left.path end
  for i, effect in ipairs(report.effects) do words[i] = effect.path .. ": " .. (effect.undone and "undone" or effect.left or "?") end
  t.eq(paths, { "two" }, where)
  t.eq(words, { "one: undone", "two: skipped", "three: undone", "four: nothing" }, where)
end

t.test("killed at every write", function()
  local p, done, n = ran(), t.tmpdir(), 1
  t.must { "cp", "-a", p.dir .. "/.", done }
  while true do
    put_back(p, done)
    local original, where = p:newest(), "killed at write " .. n
    local words = { "rollback", original, "--skip", "two", "--no-ask" }
    local code, _, said = p:run(words, { ALMANAC_FAULT = string.format("journal.append:%d:kill", n) })
    if code == 0 then
      is_told(p, original, said)
      break
    end
    t.eq(code, -1, where .. "\n" .. said)
    local back, _, err = p:run(words)
    t.eq(back, 0, where .. "\n" .. err)
    is_told(p, original, where .. "\n" .. err)
    n = n + 1
  end
  t.ok(n > 10, "there were writes to be killed at: " .. n)
end)
