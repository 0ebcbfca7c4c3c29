-- A plan binds what stands on the run's own changes, and what is tried once more: what the run changed excuses another
-- state of that, and no object, hook, rendering, service or claim that nobody planned.
local devnet = require "tests.devnet"
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local function book(body)
  return "return runbook { run = function()\n" .. body .. "\nend }\n"
end

local UPGRADE = [[helm.upgrade { release = "c", namespace = "animica-devnet", chart = "c", install = true, set = { v = "%s"%s } }]]

local function upgrade(step, value, more)
  return string.format("step(%q, function() " .. UPGRADE .. " end)\n", step, value, more or "")
end

local FINE = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: fine }\ndata:\n  v: {{ .Values.v | quote }}\n"
local ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: evil }\nrules: []\n"
local CANARY = "{{ if .Values.canary }}\n" .. FINE:gsub("name: fine", "name: canary") .. "{{ end }}\n"
local HOOK = [[
apiVersion: batch/v1
kind: Job
metadata: { name: evil, namespace: kube-system, annotations: { helm.sh/hook: "post-install,post-upgrade" } }
spec: { template: { spec: { restartPolicy: Never, containers: [ { name: e, image: evil } ] } } }
]]

local function put(world, name, text) t.write_file(world.dir .. "/c/templates/" .. name, text) end

--- A project with a chart, in a cluster of its own; the chart is installed.
local function with_chart(helm)
  local world = devnet.start { helm = helm, install = false }
  for _, dir in ipairs { "runbooks", "c", "c/templates" } do fs.mkdir(world.dir .. "/" .. dir) end
  t.write_file(world.dir .. "/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n")
  put(world, "fine.yaml", FINE)
  put(world, "canary.yaml", CANARY)
  world:run_helm { "install", "c", "c", "--set", "v=0" }
  return world
end

local function plan(world, name, body)
  t.write_file(world.dir .. "/runbooks/" .. name .. ".lua", book(body))
  world:almanac(2, { "plan", name, "-o", name .. ".json" })
end

local function run(world, code, name)
  return select(2, world:almanac(code, { "run", "--plan", name .. ".json", "--no-ask" }))
end

local function has_no_role(world)
  local roles = world:get("/apis/rbac.authorization.k8s.io/v1/clusterroles").items
  for _, role in ipairs(roles) do t.ok(role.metadata.name ~= "evil", "the role was made") end
end

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": what a chart has come to render stops an upgrade of what the run changed before, and one behind a question",
    function()
      local world = with_chart(helm)
      local patch = [[step("a", function()
        k8s.patch("configmap/fine", { metadata = { annotations = { a = "%s" } } }, { namespace = "animica-devnet" })
      end)]]
      for name, case in pairs { role = { ROLE, "clusterrole/evil" }, hook = { HOOK, "hook job/evil" } } do
        plan(world, name, patch:format(name) .. upgrade("b", name))
        put(world, "evil.yaml", case[1])
        local err = run(world, 3, name)
        t.has(err, case[2])
        t.has(err, "is not in the plan")
        os.remove(world.dir .. "/c/templates/evil.yaml")
      end
      has_no_role(world)

      plan(world, "twice", upgrade("a", "1", ", canary = true") .. 'confirm "fine?"\n' .. upgrade("b", "2"))
      run(world, 3, "twice")
      world:almanac(0, { "approve", world:last_run() })
      put(world, "fine.yaml", FINE .. "  evil: data\n")
      local _, err = world:almanac(3, { "resume", world:last_run(), "--no-ask" })
      t.has(err, "configmap/fine as release c renders it has changed since the plan was made")
      put(world, "fine.yaml", FINE)
      put(world, "evil.yaml", ROLE)
      _, err = world:almanac(3, { "resume", world:last_run(), "--no-ask" })
      t.has(err, "clusterrole/evil")
      os.remove(world.dir .. "/c/templates/evil.yaml")
      world:almanac(0, { "resume", world:last_run(), "--no-ask" }) -- and takes its own canary away
      has_no_role(world)
    end)

  t.test(helm .. ": after a try that failed nothing more is made than was planned", function()
    local world = with_chart(helm)
    world:configure { helm = world:wrap_helm(string.format([[
case " $* " in *" --dry-run"*) ;; *" upgrade "*)
  if [ -e %s/fails ]; then
    "$HELM" "$@" --set v=1 >/dev/null # half of it took place
    cp %s/new.yaml %s/c/templates/evil.yaml
    echo "Error: UPGRADE FAILED: boom" >&2
    exit 1
  fi ;;
esac
exec "$HELM" "$@"]], world.dir, world.dir, world.dir)) }
    t.write_file(world.dir .. "/fails", "")
    t.write_file(world.dir .. "/new.yaml", ROLE)
    plan(world, "once", upgrade("b", "1"))
    t.has(run(world, 1, "once"), "boom")
    os.remove(world.dir .. "/fails")
    local _, err = world:almanac(3, { "resume", world:last_run(), "--no-ask" })
    t.has(err, "clusterrole/evil")
    t.has(err, "is not in the plan")
    has_no_role(world)
    os.remove(world.dir .. "/c/templates/evil.yaml")
    world:almanac(0, { "resume", world:last_run(), "--no-ask" })

    t.write_file(world.dir .. "/fails", "")
    plan(world, "retried", [[step("b", { retry = { times = 3, delay = "10ms" } }, function() ]] .. UPGRADE:format("2", "") .. " end)")
    t.has(run(world, 3, "retried"), "clusterrole/evil")
    has_no_role(world)
  end)
end

local SET = [[
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: st, namespace: animica-devnet }
spec:
  replicas: 1
  selector: { matchLabels: { app: st } }
  serviceName: st
  template:
    metadata: { labels: { app: st } }
    spec: { containers: [ { name: c, image: "x/c:v1" } ] }
  volumeClaimTemplates:
    - metadata: { name: d }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
]]
local CLAIM = [[
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: d-st-7, namespace: animica-devnet, labels: { app: st } }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
]]

t.test("a claim that was made after the plan keeps its data, though the run scaled its set", function()
  local world = devnet.start { install = false }
  fs.mkdir(world.dir .. "/runbooks")
  local where = '{ namespace = "animica-devnet" }'
  t.write_file(world.dir .. "/runbooks/set.lua", book(string.format(
    "step('set', function() k8s.apply(%q) k8s.rollout('statefulset/st', %s) end)", SET, where)))
  t.write_file(world.dir .. "/runbooks/claim.lua", book(string.format("step('claim', function() k8s.apply(%q) end)", CLAIM)))
  world:almanac(0, { "run", "set", "--no-ask" })
  plan(world, "wipe", string.format([[
    step("down", function() k8s.scale("statefulset/st", 0, %s) end)
    step("wipe", function() k8s.wipe_claims("statefulset/st", %s) end)]], where, where))
  world:almanac(0, { "run", "claim", "--no-ask" })
  t.has(run(world, 3, "wipe"), "persistentvolumeclaim/d-st-7 is not in the plan")
  world:get "/api/v1/namespaces/animica-devnet/persistentvolumeclaims/d-st-7"
end)

-- Compose -----------------------------------------------------------------------------------------

--- A docker whose services are the lines of the file "wanted", "NAME HASH"; `up` and `run` make containers of them.
local DOCKER = [[
#!/bin/sh
cd %s
case "$*" in
*" config") echo "name: x"; echo "services:"; while read -r name hash; do echo "  $name: { image: \"$name:v1\" }"; done <wanted
  [ -s wanted ] || echo "  {}" ;;
*" config --hash="*) cat wanted ;;
*" up "*) echo up >>made; cp wanted up ;;
*" run "*) echo "run $8" >>made ;;
*" down"*) echo down >>made; : >up ;;
"ps "*) while read -r name hash; do echo "$name"; done <up ;;
"image inspect "*) echo sha256:1 ;;
inspect*) shift; sep="["
  for id; do
    printf '%%s{"Id":"%%s","Name":"/x-%%s-1","Image":"sha256:1","Config":{"Image":"%%s:v1","Labels":{' "$sep" "$id" "$id" "$id"
    printf '"com.docker.compose.service":"%%s","com.docker.compose.config-hash":"%%s","com.docker.compose.oneoff":"False"}}' "$id" \
      "$(sed -n "s/^$id //p" up)"
    printf ',"State":{"Status":"running","StartedAt":"t"}}'; sep=","
  done; [ $# = 0 ] || echo "]" ;;
esac
]]

local function with_compose(wanted)
  local p = project.new {}
  t.must { "mkdir", p.dir .. "/stack", p.dir .. "/bin" }
  t.write_file(p.dir .. "/bin/docker", DOCKER:format(p.dir))
  t.must { "chmod", "+x", p.dir .. "/bin/docker" }
  for _, name in ipairs { "up", "made" } do t.write_file(p.dir .. "/" .. name, "") end
  t.write_file(p.dir .. "/wanted", wanted)
  local env = { PATH = p.dir .. "/bin:" .. t.getenv "PATH" }
  local function call(code, ...)
    local got, out, err = p:run({ ... }, env)
    t.eq(got, code, out .. err)
    return err
  end
  return p, call
end

local UP = [[step("%s", function() compose.up { dir = "stack" } end)]] .. "\n"

t.test("a service that nobody planned is not started, though the run brought the others up", function()
  local p, call = with_compose "web abc1\n"
  p:edit("twice", book(UP:format "a" .. 'confirm "fine?"\n' .. UP:format "b"))
  call(2, "plan", "twice", "-o", "plan.json")
  call(3, "run", "--plan", "plan.json", "--no-ask")
  call(0, "approve", p:newest())
  t.write_file(p.dir .. "/wanted", "web abc1\nevil abc2\n")
  t.has(call(3, "resume", p:newest(), "--no-ask"), "service evil in stack is not in the plan")
  t.write_file(p.dir .. "/wanted", "web abc3\n")
  t.has(call(3, "resume", p:newest(), "--no-ask"), "service web in stack as its files have it has changed")
  t.eq(p:lines "made", { "up" })
  t.write_file(p.dir .. "/wanted", "web abc1\n")
  call(0, "resume", p:newest(), "--no-ask")
  t.eq(p:lines "made", { "up", "up" })
end)

t.test("a plan of nothing binds, too; and what the run brought up, it restarts and takes down", function()
  local p, call = with_compose ""
  p:edit("nothing", book(UP:format "a"))
  call(0, "plan", "nothing", "-o", "plan.json")
  t.write_file(p.dir .. "/wanted", "evil abc2\n")
  t.has(call(3, "run", "--plan", "plan.json", "--no-ask"), "service evil in stack is not in the plan")
  p:edit("all", book(UP:format "a" .. [[
    step("once", function() compose.run { dir = "stack", service = "evil", argv = { "ls" } } end)
    step("down", function() compose.down { dir = "stack" } end)]]))
  call(2, "plan", "all", "-o", "plan2.json")
  call(0, "run", "--plan", "plan2.json", "--no-ask")
  t.eq(p:lines("made")[3], "down")
end)

t.test("an image that the files have come to name is not pulled", function()
  local p, call = with_compose "web abc1\n"
  p:edit("pull", book [[step("a", function() compose.pull { dir = "stack" } end)]])
  call(2, "plan", "pull", "-o", "plan.json")
  t.write_file(p.dir .. "/wanted", "web abc1\nevil abc2\n")
  t.has(call(3, "run", "--plan", "plan.json", "--no-ask"), "image of the service evil in stack is not in the plan")
  t.write_file(p.dir .. "/wanted", "web abc7\n") -- the same image
  call(0, "resume", p:newest(), "--no-ask")
end)
