-- A release that is gone, or at another revision, while the run that made it is stopped. With the real helm.
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local bin = t.getenv "ALMANAC_TEST_BIN" or ".deps/bin"
local helm = process.cwd() .. "/" .. bin .. "/helm4"
local NS = "animica-devnet"
local CHART = process.cwd() .. "/tests/fixtures/devnet/ops/helm/animica-devnet"

local source = string.format([[
return runbook {
  run = function()
    step("upgrade", function() helm.upgrade { release = %q, chart = %q, install = true } end)
    step("wait", function() error { kind = "command", message = "bad" } end)
  end,
}
]], NS, CHART)

t.test("a resume sees that the release was upgraded by somebody else, or uninstalled", function()
  local p = project.new { book = source }
  local sim = t.spawn { process.exe(), "sim", "--kubeconfig", p.dir .. "/kubeconfig", "--with-namespace", NS }
  sim:wait_line "^api="
  local env = { KUBECONFIG = p.dir .. "/kubeconfig" }
  local function resume(...) return p:run({ "resume", "--no-ask", "--helm", helm, ... }, env) end
  local code, _, err = p:run({ "run", "book", "--no-ask", "--helm", helm }, env)
  t.eq(code, 1, err)
  code, _, err = resume()
  t.eq(code, 1, "it stands: " .. err)
  t.lacks(err, "any more")
  t.must({ helm, "upgrade", NS, CHART, "--namespace", NS, "--set", "global.imageTag=v9" }, { env = env })
  code, _, err = resume()
  t.eq(code, 3, err)
  t.has(err, "upgrade: release " .. NS .. " is at revision 2 (deployed: Upgrade complete), and not at 1")
  t.must({ helm, "uninstall", NS, "--namespace", NS }, { env = env })
  code, _, err = resume()
  t.eq(code, 3, err)
  t.has(err, "upgrade: release " .. NS .. " is gone; it was at revision 1")
  code, _, err = resume "--anyway"
  t.eq(code, 1, err)
end)
