-- A run is given up in its own environment, or not at all.
local project = require "tests.project"
local t = require "tests.harness"

t.test("with another environment it is refused, and stays as it is", function()
  local p = project.new { book = [[return runbook { lock = "a", run = function() confirm "go?" end }]] }
  t.write_file(p.dir .. "/almanac.yaml", "environments: { one: {}, two: {} }\n")
  t.eq(p:run { "run", "book", "-e", "one", "--no-ask" }, 3)
  local code, out, err = p:run { "abandon", p:newest(), "-e", "two", "--reason", "x" }
  t.ok(code ~= 0, out .. err)
  t.lacks(out, "abandoned")
  t.has(select(2, p:run { "status", p:newest() }), ": waiting")
  t.eq(p:run { "abandon", p:newest(), "-e", "one", "--reason", "x" }, 0)
end)
