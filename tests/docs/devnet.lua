--- The directory of a page about the devnet: like its repository, with a simulated cluster, the real helm and a Prometheus
--- that remembers half an hour.
local devnet = require "tests.devnet"
local pages = require "tests.docs.pages"
local t = require "tests.harness"

local M = {}

---@param opts? tests.WorldOptions
---@return tests.World
function M.start(opts)
  local all = { prometheus = true, history = 1800, install = true }
  for name, value in pairs(opts or {}) do all[name] = value end
  return devnet.start(all)
end

local function directory(world)
  local dir = t.tmpdir()
  t.must { "cp", "-r", world.dir .. "/ops", dir .. "/ops" }
  t.must { "cp", world.dir .. "/almanac.yaml", dir .. "/almanac.yaml" }
  return dir
end

--- Checks a page in a directory of its own.
---@param world tests.World
---@param path string
---@param given? { [1]: string, [2]: string }[]  more that the page says, and what stands for it
function M.check(world, path, given)
  local env = { HOME = world.dir }
  for name, value in pairs(world.env) do env[name] = value end
  given = table.move(given or {}, 1, #(given or {}), 2, { { "http://127.0.0.1:9090", world.prometheus } })
  pages.check(path, { dir = directory(world), env = env, given = given })
end

return M
