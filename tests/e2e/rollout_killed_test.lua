-- kill -9 at every place where it hurts; the resumed run ends done, with exactly one new revision.
local devnet = require "tests.devnet"
local proxies = require "tests.proxy"
local t = require "tests.harness"

local function args(hold)
  return { "run", "rollout", "tag=" .. devnet.new, "observe=" .. (hold or "2s") }
end

-- Done, on the new tag, one new revision, nothing pending.
local function prove(world)
  local tree = world:almanac(0, { "status" })
  t.has(tree, ": done")
  t.eq(world:node_tag(), devnet.new)
  local history = world:history()
  t.eq(#history, 2, "revisions")
  t.eq(history[2].status, "deployed")
end

local function kill(p)
  p:kill "KILL"
  p:wait()
end

-- Before the upgrade helm renders the chart once more, as a dry run, for what `allow` is asked about.
for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": killed between the upgrade and its outcome", function()
    local world = devnet.start { helm = helm, prometheus = true, history = 600 }
    local wrapper = world:wrap_helm [[
"$HELM" "$@"
code=$?
case "$*" in *--dry-run*) ;; *upgrade*) [ -e held ] || { echo $$ > held; echo upgraded, and held >&2; exec sleep 600; } ;; esac
exit $code
]]
    world:configure { helm = wrapper }
    local p = world:spawn(args())
    p:wait_line "upgraded, and held"
    kill(p)
    t.must({ "sh", "-c", "kill -9 $(cat held)" }, { cwd = world.dir })
    local _, err = world:almanac(0, { "resume" })
    t.has(err, "upgrade the release")
    prove(world)
  end)

  t.test(helm .. ": killed while the workloads become ready", function()
    local world = devnet.start { helm = helm, prometheus = true, history = 600 }
    world:fault { "notready=animica-miner" }
    local p = world:spawn(args())
    p:wait_lines { "workloads are ready/animica%-miner", "✓ workloads are ready/animica%-node" }
    kill(p)
    world:fault({}, { "notready=animica-miner" })
    world:almanac(0, { "resume" })
    prove(world)
  end)

  t.test(helm .. ": killed while the gates hold", function()
    local world = devnet.start { helm = helm, prometheus = true, history = 600 }
    local p = world:spawn(args "7s")
    p:wait_line "gates/fairness .*held 0s of 7s"
    kill(p)
    world:almanac(0, { "resume" })
    prove(world)
  end)

  -- The upgrade is held at the server in its middle, then almanac and helm both die there.
  t.test(helm .. ": killed with its helm in the middle of the upgrade", function()
    local world = devnet.start { helm = helm, prometheus = true, history = 600 }
    local proxy = proxies.start { url = world.api }
    t.defer(function() proxy:close() end)
    local kubeconfig = t.read_file(world.dir .. "/kubeconfig"):gsub(world.api, proxy.url, 1)
    t.write_file(world.dir .. "/through-proxy", kubeconfig)
    local wrapper = world:wrap_helm [[
case "$*" in
*--dry-run*) ;;
*upgrade*) [ -e helm.pid ] || {
  echo $$ > helm.pid
  KUBECONFIG=$PWD/through-proxy
  export KUBECONFIG
} ;;
esac
exec "$HELM" "$@"
]]
    world:configure { helm = wrapper }
    proxy:hold "^PATCH .*/statefulsets/animica%-node$"
    local p = world:spawn(args())
    t.has(proxy:wait_held(), "statefulsets")
    kill(p)
    t.must({ "sh", "-c", "kill -9 $(cat helm.pid)" }, { cwd = world.dir })
    proxy:release()
    local history = world:history()
    t.eq(history[#history].status, "pending-upgrade")
    world:almanac(0, { "resume" })
    t.has(world:almanac(0, { "status" }), "repair")
    prove(world)
  end)
end
