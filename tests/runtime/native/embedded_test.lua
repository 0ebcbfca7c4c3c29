--- native.embedded: the files built into the program, or those of --stdlib.
local embedded = require "native.embedded"
local process = require "native.process"
local t = require "tests.harness"

t.test("the built-in files are listed by prefix, and read", function()
  local public = embedded.list "stdlib/public/"
  t.ok(#public > 20, "there are public modules")
  t.eq(public[1]:match "^stdlib/public/%l[%w_]*%.lua$", public[1])
  t.has(embedded.read "stdlib/public/sh.lua", "return M")
  t.ok(#embedded.list "runbooks/" > 0, "there are runbooks")
  t.eq(embedded.list "nothing/", {})
  t.eq(embedded.read "stdlib/nothing.lua", nil)
  t.eq(embedded.digest "stdlib/public/sh.lua", require("native.digest").sha256(embedded.read "stdlib/public/sh.lua"))
  t.eq(embedded.digest "stdlib/nothing.lua", nil)
end)

t.test("what was compiled at build time knows its file, its lines and its names, for errors", function()
  local format = require("almanac.base.duration").format
  local info = debug.getinfo(format, "S")
  local text = embedded.read(info.source:sub(2))
  t.eq(info.source, "@stdlib/base/duration.lua")
  local line, n = nil, 0
  for each in text:gmatch "([^\n]*)\n" do
    n = n + 1
    if n == info.linedefined then line = each end
  end
  t.has(line, "function M.format(" .. debug.getlocal(format, 1))
end)

t.test("with --stdlib a file that was added is there without a build, and one that was removed is not", function()
  local dir = t.tmpdir()
  t.must { "cp", "-r", "stdlib", dir }
  t.must { "mkdir", dir .. "/stdlib/public/zz" }
  t.write_file(dir .. "/stdlib/public/added.lua", "return {}")
  t.write_file(dir .. "/stdlib/public/zz/deep.lua", "return {}")
  t.write_file(dir .. "/stdlib/public/notes.txt", "no Lua")
  t.must { "rm", dir .. "/stdlib/public/sh.lua" }
  t.write_file(dir .. "/list.lua", [[
local embedded, terminal = require "native.embedded", require "native.terminal"
terminal.write(1, table.concat(embedded.list "stdlib/public/", "\n") .. "\n")
terminal.write(1, #embedded.list "runbooks/" .. " runbooks\n")
terminal.write(1, tostring(embedded.read "stdlib/public/added.lua") .. "\n")
]])
  local out = "\n" .. t.must { process.exe(), "--stdlib", dir .. "/stdlib", "lua", dir .. "/list.lua" } .. "\n"
  t.has(out, "\nstdlib/public/added.lua\n")
  t.has(out, "\nstdlib/public/zz/deep.lua\n")
  t.has(out, "\nreturn {}\n")
  t.has(out, "\n" .. #embedded.list "runbooks/" .. " runbooks\n")
  t.lacks(out, "sh.lua")
  t.lacks(out, "notes.txt")
end)
