-- Ctrl-C once pauses, twice cancels; one run at a time; no child is left.
local devnet = require "tests.devnet"
local t = require "tests.harness"

local function rollout(world, hold)
  return world:spawn { "run", "rollout", "tag=" .. devnet.new, "observe=" .. hold }
end

t.test("Ctrl-C during a gate pauses and prints the resume command, which goes on", function()
  local world = devnet.start { prometheus = true, history = 600 }
  local p = rollout(world, "4s")
  p:wait_line "gates/fairness .*held 0s of 4s"
  p:kill "INT"
  local code, _, err = p:wait()
  t.eq(code, 130, err)
  local id = t.ok(err:match "almanac resume (rollout%-[%w-]+)", err)
  t.has(world:almanac(0, { "status", id }), "paused")
  world:almanac(0, { "resume", id })
  t.eq(#world:history(), 2)
end)

t.test("Ctrl-C during the upgrade lets it finish; a second one cancels it and leaves no child", function()
  local world = devnet.start {}
  world:configure { helm = world:wrap_helm [[
case "$*" in *dry-run*) ;; "upgrade "*) echo $$ > helm.pid; echo upgrading >&2; exec sleep 600 ;; esac
exec "$HELM" "$@"
]] }
  local p = rollout(world, "4s")
  p:wait_line "upgrading"
  p:kill "INT"
  p:wait_line "Once more cancels"
  t.must({ "sh", "-c", "kill -0 $(cat helm.pid)" }, { cwd = world.dir })
  p:kill "INT"
  local code, _, err = p:wait()
  t.eq(code, 130, err)
  t.eq((t.run({ "sh", "-c", "kill -0 $(cat helm.pid)" }, { cwd = world.dir })), 1, "helm is gone")
end)

t.test("a second rollout is refused with the first one's id, operator and start", function()
  local world = devnet.start {}
  world:fault { "notready=animica-miner" }
  local p = rollout(world, "4s")
  p:wait_line "✓ workloads are ready/animica%-node"
  local id = p:text():match "almanac resume (rollout%-[%w-]+)"
  local _, err = world:almanac(2, { "run", "rollout", "tag=" .. devnet.new })
  t.has(err, id)
  t.has(err, "release/animica-devnet")
  t.has(err, "since")
  t.eq(#world:history(), 2)
end)

t.test("a script that changes the world outside a step stops at that line, with the step to write", function()
  local world = devnet.start { install = false }
  t.must { "mkdir", "-p", world.dir .. "/runbooks" }
  for call, what in pairs {
    ['helm.upgrade { release = "animica-devnet", chart = "ops/helm/animica-devnet" }'] = "helm.upgrade",
    ["os.time()"] = "os.time",
  } do
    t.write_file(world.dir .. "/runbooks/bad.lua",
      "return runbook {\n  run = function()\n    local x = " .. call .. "\n    return x\n  end,\n}\n")
    local _, err = world:almanac(1, { "run", "bad" })
    t.has(err, what)
    t.has(err, "runbooks/bad.lua:3")
    t.has(err, "step(")
  end
end)
