-- One fuzz target as a test: its corpus, and in the sanitized suite a minute of libFuzzer, where clang built it.
local fs = require "native.fs"
local t = require "tests.harness"

return function(name)
  local build = t.getenv "ALMANAC_BUILD" or "build"
  t.test("the corpus of " .. name .. " is read without a fault", function()
    local code, out, err = t.run({ build .. "/replay/" .. name, "tests/fuzz/corpus/" .. name }, { timeout = 120 })
    t.eq(code, 0, err)
    t.has(out, " inputs")
  end)
  if not build:find "asan" then return end
  t.test("a minute of libFuzzer finds no fault in " .. name, function()
    if not fs.exists("build/fuzz/target/" .. name) then
      print "skipped: there is no clang"
      return
    end
    local code, out = t.run({ "sh", "tests/fuzz/run.sh", "build/fuzz", name }, { timeout = 300 })
    t.eq(code, 0, out)
  end)
end
