-- runbooks/deploy.lua with everything real that can be: git, a registry, images that Docker builds for two platforms, a
-- Prometheus that remembers, an Alertmanager with an alert, helm 3 for the canary and helm 4 for the devnet; the cluster is
-- simulated, GitHub, Grafana and the channel are as their documentation has them. It is killed in every runbook by the very
-- program that has just done its work, before anybody could write that down, and gone on with: every effect is seen once.
local devnet = require "tests.devnet"
local devnet_images = require "tests.devnet_images"
local devnet_release = require "tests.devnet_release"
local docker = require "tests.docker"
local fake_grafana = require "tests.fake_grafana"
local httpd = require "native.httpd"
local json = require "native.json"
local process = require "native.process"
local t = require "tests.harness"

local DEPLOY = { "run", "deploy", "version=v0.6.0", "change_owner=ada", "backout_owner=bob", "window=tonight", "observe_canary=60s",
  "observe=3s", "keep=2s", "verify_window=1m", "knobs=Θ 0.8 → 0.7", "todos=raise the AICF quota,tune the mempool floor",
  "--no-ask", "--plain" }

-- What a program of the outside ends with: it kills almanac, where the test is set on that.
local TRAP = [[
trap_here() {
  [ "$(cat '%s/killed_in')" = "$1" ] || return 0
  echo nowhere >'%s/killed_in'
  kill -9 $PPID
}
]]

--- Which helm it is, is said by a file: somebody installs a newer one while the run is stopped.
local HELM = [[
HELM=%s/.deps/bin/$(cat '%s/helm_is')
"$HELM" "$@"
code=$?
echo "$(cat '%s/helm_is') $*" >>'%s/helm.log'
case "$*" in
*--dry-run*) ;;
"upgrade --namespace=animica-canary "*) trap_here canary ;;
"upgrade --namespace=animica-devnet "*) trap_here rollout ;;
"uninstall --namespace=animica-canary "*) trap_here cutover ;;
esac
exit $code
]]

local function append(file, text) t.write_file(file, t.read_file(file) .. text) end

---@class tests.Deployed: tests.DevnetRelease
local Deployed = {}

--- Lets the run be killed there, once.
function Deployed:kill_in(where) t.write_file(self.world.dir .. "/killed_in", where .. "\n") end

local function trap_of(dir) return TRAP:format(dir, dir) end

--- The channel's receiver, and a GitHub that kills whoever opened an issue.
local function listen(d)
  d.grafana, d.told = fake_grafana.start(), {}
  local server = httpd.listen { handler = function(request, response)
    d.told[#d.told + 1] = json.decode(request.body).text
    response:send(200, {}, "ok")
  end }
  t.defer(function() server:close() end)
  d.world.env.SLACK_WEBHOOK = "http://127.0.0.1:" .. server:port() .. "/services/T0/hook"
  d.github.on_post = function()
    if t.read_file(d.world.dir .. "/killed_in") == "announce\n" then
      d:kill_in "nowhere"
      d.running:kill "KILL"
    end
  end
end

--- Gives the repository's programs, and helm, the traps.
local function set_traps(d, engine)
  local dir, root = d.world.dir, process.cwd()
  d:kill_in "nowhere"
  devnet_images.pushed_by_docker(d.repo, engine, trap_of(dir) .. "trap_here release\n")
  append(dir .. "/ops/scripts/gen_bootstrap_list.py", string.format([[
import os
import signal
if open("%s/killed_in").read() == "preflight\n":
    open("%s/killed_in", "w").write("nowhere\n")
    os.kill(os.getppid(), signal.SIGKILL)
]], dir, dir))
  append(dir .. "/ops/scripts/smoke_devnet.sh", trap_of(dir) .. "trap_here verify\n")
  d.repo:git("commit", "-qam", "traps")
  d.repo:git("push", "-q", "origin", "main")
  t.write_file(dir .. "/helm_is", "helm3\n")
  return d.world:wrap_helm(trap_of(dir) .. HELM:format(root, dir, dir, dir))
end

local function start(engine)
  local d = devnet_release.start { helm = "helm3", prometheus = true, history = 1800, alerting = true, rpc_rate = 8400 }
  local world = d.world
  for name, method in pairs(Deployed) do d[name] = method end
  for name, value in pairs(engine.env) do
    if name ~= "HOME" then world.env[name] = value end
  end
  t.must { "ln", "-s", engine.dir .. "/.docker", world.dir .. "/.docker" } -- where docker looks for Compose
  d.expected = { bumps = 0, tags = 0, images = 0, pushed_at_most = 0, canary = 0, devnet = 1, told = 0, issues = 0, marks = 0, notes = 0 }
  listen(d)
  local helm = set_traps(d, engine)
  for _, name in ipairs { "RPC_HTTP_URL", "EXPLORER_URL", "SERVICES_URL", "DA_API_URL" } do world.env[name] = nil end
  local function urls(base)
    return { rpc = base .. "/rpc", explorer = base .. "/explorer/", services = base .. "/services", da = base .. "/da" }
  end
  devnet_release.configure(d, { images = devnet_images.names, block_target = "300ms", canary_warm_up = "0s", scrape_interval = "1s",
    tell_again = "50ms", dashboards = { Node = "node" }, urls = urls(world.devnet),
    canary_urls = urls(world.devnet .. "/ns/animica-canary") }, {
    helm = helm, channels = { devnet = { kind = "slack", url = "env:SLACK_WEBHOOK" } },
    params = { verify = { alerts = "5s" } }, -- the alert of this test is to be of the past by then
    endpoints = { prometheus = world.prometheus, loki = world.loki, alertmanager = world.alerting.url,
      github = { url = d.github.url, token = "t0ken" }, grafana = { url = d.grafana.url, token = "t0ken" } } })
  return d
end

--- How many revisions a release has, by helm.
local function revisions(d, release)
  local code, out = t.run({ process.cwd() .. "/.deps/bin/helm4", "-n", release, "history", release, "-o", "json" },
    { cwd = d.world.dir, env = d.world.env })
  return code == 0 and #json.decode(out) or 0
end

--- What the outside has seen so far.
local function seen(d)
  local function count(text) return select(2, text:gsub("[^\n]+", "")) end
  local origin = { "--git-dir=origin.git" }
  local images, most = 0, 0
  for _, times in pairs(devnet_images.pushed(d.repo)) do images, most = images + 1, math.max(most, times) end
  return {
    bumps = count(d.repo:git(origin[1], "log", "--format=%s", "--grep=bump to v0.6.0", "main")),
    tags = count(d.repo:git(origin[1], "tag", "-l", "v0.6.0")),
    images = images, pushed_at_most = most,
    canary = revisions(d, "animica-canary"), devnet = revisions(d, "animica-devnet"),
    told = #d.told, issues = #d.github.issues, marks = d.grafana.made,
    notes = count(d.repo:git(origin[1], "log", "--format=%s", "--grep=release notes of v0.6.0", "main")),
  }
end

--- The upgrades that were made, in their order: which helm, and the namespace.
local function upgrades(d)
  local out = {}
  for line in (t.read_file(d.world.dir .. "/helm.log") or ""):gmatch "[^\n]+" do
    local helm, namespace = line:match "^(helm%d) upgrade %-%-namespace=(%S+)"
    if helm and not line:find("--dry-run", 1, true) then out[#out + 1] = helm .. " " .. namespace end
  end
  return out
end

--- Section 3C, of the same images: pulled from the registry, brought up, and back to nothing, which ran before.
local function compose_devnet(d, engine, tag)
  t.write_file(d.world.dir .. "/ops/docker/docker-compose.devnet.yml", string.format([[
services:
  node: { image: "%s/animica/animica-node:${IMAGE_TAG:?}", network_mode: none, stop_signal: SIGKILL }
  miner: { image: "%s/animica/animica-miner:${IMAGE_TAG:?}", network_mode: none, stop_signal: SIGKILL }
]], d.repo.registry, d.repo.registry))
  engine:docker("image", "prune", "--all", "--force")
  d.world:almanac(0, { "run", "canary", "strategy=compose", "tag=" .. tag })
  t.has(engine:docker("ps", "--format", "{{.Image}}"), "animica-miner:" .. tag)
  local node = engine:docker("ps", "-q", "--filter", "name=node")
  t.has(engine:docker("exec", node, "/busybox", "cat", "/version.py"), '__version__ = "0.6.0"')
  d.world:almanac(0, { "rollback", d.world:last_run() })
  t.eq(engine:docker("ps", "--format", "{{.Image}}"), "")
end

--- Holds the outside to what it was, but for what is new.
function Deployed:saw(where, new)
  for name, value in pairs(new) do self.expected[name] = value end
  t.eq(seen(self), self.expected, where)
end

--- Starts or goes on, until it ends with this code, or is killed (-1).
function Deployed:go(code)
  self.running = self.world:spawn(self.run and { "resume", self.run, "--no-ask", "--plain" } or DEPLOY)
  local got, out, err = self.running:wait(120)
  t.eq(got, code, out .. err)
  self.run = self.run or self.world:almanac(0, { "runs" }):match "deploy%-%S+"
  return out .. err
end

--- Goes on until it is killed there.
function Deployed:go_to(where, new)
  self:kill_in(where)
  self:go(-1)
  self:saw("killed in " .. where, new)
end

--- Why it is not run; nil: it is.
local function reason_to_skip()
  if devnet.almanac:find "/asan/" then return "every part of it is run with the sanitizers by a test of its own" end
end

local function check_end(d, engine)
  local tag = "v0.6.0-" .. d.repo:git("rev-parse", "--short", "v0.6.0^{commit}")
  t.eq(d.world:node_tag(), tag)
  t.has(d.told[1], "*animica-devnet: " .. tag .. "* (was " .. d.old .. ")")
  t.eq(upgrades(d), { "helm3 animica-canary", "helm4 animica-devnet" })
  t.has(d.world:almanac(0, { "status", d.run }), ": done")
  compose_devnet(d, engine, tag)
end

t.test("from a repository to an announced release, killed in every runbook: each effect is seen once", function()
  local skipped, engine = reason_to_skip(), nil
  if not skipped then engine, skipped = docker.start "docker compose" end
  if not engine then
    print("skipped, the whole procedure: " .. skipped)
    return
  end
  local d = start(engine)
  d:saw("before", {})
  d:go_to("release", { bumps = 1, tags = 1, images = 12, pushed_at_most = 1 })
  d:go_to("preflight", {})
  d:go_to("canary", { canary = 1 })
  t.write_file(d.world.dir .. "/helm_is", "helm4\n")
  d:go_to("rollout", { devnet = 2, marks = 2 })

  d.world.alerting:set(true)
  t.has(d:go(3), "BackupMissing")
  d.world:almanac(0, { "answer", d.run, "go on", "--reason", "the backup is being made" })
  d.world.alerting:set(false)
  d:go_to("cutover", { canary = 0, marks = 3 })

  d:go_to("verify", { marks = 4 })
  for _ = 1, 2 do -- what no metric says
    d:go(3)
    d.world:almanac(0, { "approve", d.run })
  end
  d:go_to("announce", { told = 1, issues = 1 })
  d:go(0)
  d:saw("done", { issues = 2, marks = 5, notes = 1 })
  check_end(d, engine)
end)
