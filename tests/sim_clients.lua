--- What the end-to-end tests of the simulator share: a simulator of a case's own, and the real helm and kubectl
--- against it.
local t = require "tests.harness"
local fs = require "native.fs"
local json = require "native.json"

local clients = {}

clients.NS = "animica-devnet"
clients.CHART = "tests/fixtures/devnet/ops/helm/animica-devnet"

--- The path of a client that `make deps` has brought.
function clients.need(name)
  local path = ".deps/bin/" .. name
  if not fs.exists(path) then error(path .. " is missing: run make deps", 0) end
  return path
end

--- A simulator of its own for one case, with clients that keep their caches apart.
function clients.start(...)
  local sim = { dir = t.tmpdir() }
  sim.kubeconfig = sim.dir .. "/kubeconfig"
  sim.process = t.spawn { t.getenv "ALMANAC_BUILD" .. "/almanac", "sim", "--kubeconfig", sim.kubeconfig,
    "--with-namespace", clients.NS, "--ready-time", "0.3", "--block-time", "0.2", ... }
  local _
  _, sim.api, sim.devnet, sim.loki = sim.process:wait_line "^api=(%S+) devnet=(%S+) loki=(%S+) "
  local env = { KUBECONFIG = sim.kubeconfig, HOME = sim.dir, HELM_CACHE_HOME = sim.dir, HELM_CONFIG_HOME = sim.dir,
    HELM_DATA_HOME = sim.dir }
  function sim.run(name, words)
    local argv = { clients.need(name), "--namespace", clients.NS }
    for w in words:gmatch("%S+") do argv[#argv + 1] = w end
    return t.run(argv, { env = env, timeout = 60 })
  end
  function sim.must(name, words)
    local code, out, err = sim.run(name, words)
    t.eq(code, 0, name .. " " .. words .. "\n" .. out .. err)
    return out, err
  end
  function sim.get(what)
    return json.decode(sim.must("kubectl34", "get -o json " .. what))
  end
  return sim
end

--- The words that install or upgrade the devnet's chart to a tag.
function clients.upgrade(tag)
  return ("upgrade --install animica-devnet %s --set global.imageTag=%s"):format(clients.CHART, tag)
end

return clients
