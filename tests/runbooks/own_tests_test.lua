-- The tests of the devnet's runbooks pass, but for those of its traps, which take as long as all others (traps_test.lua).
local fs = require "native.fs"
local own_tests = require "tests.own_tests"

for _, path in ipairs(fs.list "runbooks/tests/*_test.lua") do
  local name = path:match "([^/]+)_test%.lua$"
  if name ~= "traps" then own_tests.run(name) end
end
