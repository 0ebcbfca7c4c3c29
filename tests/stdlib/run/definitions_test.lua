-- Definitions of effects: which names a script may give, whom an effect belongs to, and what it asks
-- `allow` for.
local allow_lines = require "almanac.render.allow"
local catalogue = require "almanac.session.catalogue"
local definitions = require "almanac.run.definitions"
local effect = require "almanac.run.effect"
local sandbox = require "almanac.script.sandbox"
local t = require "tests.harness"

local function load(text) return sandbox.load("x.lua", text) end

local DEFINE = [[effect.define("pager.page", {
  allow = { category = "pager", of = function(input) return input.team end },
  apply = function() end,
})]]

t.test("an effect belongs to the script that defines it", function()
  local one, two, none = load(DEFINE), load(DEFINE), load "return 1"
  t.ok(definitions.find("pager.page", one.definitions), "the first script has it")
  t.ok(definitions.find("pager.page", one.definitions) ~= definitions.find("pager.page", two.definitions), "each its own")
  t.eq(definitions.find("pager.page", none.definitions), nil)
  t.eq(definitions.find "pager.page", nil)
end)

t.test("a name of the standard library is refused, a duplicate too", function()
  local err = t.raises("usage", load, [[effect.define("helm.upgrade", { apply = function() end })]])
  t.has(err.message, "helm is a name of the standard library")
  t.has(err.hint, "my_helm.upgrade")
  t.raises("usage", load, [[effect.define("helm.mine", { apply = function() end })]])
  t.has(t.raises("usage", load, DEFINE .. "\n" .. DEFINE).message, "this script defined it already")
end)

t.test("a script performs effects of its own only", function()
  definitions.use_catalogue(catalogue)
  for _, name in ipairs { "git.untag", "k8s.scale_part", "helm.repair", "sh.run" } do
    local err = t.raises("usage", effect.perform_own, name, {})
    t.has(err.message, "no effect of this script")
    t.has(err.hint, "call a function of " .. name:match "^[^.]+")
  end
end)

t.test("a definition is plain: its fields are functions that are known", function()
  local function why(text) return t.raises("usage", load, "effect.define(" .. text .. ")").message end
  t.has(why [["pager", {}]], "of the form module.verb")
  t.has(why [["pager.page", { aply = print }]], 'no option "aply"; did you mean apply?')
  t.has(why [["pager.page", {}]], "apply is missing")
  t.has(why [["pager.page", { apply = 1 }]], "apply must be a function")
  t.has(why [["pager.page", { apply = print, allow = { category = "pager" } }]], "allow.of is missing")
  t.has(why [["pager.page", setmetatable({}, { __index = { apply = print } })]], "apply is missing")
end)

t.test("the catalogue names every effect of the standard library, and what each asks allow for", function()
  definitions.use_catalogue(catalogue)
  for _, name in ipairs(catalogue.names()) do
    local definition = definitions.find(name)
    t.ok(definition, name .. " is defined by its module")
    t.ok(definition.allow, name .. " says what it touches")
    t.eq(catalogue.category_of(name:match "^[^.]*"), definition.allow.category, name)
  end
  t.eq(definitions.categories(load(DEFINE).definitions).pager, true)
end)

t.test("an effect that the catalogue has no line for is not defined: no resume would find it", function()
  definitions.use_catalogue(catalogue)
  local err = t.raises("internal", effect.define, "compose.forgotten", { apply = print })
  t.has(err.message, 'effect.define "compose.forgotten": the catalogue has no line for it')
  t.eq(definitions.find "compose.forgotten", nil)
end)

t.test("one line of the catalogue makes a new effect and its category known: to run, check and show", function()
  local dir = t.tmpdir()
  t.must { "cp", "-r", "stdlib", dir .. "/stdlib" }
  t.write_file(dir .. "/stdlib/http/pager.lua", [[
require("almanac.run.effect").define("pager.page", {
  allow = { category = "pager", of = function(input) return input.team end, words = "page the team %s" },
  apply = function(input) return input end,
})
return {}
]])
  t.write_file(dir .. "/stdlib/public/pager.lua", [[
--- pager: pages people.
require "almanac.http.pager"

local M = {}

--- Pages a team. An effect.
---@param team string
function M.page(team) return require("almanac.run.effect").perform("pager.page", { team = team }) end

return M
]])
  local path = dir .. "/stdlib/session/catalogue.lua"
  local line = '  ["pager.page"] = "almanac.http.pager",\n'
  t.write_file(path, (t.read_file(path):gsub("local effects = {\n", "%0" .. line, 1)))
  t.must { "mkdir", dir .. "/runbooks" }
  t.write_file(dir .. "/runbooks/page.lua", [[return runbook {
  allow = { pager = { "core" } },
  run = function() step("page", function() return pager.page "core" end) end,
}]])
  t.write_file(dir .. "/runbooks/wrong.lua", [[return runbook {
  allow = { fs = { "x" } },
  run = function() step("page", function() pager.page "core" end) end,
}]])
  local exe = require("native.process").exe()
  local code, out, err = t.run({ exe, "--stdlib", "stdlib", "run", "page", "--plain" }, { cwd = dir })
  t.eq(code, 0, out .. err)

  t.has(t.must({ exe, "--stdlib", "stdlib", "show", "page" }, { cwd = dir }), "may reach:\n  page the team core\n")
  code, out = t.run({ exe, "--stdlib", "stdlib", "check" }, { cwd = dir })
  t.eq(code, 1)
  t.has(out, 'wrong.lua:3:44: error: pager.page reaches pager "core", which allow does not name: it would be refused')
end)

t.test("a category is said in the words of the script's effect that brings it", function()
  local own = load [[effect.define("flag.set", { apply = print,
    allow = { category = "flags", of = function(i) return i end, words = "turn the flag %s" } })]].definitions
  t.eq(allow_lines.of({ flags = { "a%d" }, odd = { "x" }, runbook = { "canary" } }, nil, own), {
    "may reach:", "  turn the flag a%d", "  touch odd x (an effect of its own)", "  make a run of the runbook canary",
    "  nothing else, but queries to the services that almanac.yaml names",
  })
  t.raises("usage", load, [[effect.define("a.b", { apply = print, allow = { category = "c", of = print, words = "x" } })]])
end)
