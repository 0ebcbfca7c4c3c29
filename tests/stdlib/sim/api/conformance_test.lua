-- Every recorded exchange with a real Kubernetes against the simulated API; see tests/stdlib/sim/api/replay.lua.
-- The golden file says of each recording how many were compared whole, and why others were not.
local coverage = require "tests.stdlib.sim.api.coverage"
local replay = require "tests.stdlib.sim.api.replay"
local resources = require "almanac.sim.model.resources"
local router = require "almanac.sim.api.router"
local support = require "tests.stdlib.sim.support"
local t = require "tests.harness"
local value = require "almanac.sim.model.value"

local ONLY = {
  { "^/api$", "the simulator serves fewer kinds; tests/stdlib/sim/api/recordings_test.lua compares those" },
  { "^/apis$", "the simulator serves fewer kinds; tests/stdlib/sim/api/recordings_test.lua compares those" },
  { "^/api/v1$", "the simulator serves fewer kinds; tests/stdlib/sim/api/recordings_test.lua compares those" },
  { "^/openapi/v3$", "the simulator serves fewer kinds" },
}

--- The namespace as it was before its deletion: the recording has not kept the request that made it.
--- Something must hold it, or it is gone at once.
local function seed_namespace(self, exchange)
  if exchange.request.method ~= "DELETE" then return end
  local namespace = value.json.decode(exchange.response.body)
  namespace.metadata.deletionTimestamp, namespace.status.phase = nil, "Active"
  self:place(self.server.store.served.by_key["v1/namespaces"], namespace)
  self.server.store:create("v1/configmaps", { metadata = { name = "held", namespace = namespace.metadata.name,
    finalizers = value.array { "example/hold" } } })
end

--- The events of both recorded pages, and as many more as the first page says are left.
local function seed_pages(self, exchange)
  local events, path = self.server.store.served.by_key["v1/events"], exchange.request.path
  if not self.pages then
    self.pages = 0
    for _, other in ipairs(support.exchanges "28-paging") do
      for _, event in ipairs(value.json.decode(other.response.body).items or {}) do
        self:place(events, event)
        self.pages = self.pages + 1
      end
    end
    for i = self.pages + 1, 353 do
      self:place(events, { metadata = { name = "later-" .. i, namespace = "animica-devnet" }, reason = "Test" })
    end
    self.prepare = function() end -- the lists below find these
  elseif exchange.response.status == 200 then
    exchange.request.path = path:gsub("continue=[^&]*", "continue=" .. self.answer.json.metadata.continue)
  end
end

-- The recordings in order; `seed` prepares an exchange by hand, `after` goes on where another one ended.
local RECORDINGS = {
  { "01-discovery" }, { "02-helm4-upgrade-ok" }, { "04-rollout-status-deploy" }, { "05-helm4-history" },
  { "06-helm4-upgrade-crash" }, { "07-rollout-status-crash" }, { "08-pods-crash" }, { "09-events" },
  { "10-helm4-rollback" }, { "11-rollout-status-after-rollback" }, { "12-live-rollout" },
  { "13-helm4-upgrade-wait-ok" }, { "14-helm4-upgrade-rollback-on-failure" },
  { "15-helm4-template-dryrun-server" }, { "16-helm4-killed-midway" }, { "17-helm3-upgrade" },
  { "18-helm4-install" }, { "19-helm4-uninstall", after = "18-helm4-install" }, { "20-logs" }, { "21-errors" },
  { "22-watch-bookmarks" }, { "23-ssa" }, { "24-scale-restart" }, { "25-service-proxy" },
  { "26-namespace", seed = seed_namespace }, { "27-lease" }, { "28-paging", seed = seed_pages },
  { "29-missing-image" }, { "30-pvc-wipe" }, { "31-kubectl-apply-ssa-diff" },
  { "32-statefulset-not-ready" }, { "33-drain-budget" }, { "34-endpointslices" }, { "35-empty-lists" },
  { "40-exec-websocket", elsewhere = "frames of WebSockets: tests/stdlib/sim/api/exec_test.lua", compared = true },
  { "50-loki", elsewhere = "Loki: tests/stdlib/sim/world/loki_test.lua" },
}

local proven = coverage.new()
local report, replays, known = {}, {}, { ["patches"] = true }

local function report_line(name, done)
  local why = {}
  for reason, n in pairs(done) do
    if reason ~= "compared" then why[#why + 1] = n .. " " .. reason end
  end
  table.sort(why)
  report[#report + 1] = string.format("%s: %d compared%s", name, done.compared or 0,
    why[1] and "; " .. table.concat(why, "; ") or "")
end

local function note(exchange, how)
  local route = how == "compared" and router.parse(resources.builtin, (exchange.request.path:match "^[^?]*"))
  if route then proven:note(exchange, route) end
end

for _, recording in ipairs(RECORDINGS) do
  local name = recording[1]
  known[name] = true
  if recording.elsewhere then
    report_line(name, { ["not a request of the API: " .. recording.elsewhere] = #support.exchanges(name) })
    for _, exchange in ipairs(recording.compared and support.exchanges(name) or {}) do note(exchange, "compared") end
  else
    t.test(name, function()
      local self = replays[recording.after] or replay.new()
      replays[name] = self
      local done = {}
      for i, exchange in ipairs(support.exchanges(name)) do
        if recording.seed then recording.seed(self, exchange) end
        local ok, how = pcall(self.run, self, exchange, ONLY)
        if not ok then
          error({ assertion = ("%s.jsonl:%d: %s"):format(name, i, type(how) == "table" and (how.assertion or how.message)
            or how) }, 0)
        end
        done[how] = (done[how] or 0) + 1
        note(exchange, how)
      end
      report_line(name, done)
    end)
  end
end

t.test("nothing is left out", function()
  for _, entry in ipairs(require("native.fs").list "tests/fixtures/recordings") do
    local name = (type(entry) == "table" and entry.name or entry):match "^(.*)%.jsonl$"
    if name then t.ok(known[name], name .. " is replayed") end
  end
  table.sort(report)
  t.golden("sim_conformance", table.concat(report, "\n") .. "\n")
end)

t.test("the page about the simulator says what is recorded and what is not", function() proven:check() end)
