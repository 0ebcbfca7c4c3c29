--- The tests of the devnet's runbooks, runbooks/tests/, by almanac test: in a directory like the devnet's repository.
local process = require "native.process"
local projects = require "tests.project"
local t = require "tests.harness"

local M = {}

local root = process.cwd()

--- Runs those of a runbook, in the plain run: helm is no part of what a sanitizer looks at, and takes most of the time.
---@param name string
function M.run(name)
  if t.left_to_plain_run("the tests of " .. name .. " are run") then return end
  t.test("the tests of " .. name .. " pass", function()
    local project = projects.new {}
    t.must { "cp", "-r", "tests/fixtures/devnet/ops", project.dir }
    t.must { "cp", "-r", "runbooks/tests", project.dir .. "/runbooks" }
    t.must { "mkdir", project.dir .. "/bin" }
    t.must { "ln", "-s", root .. "/.deps/bin/helm4", project.dir .. "/bin/helm" }
    local code, out, err = project:run({ "test", name }, { PATH = project.dir .. "/bin:" .. process.getenv "PATH" })
    t.eq(code, 0, out .. err)
    t.has(out, ", 0 failed")
  end)
end

return M
