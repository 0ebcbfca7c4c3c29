-- The traps that a real cluster sets are got past: runbooks/tests/traps_test.lua.
require("tests.own_tests").run "traps"
