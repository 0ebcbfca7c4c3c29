-- Definitions of effects: which names a script may give, whom an effect belongs to, and what it asks
-- `allow` for.
local catalogue = require "almanac.session.catalogue"
local definitions = require "almanac.run.definitions"
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
    local err = t.raises("usage", require("almanac.run.effect").perform_own, name, {})
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
    t.eq(catalogue.category(name), definition.allow.category, name)
  end
  t.eq(definitions.categories(load(DEFINE).definitions).pager, true)
end)

t.test("one line of the catalogue makes a new effect and its category known", function()
  local dir = t.tmpdir()
  t.must { "cp", "-r", "stdlib", dir .. "/stdlib" }
  t.write_file(dir .. "/stdlib/http/pager.lua", [[
require("almanac.run.effect").define("pager.page", {
  allow = { category = "pager", of = function(input) return input.team end },
  apply = function(input) return input end,
})
return {}
]])
  t.write_file(dir .. "/stdlib/public/pager.lua", [[
require "almanac.http.pager"
return { page = function(team) return require("almanac.run.effect").perform("pager.page", { team = team }) end }
]])
  local path = dir .. "/stdlib/session/catalogue.lua"
  local line = '  ["pager.page"] = { "almanac.http.pager", allow = "pager" },\n'
  t.write_file(path, (t.read_file(path):gsub("local effects = {\n", "%0" .. line, 1)))
  t.must { "mkdir", dir .. "/runbooks" }
  t.write_file(dir .. "/runbooks/page.lua", [[return runbook {
  allow = { pager = { "core" } },
  run = function() step("page", function() return pager.page "core" end) end,
}]])
  local exe = require("native.process").exe()
  local code, out, err = t.run({ exe, "--stdlib", "stdlib", "run", "page", "--plain" }, { cwd = dir })
  t.eq(code, 0, out .. err)
end)
