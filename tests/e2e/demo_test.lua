-- make demo: what its script shows, to the end; that nothing is left running is looked at behind every test.
local t = require "tests.harness"

t.test("the demo checks a release, tries it, rolls it out and verifies it", function()
  local build = t.getenv "ALMANAC_BUILD" or "build"
  if build:find "asan" then
    print "skipped, the demo: with the sanitizers, its runbooks are run by tests of their own"
    return
  end
  local dir = t.tmpdir()
  local code, out, err = t.run({ "bash", "tests/demo.sh" }, { env = { DEMO_DIR = dir, ALMANAC_BUILD = build }, timeout = 180 })
  t.eq(code, 0, out .. err)
  for _, runbook in ipairs { "preflight", "canary", "rollout", "verify" } do
    t.ok(err:find("✓ " .. runbook .. "%-%S+ is done"), runbook .. " is done\n" .. err)
  end
  t.has(out, "Plan: 1 effect; objects: 6 changed, 7 unchanged")
  t.ok(out:find "\n2%s.-deployed", "helm's second revision\n" .. out)
end)
