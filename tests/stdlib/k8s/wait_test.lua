-- k8s.wait while the server is away: it says that nobody knows, within its time.
local httpd = require "native.httpd"
local k8s = require "almanac.public.k8s"
local k8s_client = require "almanac.k8s.client"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local task = require "native.task"

--- A server whose handler is `answer`.
local function server(answer)
  local listening = httpd.listen { handler = answer }
  t.defer(function() listening:close() end)
  local dir = t.tmpdir()
  t.write_file(dir .. "/kubeconfig", string.format([[
current-context: c
clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
contexts: [{name: c, context: {cluster: c, user: u, namespace: team}}]
users: [{name: u, user: {}}]
]], listening:port()))
  settings.kubeconfig = dir .. "/kubeconfig"
  k8s_client.forget()
  t.defer(function() settings.kubeconfig = nil end)
end

local POD = '{"kind":"Pod","metadata":{"name":"%s","namespace":"n","uid":"%s","resourceVersion":"%d"},' ..
  '"spec":{"containers":[{"name":"c"}]},"status":{"phase":"%s"}}'

t.test("a server that accepts and does not answer: it has not answered, in the time that was given", function()
  server(function() task.sleep(60) end)
  local began = task.now()
  local err = t.raises("timeout", k8s.wait, "pod/x", { deleted = true, timeout = 0.3 })
  t.ok(task.now() - began < 30, "in time")
  t.has(err.message, "after 300ms nobody knows whether pod/x is gone: the API server http://127.0.0.1")
  t.has(err.message, "has not answered")
end)

t.test("a server that fails: its words, and not that the object does not exist", function()
  server(function(_, response) response:send(503, {}, "etcd is away") end)
  local err = t.raises("timeout", k8s.wait, "pod/x", { condition = "Ready", timeout = 0.3 })
  t.has(err.message, "nobody knows whether pod/x has the condition Ready: ")
  t.has(err.message, "etcd is away")
end)

t.test("by selector: every object, one at least, and those that keep it waiting are named", function()
  local changed, phase = task.condition(), "Pending"
  server(function(request, response)
    if not request.query.watch then
      local items = table.concat({ POD:format("a", "1", 1, "Running"), POD:format("b", "2", 2, "Pending") }, ",")
      t.eq(request.query.labelSelector, "app=web")
      return response:send(200, {}, '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"2"},"items":[' .. items .. "]}")
    end
    response:start(200, {})
    while phase == "Pending" do changed:wait() end
    response:write('{"type":"MODIFIED","object":' .. POD:format("b", "2", 3, phase) .. "}\n")
    changed:wait()
  end)
  local wanted = { selector = { app = "web" }, jsonpath = "{.status.phase}", equals = "Running", timeout = 0.2 }
  local err = t.raises("timeout", k8s.wait, "pods", wanted)
  t.has(err.message, "still not so that every object of pods with app=web has Running at {.status.phase} (not so: b)")
  wanted.timeout = 5
  local handle = task.spawn(k8s.wait, "pods", wanted)
  phase = "Running"
  changed:notify()
  local ok, pods = handle:join()
  t.ok(ok, pods)
  t.eq({ #pods, pods[1].metadata.name, pods[2].metadata.name }, { 2, "a", "b" })
end)
