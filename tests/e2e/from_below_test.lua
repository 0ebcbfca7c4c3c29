-- Commands that are typed below a project work in it, with the paths as they were typed.
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local book = [[return runbook { summary = "Writes", params = { n = param.integer { required = true, help = "how many" } },
  run = function(p) step("one", function() fs.write("out", tostring(p.n)) end) end }]]

local function below(p, words, dir)
  return t.run({ process.exe(), table.unpack(words) }, { cwd = p.dir .. "/" .. (dir or "ops/charts"), env = { HOME = p.dir } })
end

local function new_project()
  local p = project.new { book = book }
  t.must { "mkdir", "-p", p.dir .. "/ops/charts" }
  return p
end

t.test("a runbook, its journal and what it writes are the project's, from any directory of it", function()
  local p = new_project()
  t.write_file(p.dir .. "/almanac.yaml", "vars:\n  x: { y: 1 }\n")
  local code, _, err = below(p, { "run", "book", "n=3" })
  t.eq(code, 0, err)
  t.eq(t.read_file(p.dir .. "/out"), "3")
  local _, runs = below(p, { "runs" }, "ops")
  t.has(runs, "book-")
  t.eq((select(2, p:run { "runs" })), runs)
  t.eq((t.run { "test", "-e", p.dir .. "/ops/charts/.almanac" }), 1)
end)

t.test("the paths of a command line are those of where it was typed", function()
  local p = new_project()
  t.write_file(p.dir .. "/ops/charts/values.yaml", "n: 7\n")
  local code, _, err = below(p, { "plan", "book", "--params", "values.yaml", "-o", "../plan.json" })
  t.eq(code, 2, err)
  code, _, err = below(p, { "run", "--plan", "../plan.json" })
  t.eq(code, 0, err)
  t.eq(t.read_file(p.dir .. "/out"), "7")
  code, _, err = below(p, { "check", "../../runbooks/book.lua" })
  t.eq(code, 0, err)
  t.write_file(p.dir .. "/ops/charts/near.lua", (book:gsub("one", "near")))
  local _, out = below(p, { "show", "near.lua" })
  t.has(out, "file: ops/charts/near.lua")
  _, _, err = below(p, { "plan", "book", "--params", "nope.yaml" })
  t.has(err, "ops/charts/nope.yaml")
end)

t.test("a directory that everybody can write says nothing of what is below it", function()
  local p = new_project()
  t.must { "chmod", "o+w", p.dir }
  local code, _, err = below(p, { "run", "book", "n=3" })
  t.eq(code, 2, err)
  t.has(err, 'no runbook "book"')
end)

t.test("a journal that is here keeps here the place", function()
  local p = new_project()
  t.must { "mkdir", p.dir .. "/ops/charts/.almanac" }
  local code, _, err = below(p, { "run", "book", "n=3" })
  t.eq(code, 2, err)
  t.has(err, 'no runbook "book"')
end)

t.test("a name that is nearly a runbook's is guessed, and --help behind a name tells its parameters", function()
  local p = new_project()
  local code, _, err = below(p, { "run", "boook" })
  t.eq(code, 2)
  t.has(err, 'no runbook "boook"; did you mean book?')
  _, _, err = below(p, { "plan", "rolout" })
  t.has(err, "did you mean rollout?")
  local out
  for _, words in ipairs { { "run", "book", "--help" }, { "plan", "book", "-h" } } do
    code, out = below(p, words)
    t.eq(code, 0)
    t.has(out, "book: Writes")
    t.has(out, "integer  required  how many")
    t.has(out, "--params FILE")
  end
  local _, listed = below(p, { "list" })
  t.has(listed, "book  [runbooks/book.lua]")
  t.ok(listed:find("[runbooks/book.lua]", 1, true) < listed:find("Built in, for Animica's devnet", 1, true), "the project's own first")
  t.has(listed, "\n  rollout    Upgrade the devnet")
end)
