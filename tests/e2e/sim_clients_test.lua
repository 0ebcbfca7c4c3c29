-- The real helm 3, helm 4 and kubectl against `almanac sim`, unchanged; and the traps they fall into.
local t = require "tests.harness"
local clients = require "tests.sim_clients"
local json = require "native.json"

local NS = clients.NS
local GOOD, BETTER, CRASH = "v0.5.0-a1b2c3d", "v0.5.1-b2c3d4e", "v0.6.0-dead123"

local start, need, upgrade = clients.start, clients.need, clients.upgrade

local function plain_curl(...)
  return t.must { "curl", "-sS", "--max-time", "20", ... }
end

local function waiting_reason(pod)
  local c = (pod.status.containerStatuses or {})[1]
  return c and c.state.waiting and c.state.waiting.reason
end

--- Install, upgrade, a crash, a rollback that does not heal the StatefulSet, the heal, uninstall.
local function lifecycle(helm)
  local sim = start()
  sim.must(helm, upgrade(GOOD) .. " --wait --timeout 30s")
  sim.must(helm, upgrade(BETTER) .. " --wait --timeout 30s")
  t.has(sim.must("kubectl34", "rollout status statefulset/animica-node --timeout=10s"), "roll out complete")
  t.has(sim.must("kubectl31", "rollout status deployment/animica-miner --timeout=10s"), "successfully rolled out")
  local node = sim.get "statefulset animica-node"
  t.has(node.spec.template.spec.containers[1].image, BETTER)
  t.eq(node.status.readyReplicas, 1)

  sim.must(helm, upgrade(CRASH))
  t.eventually("the node crash-loops", function()
    local code, pod = sim.run("kubectl34", "get -o json pod animica-node-0") -- not there while it is replaced
    return code == 0 and waiting_reason(json.decode(pod)) == "CrashLoopBackOff"
  end)
  t.has(sim.must("kubectl34", "logs animica-node-0 --previous"), "panic: chain db corrupt")
  t.has(sim.must("kubectl34", "get events --field-selector involvedObject.name=animica-node-0,type=Warning"),
    "Back-off restarting failed container node in pod animica-node-0_animica-devnet")
  t.has(sim.must("kubectl34", "describe pod animica-node-0"), "CrashLoopBackOff")

  -- The old image again: the Deployments recover, the StatefulSet does not.
  sim.must(helm, "rollback animica-devnet 2")
  sim.must("kubectl34", "rollout status deployment/animica-explorer --timeout=10s")
  local code = sim.run("kubectl34", "rollout status statefulset/animica-node --timeout=2s")
  t.ok(code ~= 0, "the node stays down")
  local broken = sim.get "pod animica-node-0"
  t.has(broken.spec.containers[1].image, CRASH)
  local set = sim.get "statefulset animica-node"
  t.has(set.spec.template.spec.containers[1].image, BETTER)
  t.eq(set.status.observedGeneration, set.metadata.generation)
  sim.must("kubectl34", "delete pod animica-node-0")
  sim.must("kubectl34", "rollout status statefulset/animica-node --timeout=10s")
  t.has(sim.get("pod animica-node-0").spec.containers[1].image, BETTER)

  local history = json.decode(sim.must(helm, "history animica-devnet -o json"))
  t.eq(#history, 4)
  t.eq(history[4].status, "deployed")
  t.eq(history[4].description, "Rollback to 2")
  sim.must(helm, "uninstall animica-devnet --wait --timeout 20s")
  -- helm 3 waits for what is in the manifest; its pods end in the background.
  t.eventually("the pods are gone", function() return #sim.get("pods").items == 0 end)
  t.eq(#sim.get("persistentvolumeclaims").items, 1, "claims outlive the release")
end

t.test("helm 4: the life of a release, and the rollback that does not heal", function() lifecycle "helm4" end)
t.test("helm 3: the life of a release, and the rollback that does not heal", function() lifecycle "helm3" end)

t.test("a claim in use hangs; with a restart it is replaced", function()
  local sim = start()
  sim.must("helm4", upgrade(GOOD) .. " --wait --timeout 30s")
  local before = sim.get "persistentvolumeclaim data-animica-node-0"
  local code = sim.run("kubectl34", "delete persistentvolumeclaim -l app=animica-node --timeout=2s")
  t.ok(code ~= 0, "it waits for the pod")
  local held = sim.get "persistentvolumeclaim data-animica-node-0"
  t.ok(held.metadata.deletionTimestamp, "marked")
  t.eq(held.metadata.finalizers[1], "kubernetes.io/pvc-protection")
  sim.must("kubectl34", "rollout restart statefulset/animica-node")
  sim.must("kubectl34", "rollout status statefulset/animica-node --timeout=15s")
  local after = sim.get "persistentvolumeclaim data-animica-node-0"
  t.ok(after.metadata.uid ~= before.metadata.uid, "a new claim")
end)

t.test("kubectl: scale, restart, undo, logs, wait, namespaces", function()
  local sim = start()
  sim.must("helm4", upgrade(GOOD) .. " --wait --timeout 30s")
  sim.must("kubectl34", "scale deployment/animica-miner --replicas=3")
  sim.must("kubectl34", "rollout status deployment/animica-miner --timeout=15s")
  t.eq(#sim.get("pods -l app=animica-miner").items, 3)
  sim.must("kubectl34", "set image deployment/animica-miner miner=ghcr.io/animica/animica-miner:v9-missing")
  t.eventually("the image is missed", function()
    for _, pod in ipairs(sim.get("pods -l app=animica-miner").items) do
      if waiting_reason(pod) == "ImagePullBackOff" then return true end
    end
  end)
  sim.must("kubectl34", "rollout undo deployment/animica-miner")
  sim.must("kubectl34", "rollout status deployment/animica-miner --timeout=15s")
  sim.must("kubectl34", "rollout restart deployment/animica-miner")
  sim.must("kubectl34", "rollout status deployment/animica-miner --timeout=15s")
  t.has(sim.must("kubectl34", "logs statefulset/animica-node --tail=200"), '"msg":"starting","app":"node"')
  local follow = t.spawn({ need "kubectl34", "--namespace", NS, "logs", "-f", "animica-node-0" },
    { env = { KUBECONFIG = sim.kubeconfig, HOME = sim.dir } })
  follow:wait_line "imported block"
  sim.must("kubectl34", "wait --for=condition=Ready pod -l app=animica-node --timeout=5s")
  sim.must("kubectl34", "delete pod animica-node-0")
  follow:wait() -- ends with its pod
  t.eventually("the pod that follows it is measured", function()
    return sim.must("kubectl34", "top pods"):find "animica%-node%-0 "
  end)
  for _, kubectl in ipairs { "kubectl31", "kubectl34" } do
    t.ok(sim.must(kubectl, "top pods --containers"):find "animica%-node%-0 +node +%d+m +%d+Mi")
    t.ok(sim.must(kubectl, "top pods -l app=animica-miner --sum"):find "%d+m +%d+Mi")
    t.ok(sim.must(kubectl, "top nodes"):find "node1 +%d+m +%d+%% +%d+Mi +%d+%%")
    t.has(sim.must(kubectl, "rollout history statefulset/animica-node"), "\n1 ")
  end
  sim.must("kubectl34", "create namespace animica-canary")
  sim.must("kubectl34", "delete namespace animica-canary --timeout=10s")
end)

t.test("kubectl 1.31 and 1.34: apply and diff server-side, history and undo, explain, api-resources", function()
  local sim = start()
  local manifest = sim.dir .. "/seeds.yaml"
  local function seeds(text)
    t.write_file(manifest, 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: seeds }\ndata: { a: "' .. text .. '" }\n')
  end
  sim.must("helm4", upgrade(GOOD) .. " --wait --timeout 30s")
  for i, kubectl in ipairs { "kubectl31", "kubectl34" } do
    seeds("one" .. i)
    t.has(sim.must(kubectl, "apply --server-side -f " .. manifest), "configmap/seeds serverside-applied")
    seeds("two" .. i)
    local code, out = sim.run(kubectl, "diff --server-side -f " .. manifest)
    t.eq(code, 1, "it differs")
    t.has(out, "+  a: two" .. i)
    sim.must(kubectl, "set image deployment/animica-miner miner=ghcr.io/animica/animica-miner:v8-" .. i)
    sim.must(kubectl, "rollout status deployment/animica-miner --timeout=15s")
    t.has(sim.must(kubectl, "rollout history deployment/animica-miner"), "REVISION")
    sim.must(kubectl, "rollout undo deployment/animica-miner")
    sim.must(kubectl, "rollout status deployment/animica-miner --timeout=15s")
    t.has(sim.get("deployment animica-miner").spec.template.spec.containers[1].image, GOOD)
    t.has(sim.must(kubectl, "explain deployment.spec.replicas"), "replicas")
    t.ok(sim.must(kubectl, "api-resources"):find "deployments +deploy +apps/v1 +true +Deployment")
  end
end)

t.test("kubectl 1.31 and 1.34: a List is validated by the document of OpenAPI 2, applied and deleted", function()
  local sim = start()
  local file = t.tmpdir() .. "/list.json"
  local function write(spec)
    t.write_file(file, json.encode { apiVersion = "v1", kind = "List", items = {
      { apiVersion = "v1", kind = "Service", metadata = { name = "web" }, spec = spec },
      { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "web" } } } })
  end
  for _, kubectl in ipairs { "kubectl31", "kubectl34" } do
    write { selector = { app = "web" }, ports = { { port = 80 } } }
    t.eq(sim.must(kubectl, "apply -f " .. file), "service/web created\nconfigmap/web created")
    t.has(sim.must(kubectl, "apply --server-side -f " .. file), "service/web serverside-applied")
    sim.must(kubectl, "delete -f " .. file)
    write { selctor = { app = "web" }, ports = { { port = 80 } } }
    local code, _, err = sim.run(kubectl, "apply -f " .. file)
    t.eq(code, 1)
    t.has(err, 'unknown field "spec.selctor"')
    sim.must(kubectl, "delete configmap web")
  end
end)

t.test("an upgrade that fails is rolled back by helm itself: --atomic of helm 3, --rollback-on-failure of helm 4", function()
  for helm, flag in pairs { helm3 = "--atomic", helm4 = "--rollback-on-failure" } do
    local sim = start()
    sim.must(helm, upgrade(GOOD) .. " --wait --timeout 30s")
    local code, _, err = sim.run(helm, upgrade "v0.6.0-fade123" .. " --timeout 2s " .. flag)
    t.ok(code ~= 0, helm .. " says that it failed: " .. err)
    local history = json.decode(sim.must(helm, "history animica-devnet -o json"))
    t.eq(history[2].status, "failed")
    -- The rollback waits for a StatefulSet that it does not heal, so it is no success either, as recorded (14).
    t.eq({ #history, history[3].status }, { 3, "failed" }, helm)
    t.has(sim.get("pod animica-node-0").spec.containers[1].image, "fade123")
    t.has(sim.get("deployment animica-miner").spec.template.spec.containers[1].image, GOOD)
  end
end)

t.test("the devnet's metrics, JSON-RPC and logs follow the cluster, and faults come at run time", function()
  local sim = start()
  t.eq(plain_curl("-o", "/dev/null", "-w", "%{http_code}", sim.devnet .. "/healthz"), "503")
  sim.must("helm4", upgrade(GOOD) .. " --wait --timeout 30s")
  local out = t.must({ "bash", "tests/fixtures/devnet/ops/scripts/smoke_devnet.sh", "--strict" }, { env = {
    RPC_HTTP_URL = sim.devnet .. "/rpc", EXPLORER_URL = sim.devnet .. "/explorer", TIMEOUT_SEC = "20",
    SERVICES_URL = sim.devnet .. "/services", DA_API_URL = sim.devnet .. "/da",
  } })
  t.has(out, "head advanced")
  t.has(plain_curl(sim.devnet .. "/metrics"), "\nanimica_p2p_peers_connected 9\n")
  local function faults(body) return plain_curl("-d", body, sim.api .. "/sim/faults") end
  t.eq(json.decode(faults '{"add":["low-peers","no-data=animica_head_height"]}').faults[1], "low-peers")
  local text = plain_curl(sim.devnet .. "/metrics")
  t.has(text, "\nanimica_p2p_peers_connected 2\n")
  t.lacks(text, "animica_head_height")
  faults '{"add":["crash=animica-node"],"remove":["low-peers"]}'
  t.eventually("the node is down", function()
    return plain_curl("-o", "/dev/null", "-w", "%{http_code}", sim.devnet .. "/rpc", "-d", "{}") == "503"
  end)
  t.lacks(plain_curl(sim.devnet .. "/metrics"), "animica_p2p_peers_connected")
  local query = plain_curl("-G", sim.loki .. "/loki/api/v1/query_range", "--data-urlencode",
    'query={namespace="animica-devnet",app="node"} |= "ERROR" | json')
  t.has(query, "panic: chain db corrupt")
  t.has(faults '{"add":["nonsense"]}', "no such fault")
  faults '{"remove":["crash=animica-node"]}'
  sim.must("kubectl34", "rollout status statefulset/animica-node --timeout=15s")
  t.has(sim.must("kubectl34", "get --raw /api/v1/namespaces/animica-devnet/services/animica-node:rpc/proxy/readyz"), "ok")
end)

t.test("TLS, client certificates and tokens", function()
  local dir = t.tmpdir()
  local sim = start("--tls", dir, "--token", "sesame")
  t.has(sim.api, "https://")
  sim.must("kubectl34", "get namespaces")
  local function status(...)
    return t.must { "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", dir .. "/ca.pem", ... }
  end
  local url = sim.api .. "/api/v1/namespaces"
  t.eq(status(url), "401")
  t.eq(status("-H", "Authorization: Bearer wrong", url), "401")
  t.eq(status("-H", "Authorization: Bearer sesame", url), "200")
  t.eq(status("--cert", dir .. "/client.pem", "--key", dir .. "/client.key", url), "200")
end)

t.test("Ctrl-C ends it, watches and all; bad options are refused", function()
  local sim = start()
  local watch = t.spawn({ need "kubectl34", "get", "pods", "--watch", "--all-namespaces" },
    { env = { KUBECONFIG = sim.kubeconfig, HOME = sim.dir } })
  t.eventually("it watches", function()
    return plain_curl("-o", "/dev/null", "-w", "%{http_code}", sim.api .. "/livez") == "200"
  end)
  sim.process:kill "INT"
  t.eq(sim.process:wait(10), 0)
  watch:kill "KILL"
  watch:wait()
  local almanac = t.getenv "ALMANAC_BUILD" .. "/almanac"
  for words, message in pairs {
    ["--port 70000"] = "--port takes a whole number from 0 to 65535", ["--fault nonsense"] = "no such fault",
    ["--cert x"] = "go together",
    ["--ready-time soon"] = "--ready-time takes a number from 0, not", ["more"] = "takes no more",
  } do
    local argv = { almanac, "sim" }
    for w in words:gmatch("%S+") do argv[#argv + 1] = w end
    local code, _, err = t.run(argv)
    t.eq(code, 2, words)
    t.has(err, message)
  end
end)
