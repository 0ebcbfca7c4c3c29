-- A server that takes a change, and answers with nothing that tells of it, leaves in doubt whether it was made: it is not made
-- again unasked, and not said to have failed. A malformed answer to a read is refused in words.
local answers = require "almanac.k8s.answer"
local httpd = require "native.httpd"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local ODD = { "null", "[]", "[1", "{}", '{"kind":"Deployment","met', '"text"', "4711", "<html>", "" }

local CONFIG_MAP = { apiVersion = "v1", kind = "ConfigMap", data = { x = "1" },
  metadata = { name = "a", namespace = "default", uid = "u", resourceVersion = "1" } }

--- A server that answers each GET well, and each change with 200 and `odd`.
local function server(pages)
  local made = { odd = "null", count = 0 }
  local listening = httpd.listen { port = 0, handler = function(request, response)
    local is_json = { ["Content-Type"] = "application/json" }
    if request.method == "GET" then
      local answer = pages[request.path]
      return response:send(answer and 200 or 404, is_json, answer or '{"kind":"Status","apiVersion":"v1","code":404,"reason":"NotFound"}')
    end
    if not tostring(request.raw_query):find "dryRun" then made.count = made.count + 1 end
    response:send(request.method == "POST" and 201 or 200, is_json, made.odd)
  end }
  t.defer(function() listening:close() end)
  made.url = "http://127.0.0.1:" .. listening:port()
  return made
end

local function is_in_doubt(p, made, env)
  for _, odd in ipairs(ODD) do
    made.odd, made.count = odd, 0
    t.must { "rm", "-rf", p.dir .. "/.almanac" }
    local code, out, err = p:run({ "run", "book", "--no-ask" }, env)
    t.ok(code ~= 0, odd .. out .. err)
    t.lacks(out .. err, "attempt to", odd)
    local _, log = p:run({ "log", "--json" }, env)
    t.has(log, "effect.in_doubt", odd .. err)
    t.eq(made.count, 1, odd)
  end
end

t.test("an issue of GitHub, also of a step that is tried again", function()
  local made = server { ["/repos/o/r/issues"] = "[]" }
  local p = project.new { book = [[return runbook { run = function()
    step("a", { retry = { times = 3, delay = "10ms" } }, function() return github.issue { repo = "o/r", title = "x", body = "b" } end)
  end }]] }
  t.write_file(p.dir .. "/almanac.yaml", "endpoints: { github: { url: \"" .. made.url .. "\" } }\n")
  is_in_doubt(p, made, nil)
end)

t.test("an effect on a cluster", function()
  local path = "/api/v1/namespaces/default/configmaps"
  local made = server {
    ["/api/v1"] = json.encode { kind = "APIResourceList", groupVersion = "v1", resources = { { name = "configmaps",
      singularName = "configmap", namespaced = true, kind = "ConfigMap", verbs = { "get", "list", "patch", "create" } } } },
    ["/api"] = '{"kind":"APIVersions","versions":["v1"]}', ["/apis"] = '{"kind":"APIGroupList","groups":[]}',
    [path .. "/a"] = json.encode(CONFIG_MAP),
  }
  local p = project.new { book = [[return runbook { run = function()
    step("a", function() k8s.patch("configmap/a", { data = { x = "2" } }) end)
  end }]] }
  t.write_file(p.dir .. "/kubeconfig", json.encode { ["current-context"] = "c",
    clusters = { { name = "c", cluster = { server = made.url } } }, users = { { name = "u", user = {} } },
    contexts = { { name = "c", context = { cluster = "c", user = "u", namespace = "default" } } } })
  is_in_doubt(p, made, { KUBECONFIG = p.dir .. "/kubeconfig" })
end)

t.test("a read of a cluster", function()
  for _, odd in ipairs { "null", "[]", "{}", '{"kind":"Pod","apiVersion":"v1"}', '{"kind":"PodList","items":[null]}',
    '{"kind":"PodList","items":[{}]}', '{"kind":"PodList","items":{}}', '{"items":[{"metadata":"x"}]}', "4711", "<html>" } do
    local asked = { who = "k8s.get", path = "/api/v1/namespaces/x/pods" }
    local ok, err = pcall(answers.decode, asked, { status = 200, body = odd }, "https://c")
    t.ok(not ok and err.kind == "protocol", odd)
    t.has(err.message, "k8s.get: GET https://c/api/v1/namespaces/x/pods answered 200 with what ")
    t.eq(err.in_doubt, nil)
  end
end)

t.test("alerts: what is no list of them, each with its state, is not taken for none that fires", function()
  local alerts = require "almanac.observe.alerts"
  for _, data in ipairs { {}, { alerts = {} }, { alerts = json.array { {} } }, { alerts = json.array { "x" } }, { alerts = 4 } } do
    t.raises("protocol", alerts.result, { data = data })
  end
  t.eq(alerts.result { data = { alerts = json.array {} } }, {})
  for _, list in ipairs { json.array { {} }, json.array { { status = {} } }, json.array { { status = "active" } } } do
    t.raises("protocol", alerts.active_of, list)
  end
end)
