--- The house: which folder may know which, in stdlib/ and in runtime/, where tests lie, and how long a file and a function
--- may be, in tests/, docs/ and runbooks/ too. Run by make check: almanac lua tests/check/house.lua; exit 1 and a line for
--- each violation.
local includes = require "tests.check.house.includes"
local lengths = require "tests.check.house.lengths"
local mirror = require "tests.check.house.mirror"
local modules = require "tests.check.house.modules"
local terminal = require "native.terminal"
local violations = require "tests.check.house.violations"

local count, edges, folders, cycles = modules.check()
local files, c_edges, c_folders, c_cycles = includes.check()
mirror.check()
local tests = lengths.check_lua_below "tests" + lengths.check_c_below "tests"
lengths.check_lua_below "docs"
lengths.check_lua_below "runbooks"
terminal.write(1, string.format(
  "stdlib: %d modules, %d edges, %d folders; runtime: %d files, %d edges, %d folders; tests: %d files; "
    .. "%d violations, %d cycles\n",
  count, edges, folders, files, c_edges, c_folders, tests, violations.count, cycles + c_cycles))
return violations.count == 0 and 0 or 1
