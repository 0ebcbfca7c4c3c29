-- A run keeps the namespace of what names none: the one that its context had when it began is that of a resume, of a
-- rollback and of what was signed, whatever the kubeconfig says by now. And what answers behind its URL is its cluster.
local approvals = require "tests.approvals"
local cluster = require "tests.attacks.cluster"
local json = require "native.json"
local process = require "native.process"
local project = require "tests.project"
local signers = require "tests.signers"
local t = require "tests.harness"

local MAKES = [[
  step("make", function() k8s.create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "made" }, data = { a = "b" } } end)]]
local STOPS = [[
  step("stop", function() if not fs.exists "go" then error "not yet" end end)]]

local function book(...) return "return runbook { run = function()\n" .. table.concat({ ... }, "\n") .. "\nend }" end

--- Gives the contexts of the kubeconfig these namespaces.
local function use(p, sim, other)
  local config = json.decode(t.read_file(p.dir .. "/kubeconfig"))
  for _, one in ipairs(config.contexts) do one.context.namespace = one.name == "other" and (other or sim) or sim end
  t.write_file(p.dir .. "/kubeconfig", json.encode(config))
end

local function almanac(p, code, ...)
  local got, out, err = p:run({ ... }, p.env)
  t.eq(got, code, table.concat({ ... }, " ") .. "\n" .. out .. err)
  return out .. err
end

--- Where an object of that name is.
local function get(p, path) return require("native.http").request { method = "GET", url = p.api .. path, who = "tests" }.status end

local function places(p, name)
  local out = {}
  for _, namespace in ipairs { "web", "shop" } do
    if get(p, "/api/v1/namespaces/" .. namespace .. "/configmaps/" .. name) == 200 then out[#out + 1] = namespace end
  end
  return out
end

local function world(...)
  local p = cluster.world { "web", "shop" }
  use(p, "web")
  p:edit("book", book(...))
  return p
end

t.test("a resume makes its objects where the run began, and a rollback takes them back there", function()
  local p = world([[step("look", function() k8s.list "configmaps" end)]], STOPS, MAKES, (STOPS:gsub("go", "on"):gsub('"stop"', '"end"')))
  almanac(p, 1, "run", "book")
  use(p, "shop")
  t.write_file(p.dir .. "/go", "")
  almanac(p, 1, "resume")
  t.eq(places(p, "made"), { "web" })
  cluster.create(p.api, "configmaps", { kind = "ConfigMap", metadata = { name = "made", namespace = "shop" } })
  use(p, "default")
  almanac(p, 0, "rollback")
  t.eq(places(p, "made"), { "shop" })
end)

t.test("so does a context that the script names, with a namespace of its own", function()
  local p = world([[step("look", function() k8s.list("configmaps", { context = "other" }) end)]], STOPS, [[
    step("make", function()
      k8s.create({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "made" } }, { context = "other" })
    end)]])
  use(p, "web", "shop")
  almanac(p, 1, "run", "book")
  use(p, "shop", "web")
  t.write_file(p.dir .. "/go", "")
  almanac(p, 0, "resume")
  t.eq(places(p, "made"), { "shop" })
end)

t.test("a part of a run, and one of which only a part had looked, keep it, too", function()
  local p = world([[runbook.call "part"]], STOPS, [[runbook.call "more"]])
  p:edit("part", book [[step("look", function() k8s.list "configmaps" end)]])
  p:edit("more", book(MAKES))
  almanac(p, 1, "run", "book")
  use(p, "shop")
  t.write_file(p.dir .. "/go", "")
  almanac(p, 0, "resume", "book")
  t.eq(places(p, "made"), { "web" })
  use(p, "shop")
  almanac(p, 0, "rollback", "book")
  t.eq(places(p, "made"), {})
end)

t.test("a question is one about a namespace, also before anything was looked at, and so is what is signed", function()
  local alice = signers.person "alice"
  for _, before in ipairs { "", [[step("look", function() k8s.list "configmaps" end)]] } do
    local p = world(before, [[confirm "go?"]], MAKES)
    t.write_file(p.dir .. "/signers", alice:line())
    t.write_file(p.dir .. "/almanac.yaml", "approval: { allowed_signers: signers }\n")
    for name, value in pairs(approvals.runner) do p.env[name] = value end
    almanac(p, 3, "run", "book", "--no-ask")
    use(p, "shop")
    local text = almanac(p, 0, "approve", p:newest(), "--text", "--as", "alice@example.com")
    t.ok(text:find '\ncluster: "http://[%d.:]+ %(context sim, cluster %x+, namespace web%)"', text)
    almanac(p, 0, "approve", p:newest(), "--sign=" .. alice.key)
    almanac(p, 0, "resume")
    t.eq(places(p, "made"), { "web" })
  end
end)

t.test("a run that keeps to a plan is where the plan was made", function()
  local p = world(MAKES)
  almanac(p, 2, "plan", "book", "-o", "plan.json")
  use(p, "shop")
  almanac(p, 0, "run", "--plan", "plan.json")
  t.eq(places(p, "made"), { "web" })
end)

t.test("what a script is told of the cluster is its own table: by writing into it nothing goes elsewhere", function()
  local p = world([[step("look", function()
    for _, context in ipairs { "sim", "other" } do
      local info = k8s.info { context = context }
      info.namespace, info.context, info.server = "shop", "other", "http://127.0.0.1:1"
    end
    local info = k8s.info()
    info.namespace, info.context, info.server = "shop", "other", "http://127.0.0.1:1"
  end)]], MAKES)
  almanac(p, 0, "run", "book")
  t.eq(places(p, "made"), { "web" })
end)

--- A simulated cluster at a port; nil: any. Its port.
local function sim(p, port)
  local argv = { process.exe(), "sim", "--kubeconfig", p.dir .. "/kubeconfig", "--with-namespace", "web", "--port", port or "0" }
  local started = t.spawn(argv, { cwd = p.dir })
  local _, api = started:wait_line "^api=(%S+)"
  return started, api:match ":(%d+)$", api
end

t.test("a cluster that came in the place of the one that was asked about is found out, though it has its URL", function()
  local alice = signers.person "alice"
  local p = project.new { book = book([[confirm "go?"]], MAKES) }
  t.write_file(p.dir .. "/signers", alice:line())
  t.write_file(p.dir .. "/almanac.yaml", "approval: { allowed_signers: signers }\n")
  local first, port = sim(p)
  use(p, "web")
  p.env = { KUBECONFIG = p.dir .. "/kubeconfig", HOME = "/nonexistent", SSH_AUTH_SOCK = false }
  almanac(p, 3, "run", "book", "--no-ask")
  almanac(p, 0, "approve", p:newest(), "--sign=" .. alice.key)
  first:kill "KILL"
  first:wait()
  local _, _, api = sim(p, port)
  use(p, "web")
  p.api = api
  t.has(almanac(p, 1, "resume", p:newest(), "--plain"), "this run is on the cluster " .. api)
  t.eq(places(p, "made"), {})
end)

t.test("a question of a run that has no cluster, or whose cluster does not answer, is asked all the same", function()
  local p = approvals.new("", signers.person("alice"):line())
  approvals.waiting(p)
  local config = { apiVersion = "v1", kind = "Config", ["current-context"] = "gone", users = { { name = "u", user = {} } },
    contexts = { { name = "gone", context = { user = "u", cluster = "gone" } } },
    clusters = { { name = "gone", cluster = { server = "http://127.0.0.1:1" } } } }
  t.write_file(p.dir .. "/kubeconfig", json.encode(config))
  p.env = { HOME = "/nonexistent", SSH_AUTH_SOCK = false, KUBECONFIG = p.dir .. "/kubeconfig" }
  almanac(p, 3, "run", "book", "--no-ask")
  t.has(select(2, p:run { "status" }), "roll on")
end)
