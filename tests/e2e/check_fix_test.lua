-- almanac check --fix: names that are surely meant otherwise are mended, and nothing else is touched.
local project = require "tests.project"
local t = require "tests.harness"

local SLIPS = [[
-- "tiemout" in a comment stays
return runbook {
  summary = "Slips",
  params = { tag = param.string { required = true, hlep = "the tag" } },
  run = function(p)
    step("look", { ['tiemout'] = "2s" }, function()	-- quotes and tabs stay
      return k8s.gett("deploymnet/web")
    end)
    sttep("ünï", function() return fs.read(p.tagg) end)
  end,
}
]]

local MENDED = SLIPS:gsub("hlep", "help"):gsub("'tiemout'", "'timeout'"):gsub("gett", "get"):gsub("deploymnet", "deployment")
  :gsub("sttep", "step"):gsub("tagg", "tag")

local YAML = "# a comment\nenviroment: dev   # why\nenvironments:\n  dev: { kubeconfg: \"x\" }\n"

local function slips()
  local p = project.new { a = SLIPS }
  t.write_file(p.dir .. "/almanac.yaml", YAML)
  return p
end

t.test("--diff shows what would be changed, and changes nothing; --fix --dry-run too", function()
  local p = slips()
  for _, words in ipairs { { "check", "--diff" }, { "check", "--fix", "--dry-run" } } do
    local code, out, err = p:run(words)
    t.eq(code, 1)
    t.has(out, "--- a/runbooks/a.lua\n+++ b/runbooks/a.lua\n@@ -1,11 +1,11 @@\n")
    t.has(out, "-      return k8s.gett(\"deploymnet/web\")\n+      return k8s.get(\"deployment/web\")\n")
    t.has(out, "-enviroment: dev   # why\n+environment: dev   # why\n")
    t.has(out, "+  dev: { kubeconfig: \"x\" }\n", "what a slip had hidden")
    t.has(err, "8 names would be mended: almanac check --fix")
    t.eq(t.read_file(p.dir .. "/runbooks/a.lua"), SLIPS)
    t.eq(t.read_file(p.dir .. "/almanac.yaml"), YAML)
  end
end)

t.test("what --diff shows, patch applies", function()
  local p = slips()
  local _, out = p:run { "check", "--diff" }
  t.write_file(p.dir .. "/diff", out:match "^(.-)\n[%w/.]+:%d+:" .. "\n")
  t.must({ "git", "apply", "diff" }, { cwd = p.dir })
  t.has(t.read_file(p.dir .. "/runbooks/a.lua"), "k8s.get(")
end)

t.test("--fix mends also what a slip had hidden, comments and quotes stay, and check is clean", function()
  local p = slips()
  local code, _, err = p:run { "check", "--fix" }
  t.eq(code, 0, err)
  t.has(err, "8 names mended", "as many as --diff says")
  t.eq(t.read_file(p.dir .. "/runbooks/a.lua"), MENDED)
  t.eq(t.read_file(p.dir .. "/almanac.yaml"), (YAML:gsub("enviroment:", "environment:"):gsub("kubeconfg", "kubeconfig")))
  t.eq((p:run { "check" }), 0)
  t.has(select(3, p:run { "check", "--fix" }), "0 names mended")
end)

t.test("what nobody can tell is left alone", function()
  local text = [[
return runbook {
  summary = "x",
  params = { tab = param.string {}, tag = param.string {} },
  run = function(p)
    step("a", function() return fs.read(p.tax, p.tab, p.tag) end)
    step("b", { timeout = "1s", tiemout = "2s" }, function() return io.open "x" end)
    local name = "deploymnet/web"
    step("c", function() return k8s.get(name) end)
  end,
}
]]
  local p = project.new { a = text }
  local code = p:run { "check", "--fix" }
  t.eq(code, 1)
  t.eq(t.read_file(p.dir .. "/runbooks/a.lua"), text)
end)

t.test("nothing is written through a link, and --fix goes with no other form", function()
  local p = project.new {}
  t.write_file(p.dir .. "/elsewhere.lua", SLIPS)
  t.must { "ln", "-s", "../elsewhere.lua", p.dir .. "/runbooks/a.lua" }
  local code, _, err = p:run { "check", "--fix" }
  t.ok(code ~= 0, err)
  t.eq(t.read_file(p.dir .. "/elsewhere.lua"), SLIPS)
  t.eq((p:run { "check", "--fix", "--json" }), 2)
  t.eq((p:run { "check", "--dry-run" }), 2)
end)

local SETTINGS = [[
# the operator's own
channels:
  ops: { kind: comand, argv: [ops/tell.sh] }   # a value
  page: { 'kind': "slak", url: "env:X" }
endpoints: { promtheus: "http://p:9090" }
params:
  book: { settel: 20s }
environments:
  prod: { params: { book: { settel: 1m } } }
]]

local BOOK = [[return runbook { params = { settle = param.duration { default = "5s" } }, run = function(p) note(p.settle) end }]]

t.test("--fix mends kinds of channels, services and parameters of almanac.yaml, those of each environment, too", function()
  local p = project.new { book = BOOK }
  t.write_file(p.dir .. "/almanac.yaml", SETTINGS)
  local code, out, err = p:run { "check", "--fix" }
  t.eq(code, 0, out .. err)
  t.has(err, "5 names mended")
  t.eq(t.read_file(p.dir .. "/almanac.yaml"), (SETTINGS:gsub("comand", "command"):gsub("slak", "slack")
    :gsub("promtheus", "prometheus"):gsub("settel", "settle")))
end)

t.test("a name is left alone where what was meant stands beside it", function()
  local p = project.new { book = BOOK }
  local text = "endpoints: { promtheus: 'http://p', prometheus: 'http://q' }\nparams: { book: { settel: 1s, settle: 2s } }\n"
  t.write_file(p.dir .. "/almanac.yaml", text)
  t.eq((p:run { "check", "--fix" }), 1)
  t.eq(t.read_file(p.dir .. "/almanac.yaml"), text)
end)
