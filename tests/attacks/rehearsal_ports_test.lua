-- The copy that a rehearsal works on is served to it alone: every user of the machine reaches its ports, and a run puts
-- real secrets into it.
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local httpd = require "native.httpd"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local is_root = t.must({ "id", "-u" }):find "^0" ~= nil

local BOOK = [[return runbook { params = { password = param.secret() }, run = function(p)
  step("put", function()
    k8s.create { apiVersion = "v1", kind = "Secret", metadata = { name = "x", namespace = "web" }, stringData = { a = p.password } }
  end)
  step("look", function()
    loki.query 'count_over_time({namespace="web"}[1m])'
    return k8s.get("secret/x", { namespace = "web" }).metadata.name
  end)
  step("stay", function() sleep("stay", "60s") end)
end }]]

local PATHS = {
  "/api/v1/namespaces/web/secrets", "/api/v1/namespaces/web/secrets/x", "/sim/faults", "/version", "/readyz", "/status", "/", "/metrics",
  "/loki/api/v1/labels", "/loki/api/v1/query_range?query=%7Bnamespace%3D%22web%22%7D", "/orders", "/point", "/dying",
}

--- Where a rehearsal that goes on listens.
local function urls_of(p)
  local dir = fs.list(p.dir .. "/.almanac/rehearsals/*")[1]
  local scene, kubeconfig = json.decode(fs.read(dir .. "/scene.json")), json.decode(fs.read(dir .. "/kubeconfig"))
  for _, name in ipairs { "scene.json", "kubeconfig" } do t.eq(fs.stat(dir .. "/" .. name).mode & 0x1ff, 0x180, name) end
  return { kubeconfig.clusters[1].cluster.server, scene.settings.endpoints.loki.url, scene.control }
end

--- What curl is answered on all paths, as who is named; nil where there is no such user to be.
local function asked(url, user, ...)
  local words = { "curl", "-sS", "-m", "20", "-w", "\n=%{http_code}\n", ... }
  if user then table.move({ "setpriv", "--reuid=" .. user, "--clear-groups", table.unpack(words) }, 1, #words + 3, 1, words) end
  for _, path in ipairs(PATHS) do words[#words + 1] = url .. path end
  local _, said, err = t.run(words)
  local codes = {}
  for code in said:gmatch "\n=(%d+)" do codes[#codes + 1] = code end
  return said, codes, err
end

t.test("another user who finds its ports reads no secret and no log, puts no fault on, and ends nothing", function()
  if not is_root then
    print "skipped: only root asks as another user"
    return
  end
  local p = project.new { book = BOOK }
  local rehearsal = p:spawn({ "rehearse", "book", "password=env:PRIVATE", "--empty", "--no-ask", "--namespace", "web" },
    { PRIVATE = "hush-1234-hush" })
  rehearsal:wait_line("stay", 30)
  for i, url in ipairs(urls_of(p)) do
    for _, more in ipairs { {}, { "-d", '{"add":["api-down"]}' }, { "-X", "DELETE" } } do
      local said, codes, err = asked(url, "nobody", table.unpack(more))
      t.eq(#codes, #PATHS, said .. err)
      for _, code in ipairs(codes) do t.eq(code, "000", url .. ": " .. said) end
    end
    local said = asked(url)
    if i == 1 then t.has(said, "aHVzaC0xMjM0LWh1c2g", "whose it is, is let in") end
  end
  rehearsal:kill "TERM"
end)

t.test("a server of one user listens on loopback alone", function()
  for _, address in ipairs { "0.0.0.0", "::1", "127.0.0.2" } do
    local ok, err = errors.try(httpd.listen, { port = 0, address = address, private = true, handler = print })
    t.eq(ok, false, address)
    t.eq(err.kind, "usage")
  end
end)
