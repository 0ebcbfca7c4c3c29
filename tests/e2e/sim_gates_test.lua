-- The devnet's gates on a real Prometheus that scrapes `almanac sim`: all hold while it is well, and
-- the fault of each breaks it.
local t = require "tests.harness"
local json = require "native.json"
local sandbox = require "almanac.script.sandbox"

local PROMETHEUS = ".deps/prometheus/usr/bin/prometheus"
local PATIENCE = 60

local specs = sandbox.load("runbooks/any.lua", 'return require "lib.gates"').result.specs

-- Every fault that shows in a number at once, together; the gates that need a change to see one, or
-- that ask whether a value is steady, are not among them.
local FAULTS = { "head-stall", "head-lag", "rpc-errors", "rpc-slow", "gamma-stall", "unfair", "mempool-stuck",
  "mempool-full", "mempool-rejects", "low-peers", "p2p-drops", "p2p-backpressure", "da-sampling", "da-proofs",
  "beacon-stale", "vdf-fail", "vdf-slow", "aicf-timeouts", "aicf-stall", "aicf-sla", "aicf-slashing", "explorer-5xx",
  "explorer-ws" }
local UNMOVED = { ["RPC p95 stable"] = true }

local COMPARE = {
  ["<"] = function(a, b) return a < b end, ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end, [">="] = function(a, b) return a >= b end,
}

local function free_port()
  local server = require("native.httpd").listen { handler = function() end }
  local port = server:port()
  server:close()
  return port
end

--- A simulator with these faults and a Prometheus that scrapes it twice a second.
local function start(faults)
  local dir, words = t.tmpdir(), {}
  for _, f in ipairs(faults) do
    words[#words + 1] = "--fault"
    words[#words + 1] = f
  end
  local sim = t.spawn { t.getenv "ALMANAC_BUILD" .. "/almanac", "sim", "--devnet-ready", "--block-time", "0.3",
    table.unpack(words) }
  local _, port = sim:wait_line " devnet=http://127.0.0.1:(%d+) "
  t.write_file(dir .. "/prometheus.yml", ("global: {scrape_interval: 500ms, scrape_timeout: 500ms}\n"
    .. "scrape_configs:\n- job_name: devnet\n  honor_labels: true\n"
    .. "  static_configs: [{targets: ['127.0.0.1:%s']}]\n"):format(port))
  local url = "127.0.0.1:" .. free_port()
  t.spawn { PROMETHEUS, "--config.file=" .. dir .. "/prometheus.yml", "--storage.tsdb.path=" .. dir .. "/data",
    "--web.listen-address=" .. url, "--log.level=error" }
  return "http://" .. url
end

local function value_of(url, query)
  local code, out = t.run { "curl", "-sS", "-G", "--max-time", "10", url .. "/api/v1/query", "--data-urlencode",
    "query=" .. query }
  if code ~= 0 or out:sub(1, 1) ~= "{" then return nil end -- not up yet
  local answer = json.decode(out)
  t.eq(answer.status, "success", query)
  local result = answer.data.result
  t.ok(#result <= 1, "one value: " .. query)
  return result[1] and tonumber(result[1].value[2])
end

--- The gates whose value is not on the wanted side of its limit, as text.
local function wrong(url, holds)
  local out = {}
  for _, spec in ipairs(specs) do
    local v = value_of(url, spec.query)
    local good = v and v == v and COMPARE[spec.op or "<"](v, spec.limit)
    if (good and true or false) ~= holds and not (not holds and UNMOVED[spec.name]) then
      out[#out + 1] = ("%s is %s, limit %s %s"):format(spec.name, v, spec.op or "<", spec.limit)
    elseif v == nil then
      out[#out + 1] = spec.name .. " has no data"
    end
  end
  return table.concat(out, "; ")
end

local function wait_for(url, holds)
  local last = "Prometheus does not answer"
  local ok, err = pcall(t.eventually, "every gate " .. (holds and "holds" or "fails"), function()
    last = wrong(url, holds)
    return last == ""
  end, PATIENCE)
  if not ok then error(last .. "\n" .. tostring(err.assertion or err), 0) end
end

t.test("all gates hold on a healthy devnet", function() wait_for(start {}, true) end)

t.test("every gate breaks by its fault", function()
  local finality = {}
  for i, f in ipairs(FAULTS) do finality[i] = f end
  finality[#finality + 1] = "finality-stall"
  wait_for(start(finality), false)
end)

t.test("a metric without data is gone, one of several series is several", function()
  local url = start { "no-data=animica_p2p_peers_connected", "series=animica_mempool_size_txs" }
  t.eventually("it is scraped", function() return value_of(url, "count(animica_mempool_size_txs)") == 2 end, PATIENCE)
  t.eq(value_of(url, "animica_p2p_peers_connected"), nil)
end)
