-- The check of exports is a check that can fail: what nobody names, planted in a few modules of their own.
local t = require "tests.harness"

local root = t.must({ "pwd" }):gsub("%s+$", "")
local almanac = root .. "/" .. t.getenv "ALMANAC_BUILD" .. "/almanac"

local ONE = [[
local M = {}

function M.called() return 1 end
%s
return M
]]

--- Checks a module with what is added to it, and another file that calls it.
local function check(added, caller)
  local dir = t.tmpdir()
  t.must { "mkdir", "-p", dir .. "/stdlib/base/deep", dir .. "/tests" }
  t.write_file(dir .. "/stdlib/base/deep/one.lua", ONE:format(added))
  t.write_file(dir .. "/stdlib/base/two.lua", 'local one = require "almanac.base.deep.one"\n' .. caller .. "\n")
  return t.run({ almanac, "lua", root .. "/tests/check/exports.lua" }, { cwd = dir })
end

t.test("what another file names is no finding", function()
  local code, out, err = check("\nfunction M.other() return 2 end", "return one.called() + one.other()")
  t.eq({ code, out }, { 0, "" }, err)
end)

t.test("an export that nobody calls, and one that only its own file calls", function()
  local code, out = check("\nfunction M.unused() return 2 end", "return one.called()")
  t.eq({ code, out }, { 1, "stdlib/base/deep/one.lua: M.unused is named by no other file; nobody calls it" })
  code, out = check("\nfunction M.inner() return 2 end\n\nfunction M.outer() return M.inner() end", "return one.called() + one.outer()")
  t.eq({ code, out }, { 1, "stdlib/base/deep/one.lua: M.inner is named by no other file; make it a local function" })
end)

t.test("a module that is handed on whole, or looked into by a computed name, may be called by any", function()
  local unused = "\nfunction M.unused() return 2 end"
  t.eq((check(unused, "return one")), 0)
  t.eq((check(unused, "return one.called() + one[...]()")), 0)
end)
