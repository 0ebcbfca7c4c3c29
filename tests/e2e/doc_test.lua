--- almanac doc and almanac meta: what a runbook can call, for people and for editors.
local fs = require "native.fs"
local json = require "native.json"
local process = require "native.process"
local t = require "tests.harness"

local function doc(...)
  return t.run { process.exe(), "doc", ... }
end

t.test("two names are one too many", function()
  local code, _, err = doc("http", "k8s")
  t.eq(code, 2)
  t.has(err, "one name at a time")
  _, _, err = doc "plan"
  t.has(err, "it is a command: almanac plan --help")
  t.lacks(err, "did you mean")
end)

t.test("doc lists every name that a script sees, with a sentence each", function()
  local code, out = doc()
  t.eq(code, 0)
  for _, name in ipairs(require("almanac.script.public").names()) do
    t.ok(("\n" .. out):find("\n  " .. name .. " +%u"), name .. " is listed")
  end
end)

t.test("doc NAME: a module's functions, a function's arguments, declared fields, errors and example", function()
  t.golden("doc/json.txt", select(2, doc "json"))
  t.golden("doc/sleep.txt", select(2, doc "sleep"))
  t.golden("doc/git.tag.txt", select(2, doc "git.tag"))
end)

t.test("doc knows every name of the reference", function()
  for name in pairs(require("almanac.script.manual.manual").names()) do
    local page = require("almanac.script.manual.manual").find(name)
    t.ok(page, name)
  end
end)

t.test("doc of a name that there is not says which was probably meant", function()
  local code, out, err = doc "k8s.aply"
  t.eq(code, 2)
  t.eq(out, "")
  t.has(err, 'runbooks see no "k8s.aply"; did you mean k8s.apply?')
  t.has(err, "almanac doc lists what they see")
  t.has(select(3, doc "io"), 'runbooks see no "io"')
end)

t.test("doc of a method shows the function that gives it", function()
  for _, name in ipairs { "world.run", "world:pass", "run.approve", "run.resume" } do
    local code, out, err = doc(name)
    t.eq(code, 0, err)
    t.has(err, name .. " is a method of what world gives:")
    t.has(out, "world(spec?)\n")
  end
  t.eq((doc "run.fly"), 2)
end)

local function meta(dir, ...)
  return t.run({ process.exe(), "meta", ... }, { cwd = dir })
end

t.test("meta writes the stubs of what scripts see, and a .luarc.json that names them", function()
  local dir = t.tmpdir()
  t.eq(meta(dir, "editor/stubs/"), 0)
  t.eq(t.read_file(dir .. "/editor/stubs/k8s.lua"), t.read_file "stdlib/meta/k8s.lua")
  t.ok(not fs.exists(dir .. "/editor/stubs/native"), "those of native.* are for developers")
  local settings = json.decode(t.read_file(dir .. "/.luarc.json"))
  t.eq(settings["workspace.library"], { "editor/stubs" })
  t.eq(settings["runtime.builtin"].io, "disable")
end)

t.test("meta --native adds those of native.*, and leaves a .luarc.json as it is", function()
  local dir = t.tmpdir()
  t.write_file(dir .. "/.luarc.json", "{}")
  local code, out = meta(dir, "stubs", "--native")
  t.eq(code, 0)
  t.has(out, '.luarc.json is yours: add "stubs" to its "workspace.library"')
  t.eq(t.read_file(dir .. "/.luarc.json"), "{}")
  t.eq(t.read_file(dir .. "/stubs/native/task.lua"), t.read_file "stdlib/meta/native/task.lua")
  t.eq(meta(dir, "stubs", "--native"), 0, "ours are written anew")
end)

t.test("meta replaces no file of somebody else's, and then writes nothing", function()
  local dir = t.tmpdir()
  fs.mkdir(dir .. "/src")
  t.write_file(dir .. "/src/sh.lua", "return {}\n")
  local code, _, err = meta(dir, "src")
  t.eq(code, 2)
  t.has(err, "src/sh.lua is there, and is no stub of ours")
  t.eq(fs.list(dir .. "/src/*"), { dir .. "/src/sh.lua" })
  t.ok(not fs.exists(dir .. "/.luarc.json"), "nothing was written")
  t.eq(meta(dir), 2)
end)

t.test("the last part of a name is enough where it is the name of one", function()
  local _, whole = doc "param.secret"
  local code, out = doc "secret"
  t.eq({ code, out }, { 0, whole })
  local err
  code, _, err = doc "apply"
  t.eq(code, 2)
  t.has(err, "almanac doc k8s.apply")
  t.has(err, "almanac doc kustomize.apply")
end)
