-- k8s.watch against a server that cuts, throttles, forgets and sends half a line: nothing is missed
-- and nothing comes twice.
local execute = require "almanac.run.mode.execute"
local httpd = require "native.httpd"
local json = require "native.json"
local k8s = require "almanac.public.k8s"
local k8s_client = require "almanac.k8s.client"
local k8s_watch = require "almanac.k8s.watch"
local runs = require "almanac.journal.run"
local settings = require "almanac.config.settings"
local step = require "almanac.run.step"
local t = require "tests.harness"
local task = require "native.task"

local function object(name, version, uid)
  return { spec = {}, metadata = { name = name, namespace = "n", uid = uid or name, resourceVersion = tostring(version) } }
end

local function summarise(events)
  local out = {}
  for i, e in ipairs(events) do
    out[i] = e.type .. (e.object and " " .. e.object.metadata.name .. "@" .. e.object.metadata.resourceVersion or "")
  end
  return out
end

t.test("a new list is told as what changed since", function()
  local known = {}
  t.eq(summarise(k8s_watch.reconcile(known, { object("a", 1), object("b", 2), object("c", 3) })),
    { "ADDED a@1", "ADDED b@2", "ADDED c@3" })
  t.eq(summarise(k8s_watch.reconcile(known, { object("a", 1), object("b", 5), object("c", 6, "c-again"), object("d", 7) })),
    { "DELETED c@3", "MODIFIED b@5", "ADDED c@6", "ADDED d@7" })
  t.eq(summarise(k8s_watch.reconcile(known, {})), { "DELETED a@1", "DELETED b@5", "DELETED c@6", "DELETED d@7" })
end)

t.test("bookmarks move on, 410 begins again, other errors end it", function()
  local known = {}
  t.eq({ k8s_watch.accept(known, { type = "BOOKMARK", object = object("", 9) }) }, { "bookmark", "9" })
  t.eq(k8s_watch.accept(known, { type = "ERROR", object = { code = 410, reason = "Expired" } }), "expired")
  t.eq(k8s_watch.accept(known, { type = "ERROR", object = { code = 500 } }), nil)
  local event, version = k8s_watch.accept(known, { type = "ADDED", object = object("a", 3) })
  t.eq({ event.type, version, known["n/a"].metadata.name }, { "ADDED", "3", "a" })
  k8s_watch.accept(known, { type = "DELETED", object = object("a", 4) })
  t.eq(known["n/a"], nil)
end)

t.test("a line that is no event of a watch is refused in words, and may pass; what the server says goes through", function()
  for _, line in ipairs {
    "", "null", "5", "{", "{}", '{"type":"ADDED"}', '{"type":"ADDED","object":{"metadata":{"name":5}}}', '{"type":"BOOKMARK","object":{}}',
    '{"type":"NEWS","object":{"metadata":{"name":"a"}}}', '{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":5}}}',
  } do
    local err = t.raises("protocol", k8s_watch.read, "k8s.watch", "/api/v1/namespaces/x/pods", {}, line)
    t.has(err.message, "k8s.watch: the server wrote a line that is no event of a watch of /api/v1/namespaces/x/pods (")
    t.has(err.message, "): " .. line)
    t.ok(k8s_watch.may_pass(err))
  end
  local err = t.raises("api", k8s_watch.read, "k8s.watch", "/api/v1/namespaces/x/pods", {},
    '{"type":"ERROR","object":{"code":500,"message":"etcd"}}')
  t.eq({ err.status, err.message }, { 500, "k8s.watch: the server ended the watch: etcd" })
  t.eq(t.raises("api", k8s_watch.read, "x", "/api/v1/pods", {}, '{"type":"ERROR","object":{"code":"y","message":[]}}').status, 500)
end)

t.test("the pause grows, is bounded, and obeys Retry-After", function()
  t.eq(k8s_watch.pause(1, nil, 1), 0.25)
  t.eq(k8s_watch.pause(3, nil, 0), 0.5)
  t.eq(k8s_watch.pause(20, nil, 1), 10)
  t.eq(k8s_watch.pause(1, "3", 0.5), 3)
end)

-- A server that keeps a history of one collection, and misbehaves as told --------------------------

--- What there is after so many events.
local function current(history, upto)
  local there = {}
  for i = 1, upto do
    local event = history[i]
    there[event.object.metadata.name] = event.type ~= "DELETED" and event.object or nil
  end
  local items = {}
  for _, o in pairs(there) do items[#items + 1] = o end
  table.sort(items, function(a, b) return a.metadata.name < b.metadata.name end)
  return items
end

--- `faults` is taken from the front, one for each watch that connects.
local function server(history, faults)
  local self = { lists = 0, watches = 0, forgotten = 0 }
  local function list(response)
    self.lists = self.lists + 1
    local upto = self.lists == 1 and 0 or self.shown
    response:send(200, { ["Content-Type"] = "application/json" }, json.encode {
      kind = "PodList", apiVersion = "v1", metadata = { resourceVersion = tostring(upto) },
      items = json.array(current(history, upto)),
    })
  end
  local function watch(request, response)
    self.watches = self.watches + 1
    local from = tonumber(request.query.resourceVersion)
    local fault = table.remove(faults, 1) or { "all" }
    if fault[1] == "status" then
      return response:send(fault[2], fault[3] or {}, json.encode { kind = "Status", message = "not now", code = fault[2] })
    end
    response:start(200, { ["Content-Type"] = "application/json" })
    if fault[1] == "expire" then
      self.shown = math.min(from + fault[2], #history)
      response:write(json.encode { type = "ERROR", object = { kind = "Status", code = 410, reason = "Expired" } } .. "\n")
      return response:finish()
    end
    local upto = fault[1] == "all" and #history or math.min(from + fault[2], #history)
    for i = from + 1, upto do response:write(json.encode(history[i]) .. "\n") end
    self.shown = upto
    if fault[1] == "half" and upto < #history then
      local line = json.encode(history[upto + 1])
      response:write(line:sub(1, #line // 2)) -- and no end: the connection is cut
    elseif fault[1] == "bookmark" then
      response:write(json.encode { type = "BOOKMARK", object = { metadata = { resourceVersion = tostring(upto) } } } .. "\n")
      response:finish()
    elseif fault[1] == "all" then
      task.sleep(60)
    elseif fault[1] == "end" then
      response:finish()
    end
  end
  self.httpd = httpd.listen {
    handler = function(request, response)
      if request.query.watch then return watch(request, response) end
      if request.path:find "/kube%-system$" then return response:send(404, {}, "") end -- which cluster it is
      list(response)
    end,
  }
  t.defer(function() self.httpd:close() end)
  local dir = t.tmpdir()
  t.write_file(dir .. "/kubeconfig", string.format([[
clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
contexts: [{name: c, context: {cluster: c, namespace: "n"}}]
current-context: c
]], self.httpd:port()))
  settings.kubeconfig = dir .. "/kubeconfig"
  k8s_client.forget()
  return self
end

local function history_of(n)
  local out = {}
  for i = 1, n do
    local name = "pod-" .. i % 7
    local previous = i > 7 and out[i - 7].type or "DELETED"
    local kind = previous == "DELETED" and "ADDED" or i % 5 == 0 and "DELETED" or "MODIFIED"
    out[i] = { type = kind, object = object(name, i) }
  end
  return out
end

--- The next event. A server's answer that was dropped unfinished is cut off when it is collected.
local function next_event(watch)
  for _ = 1, 400 do
    local event = watch:next(0.05)
    if event then return event end
    collectgarbage()
  end
  error "no event came"
end

--- Watches until version n has been told: each in order and once.
local function follow(n)
  local watch <close> = k8s.watch "pods"
  local last = 0
  while last < n do
    local event = next_event(watch)
    if event.type ~= "SYNCED" then
      t.eq(tonumber(event.object.metadata.resourceVersion), last + 1)
      last = last + 1
    end
  end
end

t.test("cut, ended, half a line, throttled: all of a thousand events, each once", function()
  local history = history_of(1000)
  local faults = {}
  for i = 1, 12 do
    faults[#faults + 1] = { ({ "cut", "half", "end", "bookmark" })[i % 4 + 1], 60 }
    if i % 3 == 0 then faults[#faults + 1] = { "status", 429, { ["Retry-After"] = "0" } } end
    if i % 5 == 0 then faults[#faults + 1] = { "status", 503 } end
  end
  local api = server(history, faults)
  follow(1000)
  t.eq(api.lists, 1, "one list is enough")
  t.ok(api.watches > 12)
end)

t.test("an expired version: listed again, what was missed comes as one", function()
  local history = history_of(200)
  local api = server(history, { { "end", 50 }, { "expire", 50 } })
  local watch <close> = k8s.watch "pods"
  local known, wanted, last = {}, {}, 0
  while last < 200 do
    local event = next_event(watch)
    if event.object then
      local name, version = event.object.metadata.name, tonumber(event.object.metadata.resourceVersion)
      t.eq(known[name] ~= nil, event.type ~= "ADDED", event.type .. " of " .. name .. " that was told of before")
      known[name] = event.type ~= "DELETED" and version or nil
      last = math.max(last, version)
    end
  end
  for i, event in ipairs(history) do wanted[event.object.metadata.name] = event.type ~= "DELETED" and i or nil end
  t.eq(known, wanted)
  t.eq(api.lists, 2)
end)

t.test("a refusal that will not pass ends the watch", function()
  server(history_of(10), { { "status", 403 } })
  t.eq(t.raises("api", follow, 10).status, 403)
end)

t.test("a server that is away is said to be, and that it is back", function()
  server(history_of(5), { { "status", 503 }, { "status", 503 }, { "status", 503 } })
  local run, told, notes = runs.unrecorded({}, execute), {}, {}
  run:observe(function(event)
    if event.kind == "connection" then told[#told + 1] = event.data.state end
    if event.kind == "note" then notes[#notes + 1] = event.data.text end
  end)
  step.within(run, step.run, "watch", {}, function() follow(5) end)
  t.eq(told, { "lost", "back" })
  t.has(notes[1], "lost the connection to the API server, trying again: ")
  t.has(notes[2], "the API server is back after ")
end)

t.test("a server that stays away ends it after a while, with the reason", function()
  local api = server(history_of(10), { { "cut", 5 } })
  local watch <close> = k8s.watch("pods", { patience = 0.3 })
  for _ = 1, 6 do watch:next(10) end
  api.httpd:close()
  local err = t.raises("network", watch.next, watch)
  t.has(err.message, "watching for")
  t.has(err.message, "connection refused")
end)

t.test("a cancelled wait and a deadline get through", function()
  server(history_of(3), {})
  local watch <close> = k8s.watch "pods"
  for _ = 1, 4 do watch:next(10) end
  local waiter = task.spawn(watch.next, watch)
  task.sleep(0)
  waiter:cancel()
  local ok, err = waiter:join()
  t.eq({ ok, err.kind }, { false, "cancelled" })
end)
