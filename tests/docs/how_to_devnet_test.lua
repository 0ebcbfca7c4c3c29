-- The how-tos of the devnet, word for word.
local devnet = require "tests.docs.devnet"
local pages = require "tests.docs.pages"
local t = require "tests.harness"

if not pages.wanted() then return end

t.test("the pages about the devnet tell what happens", function()
  local world = devnet.start { rpc_rate = 8400 }
  for _, name in ipairs { "rehearse", "backtest-limits", "guard-a-wait", "try-calls", "judge-a-canary", "repair-a-pending-release" } do
    devnet.check(world, "docs/how-to/" .. name .. ".md")
  end
end)
