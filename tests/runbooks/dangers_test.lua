-- What may stand in the way of a rollout of the devnet: an owner that would take it back, a freeze, and another rollout that is
-- paused. (The dangers of a rollback are in ways_back_test.lua, those of a release in release_test.lua and preflight_test.lua.)
local devnet = require "tests.devnet"
local http = require "native.http"
local json = require "native.json"
local t = require "tests.harness"

local function words(command, ...)
  return { command, "rollout", "tag=" .. devnet.new, "observe=1s", ... }
end

--- Argo CD takes the miner into its application.
local function own(world)
  local answer = http.request { url = world.api .. "/apis/apps/v1/namespaces/animica-devnet/deployments/animica-miner", method = "PATCH",
    headers = { ["Content-Type"] = "application/merge-patch+json" }, who = "dangers_test",
    body = json.encode { metadata = { annotations = {
      ["argocd.argoproj.io/tracking-id"] = "devnet:apps/Deployment:animica-devnet/animica-miner" } } } }
  t.eq(answer.status, 200, answer.body)
end

t.test("a release that Argo CD keeps: the plan warns of what would be taken back", function()
  local world = devnet.start {}
  own(world)
  t.has(world:almanac(2, words "plan"), "deployment/animica-miner: kept by Argo CD application devnet, which would take this back")
end)

t.test("in a freeze nothing is begun, and a reason that is given is kept; the way back is open", function()
  local world = devnet.start {}
  world:configure { freezes = { { from = "2001-01-01", to = "2999-12-30", zone = "UTC", reason = "year end" } } }
  local _, err = world:almanac(2, words "run")
  t.has(err, "environment test is frozen: year end")
  t.eq(#world:history(), 1, "nothing was done")
  local p = world:spawn(words("run", "--override-freeze", "CVE-2026-1", "--no-ask"))
  p:wait_line "upgrade the release"
  p:kill "INT"
  t.eq(p:wait(), 130, p:text())
  t.has(world:almanac(0, { "log" }), "CVE-2026-1")
  world:almanac(0, { "rollback", world:last_run() })
  t.eq(world:node_tag(), devnet.old)
end)

t.test("a second rollout while the first is paused is refused, with who holds the release and where", function()
  local world = devnet.start { sim = { "--fault", "head-stall" } } -- the smoke check waits for a block that does not come
  local first = world:spawn(words("run", "--no-ask"))
  first:wait_line "▶ smoke check"
  first:kill "INT"
  t.eq(first:wait(60), 130)
  local id = world:last_run()
  local _, err = world:almanac(2, words "run")
  t.has(err, "run " .. id .. ' holds the lock "release/animica-devnet": paused at "smoke check", by ')
  t.has(err, "almanac resume " .. id)
  t.eq({ world:last_run(), #world:history() }, { id, 2 }, "nothing was begun")
  world:almanac(0, { "abandon", id, "--reason", "the newer one goes first" })
end)
