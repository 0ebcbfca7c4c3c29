-- A server's error in answer to a write that took place: it is looked at, and not made a second time.
local json = require "native.json"
local process = require "native.process"
local projects = require "tests.project"
local proxies = require "tests.proxy"
local t = require "tests.harness"

local BOOK = [[return runbook { run = function()
  step("make", function() k8s.create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "made", namespace = "team" } } end)
  step("restart", function() k8s.restart("deployment/web", { namespace = "team" }) end)
end }]]

local WEB = { apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web", namespace = "team" }, spec = {
  replicas = 1, selector = { matchLabels = { app = "web" } },
  template = { metadata = { labels = { app = "web" } }, spec = { containers = { { name = "web", image = "web:1" } } } },
} }

--- A project whose cluster answers through a proxy.
local function setting()
  local p = projects.new { book = BOOK }
  t.write_file(p.dir .. "/web.json", json.encode { apiVersion = "v1", kind = "List", items = { WEB } })
  local sim = t.spawn({ process.exe(), "sim", "--kubeconfig", p.dir .. "/direct", "--with-namespace", "team",
    "--objects", p.dir .. "/web.json" })
  sim:wait_line "http"
  local kubeconfig = t.read_file(p.dir .. "/direct")
  local url = kubeconfig:match "http://[%d.]+:%d+"
  local proxy = proxies.start { url = url }
  t.defer(function() proxy:close() end)
  t.write_file(p.dir .. "/kubeconfig", (kubeconfig:gsub(url:gsub("%p", "%%%0"), proxy.url)))
  return p, proxy
end

for what, answer in pairs {
  ["a time-out of etcd, which has no reason"] = { 500, json.encode { kind = "Status", apiVersion = "v1", status = "Failure",
    message = "etcdserver: request timed out", code = 500 } },
  ["a page of what stands between, 503"] = { 503, "upstream connect error or disconnect/reset before headers" },
  ["a page of what stands between, 500"] = { 500, "<html>Internal Server Error</html>" },
} do
  t.test(what, function()
    local p, proxy = setting()
    local env = { KUBECONFIG = p.dir .. "/kubeconfig" }
    local function count(verb) return select(2, table.concat(proxy.requests, "\n"):gsub(verb .. " /api[^\n]*", "")) end
    for i, write in ipairs { "POST", "PATCH" } do
      proxy:answer_instead("^" .. write, { status = answer[1], headers = { ["content-type"] = "application/json" }, body = answer[2] })
      local code, out, err = p:run({ i == 1 and "run" or "resume", i == 1 and "book" or nil, "--no-ask" }, env)
      t.eq(code, 1, out .. err)
      t.eq(count(write), 1, out .. err)
    end
    local code, out, err = p:run({ "resume", "--no-ask" }, env)
    t.eq(code, 0, out .. err)
    t.eq({ count "POST", count "PATCH" }, { 1, 1 }, out .. err)
  end)
end
