--- almanac check as operators run it: exact output, exit codes, JSON.
local process = require "native.process"
local t = require "tests.harness"
local fs = require "native.fs"
local json = require "native.json"

local almanac = process.cwd() .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"

--- A directory with runbooks made of fixtures: name → fixture.
local function directory(runbooks)
  local dir = t.tmpdir()
  fs.mkdir(dir .. "/runbooks")
  fs.mkdir(dir .. "/runbooks/lib")
  t.write_file(dir .. "/runbooks/lib/devnet.lua", t.read_file "tests/fixtures/check/devnet.lua.txt")
  for _, name in ipairs(runbooks) do
    t.write_file(dir .. "/runbooks/" .. name .. ".lua", t.read_file("tests/fixtures/check/" .. name .. ".lua.txt"))
  end
  return dir
end

t.test("every kind of mistake is shown with its line and what to do next, and the exit code is 1", function()
  local code, out, err = t.run({ almanac, "check" }, { cwd = directory { "bad", "decl", "none", "syn" } })
  t.eq(code, 1)
  t.golden("check/mistakes.txt", out .. "\n" .. err .. "\n")
end)

t.test("decisions by what a plan does not know are warned of, and nothing else is", function()
  local code, out, err = t.run({ almanac, "check", "runbooks/unknown.lua" }, { cwd = directory { "unknown" } })
  t.eq(code, 0)
  t.golden("check/unknown.txt", out .. "\n" .. err .. "\n")
end)

t.test("--json gives one object a line", function()
  local code, out = t.run({ almanac, "check", "--json", "runbooks/syn.lua" }, { cwd = directory { "syn" } })
  t.eq(code, 1)
  t.eq(json.decode(out), {
    file = "runbooks/syn.lua", line = 3, column = 3, kind = "error", rule = "syntax",
    message = "syntax: unexpected symbol near '='", source = "  = 3",
    hint = "mend this line, or what it follows; nothing else in the file was checked",
  })
end)

t.test("--sarif gives one document with the places and the rules", function()
  local code, out = t.run({ almanac, "check", "--sarif", "runbooks/syn.lua" }, { cwd = directory { "syn" } })
  t.eq(code, 1)
  local document = json.decode(out)
  local run = document.runs[1]
  t.eq({ document.version, #run.results, run.tool.driver.rules }, { "2.1.0", 1, json.array { { id = "syntax" } } })
  t.eq(run.results[1].locations[1].physicalLocation, {
    artifactLocation = { uri = "runbooks/syn.lua" }, region = { startLine = 3, startColumn = 3 },
  })
  t.eq({ run.results[1].level, run.results[1].ruleId }, { "error", "syntax" })
  t.eq(t.run({ almanac, "check", "--sarif", "--json" }), 2)
end)

t.test("the project's own runbooks have no findings", function()
  local code, out = t.run { almanac, "check" }
  t.eq(out, "")
  t.eq(code, 0)
end)

t.test("a top level without an end is broken off", function()
  local dir = directory {}
  t.write_file(dir .. "/runbooks/endless.lua", "while true do end\n")
  local code, out = t.run({ almanac, "check" }, { cwd = dir })
  t.eq(code, 1)
  t.has(out, "runbooks/endless.lua:1:1: error: loading it does not end")
end)

t.test("a bad almanac.yaml is a finding", function()
  local dir = directory {}
  t.write_file(dir .. "/almanac.yaml", "stroe: x\n")
  local code, out = t.run({ almanac, "check", "runbooks/lib/devnet.lua" }, { cwd = dir })
  t.eq(code, 1)
  t.has(out, "almanac.yaml:1:1: error: no key \"stroe\"; did you mean store?")
end)

t.test("an allow for what no effect asks about is found, and one that the script's own effect brings is not", function()
  local dir = directory {}
  t.write_file(dir .. "/runbooks/lib/pager.lua", [[
effect.define("pager.page", { allow = { category = "pager", of = function() return "x" end }, apply = function() end })]])
  t.write_file(dir .. "/runbooks/good.lua",
    'require "lib.pager"\nreturn runbook { summary = "x", allow = { pager = { "x" } }, run = function() end }')
  t.write_file(dir .. "/runbooks/wrong.lua", 'return runbook { summary = "x", allow = { shel = { "x" } }, run = function() end }')
  local code, out = t.run({ almanac, "check" }, { cwd = dir })
  t.eq(code, 1)
  t.has(out, 'runbooks/wrong.lua:1:43: error: runbook: no effect asks allow for "shel"; did you mean shell?')
  t.lacks(out, "good.lua")
end)

t.test("usage: no runbook there, an unknown option and no such file exit 2", function()
  local dir = t.tmpdir()
  for _, words in ipairs { { "check" }, { "check", "--nope" }, { "check", "missing.lua" } } do
    local code, out, err = t.run({ almanac, table.unpack(words) }, { cwd = dir })
    t.eq(code, 2, table.concat(words, " "))
    t.eq(out, "")
    t.has(err, "almanac check: ")
  end
end)
