-- The how-to of a new module, word for word: one file beside the standard library, and everything knows it.
local pages = require "tests.docs.pages"
local t = require "tests.harness"

t.test("a module is one file: sandbox, check, reference, stubs and luacheck know it", function()
  local dir = t.tmpdir()
  t.must { "cp", "-r", "stdlib", dir .. "/stdlib" }
  t.must { "mkdir", dir .. "/docs" }
  t.must { "cp", "docs/generate.lua", "docs/natives.lua", dir .. "/docs" }
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
