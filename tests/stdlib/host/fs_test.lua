--- fs: reads, and writes that are whole or not at all.
local t = require "tests.harness"
local fs = require "almanac.host.fs"
local native = require "native.fs"
local execute = require "almanac.run.mode.execute"
local runs = require "almanac.journal.run"
local step = require "almanac.run.step"
local definitions = require "almanac.run.definitions"

local function tmpdir()
  local dir = native.tmpdir "fs_test"
  t.defer(function() native.remove_tree(dir) end)
  return dir
end

local function in_step(fn, run)
  run = run or runs.unrecorded({ runbook = "test" }, execute)
  run.seen = {}
  local result = step.within(run, function() return step.run("s", {}, fn) end)
  return result, run
end

t.test("native: write, read, stat, list, remove", function()
  local dir = tmpdir()
  native.mkdir(dir .. "/a/b")
  native.write(dir .. "/a/b/one.txt", "text\0with zero")
  t.eq(native.read(dir .. "/a/b/one.txt"), "text\0with zero")
  t.eq(native.stat(dir .. "/a/b/one.txt").size, 14)
  t.eq(native.stat(dir .. "/a").type, "directory")
  t.eq(native.stat(dir .. "/nothing"), nil)
  t.eq(native.list(dir .. "/a/b/*.txt"), { dir .. "/a/b/one.txt" })
  t.eq(native.list(dir .. "/*.none"), {})
  t.eq(native.digest(dir .. "/nothing"), nil)
  t.eq(native.remove(dir .. "/a/b/one.txt"), true)
  t.eq(native.remove(dir .. "/a/b/one.txt"), false)
  t.raises("io", native.remove, dir .. "/a")
end)

t.test("native: an existing file keeps its mode, a link is written through", function()
  local dir = tmpdir()
  native.write(dir .. "/secret", "old", { mode = 384 })
  native.write(dir .. "/secret", "new", { mode = 420 })
  t.eq(native.stat(dir .. "/secret").mode, 384)
  require("native.sh").exec { argv = { "ln", "-s", "secret", dir .. "/link" } }
  native.write(dir .. "/link", "through")
  t.eq(native.read(dir .. "/secret"), "through")
  t.eq(#native.list(dir .. "/*"), 2)
end)

t.test("native: failures name the path", function()
  local dir = tmpdir()
  t.has(t.raises("not_found", native.read, dir .. "/nothing").message, dir .. "/nothing")
  t.has(t.raises("io", native.read, dir).message, "is a directory")
  native.write(dir .. "/big", ("x"):rep(100))
  t.has(t.raises("limit", native.read, dir .. "/big", { max_bytes = 99 }).message, "99 bytes")
  t.raises("not_found", native.write, dir .. "/no/such/dir", "x")
  t.raises("usage", native.read, "a\0b")
end)

t.test("reads need a step", function()
  local run = runs.unrecorded({ runbook = "test" }, execute)
  t.raises("outside_step", step.within, run, function() return fs.read "/etc/hostname" end)
end)

t.test("write says whether it changed anything", function()
  local path = tmpdir() .. "/file"
  t.eq(in_step(function() return fs.write(path, "a").changed end), true)
  t.eq(in_step(function() return fs.write(path, "a").changed end), false)
  t.eq(native.read(path), "a")
end)

t.test("cut short after the write: found done by its content", function()
  local path = tmpdir() .. "/file"
  local _, run = in_step(function() return fs.write(path, "a") end)
  run.effects["s#0"].outcome = nil
  local recovered
  run:observe(function(event) if event.kind == "effect.recovered" then recovered = event.data.state end end)
  in_step(function() return fs.write(path, "a") end, run)
  t.eq(recovered, "done")
end)

t.test("undo puts the old content back, or removes what was made", function()
  local dir = tmpdir()
  native.write(dir .. "/old", "before")
  local _, run = in_step(function()
    fs.write(dir .. "/old", "after")
    fs.write(dir .. "/new", "after")
  end)
  in_step(function()
    for _, key in ipairs { "s#0", "s#1" } do
      local known = run.effects[key]
      definitions.find("fs.write").undo(known.intent.input, known.outcome.result, { undo_to = known.intent.before })
    end
  end)
  t.eq(native.read(dir .. "/old"), "before")
  t.eq(native.exists(dir .. "/new"), false)
end)

t.test("undo leaves what somebody else has changed since", function()
  local dir = tmpdir()
  for _, name in ipairs { "changed", "removed", "kept", "anew" } do native.write(dir .. "/" .. name, "before") end
  t.must { "mkdir", dir .. "/elsewhere", dir .. "/here" }
  native.write(dir .. "/elsewhere/x", "precious")
  local _, run = in_step(function()
    for _, name in ipairs { "changed", "new", "removed", "kept", "here/x" } do fs.write(dir .. "/" .. name, "after") end
    fs.remove(dir .. "/anew")
  end)
  native.write(dir .. "/changed", "hours of work")
  native.write(dir .. "/new", "hours of work")
  native.write(dir .. "/anew", "hours of work")
  native.remove(dir .. "/removed")
  native.write(dir .. "/kept", "before") -- somebody has put it back already
  t.must({ "sh", "-c", "rm -r here; ln -s elsewhere here" }, { cwd = dir })
  local function take_back(ordinal, name)
    local known = run.effects["s#" .. ordinal]
    return definitions.find(name or "fs.write").undo(known.intent.input, known.outcome.result, { undo_to = known.intent.before })
  end
  in_step(function()
    for ordinal, said in pairs { [0] = "has changed it after the run wrote it", [1] = "has changed it after the run wrote it",
      [2] = "has removed it after the run wrote it", [4] = "has changed it after the run wrote it" } do
      local err = t.raises("refused", take_back, ordinal)
      t.has(err.message, said)
      t.has(err.hint, "--skip")
    end
    t.has(t.raises("refused", take_back, 5, "fs.remove").message, "has made it anew after the run removed it")
    take_back(3)
  end)
  t.eq(native.read(dir .. "/changed") .. native.read(dir .. "/new") .. native.read(dir .. "/anew"), ("hours of work"):rep(3))
  t.eq(native.read(dir .. "/elsewhere/x") .. native.read(dir .. "/kept"), "preciousbefore")
end)

t.test("native: what is no file is written to, and stays what it is", function()
  local dir = tmpdir()
  t.must { "mkfifo", dir .. "/pipe" }
  local reader = t.spawn { "cat", dir .. "/pipe" }
  native.write(dir .. "/pipe", "through")
  local _, out = reader:wait()
  t.eq(out, "through")
  t.must { "test", "-p", dir .. "/pipe" }
  t.has(t.raises("io", function() native.write("/dev/full", "x") end).message, "No space left")
  t.must { "test", "-c", "/dev/full" }
end)
