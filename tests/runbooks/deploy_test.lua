-- runbooks/deploy.lua: the procedure as one run on a real repository, registry and Prometheus, the simulated cluster, and
-- fakes of GitHub and the channel; killed again and again, and gone on with, and every part a run of its own.
local devnet_release = require "tests.devnet_release"
local killed = require "tests.killed"
local json = require "native.json"
local t = require "tests.harness"

local DEPLOY = { "run", "deploy", "version=v0.6.0", "change_owner=ada", "strategy=surge", "between=1s", "observe=2s",
  "verify_window=5s", "--plain" }

--- How often an effect took place in a run.
local function outcomes(world, run)
  local counts = {}
  for line in world:almanac(0, { "log", run, "--json" }):gmatch "[^\n]+" do
    local event = json.decode(line)
    if event.kind == "effect.outcome" then
      local op = (event.data or event).op
      counts[op] = (counts[op] or 0) + 1
    end
  end
  return counts
end

--- How often each line is there.
local function counted(text)
  local counts = {}
  for line in text:gmatch "[^\n]+" do counts[line] = (counts[line] or 0) + 1 end
  return counts
end

--- Goes on with the run, answering what is asked, until it is over.
local function to_the_end(d, run)
  for _ = 1, 6 do
    local code, out, err = d:almanac { "resume", run, "--no-ask", "--plain" }
    if code == 0 then return out .. err end
    t.eq(code, 3, out .. err)
    d.world:almanac(0, { "approve", run })
  end
  error "it asks for ever"
end

t.test("release, preflight, canary, rollout, verify, announce: one run, killed again and again, gone on with and done", function()
  local d = devnet_release.start { prometheus = true, history = 600 }
  devnet_release.configure(d, { block_target = "300ms", block_tolerance = 0.9, tell_again = "50ms", urls = {
    rpc = d.world.devnet .. "/rpc", explorer = d.world.devnet .. "/explorer/", services = d.world.devnet .. "/services",
    da = d.world.devnet .. "/da" } })
  local code, out, err = d:almanac(DEPLOY, killed.at(5))
  t.eq(code, -1, out .. err)
  local run = d.world:almanac(0, { "runs" }):match "deploy%-%S+"
  local kills = 0
  for _ = 1, 12 do -- each is some writes further: within every part, and between them
    code, out, err = d:almanac({ "resume", run, "--no-ask", "--plain" }, killed.at(45))
    if code ~= -1 then break end
    kills = kills + 1
  end
  t.ok(code == -1 or code == 3, out .. err)
  t.ok(kills >= 6, kills .. " kills")
  t.has(to_the_end(d, run), "✓ " .. run .. " is done")
  t.eq(d.repo:git("tag", "-l", "v0.6.0"), "v0.6.0")
  t.eq(d.repo:pushes(), 1, "the images were pushed once")
  local commits = counted(d.repo:git("log", "--format=%s"))
  t.eq(commits["chore(release): bump to v0.6.0"], 1, "the version was raised once")
  for subject, count in pairs(commits) do t.eq(count, 1, "a commit made once: " .. subject) end
  t.has(d.world:node_tag(), "v0.6.0-")
  t.eq(#d.world:history(), 2, "one revision more")
  t.ok(outcomes(d.world, run)["runbook.call"] == 6, "six runs were made")
end)
