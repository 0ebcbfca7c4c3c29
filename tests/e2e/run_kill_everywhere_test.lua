local project = require "tests.project"
local t = require "tests.harness"

--- Three effects that tell from the world whether they took place, one of them in a branch.
local source = [[
local function add(line)
  return sh.run {
    argv = { "sh", "-c", "echo " .. line .. " >> world" },
    check = { "grep", "-qx", line, "world" },
  }
end
return runbook {
  run = function()
    step("first", function() add "one" add "two" end)
    parallel("both", { a = function() add "three" end, b = function() return 1 end })
    step("last", function() return "end" end)
  end,
}
]]

--- Side by side, so that one commit holds the intents and outcomes of several.
local abreast = source:gsub("  run = function.*", [[
  run = function()
    local branches = {}
    for _, line in ipairs { "one", "three", "two" } do branches[line] = function() add(line) end end
    parallel("all", branches)
  end,
}
]])

local function killed_at(book, point, n)
  local p = project.new { book = book }
  local code = p:run({ "run", "book" }, { ALMANAC_FAULT = string.format("%s:%d:kill", point, n) })
  if code == 0 then return false end
  t.eq(code, -1, "it was killed")
  if #p:lines ".almanac/journal.db" > 0 or t.read_file(p.dir .. "/.almanac/journal.db") then
    local known = p:newest()
    if known then
      local resumed, _, err = p:run { "resume", known }
      t.eq(resumed, 0, "resume after a kill at " .. point .. " " .. n .. ":\n" .. err)
      local lines = p:lines "world"
      table.sort(lines)
      t.eq(lines, { "one", "three", "two" }, "each effect once, after a kill at " .. point .. " " .. n)
    end
  end
  return true
end

for _, point in ipairs { "journal.append", "journal.commit", "journal.committed" } do
  t.test("killed at every " .. point .. ", each effect happens exactly once", function()
    local n = 1
    while killed_at(source, point, n) do n = n + 1 end
    t.ok(n > 3, "there were points to be killed at: " .. n)
  end)

  t.test("killed at every " .. point .. " of effects side by side, each happens exactly once", function()
    local n = 1
    while killed_at(abreast, point, n) do n = n + 1 end
    t.ok(n > 3, "there were points to be killed at: " .. n)
  end)
end
