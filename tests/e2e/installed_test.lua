-- make install, make uninstall and make deb: what is put where, that it works there, and that nothing stays behind.
local fs = require "native.fs"
local process = require "native.process"
local t = require "tests.harness"

local build = process.exe():match "^(.*)/[^/]+$"
local root = build:match "^(.*)/build$" -- the sanitized build is no package: its program needs the sanitizers' libraries

local function make(words)
  -- The program that runs the tests is never made anew under them.
  return t.must({ "make", "-s", "-o", "build/almanac", "B=build", "COMMIT=" .. process.commit, table.unpack(words) },
    { cwd = root, env = { MAKEFLAGS = false } })
end

local function files_below(dir)
  local found = {}
  for path in t.must({ "find", dir, "-not", "-type", "d", "-printf", "%P\n" }):gmatch "[^\n]+" do found[path] = true end
  return found
end

if not root then
  t.test("the sanitized build is not installed", function() t.has(build, "/build/asan") end)
  return
end

t.test("make install puts the program, manual pages, completion and documents below PREFIX; uninstall takes just these", function()
  local dir = t.tmpdir()
  make { "install", "PREFIX=" .. dir }
  local found = files_below(dir)
  for _, path in ipairs {
    "bin/almanac", "share/man/man1/almanac.1", "share/man/man1/almanac-run.1", "share/bash-completion/completions/almanac",
    "share/fish/vendor_completions.d/almanac.fish", "share/zsh/site-functions/_almanac", "share/doc/almanac/LICENSE",
    "share/doc/almanac/docs/tutorial/first-rollout.md", "share/doc/almanac/examples/runbooks/lib/devnet.lua",
  } do
    t.ok(found[path], path)
  end
  t.has(t.must { dir .. "/bin/almanac", "list" }, "rollout")
  t.write_file(dir .. "/share/doc/somebody-elses", "x")
  make { "uninstall", "PREFIX=" .. dir }
  t.eq(files_below(dir), { ["share/doc/somebody-elses"] = true })
  t.eq(fs.exists(dir .. "/share/doc/almanac"), false)
end)

t.test("what the installed pages link to is there", function()
  local dir = t.tmpdir()
  make { "install", "PREFIX=" .. dir }
  local doc, dead = dir .. "/share/doc/almanac/", {}
  for path in pairs(files_below(doc)) do
    local folder = path:match "^(.*/)[^/]*$" or ""
    for link in (path:find "%.md$" and t.read_file(doc .. path) or ""):gmatch "%]%(([^)#: ]+)[)#]" do
      if not fs.exists(doc .. folder .. link) then dead[#dead + 1] = path .. ": " .. link end
    end
  end
  t.eq(dead, {})
end)

t.test("the manual pages are what man reads, and say what --help says", function()
  local dir = t.tmpdir()
  make { "install", "PREFIX=" .. dir }
  local pages = fs.list(dir .. "/share/man/man1/*.1")
  t.ok(#pages > 20, #pages)
  local warned = t.must { "mandoc", "-Tlint", "-Wwarning", table.unpack(pages) }
  t.eq(warned, "")
  local text = t.must { "mandoc", "-Tutf8", "-Owidth=200", dir .. "/share/man/man1/almanac-run.1" }:gsub(utf8.charpattern .. "\b", "")
  t.has(text, "almanac run RUNBOOK [key=value…] [options]")
  t.has(text, "run what was planned, and stop before anything else")
end)

t.test("make deb makes a package that lintian has nothing to say about, and that is installed and removed", function()
  local package = root .. "/" .. make { "deb" }:match "[^\n]+%.deb"
  t.must { "lintian", "--fail-on", "error,warning", package }
  local dir = t.tmpdir()
  local admin = dir .. "/var/lib/dpkg"
  for _, each in ipairs { "/info", "/updates", "/triggers" } do fs.mkdir(admin .. each) end
  t.write_file(admin .. "/status", "")
  local function dpkg(...)
    return t.must({ "dpkg", "--root=" .. dir, "--force-not-root,depends,bad-path", "--log=/dev/null", ... })
  end
  dpkg("-i", package)
  t.ok(fs.exists(dir .. "/usr/share/man/man1/almanac.1.gz"))
  local version = t.must { dir .. "/usr/bin/almanac", "version" }
  t.eq(version, t.must { process.exe(), "version" })
  dpkg("-r", "almanac")
  t.eq(fs.exists(dir .. "/usr/bin/almanac"), false)
  t.eq(fs.exists(dir .. "/usr/share/doc/almanac"), false)
end)
