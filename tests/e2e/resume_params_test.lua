-- Parameters of a run that is resumed after its script was edited.
local project = require "tests.project"
local t = require "tests.harness"

local source = [[
return runbook {
  params = { tag = param.string { default = "latest" } },
  run = function(p)
    step("wait", function()
      if sh.read { argv = { "cat", "mode" } }.stdout:find "bad" then error { kind = "command", message = "bad" } end
    end)
    step("use", function() sh.run { argv = { "sh", "-c", "echo " .. p.tag .. " >> world" } } end)
  end,
}
]]

local function failed_run(...)
  local p = project.new { book = source }
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "run", "book", "--no-ask", ... }), 1)
  t.write_file(p.dir .. "/mode", "good")
  return p
end

t.test("a parameter that was renamed is not dropped without a word; its value can be given anew", function()
  local p = failed_run "tag=v1"
  p:edit("book", (source:gsub("tag = param", "image = param"):gsub("p%.tag", "p.image")))
  local code, _, err = p:run { "resume", "image=v1" }
  t.eq(code, 0, err)
  t.has(err, "does not take tag=v1 any more")
  t.eq(p:lines "world", { "v1" })
end)

t.test("what was given anew holds for the next resume, too", function()
  local p = failed_run()
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "resume", "tag=v2", "--no-ask" }), 1)
  t.write_file(p.dir .. "/mode", "good")
  local code, _, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "v2" })
end)

t.test("a required parameter that is new can be given; a wrong word changes nothing", function()
  local p = failed_run()
  p:edit("book", (source:gsub('default = "latest"', "required = true"):gsub("tag", "to")))
  local code, _, err = p:run { "resume" }
  t.eq(code, 2, err)
  code, _, err = p:run { "resume", "other=v3" }
  t.eq(code, 2, err)
  code, _, err = p:run { "resume", "to=v3" }
  t.eq(code, 0, err)
  t.eq(p:lines "world", { "v3" })
end)

t.test("a run that keeps to a plan keeps its parameters", function()
  local p = project.new { book = source }
  t.write_file(p.dir .. "/mode", "good")
  t.eq((p:run { "plan", "book", "-o", "plan.json" }), 2)
  t.write_file(p.dir .. "/mode", "bad")
  t.eq((p:run { "run", "--plan", "plan.json", "--no-ask" }), 1)
  local code, _, err = p:run { "resume", "tag=v4" }
  t.eq(code, 2, err)
  t.has(err, "which was made for its parameters")
end)
