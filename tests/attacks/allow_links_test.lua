-- What is removed under `allow` is a link itself: what it leads to is not looked at, and not put back in its place.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[
return runbook { allow = { fs = { "in/*" }, shell = { "false" } }, run = function()
  step("a", function() fs.remove "in/l" end)
  step("b", function() sh.run "false" end)
end }]]

local function linked(leads)
  local p = project.new { book = BOOK }
  t.must { "mkdir", p.dir .. "/in", p.dir .. "/out" }
  t.write_file(p.dir .. "/out/secret", "TOP-SECRET-FILE")
  t.must { "ln", "-s", leads, p.dir .. "/in/l" }
  return p
end

for _, leads in ipairs { "../out/secret", "../out", "../nothing" } do
  t.test("a link to " .. leads .. " is removed, and put back as it was", function()
    local p = linked(leads)
    local code, out, err = p:run { "plan", "book" }
    t.eq(code, 2, err)
    t.has(out, "in/l  deleted: a link to " .. leads)
    code, out, err = p:run { "run", "book", "--no-ask" }
    t.eq(code, 1, err)
    t.eq(fs.leads(p.dir .. "/in/l"), nil, out)
    code, out, err = p:run { "rollback", p:newest(), "--no-ask" }
    t.eq(code, 0, out .. err)
    t.eq(fs.leads(p.dir .. "/in/l"), leads)
    t.eq(t.read_file(p.dir .. "/out/secret"), "TOP-SECRET-FILE")
    local _, log = p:run { "log", p:newest(), "--json" }
    t.lacks(log .. out .. err, "TOP-SECRET")
    t.eq(t.run { "grep", "-rq", "TOP-SECRET", p.dir .. "/.almanac" }, 1)
  end)
end
