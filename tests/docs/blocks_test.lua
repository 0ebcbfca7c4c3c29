-- What the pages show is run, or the page says why not.
local fs = require "native.fs"
local page = require "tests.docs.page"
local t = require "tests.harness"

local pages = { "README.md" }
for _, pattern in ipairs { "docs/tutorial/*.md", "docs/how-to/*.md" } do
  for _, path in ipairs(fs.list(pattern)) do pages[#pages + 1] = path end
end

--- Each block that is only shown is one that somebody must keep true by hand: there shall not be more of them unnoticed.
local ONLY_SHOWN = 14

t.test("what is only shown says why, and there is little of it", function()
  local unsaid, shown = {}, 0
  for _, path in ipairs(pages) do
    for _, block in ipairs(page.blocks(t.read_file(path))) do
      if block.kind == "shown" then
        shown = shown + 1
        if not block.not_run then unsaid[#unsaid + 1] = path .. ":" .. block.line end
      end
    end
  end
  t.eq(table.concat(unsaid, ", "), "", "blocks without <!-- not run: WHY -->")
  t.eq(shown, ONLY_SHOWN, "blocks that are only shown")
end)

t.test("what is typed stands in fences, where it is found", function()
  local indented = {}
  for _, path in ipairs(pages) do
    local n, fenced = 0, false
    for line in (t.read_file(path) .. "\n"):gmatch "([^\n]*)\n" do
      n = n + 1
      if line:find "^%s*```" then fenced = not fenced end
      if not fenced and line:find "^    [$%a]" and line:find "almanac" then indented[#indented + 1] = path .. ":" .. n end
    end
  end
  t.eq(table.concat(indented, ", "), "")
end)

t.test("every page that types something is typed by a test", function()
  local tests = {}
  for _, file in ipairs(fs.list "tests/docs/*_test.lua") do tests[#tests + 1] = t.read_file(file) end
  local all, untyped = table.concat(tests, "\n"), {}
  for _, path in ipairs(pages) do
    local types = false
    for _, block in ipairs(page.blocks(t.read_file(path))) do types = types or block.kind == "console" end
    if types and not all:find('"' .. path:match "([^/]+)%.md$" .. '"', 1, true) and not all:find('"' .. path .. '"', 1, true) then
      untyped[#untyped + 1] = path
    end
  end
  t.eq(table.concat(untyped, ", "), "")
end)

t.test("a test that a page names for what it does not run is there", function()
  for _, path in ipairs(pages) do
    for _, block in ipairs(page.blocks(t.read_file(path))) do
      local named = (block.not_run or ""):match "tests/[%w_/]+%.lua"
      if named then t.ok(t.read_file(named), path .. " names " .. named) end
    end
  end
end)
