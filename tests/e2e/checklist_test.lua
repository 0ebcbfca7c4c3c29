-- checklist: ticked by evidence where there is some, by a person where there is none.
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  local ticked = checklist("verify", {
    { text = "the head advances", evidence = function()
      sh.run { "sh", "-c", "echo looked >> looked" }
      if not fs.exists "head" then error { kind = "not_found", message = "no head" } end
      return { height = tonumber(fs.read "head") }
    end },
    "on-call knows / agrees",
  })
  step("report", function()
    for _, item in ipairs(ticked) do
      note(item.text .. ": " .. (item.by and "ticked by a person" or "height " .. tostring(item.evidence.height)))
    end
  end)
end }]]

t.test("evidence is journalled, a person's tick has a name, and a resume looks at nothing again", function()
  local p = project.new { book = BOOK }
  local code, _, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1, err)
  t.has(err, "no head")
  t.write_file(p.dir .. "/head", "17")
  local waits, _, why = p:run { "resume", "--no-ask" }
  t.eq(waits, 3, why)
  t.has(why, "on-call knows / agrees")
  t.eq((p:run { "approve", p:newest() }), 0)
  t.must { "rm", p.dir .. "/head" }
  local done, out, said = p:run { "resume", "--no-ask" }
  t.eq(done, 0, said)
  t.has(out .. said, "the head advances: height 17")
  t.has(out .. said, "on-call knows / agrees: ticked by a person")
  t.eq(#p:lines "looked", 1, "an effect of an evidence happens once, as everywhere")
  local _, log = p:run { "log", "--json" }
  t.has(log, '"height":17')
end)

t.test("a plan looks: what is not so is a step that would fail, and the questions are listed", function()
  local p = project.new { book = [[
return runbook { run = function()
  checklist("verify", {
    { text = "two replicas", evidence = function() if not fs.exists "two" then error("only one", 0) end return "two" end },
    "told #ops",
  })
  checklist("again", { { text = "nothing", evidence = function() end }, "told #ops" })
end }]] }
  t.write_file(p.dir .. "/two", "")
  local _, out, err = p:run { "plan", "book" }
  t.has(out .. err, "told #ops")
  t.has(out .. err, "nothing: its evidence returned nil")
end)

t.test("what is wrong with an item is said before anything is asked", function()
  for item, want in pairs {
    ['{ text = "x" }'] = "evidence is missing", ['{ evidence = function() end }'] = "text is missing",
    ['{ text = "x", evidence = true }'] = "evidence must be a function", ["17"] = "takes a question, not number",
    ['{ text = "x", evidnce = function() end }'] = "did you mean evidence?",
  } do
    local p = project.new { book = 'return runbook { run = function() checklist("l", { "first", ' .. item .. " }) end }" }
    local code, out, err = p:run { "run", "book", "--no-ask" }
    t.eq(code, 1, item)
    t.has(out .. err, want, item)
    t.lacks(out .. err, "first?", item)
  end
end)

t.test("false and nothing tick nothing", function()
  for _, value in ipairs { "nil", "false", '" "', "1" } do
    local p = project.new { book = 'return runbook { run = function() checklist("l", { { text = "x", evidence = function() return '
      .. value .. " end } }) end }" }
    local code, out, err = p:run { "run", "book", "--no-ask" }
    t.eq(code, 1, value)
    t.has(out .. err, "x: its evidence returned", value)
  end
end)
