-- docs/how-to/require-signed-approvals.md tells what happens, with real keys.
local pages = require "tests.docs.pages"
local t = require "tests.harness"

t.test("the page's files and commands do what it says", function()
  pages.check "docs/how-to/require-signed-approvals.md"
end)
