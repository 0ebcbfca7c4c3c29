-- The tutorial, word for word: in a clone, with ports of its own.
local pages = require "tests.docs.pages"
local ports = require "tests.docs.ports"
local process = require "native.process"
local t = require "tests.harness"

if not pages.wanted() then return end

t.test("docs/tutorial/first-rollout.md tells what happens", function()
  local clone, devnet = t.tmpdir(), t.tmpdir()
  for _, name in ipairs { "build", ".deps" } do t.must { "ln", "-s", process.cwd() .. "/" .. name, clone .. "/" .. name } end
  t.must { "mkdir", "-p", clone .. "/tests/fixtures" }
  t.must { "cp", "-r", "tests/fixtures/devnet", clone .. "/tests/fixtures/devnet" }
  local given = ports.free { "8545", "3100", "9090" }
  local settings = clone .. "/tests/fixtures/devnet/almanac.yaml"
  for _, one in ipairs(given) do t.write_file(settings, (t.read_file(settings):gsub(":" .. one[1], ":" .. one[2]))) end
  given[#given + 1] = { "/tmp/devnet", devnet .. "/devnet" }
  pages.check("docs/tutorial/first-rollout.md", { dir = clone, given = given })
end)
