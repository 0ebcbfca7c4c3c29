-- What opens something for whoever has it, and is no parameter of a run: the address of a channel, tokens in URLs and
-- headers, the credentials of a kubeconfig and of its plugin. A server that gives all of it back shows none of it.
local fs = require "native.fs"
local httpd = require "native.httpd"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

--- A server that answers with all that it was asked, as a proxy's page of errors does.
local function echo()
  local server = httpd.listen { port = 0, handler = function(request, response)
    local lines = { request.method .. " " .. request.path .. " " .. tostring(request.query) }
    for name, value in pairs(request.headers) do lines[#lines + 1] = name .. ": " .. value end
    response:send(500, { ["Set-Cookie"] = "session=s3ss10n-of-somebody", ["X-Auth-Token"] = "handed-out-4711" },
      table.concat(lines, "\n"))
  end }
  t.defer(function() server:close() end)
  return "http://127.0.0.1:" .. server:port()
end

local function artefacts(p, commands, env)
  local all = {}
  for _, words in ipairs(commands) do
    local _, out, err = p:run(words, env)
    all[table.concat(words, " ")] = out .. err
  end
  for _, path in ipairs(fs.list(p.dir .. "/.almanac/*")) do all[path] = t.read_file(path) end
  all.plan = t.read_file(p.dir .. "/plan.json") or ""
  return all
end

local COMMANDS = { { "list" }, { "show", "book" }, { "check" }, { "plan", "book", "-o", "plan.json" }, { "run", "book", "--no-ask" },
  { "run", "book", "--no-ask", "--json" }, { "status" }, { "log" }, { "log", "--json" }, { "show", "--plan" } }

local function check_hidden(all, texts)
  for what, text in pairs(all) do
    for _, secret in ipairs(texts) do t.lacks(text, secret, what) end
  end
end

t.test("the address of a channel, with its path and the token in it, in almanac.yaml and in a variable", function()
  local base = echo()
  local p = project.new { book = [[
return runbook { run = function()
  for _, name in ipairs { "ops", "page" } do
    step(name, function() notify.send { channel = name, text = "hello", optional = true } end)
  end
  step("last", function() notify.send { channel = "ops", text = "hello" } end)
end }]] }
  t.write_file(p.dir .. "/almanac.yaml", "channels:\n  ops: { kind: slack, url: \"" .. base ..
    "/services/T0AAAAAAA/B0BBBBBBB/opensesame1XyZ\" }\n  page: { kind: webhook, url: \"env:PAGER\" }\n")
  local all = artefacts(p, COMMANDS, { PAGER = base .. "/hook/4f6c9e21aa/x?who=pager-token-77" })
  check_hidden(all, { "opensesame1XyZ", "T0AAAAAAA", "B0BBBBBBB", "4f6c9e21aa", "pager-token-77" })
  t.has(all["run book --no-ask"], "(secret address of ops)")

  t.write_file(p.dir .. "/almanac.yaml", "channels:\n  ops: { kind: slack, url: \"https://hooks.example/services/opensesame1XyZ\", " ..
    "https://hooks.example/services/opensesame1XyZ: 1 }\n")
  check_hidden(artefacts(p, { { "list" }, { "check" } }), { "opensesame1XyZ" })
end)

t.test("tokens in a URL's query, in headers of a request, and in those of an answer", function()
  local p = project.new { book = string.format([[
return runbook { run = function()
  local base = %q
  step("ask", function()
    local answer = http.get { url = base .. "/x?access_token=que" .. "ry-token-1&n=5&X-Amz-Signature=0a1" .. "b2c3d4e", expect = { 500 },
      headers = { Authorization = "Bearer hea" .. "der-token-1", Cookie = "sid=cookie-1",
        ["X-Api-Key"] = "key-1-abc", Accept = "text/plain" } }
    return { headers = answer.headers, url = base .. "/y?sig=sig" .. "nature-1" }
  end)
  step("change", function()
    return http.post { url = base .. "/x?token=que" .. "ry-token-2&n=5", expect = { 500 }, body = "x",
      headers = { ["PRIVATE-TOKEN"] = "hea" .. "der-token-2", ["X-Trace"] = "trace-1" } }.headers
  end)
  step("fails", function() http.post { url = base .. "/z?password=que" .. "ry-token-3", body = "x" } end)
end }]], echo()) }
  local all = artefacts(p, COMMANDS)
  check_hidden(all, { "query-token-", "0a1b2c3d4e", "signature-1", "s3ss10n-of-somebody", "handed-out-4711" })
  for _, command in ipairs { "plan book -o plan.json", "status", "show --plan", "plan" } do
    check_hidden({ all[command] }, { "header-token" })
  end
  t.has(all["log --json"], "n=5")
end)

local KUBECONFIG = [[
apiVersion: v1
kind: Config
current-context: c
clusters: [{ name: k, cluster: { server: %q } }]
users: [{ name: u, user: %s }]
contexts: [{ name: c, context: { cluster: k, user: u } }]
]]

t.test("the token of a kubeconfig, and that of its plugin, in a server's answer", function()
  local base = echo()
  local p = project.new { book = [[
return runbook { run = function() step("look", function() k8s.get("pods") end) end }]] }
  t.write_file(p.dir .. "/plugin", "#!/bin/sh\necho '" .. json.encode { apiVersion = "client.authentication.k8s.io/v1",
    kind = "ExecCredential", status = { token = "plugin-token-1234" } } .. "'\n")
  t.must { "chmod", "755", p.dir .. "/plugin" }
  for token, user in pairs {
    ["plain-token-1234"] = "{ token: plain-token-1234 }",
    ["plugin-token-1234"] = "{ exec: { apiVersion: client.authentication.k8s.io/v1, command: " .. p.dir ..
      "/plugin, interactiveMode: Never } }",
  } do
    t.write_file(p.dir .. "/config", KUBECONFIG:format(base, user))
    local all = artefacts(p, COMMANDS, { KUBECONFIG = p.dir .. "/config" })
    check_hidden(all, { token })
  end
end)
