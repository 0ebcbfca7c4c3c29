-- The how-tos that need no cluster but what they start themselves, word for word.
local fs = require "native.fs"
local pages = require "tests.docs.pages"
local ports = require "tests.docs.ports"
local t = require "tests.harness"

if not pages.wanted() then return end

local function case(name, opts)
  t.test("docs/how-to/" .. name .. ".md tells what happens", function()
    pages.check("docs/how-to/" .. name .. ".md", opts and opts() or {})
  end)
end

t.test("docs/tutorial/first-runbook.md tells what happens", function() pages.check "docs/tutorial/first-runbook.md" end)

case "edit-during-an-incident"
case "lock-a-release"
case "make-runs-of-runs"
case "require-signed-approvals"
case "take-a-run-back"
case "tell-people"
case "test-a-runbook"
case "watch-a-run"
case("serve-the-runs", function() return { given = ports.free { "8484" } } end)
case "connect-to-a-cluster"
case("simulated-cluster", function()
  local dir = t.tmpdir()
  fs.mkdir(dir .. "/ops")
  t.must { "cp", "-r", "tests/fixtures/devnet/ops/helm", dir .. "/ops" }
  return { dir = dir }
end)
