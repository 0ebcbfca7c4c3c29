--- task.forbid_effects: a process that only looks, whatever its Lua code does.
local process = require "native.process"
local t = require "tests.harness"

local script = [[
local path = ...
local fs, http, sh, task = require "native.fs", require "native.http", require "native.sh", require "native.task"
local terminal = require "native.terminal"
local function try(fn, ...)
  local ok, err = pcall(fn, ...)
  terminal.write(1, (ok and "done" or err.kind .. ": " .. err.message) .. "\n")
end
local before = task.spawn(function()
  task.sleep(0)
  try(fs.write, path, "later")
end)
try(fs.write, path, "text")
task.forbid_effects()
try(fs.write, path, "other")
task.permit "effect"
try(fs.write, path, "other")
try(task.with, { permit = "effect" }, sh.exec, { argv = { "touch", path .. "2" } })
try(http.request, { url = "http://127.0.0.1:1/", method = "POST" })
try(task.require_permit, "effect", "helm.upgrade")
before:join()
terminal.write(1, fs.read(path) .. "\n")
terminal.write(1, sh.exec({ argv = { "echo", "looked" }, read = true }).stdout)
]]

t.test("once forbidden there is no effect any more, and reads go on", function()
  local dir = t.tmpdir()
  t.write_file(dir .. "/looks.lua", script)
  t.eq(t.must { process.exe(), "lua", dir .. "/looks.lua", dir .. "/file" }, table.concat({
    "done",
    "refused: fs.write would change something, and this process only looks",
    "refused: fs.write would change something, and this process only looks",
    "refused: sh.exec would change something, and this process only looks",
    "refused: http.request would change something, and this process only looks",
    "refused: helm.upgrade would change something, and this process only looks",
    "refused: fs.write would change something, and this process only looks",
    "text",
    "looked",
  }, "\n"))
end)
