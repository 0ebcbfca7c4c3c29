-- Effects that a script defines: where they may be defined, what their functions may do, what they may answer.
local killed = require "tests.killed"
local project = require "tests.project"
local t = require "tests.harness"

t.test("an effect that the body or a step defines is defined again by a resume", function()
  local p = project.new { book = [[
return runbook { run = function()
  effect.define("my.thing", { apply = function() return 1 end, undo = function() fs.write("undone", "x") end })
  step("s", function() return effect.perform("my.thing", {}) end)
  step("inner", function()
    effect.define("my.other", { apply = function() return 2 end })
    effect.perform("my.other", {})
    if not fs.exists "go" then error "not yet" end
  end)
end }
]] }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 1, err)
  t.has(err, "not yet")
  t.write_file(p.dir .. "/go", "")
  code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  code, _, err = p:run { "rollback" }
  t.eq(code, 0, err)
  t.eq(t.read_file(p.dir .. "/undone"), "x")
end)

t.test("input, title and allow.of compute, observe and preview read: none of them makes an effect", function()
  for field, text in pairs {
    input = "input = function(raw) fs.write('bad', 'x') return raw end",
    title = "title = function() sh.run { 'touch', 'bad' } return 'x' end",
    observe = "observe = function() fs.write('bad', 'x') end",
    ["allow.of"] = "allow = { category = 'pager', of = function() sh.run { 'touch', 'bad' } return 'x' end }",
  } do
    if field ~= "allow.of" then text = text .. ", allow = { category = 'pager', of = function() return 'x' end }" end
    local p = project.new { book = "effect.define('my.thing', { apply = function() return 1 end, " .. text .. " })\n" ..
      "return runbook { allow = { pager = { '*' }, fs = { '*' }, shell = { '*' } },\n" ..
      "run = function() step('s', function() return effect.perform('my.thing', {}) end) end }\n" }
    for _, command in ipairs { "plan", "run" } do
      local code, out, err = p:run { command, "book" }
      if command == "run" or field ~= "observe" then -- a plan need not ask it: there is no preview
        t.eq(code, 1, field .. "\n" .. out .. err)
        t.has(out .. err, "outside a step")
      end
      t.eq((t.run({ "ls", p.dir .. "/bad" })), 2, field .. " of " .. command .. " changed the world")
    end
  end
end)

t.test("what recover says that is none of its words is in doubt, and not done again", function()
  local p = project.new { book = [[
effect.define("my.thing", {
  apply = function() fs.write("calls", (fs.exists "calls" and fs.read "calls" or "") .. "x") end,
  recover = function() end,
})
return runbook { run = function() step("s", function() effect.perform("my.thing", {}) end) end }
]] }
  p:run({ "run", "book" }, { ALMANAC_FAULT = "journal.append:6:kill" })
  t.eq(t.read_file(p.dir .. "/calls"), "x")
  local code, _, err = p:run { "resume" }
  t.eq(code, 3, err)
  t.has(err, 'recover of my.thing gave nil, not "done", "not_done", "again" or "unknown"')
  t.eq(t.read_file(p.dir .. "/calls"), "x")
end)

local PAGER = [[
effect.define("pager.page", {
  apply = function(input) fs.write("paged", input.text) return input end,
  undo = function(input) fs.write("unpaged", input.text) end,
})
return { page = function(text) return effect.perform("pager.page", { text = text }) end }
]]

--- A run that failed behind an effect of a file which its step required.
local function paged()
  local p = project.new { book = [[
return runbook { run = function()
  step("page", function() return require("lib.pager").page "down" end)
  step("fail", function() error "stop" end)
end }
]] }
  t.must { "mkdir", p.dir .. "/runbooks/lib" }
  t.write_file(p.dir .. "/runbooks/lib/pager.lua", PAGER)
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 1, err)
  t.eq(t.read_file(p.dir .. "/paged"), "down")
  return p
end

t.test("an effect of a file that a step required is taken back", function()
  local p = paged()
  local code, out, err = p:run { "rollback" }
  t.eq(code, 0, out .. err)
  t.eq(t.read_file(p.dir .. "/unpaged"), "down")
end)

t.test("and where that file is gone, or is none that loads, by the text that the journal keeps", function()
  for what, edit in pairs {
    gone = function(path) t.must { "rm", path } end,
    broken = function(path) t.write_file(path, "return {") end,
  } do
    local p = paged()
    edit(p.dir .. "/runbooks/lib/pager.lua")
    local code, out, err = p:run { "rollback" }
    t.eq(code, 0, what .. ": " .. out .. err)
    t.eq(t.read_file(p.dir .. "/unpaged"), "down", what)
  end
end)

t.test("a resume that requires a file again takes today's", function()
  local p = project.new { book = [[
return runbook { run = function()
  step("page", function() return require("lib.pager").page "first" end)
  step("again", function()
    if not fs.exists "go" then error "not yet" end
    return require("lib.pager").page "second"
  end)
end }
]] }
  t.must { "mkdir", p.dir .. "/runbooks/lib" }
  t.write_file(p.dir .. "/runbooks/lib/pager.lua", PAGER)
  t.eq(p:run { "run", "book" }, 1)
  t.write_file(p.dir .. "/go", "")
  t.write_file(p.dir .. "/runbooks/lib/pager.lua", (PAGER:gsub('"paged"', '"paged-anew"')))
  local code, out, err = p:run { "resume" }
  t.eq(code, 0, out .. err)
  t.eq(t.read_file(p.dir .. "/paged-anew"), "second")
  code, out = p:run { "log", "book", "--json" }
  if code ~= 0 then code, out = p:run { "log", "book" } end
  t.eq(code, 0)
  local _, kept = out:gsub("run%.file", "")
  t.eq(kept, 2, "each text that was required is kept once")
end)

t.test("what its recover says may be made once more counts for what it is made of; that it is not done does not", function()
  local source = [[
effect.define("my.thing", {
  apply = function() sh.run { "sh", "-c", "echo made >> world" } end,
  recover = function() return "SAYS" end,
})
return runbook { run = function() step("s", function() effect.perform("my.thing", {}) end) end }
]]
  local whole = project.new { book = (source:gsub("SAYS", "again")) }
  t.eq((whole:run { "run", "book" }), 0)
  local inner = killed.outcomes(select(2, whole:run { "log", "--json" }))["sh.run"][1]
  for says, want in pairs { again = { 0, { "made", "made" } }, not_done = { 3, { "made" } } } do
    local p = project.new { book = (source:gsub("SAYS", says)) }
    t.eq((p:run({ "run", "book", "--no-ask" }, killed.at(inner))), -1)
    local code, _, err = p:run { "resume", "--no-ask" }
    t.eq({ code, p:lines "world" }, want, says .. "\n" .. err)
  end
end)
