-- Why a rollout cannot succeed, for each reason: what almanac run prints, word by word.
local http = require "native.http"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local FOLLOW = [[
return runbook {
  summary = "Follow one workload",
  params = { ref = param.string { required = true }, timeout = param.string { default = "20s" },
    condition = param.string { default = "" }, grace = param.string { default = "" } },
  allow = { k8s = { "ns", "full" } },
  run = function(p)
    step("follow", function()
      local ns, ref = p.ref:match "^(%w+):(.*)$"
      return k8s.rollout(ref, { namespace = ns, timeout = p.timeout, condition = p.condition ~= "" and p.condition or nil,
        probe_grace = p.grace ~= "" and p.grace or nil })
    end)
  end,
}
]]

local world, api

--- The cluster's clock is behind: what has a grace is old enough at once.
local function start()
  local sim = t.spawn({ require("native.process").exe(), "sim", "--kubeconfig", world.dir .. "/kubeconfig", "--ready-time", "0.1",
    "--backoff", "0.4", "--clock", "-200", "--with-namespace", "ns", "--with-namespace", "full",
    "--fault", "crash=crashing", "--fault", "crash=broken-job", "--fault", "crash=policy-job", "--fault", "oomkill=greedy",
    "--fault", "missing=lost", "--fault", "notready=sick", "--fault", "notready=late", "--fault", "refuse=unsigned",
  }, { cwd = world.dir })
  local _, url = sim:wait_line "^api=(%S+)"
  t.write_file(world.dir .. "/almanac.yaml", json.encode { environment = "t", environments = { t = {
    kubeconfig = world.dir .. "/kubeconfig" } } })
  return url
end

local function send(method, path, object, kind)
  local answer = http.request { url = api .. path, method = method, who = "test", body = json.encode(object),
    headers = { ["Content-Type"] = kind or "application/json" } }
  t.ok(answer.status < 300, answer.body)
end

local function template(name, more, pod)
  local container = { name = "main", image = "reg.example/" .. name .. ":v1" }
  for k, v in pairs(more or {}) do container[k] = v end
  local spec = { containers = json.array { container } }
  for k, v in pairs(pod or {}) do spec[k] = v end
  return { metadata = { labels = { app = name } }, spec = spec }
end

local function workload(kind, name, more)
  more = more or {}
  local spec = { selector = { matchLabels = { app = name } }, template = template(name, more.container, more.pod) }
  for k, v in pairs(more.spec or {}) do spec[k] = v end
  send("POST", "/apis/apps/v1/namespaces/" .. (more.ns or "ns") .. "/" .. kind:lower() .. "s",
    { apiVersion = "apps/v1", kind = kind, metadata = { name = name }, spec = spec })
end

local function job(name, more, pod)
  pod = pod or {}
  pod.restartPolicy = "Never"
  local spec = { template = template(name, nil, pod) }
  for k, v in pairs(more or {}) do spec[k] = v end
  send("POST", "/apis/batch/v1/namespaces/ns/jobs", { apiVersion = "batch/v1", kind = "Job", metadata = { name = name }, spec = spec })
end

--- What differs from run to run, as a word.
local function steady(text)
  text = text:gsub("\n  head:    event %d+, %x+", "") -- of the journal, and no reason of a rollout
  text = text:gsub("follow%-%d[%w%-]*", "RUN"):gsub("%x%x%x%x%x%x%x%x%-%x+%-%x+%-%x+%-%x+", "UID")
  text = text:gsub("(%l[%l%-]*)%-[bcdfghjklmnpqrstvwxz2456789]+%-[bcdfghjklmnpqrstvwxz2456789]+", "%1-HASH-POD")
  text = text:gsub("(%l[%l%-]*job)%-[bcdfghjklmnpqrstvwxz2456789]+", "%1-POD"):gsub("(agent)%-[bcdfghjklmnpqrstvwxz2456789]+", "%1-POD")
  text = text:gsub("10%.88%.%d+%.%d+", "POD-IP"):gsub("%d+ restarts?", "N restarts"):gsub("%d[%d%.]*m?s%f[%s%)]", "T")
  return (text:gsub(world.dir:gsub("%p", "%%%0"), "DIR"))
end

--- Runs all at once, and compares what each printed.
local function check(cases)
  local running = {}
  for i, case in ipairs(cases) do
    local words = { "run", "follow", "ref=" .. case.ref }
    for k, v in pairs(case.more or {}) do words[#words + 1] = k .. "=" .. v end
    running[i] = world:spawn(words)
  end
  for i, case in ipairs(cases) do
    local code, _, err = running[i]:wait()
    t.eq(code, 1, case.ref .. "\n" .. err)
    -- the error, without the progress before it
    t.golden("rollout/" .. case.golden .. ".txt", steady(err:match "\n(✗ [^\n]*\n  step:.*)$") .. "\n")
  end
end

--- containers: a crash loop with its log, no memory, no image, no configuration, a sick probe
local function containers()
  workload("Deployment", "crashing")
  workload("Deployment", "greedy")
  workload("StatefulSet", "lost")
  workload("Deployment", "unconfigured", { container = { env = json.array { { name = "SEED", valueFrom = {
    configMapKeyRef = { name = "chain-params", key = "seed" } } } } } })
  local probe = { httpGet = { path = "/readyz", port = 8545 }, periodSeconds = 1 }
  workload("Deployment", "sick", { container = { readinessProbe = probe } })
  workload("Deployment", "late", { container = { readinessProbe = probe }, spec = { progressDeadlineSeconds = 3 } })
  workload("DaemonSet", "agent", { container = { image = "reg.example/agent:crash" } })
  check {
    { ref = "ns:deployment/crashing", golden = "run-crash" }, { ref = "ns:deployment/greedy", golden = "run-oom" },
    { ref = "ns:statefulset/lost", golden = "run-image" }, { ref = "ns:deployment/unconfigured", golden = "run-config" },
    { ref = "ns:deployment/sick", golden = "run-probe", more = { grace = "3s" } },
    { ref = "ns:deployment/late", golden = "run-deadline" }, { ref = "ns:daemonset/agent", golden = "run-daemonset" },
  }
end

local function pods_not_placed()
  send("POST", "/api/v1/namespaces/full/resourcequotas", { metadata = { name = "small" }, spec = { hard = { pods = "1" } } })
  local cpu = { resources = { requests = { cpu = "9" } } }
  workload("Deployment", "large", { container = cpu })
  workload("StatefulSet", "homeless", { spec = { volumeClaimTemplates = json.array { { metadata = { name = "data" },
    spec = { storageClassName = "fast", accessModes = json.array { "ReadWriteOnce" },
      resources = { requests = { storage = "1Gi" } } } } } } })
  send("POST", "/api/v1/namespaces/ns/persistentvolumeclaims", { metadata = { name = "old", finalizers = json.array { "test/hold" } },
    spec = { accessModes = json.array { "ReadWriteOnce" }, resources = { requests = { storage = "1Gi" } } } })
  send("DELETE", "/api/v1/namespaces/ns/persistentvolumeclaims/old", {})
  workload("Deployment", "waiting", { pod = { volumes = json.array { { name = "v", persistentVolumeClaim = { claimName = "old" } } } } })
  workload("Deployment", "many", { ns = "full", spec = { replicas = 3 } })
  workload("Deployment", "unsigned")
  check {
    { ref = "ns:deployment/large", golden = "run-unschedulable" }, { ref = "ns:statefulset/homeless", golden = "run-unbound" },
    { ref = "ns:deployment/waiting", golden = "run-terminating" }, { ref = "full:deployment/many", golden = "run-quota" },
    { ref = "ns:deployment/unsigned", golden = "run-refused" },
  }
end

local function jobs_and_custom_resources()
  job("broken-job", { backoffLimit = 0 })
  job("policy-job", { podFailurePolicy = { rules = json.array { { action = "FailJob", onExitCodes = { operator = "In",
    values = json.array { 1 } } } } } })
  job("slow-job", { activeDeadlineSeconds = 1, parallelism = 0 })
  job("idle-job", { suspend = true })
  send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { apiVersion = "apiextensions.k8s.io/v1",
    kind = "CustomResourceDefinition", metadata = { name = "chains.example.org" }, spec = { group = "example.org",
      scope = "Namespaced", names = { plural = "chains", kind = "Chain" }, versions = json.array { { name = "v1", served = true,
        storage = true, schema = { openAPIV3Schema = { type = "object", ["x-kubernetes-preserve-unknown-fields"] = true } } } } } })
  local function chain(name, conditions)
    send("POST", "/apis/example.org/v1/namespaces/ns/chains", { apiVersion = "example.org/v1", kind = "Chain",
      metadata = { name = name }, status = { observedGeneration = "1", conditions = json.array(conditions) } })
  end
  chain("stalled", { { type = "Stalled", status = "True", reason = "BadGenesis", message = "genesis does not match" } })
  chain("behind", { { type = "Ready", status = "True" }, { type = "Synced", status = "False", reason = "Behind", message = "12 blocks" } })
  send("POST", "/api/v1/namespaces/ns/configmaps", { metadata = { name = "plain" } })
  check {
    { ref = "ns:job/broken-job", golden = "run-job" }, { ref = "ns:job/policy-job", golden = "run-job-policy" },
    { ref = "ns:job/slow-job", golden = "run-job-deadline" },
    { ref = "ns:job/idle-job", golden = "run-job-suspended", more = { timeout = "1s" } },
    { ref = "ns:chain/stalled", golden = "run-stalled" },
    { ref = "ns:chain/behind", golden = "run-condition", more = { condition = "Synced", timeout = "1s" } },
    { ref = "ns:configmap/plain", golden = "run-no-rollout" },
  }
  local code = world:run { "run", "follow", "ref=ns:chain/behind" }
  t.eq(code, 0, "by its Ready condition it is done")
end

t.test("why it cannot become ready, for each reason", function()
  world = project.new { follow = FOLLOW }
  api = start()
  containers()
  pods_not_placed()
  jobs_and_custom_resources()
end)
