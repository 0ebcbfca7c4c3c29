-- README shows what is printed, word for word.
local devnet = require "tests.docs.devnet"
local pages = require "tests.docs.pages"
local t = require "tests.harness"

if not pages.wanted() then return end

t.test("README shows what is printed", function()
  devnet.check(devnet.start { sim = { "--fault", "crash=animica-node:v0.5.1-bad0001" } }, "README.md")
end)
