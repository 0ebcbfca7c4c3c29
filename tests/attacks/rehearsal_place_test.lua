-- Where a rehearsal keeps its things: it makes nothing behind a link that came with the project, and uses no directory
-- that others can write, in which the kubeconfig of its run could be another's.
local fs = require "native.fs"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = "return runbook { run = function() step('x', function() return 1 end) end }"
local REHEARSE = { "rehearse", "book", "--empty", "--no-ask" }

local is_root = process.user() == "root" and t.must({ "id", "-u" }):find "^0" ~= nil

--- A project; `path` in it is there with the directories above it, and what is made of it is given its path.
local function place(path, config)
  local p = project.new { book = BOOK }
  if config then t.write_file(p.dir .. "/almanac.yaml", config) end
  local above = path:match "^(.*)/"
  if above then t.must({ "mkdir", "-p", "-m", "700", above }, { cwd = p.dir }) end
  return p, p.dir .. "/" .. path
end

local function refused(p, what)
  local code, out, err = p:run(REHEARSE)
  t.eq(code, 2, out .. err)
  t.has(err, what)
  t.lacks(out, "REHEARSAL")
end

t.test("a link in the project, on the way and dangling ones too: nothing is made behind it", function()
  for _, case in ipairs { { ".almanac" }, { ".almanac/rehearsals" }, { "var", "store: var/a/store\n" }, { "var/a", "store: ./var/a/\n" },
    { "var/rehearsals", "store: var\n" } } do
    for _, behind in ipairs { "", "/nothing" } do
      local p, path = place(case[1], case[2])
      local outside = t.tmpdir()
      t.must { "ln", "-s", outside .. behind, path }
      refused(p, case[1] .. " is a symbolic link in the project, whose links are not written through")
      t.eq(fs.list(outside .. "/*"), {}, case[1])
    end
  end
end)

t.test("a directory that others can write is refused, and nothing is made in it", function()
  for _, path in ipairs { ".almanac", ".almanac/rehearsals" } do
    for _, mode in ipairs { "777", "770", "1777", "722" } do
      local p, open = place(path)
      fs.mkdir(open)
      t.must { "chmod", mode, open }
      refused(p, path .. " is no directory to trust: others can write to it")
      t.eq(fs.list(open .. "/*"), {}, path)
      t.must { "chmod", "755", open }
      t.eq((p:run(REHEARSE)), 0)
    end
  end
end)

t.test("another user's directory is refused, for root", function()
  if not is_root then
    print "skipped: only root gives a directory away"
    return
  end
  for _, path in ipairs { ".almanac", ".almanac/rehearsals" } do
    local p, theirs = place(path)
    fs.mkdir(theirs)
    t.must { "chown", "nobody", theirs }
    refused(p, path .. " is no directory to trust: it belongs to another user")
    t.eq(fs.list(theirs .. "/*"), {}, path)
  end
end)

t.test("an edited runbook that others can write, or wrote, is refused before anything is begun", function()
  local p = place "x"
  t.write_file(p.dir .. "/edited.lua", BOOK)
  local function edited(what)
    local code, out, err = p:run { "rehearse", "book", "--empty", "--no-ask", "--edit", "edited.lua" }
    t.eq(code, 2, out .. err)
    t.has(err, what)
    t.ok(not fs.exists(p.dir .. "/.almanac/rehearsals"), "nothing was begun")
  end
  t.must { "chmod", "666", p.dir .. "/edited.lua" }
  edited "edited.lua"
  t.must { "chmod", "644", p.dir .. "/edited.lua" }
  if is_root then
    t.must { "chown", "nobody", p.dir .. "/edited.lua" }
    edited "edited.lua"
  end
  t.must { "rm", p.dir .. "/edited.lua" }
  t.must { "ln", "-s", "/etc/hostname", p.dir .. "/edited.lua" }
  edited "which is no Lua file"
end)

t.test("what is made is closed to others; a store elsewhere that the operator has linked is followed", function()
  local elsewhere = t.tmpdir()
  fs.mkdir(elsewhere .. "/real")
  t.must { "ln", "-s", elsewhere .. "/real", elsewhere .. "/linked" }
  for _, case in ipairs { { nil, ".almanac" }, { "store: deep/er\n", "deep/er" }, { "store: " .. elsewhere .. "/linked/store\n" } } do
    local p = place("x", case[1])
    local code, out, err = p:run(REHEARSE)
    t.eq(code, 0, out .. err)
    local made = fs.list((case[2] and p.dir .. "/" .. case[2] or elsewhere .. "/real/store") .. "/rehearsals/*")
    t.eq(#made, 1, out)
    t.eq(fs.stat(made[1]).mode & 0x1ff, 0x1c0, "0700")
    t.eq(fs.stat(made[1]:match "^(.*)/").mode & 0x1ff, 0x1c0, "0700")
  end
end)
