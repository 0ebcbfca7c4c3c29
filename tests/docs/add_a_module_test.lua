-- The how-to of a new module, word for word: one file beside the standard library, and everything knows it.
local pages = require "tests.docs.pages"
local t = require "tests.harness"

t.test("a module is one file: sandbox, check, reference, stubs and luacheck know it", function()
  local dir = t.tmpdir()
  t.must { "cp", "-r", "stdlib", dir .. "/stdlib" }
  t.must { "mkdir", dir .. "/docs" }
  t.must { "cp", "docs/generate.lua", "docs/natives.lua", "docs/native_types.lua", dir .. "/docs" }
  t.must { "mkdir", dir .. "/runtime" }
  t.must { "cp", "-r", "runtime/native", "runtime/engine", dir .. "/runtime" }
  pages.check("docs/how-to/add-a-module.md", { dir = dir })
  t.has(t.read_file(dir .. "/out/stdlib/meta/dns.lua"), "---@class dns.lookup.options\n---@field timeout? string|number  for the answer")
  t.has(t.read_file(dir .. "/out/docs/reference/modules/dns.md"), "## dns.lookup(name, options?)")
end)

t.test("a function that says nothing of itself fails make check's generator", function()
  local dir = t.tmpdir()
  t.must { "cp", "-r", "stdlib", dir .. "/stdlib" }
  t.write_file(dir .. "/stdlib/public/dns.lua", "--- dns: names.\nlocal M = {}\n\nfunction M.lookup() end\n\nreturn M\n")
  local code, _, err = t.run { require("native.process").exe(), "--stdlib", dir .. "/stdlib", "lua", "docs/generate.lua", dir .. "/out" }
  t.eq(code, 1)
  t.has(err, "stdlib/public/dns.lua:4: dns.lookup has no summary")
  t.has(err, "dns.lookup does not say what it raises")
  t.has(err, "dns.lookup has no example")
end)

--- The lines that the generator writes about files of a copy of the sources, which `edit` changes.
local function faults(edit)
  local dir = t.tmpdir()
  t.must { "mkdir", dir .. "/runtime" }
  t.must { "cp", "-r", "docs", "stdlib", dir }
  t.must { "cp", "-r", "runtime/native", "runtime/engine", dir .. "/runtime" }
  edit(function(path, change)
    t.write_file(dir .. "/" .. path, change(t.read_file(dir .. "/" .. path)))
  end, dir)
  local code, _, err = t.run({ require("native.process").exe(), "--stdlib", dir .. "/stdlib", "lua", "docs/generate.lua", "out" },
    { cwd = dir })
  t.eq(code, 1, err)
  for line in err:gmatch "[^\n]+" do t.ok(line:find "^[%w_/.]+:%d+: ", "not a line about a file: " .. line) end
  return err
end

local function without_types(text)
  return (text:gsub("\n%-%-%-@%a+[^\n]*", ""))
end

t.test("types are asked for: no @param, none of that name, no @return, no unit", function()
  local said = faults(function(edit, dir)
    edit("stdlib/public/fs.lua", without_types)
    edit("stdlib/public/sh.lua", function(text) return (text:gsub("@param argv", "@param words")) end)
    edit("stdlib/public/k8s.lua", function(text) -- found when it is first called
      return (text:gsub("%-%-%-@param replicas[^\n]*\n", ""):gsub("elapsed in seconds", ""))
    end)
    t.write_file(dir .. "/stdlib/public/zz.lua", table.concat({
      "local fields = require \"almanac.base.fields\"", "local M = {}",
      "local SAY = fields.declare(\"zz.say\", { timeout = { \"number\" } })", "",
      "--- Says it.", "---", "--- Raises: nothing.", "---", "--- ```lua", "--- zz.say()", "--- ```",
      "function M.say(x) return fields.check(SAY, x) end", "", "return M", "",
    }, "\n"))
  end)
  for _, line in ipairs {
    "stdlib/public/fs.lua:13: fs.digest takes path, of which no @param tells",
    "fs.digest returns something, of which no @return tells", "fs.read takes options, of which no @param tells",
    "sh.quote takes argv, and its @param tells of words", "k8s.rollout: nothing says in which unit elapsed is",
    "k8s.scale takes opts, of which no @param tells",
    "zz.say takes x, of which no @param tells", "zz.say returns something, of which no @return tells",
    "stdlib/public/zz.lua:1: zz does not say what it is, at its top", "zz.say: its field timeout has no help",
    "zz.say: its field timeout has no unit",
  } do t.has(said, line) end
end)

t.test("types are asked for of functions in C", function()
  local said = faults(function(edit)
    edit("runtime/native/digest.c", function(text)
      return (text:gsub("///@param text[^\n]*\n///@return[^\n]*\n", ""):gsub("@param bytes", "@param size", 1))
    end)
    edit("runtime/native/sh.c", function(text) return (text:gsub("@param search%?", "@param search")) end)
    edit("runtime/native/k8s.c", function(text) return (text:gsub("elapsed in seconds", "")) end)
  end)
  for _, line in ipairs {
    "sha256 (l_sha256) takes an argument 1, of which no @param tells", "sha256 (l_sha256) returns something, of which no @return tells",
    "random_hex (l_random_hex) puts its argument 1 in bytes, and its @param tells of size",
    "which (sh_which) can do without search, and its @param does not say so: search?",
    "request (client_request): nothing says in which unit elapsed is",
  } do t.has(said, line) end
end)

t.test("a native function without a summary fails it, too, and an annotated one is in page and stub", function()
  local dir = t.tmpdir()
  t.must { "mkdir", dir .. "/runtime" }
  t.must { "cp", "-r", "docs", "stdlib", dir }
  t.must { "cp", "-r", "runtime/native", "runtime/engine", dir .. "/runtime" }
  local path = dir .. "/runtime/native/digest.c"
  t.write_file(path, (t.read_file(path):gsub('{"sha256", l_sha256}', '{"sha256", l_sha256}, {"md5", l_md5}', 1)))
  local code, _, err = t.run({ require("native.process").exe(), "lua", "docs/generate.lua", "out" }, { cwd = dir })
  t.eq(code, 1)
  t.has(err, "digest.c:")
  t.has(err, "md5 (l_md5) has no summary above it")
  t.has(t.read_file(dir .. "/out/stdlib/meta/native/task.lua"), "function Handle:join() end")
  t.has(t.read_file(dir .. "/out/docs/reference/native.md"), "### digest.sha256(text)")
end)
