-- The check of the house is a check that can fail: each kind of violation, planted in a small house of its own.
local fs = require "native.fs"
local t = require "tests.harness"

if t.left_to_plain_run "violations are planted" then return end

local root = t.must({ "pwd" }):gsub("%s+$", "")
local almanac = root .. "/" .. t.getenv "ALMANAC_BUILD" .. "/almanac"

--- A house in which all is well: what each module requires, and each file of C includes.
local MODULES = {
  ["base/errors"] = {}, ["base/duration"] = { "base.errors" }, ["base/glob"] = {}, ["config/settings"] = { "base.errors" },
  ["k8s/client"] = { "base.duration", "config.settings" }, ["helm/cli"] = { "k8s.client" },
  ["session/drive"] = { "helm.cli" }, ["cli/main"] = { "session.drive" },
}
local FILES = {
  ["base/buf.h"] = {}, ["base/buf.c"] = { "base/buf.h" }, ["net/wire.c"] = { "base/buf.h" }, ["proc/proc.h"] = {},
  ["proc/proc.c"] = { "proc/proc.h", "base/buf.h" },
}

local function write(path, lines)
  t.must { "mkdir", "-p", path:match "^(.*)/" }
  t.write_file(path, table.concat(lines, "\n") .. "\n")
end

local function small_house()
  local dir = t.tmpdir()
  for name, requires in pairs(MODULES) do
    local lines = { "local M = {}" }
    for _, other in ipairs(requires) do table.insert(lines, 1, string.format('local _ = require "almanac.%s"', other)) end
    lines[#lines + 1] = "return M"
    write(dir .. "/stdlib/" .. name .. ".lua", lines)
  end
  for name, includes in pairs(FILES) do
    local lines = {}
    for i, header in ipairs(includes) do lines[i] = string.format('#include "%s"', header) end
    write(dir .. "/runtime/" .. name, lines)
  end
  t.must { "mkdir", "-p", dir .. "/tests/check" }
  t.must { "cp", "-r", root .. "/tests/check/house", dir .. "/tests/check" } -- the check's own modules are found from here
  t.must { "cp", root .. "/tests/harness.lua", root .. "/tests/runtime/proc/proc_test.c", dir .. "/tests" }
  return dir
end

local function check(dir)
  return t.run({ almanac, "lua", root .. "/tests/check/house.lua" }, { cwd = dir })
end

local function append(path, text)
  t.write_file(path, fs.read(path) .. text)
end

--- Plants one thing, and gives what the check says.
local function with(plant)
  local dir = small_house()
  plant(dir)
  local code, out, err = check(dir)
  t.eq(code, 1, err)
  return err, out
end

t.test("a house in which all is well, and the sources as they are: counted, and nothing wrong", function()
  local code, out, err = check(small_house())
  t.eq({ code, out, err }, { 0, "stdlib: 8 modules, 7 edges, 6 folders; runtime: 5 files, 4 edges, 3 folders; tests: 9 files; "
    .. "0 violations, 0 cycles", "" })
  code, out, err = check(root)
  t.eq(code, 0, err)
  t.ok(out:find "^stdlib: %d+ modules, %d+ edges, %d+ folders; runtime: %d+ files, %d+ edges, %d+ folders; "
    .. "tests: %d+ files; 0 violations, 0 cycles$", out)
end)

t.test("an upward require names the file, the edge and where it may go", function()
  local err, out = with(function(dir)
    t.write_file(dir .. "/stdlib/base/planted.lua", 'local M = {}\n\nlocal _ = require "almanac.k8s.client"\n\nreturn M\n')
  end)
  t.ok((err .. "\n"):find "stdlib/base/planted%.lua:%d+: base requires almanac%.k8s%.client of k8s; what it needs may be in: base\n", err)
  t.has(out, "1 violations")
end)

t.test("a lazy require counts, and so does the cycle that it closes", function()
  local err = with(function(dir)
    append(dir .. "/stdlib/base/errors.lua", '\nlocal function later() return require("almanac.base.duration") end\n')
  end)
  t.has(err, "a cycle, lazy requires included: ")
  t.has(err, "almanac.base.duration")
  err = with(function(dir)
    append(dir .. "/stdlib/config/settings.lua", '\nlocal function later() return require "almanac.session.drive" end\n')
  end)
  t.has(err, "config requires almanac.session.drive of session")
end)

t.test("a computed require, a module that is not there, a folder without a place", function()
  t.has(with(function(dir)
    append(dir .. "/stdlib/helm/cli.lua", '\nlocal function any(name) return require("almanac." .. name) end\n')
  end), "requires a computed name, or by another way")
  t.has(with(function(dir) append(dir .. "/stdlib/helm/cli.lua", '\nrequire "almanac.helm.nothing"\n') end),
    "requires almanac.helm.nothing, which is not there")
  t.has(with(function(dir)
    t.must { "mkdir", dir .. "/stdlib/attic" }
    t.write_file(dir .. "/stdlib/attic/x.lua", "local x = {}\n\nreturn x\n")
  end), "the folder stdlib/attic has no place in the order")
end)

t.test("other ways to a module are violations too", function()
  for _, line in ipairs {
    'local r = require; r "almanac.cli.main"', 'pcall(require, "almanac.cli.main")', '(require)("almanac.cli.main")',
    '_G.require "almanac.cli.main"', '_G["require"] "almanac.cli.main"', '({ require })[1] "almanac.cli.main"',
    'local _ = package.loaded["almanac.cli.main"]', 'pcall(load, "x")',
    'load("return require(...)")("almanac.cli.main")', 'dofile "stdlib/cli/main.lua"',
    'load("return require(...)", "=x", "t", { require = f })()', 'require "almanac/cli/main"', 'require [[almanac.cli.main]]',
  } do
    t.has(with(function(dir) append(dir .. "/stdlib/base/glob.lua", "\nlocal function _f() " .. line .. " end\n") end),
      "stdlib/base/glob.lua", line)
  end
  t.has(with(function(dir)
    t.must { "mkdir", "-p", dir .. "/stdlib/base/a/b/c/d" }
    t.write_file(dir .. "/stdlib/base/a/b/c/d/x.lua", 'local x = require "almanac.cli.main"\n\nreturn x\n')
  end), "base/a/b/c/d requires almanac.cli.main of cli")
end)

t.test("other ways to include are violations too", function()
  for _, line in ipairs {
    '#include "base/../proc/proc.h"', '#include "./proc/proc.h"', '#include /* x */ "proc/proc.h"', '#include \\\n  "proc/proc.h"',
    '/**/ #include "proc/proc.h"', "#include HEADER", '#include_next "proc/proc.h"', '#import "proc/proc.h"',
    "#include <lua5.4/lua.h>", '%:include "proc/proc.h"', '??=include "proc/proc.h"',
  } do
    t.has(with(function(dir) append(dir .. "/runtime/base/buf.c", line .. "\n") end), "runtime/base/buf.c", line)
  end
  t.has(with(function(dir) t.write_file(dir .. "/runtime/base/x.inc", "int x;\n") end), "runtime/base/x.inc")
end)

t.test("an upward include, one without its folder, and Lua below the engine", function()
  local err = with(function(dir) append(dir .. "/runtime/base/buf.c", '#include "proc/proc.h"\n') end)
  t.ok((err .. "\n"):find "runtime/base/buf%.c:%d+: base includes proc/proc%.h of proc, which is above it; it may know: base\n", err)
  t.has(with(function(dir) append(dir .. "/runtime/proc/proc.c", '#include "buf.h"\n') end), 'includes "buf.h"; write "FOLDER/FILE.h"')
  t.has(with(function(dir) append(dir .. "/runtime/net/wire.c", "#include <lua.h>\n") end), "net must not know Lua")
end)

t.test("a function of another folder, declared without its header, and headers that include each other", function()
  local err = with(function(dir)
    append(dir .. "/runtime/proc/proc.c", "\nint proc_start(const char *name)\n{\n    return name != 0;\n}\n")
    append(dir .. "/runtime/proc/proc.h", "int proc_start(const char *name);\n")
    append(dir .. "/runtime/base/buf.c", "/* of proc */\nextern int\nproc_start(const char *name);\n")
  end)
  t.has(err, "runtime/base/buf.c:3: declares proc_start, which is another folder's; include its header")
  t.eq(select(2, err:gsub("\n", "")), 0, "and that alone: " .. err)
  t.has(with(function(dir)
    t.write_file(dir .. "/runtime/base/one.h", '#include "base/two.h"\n')
    t.write_file(dir .. "/runtime/base/two.h", '#include "base/one.h"\n')
  end), "a cycle of includes: runtime/base/one.h runtime/base/two.h")
end)

t.test("files and functions that grew too long", function()
  t.has(with(function(dir) append(dir .. "/stdlib/base/glob.lua", ("-- more\n"):rep(400)) end), "it splits at its second noun, before 400")
  t.has(with(function(dir) append(dir .. "/runtime/base/buf.c", ("/* more */\n"):rep(600)) end), "it splits at its second noun, before 600")
  t.has(with(function(dir)
    append(dir .. "/stdlib/base/glob.lua", "local function long()\n" .. ("  -- more\n"):rep(60) .. "end\n")
  end), "a function of 62 lines; at most 60")
  t.has(with(function(dir)
    append(dir .. "/runtime/base/buf.c", "static void buf_long(void)\n{\n" .. ("    ;\n"):rep(61) .. "}\n")
  end), "a function of 62 lines; at most 60")
end)

t.test("a macro, and what is no part of the program", function()
  t.has(with(function(dir)
    append(dir .. "/runtime/base/buf.h", "#define BUF_ALL(b) \\\n" .. ("    f(b); \\\n"):rep(69) .. "    g(b)\n")
  end), "runtime/base/buf.h:2: a macro of 71 lines; at most 60")
  for _, path in ipairs { "docs/generate.lua", "runbooks/rollout.lua", "runbooks/lib/devnet.lua" } do
    local err = with(function(dir)
      write(dir .. "/" .. path, { "local function long()", ("  print()\n"):rep(100), "end", ("-- more\n"):rep(400) })
    end)
    t.has(err, path .. ":1: a function of 103 lines; at most 60")
    t.has(err, path .. ": 504 lines; it splits at its second noun, before 400")
  end
end)

t.test("a test may be no longer than what it tests", function()
  local err = with(function(dir)
    append(dir .. "/tests/harness.lua", "\nlocal function long()\n" .. ("  print()\n"):rep(100) .. "end\n")
    append(dir .. "/tests/proc_test.c", ("\n"):rep(600))
  end)
  t.has(err, "a function of 102 lines; at most 60")
  t.has(err, "tests/harness.lua: 4")
  t.ok(err:find "tests/proc_test%.c: %d+ lines; it splits", err)
end)

t.test("a test lies in the folder of what it tests", function()
  local err = with(function(dir)
    write(dir .. "/tests/stdlib/helm/cli_test.lua", { "-- by its name" })
    write(dir .. "/tests/stdlib/k8s/listing_test.lua", { 'local client = require "almanac.k8s.client"' })
    write(dir .. "/tests/stdlib/helm/client_test.lua", { 'local client = require "almanac.k8s.client"' })
    write(dir .. "/tests/stdlib/cli_test.lua", { 'local cli = require "almanac.helm.cli"' })
    write(dir .. "/tests/runtime/base/buf_test.c", { "int x;" })
    write(dir .. "/tests/runtime/attic/buf_test.c", { "int x;" })
  end)
  t.has(err, "tests/stdlib/helm/client_test.lua: no module of stdlib/helm has its name")
  t.has(err, "tests/stdlib/cli_test.lua: ")
  t.has(err, "tests/runtime/attic/buf_test.c: there is no folder runtime/attic")
  t.eq(select(2, err:gsub("\n", "")), 2, "and these alone: " .. err)
end)
