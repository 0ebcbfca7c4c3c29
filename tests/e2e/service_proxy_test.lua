-- svc:// and pod://: what runs in the cluster, asked through the API server; also by the gates' modules.
local devnet = require "tests.devnet"
local fs = require "native.fs"
local http = require "native.http"
local json = require "native.json"
local t = require "tests.harness"

local function start(book)
  local world = devnet.start { prometheus = true }
  fs.mkdir(world.dir .. "/runbooks")
  t.write_file(world.dir .. "/runbooks/book.lua", "return runbook { run = function()\n" .. book .. "\nend }")
  return world
end

--- A Service of the cluster that leads to the world's Prometheus.
local function add_service(world, name, url)
  local answer = http.request {
    who = "test", method = "POST", url = world.api .. "/api/v1/namespaces/animica-devnet/services",
    headers = { ["Content-Type"] = "application/json" },
    body = json.encode { apiVersion = "v1", kind = "Service",
      metadata = { name = name, annotations = { ["almanac.sim/forward-to"] = url } }, spec = { ports = { { port = 9090 } } } },
  }
  t.eq(answer.status, 201, answer.body)
end

t.test("http, prom and loki ask services and pods of the cluster", function()
  local world = start [[
  step("ask", function()
    local metrics = http.get "svc://animica-devnet/animica-node:metrics/metrics"
    note("metrics " .. tostring(metrics.body:find "animica_head_height" ~= nil))
    note("tls " .. http.get("svc+https://animica-devnet/animica-node:metrics/metrics").status)
    note("health " .. http.get("pod://animica-devnet/animica-node-0:8545/healthz").status)
    note("height " .. tostring(prom.value "max(animica_head_height)" > 0))
    note("chain " .. tostring(http.rpc("svc://animica-devnet/animica-node:8545/rpc", "chain.getChainId")))
  end)]]
  add_service(world, "prometheus", world.prometheus)
  world:configure { endpoints = { prometheus = "svc://animica-devnet/prometheus:9090" } }
  local _, err = world:almanac(0, { "run", "book", "--plain" })
  for _, line in ipairs { "metrics true", "tls 200", "health 200", "height true", "chain " } do t.has(err, line) end
end)

t.test("what is not there, has no ready pod, or is no URL is said in words", function()
  local world = start [[
  for i, url in ipairs { "svc://animica-devnet/nope:http/x", "svc://animica-devnet/lonely:80/", "svc:///x", "svc://a/b:c*/d" } do
    step("ask " .. i, function()
      local ok, err = errors.try(http.get, url, { retry = { times = 1 } })
      note(url .. " -> " .. tostring(ok) .. " " .. err.kind .. ": " .. err.message .. " / " .. tostring(err.hint))
    end)
  end
  step("write", function() http.post("svc://animica-devnet/nope:http/x", { body = "x" }) end)]]
  local answer = http.request {
    who = "test", method = "POST", url = world.api .. "/api/v1/namespaces/animica-devnet/services",
    headers = { ["Content-Type"] = "application/json" },
    body = json.encode { apiVersion = "v1", kind = "Service", metadata = { name = "lonely" },
      spec = { selector = { app = "nobody" }, ports = { { port = 80 } } } },
  }
  t.eq(answer.status, 201)
  local _, err = world:almanac(1, { "run", "book", "--plain" })
  t.has(err, 'services "nope" not found')
  t.has(err, 'no endpoints available for service "lonely')
  t.has(err, "no pod behind service/lonely is ready")
  t.has(err, "is no URL of the cluster")
  t.has(err, "✗ write")
end)
