--- A server of metrics for the arms of a canary, and a real Prometheus that scrapes it: each arm is a namespace, and does
--- between two scrapes what it is declared to.
local httpd = require "native.httpd"
local process = require "native.process"
local simulate = require "tests.stdlib.observe.canary.simulate"
local t = require "tests.harness"

local M = {
  EVERY = 0.5, -- seconds between two scrapes
}

---@class tests.Arm
---@field requests integer  between two scrapes
---@field failing number    share of them that fail
---@field slow number       share of them that are slow
---@field leak? integer     bytes of memory that it takes and keeps

local METRICS = [[
animica_rpc_requests_total{status="ok"} %d
animica_rpc_requests_total{status="error"} %d
animica_rpc_request_duration_seconds_bucket{le="0.1"} %d
animica_rpc_request_duration_seconds_bucket{le="1"} %d
animica_rpc_request_duration_seconds_bucket{le="+Inf"} %d
animica_p2p_peers_connected 9
container_memory_working_set_bytes{container="node"} %d
]]

--- A page of metrics for each arm, which go on with each scrape.
local function serve(arms, seed)
  local state = {}
  for name in pairs(arms) do
    state[name] = { random = simulate.new(#name + (seed or 0)), errors = 0, requests = 0, slow = 0, memory = 512 * 2 ^ 20 }
  end
  return httpd.listen {
    handler = function(request, response)
      local name = request.path:sub(2)
      local arm, now = arms[name], state[name]
      now.requests = now.requests + arm.requests
      now.errors = now.errors + now.random.poisson(arm.requests * arm.failing)
      now.slow = now.slow + now.random.poisson(arm.requests * arm.slow)
      now.memory = now.memory + (arm.leak or 0)
      response:send(200, { ["Content-Type"] = "text/plain; version=0.0.4" }, METRICS:format(now.requests - now.errors, now.errors,
        now.requests - now.slow, now.requests, now.requests, now.memory // 1 | 0))
    end,
  }
end

--- Starts both.
---@param arms table<string, tests.Arm>  by namespace
---@param seed? integer
---@return string url  of Prometheus
function M.start(arms, seed)
  local server, dir, jobs = serve(arms, seed), t.tmpdir(), {}
  t.defer(function() server:close() end)
  for name in pairs(arms) do
    jobs[#jobs + 1] = string.format("- {job_name: %s, metrics_path: /%s, static_configs: [{targets: ['127.0.0.1:%d'], "
      .. "labels: {namespace: %s}}]}", name, name, server:port(), name)
  end
  t.write_file(dir .. "/prometheus.yml", string.format("global: {scrape_interval: %dms, scrape_timeout: %dms}\nscrape_configs:\n%s\n",
    M.EVERY * 1000, M.EVERY * 500, table.concat(jobs, "\n")))
  local p = t.spawn({ process.cwd() .. "/.deps/prometheus/usr/bin/prometheus", "--config.file=prometheus.yml",
    "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:0" }, { cwd = dir })
  return "http://" .. p:wait_lines { 'Listening on" address=(%S+)', "Server is ready" }[1]
end

return M
