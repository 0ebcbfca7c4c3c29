-- Compose searches above the directory that it is given for a file: what lies there, nobody named.
local project = require "tests.project"
local t = require "tests.harness"

t.test("a Compose file above the directory is not taken", function()
  local p = project.new { book = [[return runbook { run = function() step("a", function() compose.up { dir = "stack" } end) end }]] }
  t.must { "mkdir", p.dir .. "/stack", p.dir .. "/bin" }
  t.write_file(p.dir .. "/bin/docker", "#!/bin/sh\ntouch " .. p.dir .. "/started\n")
  t.must { "chmod", "755", p.dir .. "/bin/docker" }
  t.write_file(p.dir .. "/compose.yml", "services: { evil: { image: evil } }\n")
  local _, out, err = p:run({ "plan", "book" }, { PATH = p.dir .. "/bin:" .. t.getenv "PATH" })
  t.has(out .. err, "there is no Compose file in stack, and the program would take ")
  t.has(out .. err, "/compose.yml")
end)
