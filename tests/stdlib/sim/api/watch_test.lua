-- Watches of the simulated API.
local t = require "tests.harness"
local task = require "native.task"
local api = require "tests.stdlib.sim.api.support"
local support = require "tests.stdlib.sim.support"
local value = require "almanac.sim.model.value"

local DEPLOYMENTS = api.DEPLOYMENTS
local MERGE = { ["content-type"] = "application/merge-patch+json" }

local server, deployment = api.server, api.deployment

local function watch(s, target)
  local response = support.response()
  local seen, signal = {}, task.condition()
  response.on_write = function(self)
    for line in self.body:gmatch("[^\n]+") do
      local event = value.json.decode(line)
      seen[#seen + 1] = event.type .. " " .. (event.object.metadata.name or "-")
    end
    self.body = ""
    signal:notify()
  end
  local handle = task.spawn(s.handler, support.request("GET", target, {}), response)
  local function wait(n)
    while #seen < n do signal:wait() end
  end
  return { response = response, seen = seen, wait = wait, handle = handle, stop = function()
    response.gone = true
    response.close_fn()
    handle:join()
  end }
end

t.test("a watch: what is there, then changes, with a selector's comings and goings", function()
  local s = server()
  local before = #s.store.subscribers
  s.call("POST", DEPLOYMENTS, {}, deployment("a"))
  local w = watch(s, DEPLOYMENTS .. "?watch=1&labelSelector=app%3Da")
  w.wait(1)
  s.call("POST", DEPLOYMENTS, {}, deployment("b"))
  s.call("PATCH", DEPLOYMENTS .. "/a", MERGE, { spec = { replicas = 4 } })
  w.wait(2)
  s.call("PATCH", DEPLOYMENTS .. "/a", MERGE, { metadata = { labels = { app = "z" } } })
  w.wait(3)
  s.call("PATCH", DEPLOYMENTS .. "/a", MERGE, { metadata = { labels = { app = "a" } } })
  w.wait(4)
  s.call("DELETE", DEPLOYMENTS .. "/a")
  w.wait(5)
  t.eq(w.seen, { "ADDED a", "MODIFIED a", "DELETED a", "ADDED a", "DELETED a" })
  w.stop()
  t.eq(w.response.finished, true)
  t.eq(#s.store.subscribers, before)
end)

t.test("a watch from a version goes on from there; timeoutSeconds ends it", function()
  local s = server()
  local before = #s.store.subscribers
  local first = s.call("POST", DEPLOYMENTS, {}, deployment("a")).json
  s.call("POST", DEPLOYMENTS, {}, deployment("b"))
  local w = watch(s, DEPLOYMENTS .. "?watch=true&resourceVersion=" .. first.metadata.resourceVersion
    .. "&timeoutSeconds=0.01")
  t.eq(w.handle:join(), true)
  t.eq(w.seen, { "ADDED b" })
  t.eq(#s.store.subscribers, before)
end)

t.test("initial events end with a bookmark that says so", function()
  local s = server()
  s.call("POST", DEPLOYMENTS, {}, deployment("a"))
  local w = watch(s, DEPLOYMENTS .. "?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan")
  w.wait(2)
  t.eq(w.seen, { "ADDED a", "BOOKMARK -" })
  w.stop()
end)

t.test("500 deployments are listed and watched without effort", function()
  local s = server()
  for i = 1, 500 do s.store:create("apps/v1/deployments", (function()
    local d = deployment("d" .. i)
    d.metadata.namespace = "ns"
    return d
  end)()) end
  local from = task.now()
  for _ = 1, 10 do t.eq(#s.call("GET", DEPLOYMENTS .. "?labelSelector=app%3Dd7").json.items, 1) end
  t.ok(task.now() - from < 20, "ten selections took " .. (task.now() - from) .. " s")
end)
