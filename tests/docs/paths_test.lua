-- The pages that lead through the tree name files that are there.
local fs = require "native.fs"
local t = require "tests.harness"

for _, page in ipairs { "docs/explanation/tour.md", "docs/explanation/architecture.md", "docs/how-to/add-a-native-module.md",
  "docs/explanation/security.md" } do
  t.test(page .. " names files that are there", function()
    local gone = {}
    for path in t.read_file(page):gmatch "%f[%w_./-]([%l_]+/[%w_./*-]*%w)" do
      path = path:match "^([^*]*/)[^/]*%*" or path -- of a pattern: the folder
      local root = path:match "^[^/]+"
      local whole = (root == "stdlib" or root == "runtime" or root == "tests" or root == "docs" or root == "runbooks")
      if whole and not path:find "NAME" and not fs.exists(path) then gone[#gone + 1] = path end
    end
    t.eq(table.concat(gone, ", "), "")
  end)
end

t.test("every promise of the page about security names the tests that show it", function()
  local promises = t.read_file "docs/explanation/security.md":match "\n## What is promised\n(.-)\n## "
  local seen = 0
  for row in promises:gmatch "\n(|[^\n]*|)" do
    local promise, tests = row:match "^| (.*) | (.*) |$"
    if promise ~= "promise" and promise then
      seen = seen + 1
      t.ok(tests:find "`tests/[^`]+`", "a promise without a test: " .. promise)
    end
  end
  t.ok(seen > 10, seen .. " promises")
end)
