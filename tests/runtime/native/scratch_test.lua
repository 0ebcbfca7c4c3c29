-- Directories of the program's own: private, and gone with their value.
local fs = require "native.fs"
local scratch = require "native.scratch"
local t = require "tests.harness"

t.test("its files are 0600 in a directory of 0700, and all of it goes at the end of its block", function()
  local path
  do
    local dir <close> = scratch.open()
    path = dir:keep("a", "one")
    t.eq(dir:keep("a", "two"), path)
    t.eq(fs.read(path), "two")
    t.eq(fs.stat(path).mode, tonumber("600", 8))
    t.eq(fs.stat(path:match "^(.*)/").mode, tonumber("700", 8))
  end
  t.eq(fs.exists(path), false)
  t.eq(fs.exists((path:match "^(.*)/")), false)
end)

t.test("it goes too where its value is collected, and when a block ends with an error", function()
  local path = scratch.open():keep("a", "one")
  collectgarbage()
  collectgarbage()
  t.eq(fs.exists(path), false)
  pcall(function()
    local dir <close> = scratch.open()
    path = dir:keep("a", "one")
    error "out"
  end)
  t.eq(fs.exists(path), false)
end)

t.test("a name with a slash, none, and a directory that is closed are refused", function()
  local dir = scratch.open()
  for _, name in ipairs { "", "a/b", "../a" } do t.raises("usage", function() dir:keep(name, "") end) end
  t.eq(type(getmetatable(dir)), "string", "its metatable is shut")
  do
    local _ <close> = dir
  end
  t.raises("usage", function() dir:keep("a", "") end)
end)

t.test("a file of our own: mode, owner and links, on what was opened", function()
  local dir = t.tmpdir()
  local path = dir .. "/file"
  fs.write(path, "text", { mode = tonumber("600", 8) })
  t.eq(fs.read_own(path, "plan", true), "text")
  t.must { "chmod", "644", path }
  t.has(t.raises("refused", fs.read_own, path, "plan", true).hint, "chmod 600 " .. path)
  t.eq(fs.read_own(path, "list"), "text")
  t.must { "chmod", "664", path }
  t.has(t.raises("refused", fs.read_own, path, "list").hint, "chmod go-w " .. path)
  t.must { "ln", "-s", path, dir .. "/link" }
  t.has(t.raises("refused", fs.read_own, dir .. "/link", "list").message, "symbolic link")
  t.raises("not_found", fs.read_own, dir .. "/nothing", "list")
end)
