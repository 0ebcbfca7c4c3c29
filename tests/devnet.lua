--- The world of an end-to-end test: a directory like the devnet's repository, a simulated cluster with
--- the devnet installed by the real helm, a real Prometheus, and almanac run in it.
local alerting = require "tests.alerting"
local devnet_history = require "tests.devnet_history"
local http = require "native.http"
local json = require "native.json"
local process = require "native.process"
local prometheus = require "tests.prometheus"
local task = require "native.task"
local t = require "tests.harness"

local M = {
  old = "v0.4.2-0f9e8d7",
  new = "v0.5.0-a1b2c3d",
  crashing = "v0.5.1-dead001", -- its node crashes soon after each start
  release = "animica-devnet",
}

local BLOCK_TIME = 0.3

local root = process.cwd()
M.root = root

local function absolute(path)
  return path:sub(1, 1) == "/" and path or root .. "/" .. path
end

M.almanac = absolute((process.getenv "ALMANAC_BUILD" or "build") .. "/almanac")

--- The helms to run a scenario with: both, unless HELMS names one.
---@return string[] "helm3", "helm4"
function M.helms()
  local out = {}
  for name in (process.getenv "HELMS" or "helm3 helm4"):gmatch "%S+" do
    out[#out + 1] = name
  end
  return out
end

---@class tests.WorldOptions
---@field helm? string        "helm3" or "helm4"
---@field install? boolean    false: the devnet is not installed
---@field prometheus? boolean
---@field history? integer    seconds before the test that Prometheus remembers
---@field alerting? boolean   Prometheus sends an alert to an Alertmanager
---@field rpc_rate? number    requests that the devnet gets a second
---@field ready_time? number
---@field sim? string[]       more words for `almanac sim`

---@class tests.World
---@field dir string          where almanac runs
---@field helm string         path of the helm binary
---@field api string          URL of the API server
---@field devnet string       URL of the devnet's services
---@field loki string
---@field prometheus string|nil
---@field alerting tests.Alerting|nil
---@field env table<string, string>
local World = {}
World.__index = World

local function start_sim(world, opts)
  local argv = { M.almanac, "sim", "--kubeconfig", world.dir .. "/kubeconfig", "--with-namespace", M.release,
    "--devnet-ready", "--block-time", tostring(BLOCK_TIME), "--ready-time", tostring(opts.ready_time or 0.1), "--backoff", "1" }
  if opts.rpc_rate then table.move({ "--rpc-rate", tostring(opts.rpc_rate) }, 1, 2, #argv + 1, argv) end
  for _, word in ipairs(opts.sim or {}) do
    argv[#argv + 1] = word
  end
  world.sim = t.spawn(argv, { cwd = world.dir })
  t.defer(function() -- one that died would only be seen as a connection refused
    if world.sim.code or t.run { "kill", "-0", tostring(world.sim.pid) } == 0 then return end
    local code, out, err = world.sim:wait()
    error({ assertion = string.format("the simulated cluster ended by itself: exit %d, signal %s\n%s\n%s", code,
      tostring(world.sim.signal), out, err) }, 0)
  end)
  local _, api, devnet, loki = world.sim:wait_line "^api=(%S+) devnet=(%S+) loki=(%S+)"
  world.api, world.devnet, world.loki = api, devnet, loki
end

--- Prometheus, which scrapes the devnet and, under its own label, the canary; as `opts` of start() say, it remembers the
--- last minutes, and sends an alert to Alertmanager.
local function start_prometheus(world, opts)
  local address = world.devnet:gsub("^http://", "")
  local scraped = {
    { job = "devnet", address = address },
    { job = "canary", address = address, path = "/ns/animica-canary/metrics", labels = { namespace = "animica-canary" } },
  }
  local history
  if opts.history then
    history = devnet_history.text { now = task.wall_ms() / 1000, seconds = opts.history, block_time = BLOCK_TIME,
      rpc_rate = opts.rpc_rate or 42, labels = string.format('job="devnet",instance="%s"', address) }
  end
  if opts.alerting then
    world.alerting = alerting.start(world.dir)
    scraped[#scraped + 1] = world.alerting.scraped
  end
  world.prometheus = prometheus.start(world.dir, scraped, { history = history, more = opts.alerting and world.alerting.config })
end

--- Waits until Prometheus has seen the chain move: before, the gates would rightly say that it does not.
function World:wait_metrics()
  for _, metric in ipairs { "animica_head_height", "animica_finalized_height", "animica_poies_gamma_total" } do
    t.eventually("Prometheus saw " .. metric .. " change", function()
      local query = "changes(max(" .. metric .. ")[15m:5s]) and on() up{job='devnet'} == 1" -- what it remembers moved, too
      local answer = http.request {
        url = self.prometheus .. "/api/v1/query", method = "POST", who = "tests.devnet", read = true,
        headers = { ["Content-Type"] = "application/x-www-form-urlencoded" },
        body = "query=" .. query:gsub("[^%w]", function(c) return string.format("%%%02X", c:byte()) end),
      }
      local result = json.decode(answer.body).data.result[1]
      return result and tonumber(result.value[2]) > 0
    end)
  end
end

--- Writes almanac.yaml; `overrides` replace values of the environment.
---@param overrides table|nil
function World:configure(overrides)
  local environment = {
    kubeconfig = self.dir .. "/kubeconfig",
    helm = self.helm,
    endpoints = { prometheus = self.prometheus or "http://127.0.0.1:9", loki = self.loki },
  }
  for key, value in pairs(overrides or {}) do
    environment[key] = value
  end
  -- JSON is YAML.
  t.write_file(self.dir .. "/almanac.yaml", json.encode { environment = "test", environments = { test = environment } })
end

--- Starts the world. Everything ends with the case.
---@param opts tests.WorldOptions|nil
---@return tests.World
function M.start(opts)
  opts = opts or {}
  local world = setmetatable({ dir = t.tmpdir(), helm = root .. "/.deps/bin/" .. (opts.helm or "helm4") }, World)
  t.must { "cp", "-r", "tests/fixtures/devnet/ops", world.dir .. "/ops" }
  start_sim(world, opts)
  if opts.prometheus then
    start_prometheus(world, opts)
  end
  world.env = {
    RPC_HTTP_URL = world.devnet .. "/rpc", EXPLORER_URL = world.devnet .. "/explorer/",
    SERVICES_URL = world.devnet .. "/services", DA_API_URL = world.devnet .. "/da", TIMEOUT_SEC = "20",
    KUBECONFIG = world.dir .. "/kubeconfig", HOME = world.dir,
  }
  world:configure()
  if opts.install ~= false then
    world:run_helm { "install", M.release, "ops/helm/animica-devnet", "--set", "global.imageTag=" .. M.old }
    world:wait_ready()
  end
  if opts.prometheus then
    world:wait_metrics()
  end
  return world
end

--- Runs helm in the release's namespace; it must succeed. Returns its stdout.
---@param argv string[]
---@return string
function World:run_helm(argv)
  return t.must({ self.helm, "-n", M.release, table.unpack(argv) }, { cwd = self.dir, env = self.env })
end

--- The release's revisions as helm has them, oldest first.
---@return {revision: integer, status: string, description: string}[]
function World:history()
  return json.decode(self:run_helm { "history", M.release, "-o", "json" })
end

--- Asks the API server.
---@param path string
---@return table
function World:get(path)
  local answer = http.request { url = self.api .. path, who = "tests.devnet" }
  t.eq(answer.status, 200, "GET " .. path)
  return json.decode(answer.body)
end

--- The node's pod, or nil.
---@return table|nil
function World:node_pod()
  local answer = http.request {
    url = self.api .. "/api/v1/namespaces/animica-devnet/pods/animica-node-0", who = "tests.devnet",
  }
  return answer.status == 200 and json.decode(answer.body) or nil
end

--- Whether a pod is ready.
---@param pod table|nil
---@return boolean
function M.is_ready(pod)
  for _, condition in ipairs(pod and pod.status and pod.status.conditions or {}) do
    if condition.type == "Ready" then
      return condition.status == "True"
    end
  end
  return false
end

--- The image tag that the node's pod runs.
---@return string
function World:node_tag()
  local pod = self:node_pod()
  return pod and pod.spec.containers[1].image:match ":([^:]*)$" or "none"
end

--- Waits until every pod of the namespace is ready.
function World:wait_ready()
  t.eventually("the devnet's six pods are ready", function()
    local pods = self:get "/api/v1/namespaces/animica-devnet/pods".items
    for _, pod in ipairs(pods) do
      if not M.is_ready(pod) then
        return false
      end
    end
    return #pods == 6
  end)
end

--- Puts faults on and takes others off while the cluster runs.
---@param add string[]
---@param remove string[]|nil
function World:fault(add, remove)
  local body = json.encode { add = json.array(add), remove = json.array(remove or {}) }
  local answer = http.request { url = self.api .. "/sim/faults", method = "POST", body = body, who = "tests.devnet" }
  t.eq(answer.status, 200, "POST /sim/faults: " .. answer.body)
end

--- Starts almanac in the world.
---@param argv string[] its words
---@param opts {env: table?, stdin: string?}|nil
---@return tests.Process
function World:spawn(argv, opts)
  local env = {}
  for key, value in pairs(self.env) do
    env[key] = value
  end
  for key, value in pairs(opts and opts.env or {}) do
    env[key] = value
  end
  return t.spawn({ M.almanac, table.unpack(argv) }, { cwd = self.dir, env = env, stdin = opts and opts.stdin })
end

--- Runs almanac to its end; fails unless its exit code is the one expected.
---@param code integer
---@param argv string[]
---@param opts table|nil as of spawn()
---@return string stdout
---@return string stderr
function World:almanac(code, argv, opts)
  local p = self:spawn(argv, opts)
  local got, out, err = p:wait(90)
  if got ~= code then
    if t.run { "sh", "-c", "kill -0 " .. self.sim.pid } ~= 0 then
      local ended = self.sim:wait()
      err = string.format("%s\nthe simulated cluster has died: exit %d, signal %s\n%s", err, ended,
        tostring(self.sim.signal), self.sim:text())
    end
    error({
      assertion = string.format("almanac %s: exit %d, want %d\n%s\n%s", table.concat(argv, " "), got, code, out, err),
    }, 0)
  end
  return out, err
end

--- A helm for almanac that behaves as `script` says; "$HELM" in it is the real one.
---@param script string
---@return string path
function World:wrap_helm(script)
  local path = self.dir .. "/helm-wrapper"
  t.write_file(path, "#!/bin/sh\nHELM=" .. self.helm .. "\n" .. script)
  t.must { "chmod", "+x", path }
  return path
end

--- The id of the newest run.
---@return string
function World:last_run()
  local out = self:almanac(0, { "runs" })
  return t.ok(out:match "^(%S+)", "a run in: " .. out)
end

return M
