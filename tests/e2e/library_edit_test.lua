-- A library is edited while a run is stopped: the steps that use it are named.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local library = "return { on = function() return 1 end, limit = 5 }"

local source = [[
local switch = require "lib.switch"
local on = switch.on
local function helper() return on() end
return runbook {
  run = function()
    step("by table", function() return switch.limit end)
    step("by helper", function() return helper() end)
    parallel("side by side", { a = function() return helper() end })
    step("inside", function() return require("lib.switch").limit end)
    step("apart", function() return 1 end)
    step("fails", function() error { kind = "command", message = "bad" } end)
  end,
}
]]

local function failed_run()
  local p = project.new { book = source }
  fs.mkdir(p.dir .. "/runbooks/lib")
  t.write_file(p.dir .. "/runbooks/lib/switch.lua", library)
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  return p
end

local function resumed(p)
  local code, _, err = p:run { "resume", "--no-ask" }
  t.eq(code, 1, err)
  return err
end

t.test("steps that use a library that was edited say so; others, and an unedited one, do not", function()
  local p = failed_run()
  t.ok(not resumed(p):find "was edited")
  t.write_file(p.dir .. "/runbooks/lib/switch.lua", (library:gsub("5", "6")))
  for round = 1, 2 do -- what was done before the edit stays so
    local err = resumed(p)
    for _, name in ipairs { "by table", "by helper", "side by side", "inside" } do
      t.ok(err:find(name .. " +done, unchanged; but runbooks/lib/switch.lua, which it uses, was edited since"), round .. name .. err)
    end
    t.ok(err:find "apart +done, unchanged\n", err)
  end
  local err = select(3, p:run { "resume", "--no-ask", "--redo", "by table" })
  t.has(err, "fails")
  t.ok(not resumed(p):find "was edited", "all was done anew with it")
end)
