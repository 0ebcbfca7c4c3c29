-- A run that keeps to a plan runs what was reviewed, whenever it is loaded.
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  step("late", function()
    local lib = require "lib.late"
    sh.run { argv = { "touch", lib.file } }
  end)
end }]]

local function planned()
  local p = project.new { book = BOOK }
  require("native.fs").mkdir(p.dir .. "/runbooks/lib")
  t.write_file(p.dir .. "/runbooks/lib/late.lua", 'return { file = "good" }\n')
  local code, out, err = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 2, out .. err)
  return p
end

t.test("a file that a step requires late, edited after the plan: refused, by its line", function()
  local p = planned()
  t.write_file(p.dir .. "/runbooks/lib/late.lua", 'return { file = "good", _ = pcall(print, "evil") }\n')
  local code, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.ok(code ~= 0, err)
  t.has(err, "late.lua:1 was edited after the plan was made")
  t.eq(require("native.fs").exists(p.dir .. "/good"), false)
end)

t.test("one that nobody saw when the plan was made", function()
  local p = planned()
  p:edit("book", BOOK)
  t.write_file(p.dir .. "/runbooks/lib/late.lua", 'return { file = "good", more = function() return require "lib.new" end }\n')
  local replanned, out = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(replanned, 2, out)
  local code, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 0, err)
  local q = project.new { book = (BOOK:gsub("return runbook {", 'return runbook { pass_env = { "NEW" },')
    :gsub('"lib.late"', [[(os.getenv "NEW" and "lib.new" or "lib.late")]])) }
  require("native.fs").mkdir(q.dir .. "/runbooks/lib")
  for _, name in ipairs { "late", "new" } do t.write_file(q.dir .. "/runbooks/lib/" .. name .. ".lua", 'return { file = "good" }\n') end
  t.eq(q:run { "plan", "book", "-o", "plan.json" }, 2)
  local refused, _, why = q:run({ "run", "--plan", "plan.json", "--no-ask" }, { NEW = "1" })
  t.ok(refused ~= 0, why)
  t.has(why, "lib/new.lua was not read when the plan was made")
end)

t.test("unchanged, it runs", function()
  local p = planned()
  local code, _, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 0, err)
  t.ok(require("native.fs").exists(p.dir .. "/good"))
end)

t.test("a store that is a link, or that others can write, is refused in words by every reader", function()
  local p = project.new { book = "return runbook { run = function() step('x', function() end) end }" }
  t.eq(p:run { "run", "book" }, 0)
  local ways = {
    { "it is a symbolic link", { "sh", "-c", "mv .almanac other && ln -s other .almanac" },
      { "sh", "-c", "rm .almanac && mv other .almanac" } },
    { "others can write to it", { "chmod", "777", ".almanac" }, { "chmod", "700", ".almanac" } },
    { "others can write to it", { "chmod", "666", ".almanac/journal.db" }, { "chmod", "600", ".almanac/journal.db" } },
    { "it is a symbolic link", { "sh", "-c", "cd .almanac && mv journal.db x && ln -s x journal.db" },
      { "sh", "-c", "cd .almanac && mv -f x journal.db" } },
  }
  for _, way in ipairs(ways) do
    t.must(way[2], { cwd = p.dir })
    for _, words in ipairs { { "status" }, { "log" }, { "runs" }, { "report" }, { "resume" }, { "run", "book" }, { "approve", "book" } } do
      local code, out, err = p:run(words)
      t.ok(code ~= 0, words[1])
      t.has(err, way[1], words[1] .. out)
    end
    t.must(way[3], { cwd = p.dir })
    t.eq(p:run { "status" }, 0)
  end
end)

t.test("a row that was changed is told by status and log, and refused by resume and approve", function()
  local p = project.new { book = "return runbook { run = function() step('x', function() return 1 end) confirm 'go on?' end }" }
  t.eq(p:run { "run", "book", "--no-ask" }, 3)
  local path = p.dir .. "/.almanac/journal.db"
  local bytes, count = t.read_file(path):gsub('"result":1', '"result":2')
  t.ok(count > 0, "the row is in the file")
  t.write_file(path, bytes)
  for _, words in ipairs { { "status" }, { "log" }, { "report" }, { "resume" }, { "approve", "book" } } do
    local code, out, err = p:run(words)
    t.ok(code ~= 0, words[1])
    t.ok((out .. err):find("broken at event", 1, true) or (out .. err):find("damaged at event", 1, true), words[1] .. ": " .. out .. err)
  end
end)

t.test("a journal that is a named pipe is refused, and waits for nobody", function()
  local p = project.new { book = "return runbook { run = function() end }" }
  t.must { "mkdir", "-m", "700", p.dir .. "/.almanac" }
  t.must { "mkfifo", "-m", "600", p.dir .. "/.almanac/journal.db" }
  for _, words in ipairs { { "runs" }, { "status" }, { "run", "book" } } do
    local code, out, err = p:run(words)
    t.ok(code ~= 0, out .. err)
    t.has(err, "journal.db is no journal to trust: it is neither a file nor a directory")
  end
end)
