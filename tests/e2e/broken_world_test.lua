-- What is broken around a run is said clearly, with the exit code as designed, and nothing is lost.
local devnet = require "tests.devnet"
local t = require "tests.harness"

local function rollout(world, code)
  local _, err = world:almanac(code, { "run", "rollout", "tag=" .. devnet.new, "observe=1s" })
  return err
end

t.test("the API server is dead", function()
  local world = devnet.start {}
  world.sim:kill "TERM"
  world.sim:wait()
  t.has(rollout(world, 1), "refused")
end)

t.test("helm is not installed: what reads goes on, the upgrade says so and nothing is changed", function()
  local world = devnet.start {}
  world:configure { helm = "/nowhere/helm" }
  t.has(rollout(world, 1), "/nowhere/helm")
  t.eq(#world:history(), 1)
end)

t.test("the chart is missing", function()
  local world = devnet.start {}
  t.must({ "rm", "-r", "ops/helm" }, { cwd = world.dir })
  t.has(rollout(world, 1), "ops/helm/animica-devnet")
  t.eq(#world:history(), 1)
end)

t.test("the token is not accepted", function()
  local world = devnet.start { install = false, sim = { "--token", "right" } }
  local kubeconfig = t.read_file(world.dir .. "/kubeconfig")
  t.write_file(world.dir .. "/kubeconfig", (kubeconfig:gsub("right", "expired")))
  t.has(rollout(world, 1):lower(), "unauthorized")
end)

t.test("the certificate is refused", function()
  local world = devnet.start { install = false, sim = { "--tls", "tls" } }
  local kubeconfig = t.read_file(world.dir .. "/kubeconfig")
  t.write_file(world.dir .. "/kubeconfig", (kubeconfig:gsub('"certificate%-authority[%w-]*":"[^"]*",?', "")))
  t.has(rollout(world, 1), "certificate")
end)

t.test("the journal's place cannot be written", function()
  local world = devnet.start {}
  t.write_file(world.dir .. "/.almanac", "a file where the directory should be")
  local p = world:spawn { "run", "rollout", "tag=" .. devnet.new, "observe=1s" }
  local code, _, err = p:wait()
  t.eq(code, 2, err)
  t.has(err, ".almanac")
  t.eq(#world:history(), 1, "nothing was touched")
end)

t.test("the journal is corrupt", function()
  local world = devnet.start {}
  t.must { "mkdir", "-p", world.dir .. "/.almanac" }
  for _, name in ipairs { "journal.db", "journal.sqlite", "almanac.db" } do
    t.write_file(world.dir .. "/.almanac/" .. name, ("this is no database\n"):rep(500))
  end
  local code, _, err = world:spawn({ "run", "rollout", "tag=" .. devnet.new, "observe=1s" }):wait()
  t.eq(code, 2, err)
  t.has(err, "journal")
  t.eq(#world:history(), 1, "nothing was touched")
end)

t.test("the disk of the journal is full", function()
  local world = devnet.start {}
  t.must { "mkdir", "-p", world.dir .. "/.almanac" }
  local script = "mount -t tmpfs -o size=32k,mode=0700 none .almanac && exec " .. devnet.almanac ..
    " run rollout tag=" .. devnet.new .. " observe=1s"
  local code, _, err = t.run({ "unshare", "-rm", "sh", "-c", script }, { cwd = world.dir, env = world.env })
  if err:find "unshare" then return end -- this machine lets nobody mount
  t.eq(code, 2, err)
  t.has(err:lower(), "full")
  t.eq(#world:history(), 1, "nothing was touched")
end)
