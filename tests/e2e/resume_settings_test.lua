-- A run is gone on with where it was started, with what it was started with, from whatever shell.
local project = require "tests.project"
local t = require "tests.harness"

local source = [[
return runbook {
  run = function()
    step("one", function() sh.run { argv = { "true" } } end)
    step("ask", function()
      prom.query("up")
    end)
  end,
}
]]

local function stopped_run(words)
  local p = project.new { book = source }
  t.write_file(p.dir .. "/almanac.yaml", [[
environment: other
environments:
  other: { endpoints: { prometheus: "http://127.0.0.1:2" } }
  demo: { endpoints: { prometheus: "http://127.0.0.1:1" } }
]])
  local code, _, err = p:run { "run", "book", table.unpack(words) }
  t.eq(code, 1, err)
  return p, err
end

t.test("resume takes the environment of the run", function()
  local p, err = stopped_run { "-e", "demo" }
  t.has(err, "127.0.0.1:1")
  local code, _, again = p:run { "resume" }
  t.eq(code, 1)
  t.has(again, "127.0.0.1:1")
  local refused, _, why = p:run { "resume", "-e", "other" }
  t.eq(refused, 2, why)
  t.has(why, "was begun in environment demo, not in environment other")
end)

t.test("resume from another directory is refused, with the directory", function()
  local p = stopped_run {}
  for _, command in ipairs { "resume", "rollback" } do
    local code, _, err = t.run({ require("native.process").exe(), command, "--store", p.dir .. "/.almanac" }, { cwd = "/" })
    t.eq(code, 2, err)
    t.has(err, "cd " .. p.dir)
  end
end)

t.test("the command that goes on names a journal that is elsewhere", function()
  local p, err = stopped_run { "--store", "my runs" }
  local id = p:run({ "runs", "--store", "my runs" }) == 0 and err:match "almanac resume (%S+)"
  t.has(err, "almanac resume " .. id .. " --store 'my runs'")
end)
