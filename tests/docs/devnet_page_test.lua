-- docs/devnet.md: the runbooks and parameters that it names, and the tests, are there.
local fs = require "native.fs"
local runbook = require "almanac.script.runbook"
local t = require "tests.harness"

local page = t.read_file "docs/devnet.md"

t.test("every line is of a runbook that there is, with parameters that it takes", function()
  local lines = 0
  for words in page:gmatch "`almanac run ([^`]+)`" do
    local name, rest = words:match "^(%S+)(.*)$"
    local book = runbook.load(name)
    for param in rest:gmatch "%s([%w_]+)=" do t.ok(book.params[param], name .. " takes " .. param) end
    lines = lines + 1
  end
  t.ok(lines > 10, lines .. " lines")
end)

t.test("every step that a line names is one of the runbooks", function()
  local sources = {}
  for _, pattern in ipairs { "runbooks/*.lua", "runbooks/lib/*.lua" } do
    for _, file in ipairs(fs.list(pattern)) do sources[#sources + 1] = t.read_file(file) end
  end
  local all = table.concat(sources, "\n")
  local names = 0
  for row in page:gmatch "[^\n]+" do
    local cell = row:match "^|[^|]*|([^|]*)|" or ""
    for name in cell:gmatch "%*([^*]+)%*" do
      -- The channel's name ends that of its step.
      t.ok(all:find('"' .. name:gsub(" devnet$", " "), 1, true), "a step is named " .. name)
      names = names + 1
    end
  end
  t.ok(names > 30, names .. " names")
end)

t.test("every test is there, with the case that is named", function()
  local tests = 0
  for row in page:gmatch "[^\n]+" do
    local cell = row:match "|([^|]*)|$"
    local file
    for part in (cell or ""):gmatch "[^;]+" do
      file = part:match "`(tests/[^`]+)`" or file
      local case = part:match '"([^"]+)"'
      if part:match "`tests/" then
        t.ok(t.read_file(file), file .. " is there")
        tests = tests + 1
      end
      if case and file then t.ok(t.read_file(file):find('t.test("' .. case, 1, true), file .. " has the case " .. case) end
    end
  end
  t.ok(tests > 20, tests .. " tests")
end)

t.test("a runbook begins with when to use it, what it touches and how it is undone", function()
  for _, file in ipairs(fs.list "runbooks/*.lua") do
    local begins = t.read_file(file):match "^(.-)\n[^%-]"
    for _, word in ipairs { "When: ", "Touches: ", "Undone: " } do t.has(begins, word, file) end
  end
end)
