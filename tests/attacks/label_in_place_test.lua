-- No journal keeps a secret: a result that holds one has a label in its place, also for the script. That label is never put into
-- the world as if it were the text, and a file is not put back with one in it.
local fs = require "native.fs"
local projects = require "tests.project"
local t = require "tests.harness"

local URL = "postgres://app:n3w-Pa55word@db/x"

local COPY = [[
return runbook { summary = "x", params = { key = param.secret {} }, run = function(p)
  local text = step("read it", function() RETURN end)
  step("say it", function() note(text) end)
  step("write it", function() fs.write("copy", text) end)
end }
]]

--- Refused by a plan, by a run, and by its resume, which has the text out of the journal.
local function refused(given)
  local p = projects.new { book = (COPY:gsub("RETURN", (given:gsub("%%", "%%%%")))) }
  t.write_file(p.dir .. "/original", "the first line\n" .. URL .. "\nAAAAabcdefgh12345678\n")
  for _, command in ipairs { "plan", "run", "resume" } do
    local code, out, err = p:run { command, command == "resume" and p:newest() or "book" }
    t.eq(code, 1, command .. ": " .. out .. err)
    t.has(out .. err, 'fs.write: its input holds "(secret userinfo)", which stands for a secret in the result of step "read it"', command)
    t.lacks(out .. err, "Pa55word")
  end
  t.eq(fs.exists(p.dir .. "/copy"), false)
end

t.test("what a step read: a URL with a password in a file, in what a program printed", function()
  refused 'return fs.read "original"'
  refused [[return { out = sh.read { "cat", "original" }.stdout } end) text = text.out step("x", function() ]]
end)

t.test("what an effect gave, in the step that made it", function()
  local p = projects.new { book = [[return runbook { summary = "x", run = function()
    step("both", function() fs.write("copy", sh.run { "printf", "https://u:longpassword@h/" }.stdout) end)
  end }]] }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 1, err)
  t.has(err, 'fs.write: its input holds "(secret userinfo)"')
  t.eq(fs.exists(p.dir .. "/copy"), false)
end)

t.test("a step that reads it and uses it has the whole text", function()
  local p = projects.new { book = [[return runbook { summary = "x", run = function()
    step("both", function() fs.write("copy", fs.read "original") end)
  end }]] }
  t.write_file(p.dir .. "/original", URL)
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  t.eq(fs.read(p.dir .. "/copy"), URL)
end)

t.test("words for people may have the label in them", function()
  local p = projects.new { book = [[return runbook { summary = "x", run = function()
    local text = step("read it", function() return fs.read "original" end)
    step("tell it", function() notify.send { channel = "ops", text = text } end)
  end }]] }
  t.write_file(p.dir .. "/original", URL)
  t.write_file(p.dir .. "/tell", "#!/bin/sh\ncat >told\n")
  t.must { "chmod", "755", p.dir .. "/tell" }
  t.write_file(p.dir .. "/almanac.yaml", "channels: { ops: { kind: command, argv: [./tell] } }\n")
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  t.has(fs.read(p.dir .. "/told"), "(secret userinfo)")
end)

t.test("a file that held a secret is not put back without it", function()
  for _, change in ipairs { 'fs.write("app.env", "new")', 'fs.remove("app.env")' } do
    local p = projects.new { book = [[return runbook { summary = "x", run = function()
      step("change it", function() ]] .. change .. [[ end)
    end }]] }
    t.write_file(p.dir .. "/app.env", "DB=" .. URL)
    t.eq((p:run { "run", "book" }), 0)
    local code, _, err = p:run { "rollback", "book" }
    t.eq(code, 1, err)
    t.has(err, "app.env cannot be put back: it held a secret, which no journal keeps")
    t.lacks(fs.exists(p.dir .. "/app.env") and fs.read(p.dir .. "/app.env") or "", "secret")
  end
end)
