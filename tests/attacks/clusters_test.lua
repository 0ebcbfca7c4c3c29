-- A run is bound to its cluster: what is the current context when it is gone on with or taken back, in a kubeconfig or in
-- almanac.yaml, leads it to no other one. Two clusters, each a context of one kubeconfig, and a workload in both.
local fs = require "native.fs"
local http = require "native.http"
local json = require "native.json"
local project = require "tests.project"
local signers = require "tests.signers"
local t = require "tests.harness"

local ALMANAC = require("native.process").exe()
local HELM = fs.real((t.getenv "ALMANAC_TEST_BIN" or ".deps/bin") .. "/helm4")

local ASKS = [[return runbook { run = function()
  step("look", function() k8s.get("deployment/web", { namespace = "team" }) end)
  confirm "go?"
  step("grow", function() k8s.scale("deployment/web", 3, { namespace = "team" }) end)
end }]]

local GROWS = [[return runbook { run = function()
  step("grow", function() k8s.scale("deployment/web", 3, { namespace = "team" }) end)
  step("stop", function() if not fs.exists "go" then error "not yet" end end)
  step("grow more", function() k8s.scale("deployment/web", 4, { namespace = "team" }) end)
end }]]

-- Nothing is asked of a cluster before the question.
local LATE = [[return runbook { run = function()
  confirm "go?"
  step("grow", function() k8s.scale("deployment/web", 3, { namespace = "team" }) end)
end }]]

local function request(api, method, path, body, kind)
  local answer = http.request { method = method, url = api .. path, who = "tests", body = body and json.encode(body),
    headers = { ["Content-Type"] = kind or "application/json" } }
  return answer.status, json.decode(answer.body)
end

local WEB = "/apis/apps/v1/namespaces/team/deployments/web"

--- The replicas of the workload in a cluster.
local function replicas(api)
  local _, web = request(api, "GET", WEB)
  return web.spec.replicas
end

local function start_sim(p, name)
  local sim = t.spawn({ ALMANAC, "sim", "--kubeconfig", p.dir .. "/" .. name, "--with-namespace", "team" }, { cwd = p.dir })
  local _, api = sim:wait_line "^api=(%S+)"
  local made = request(api, "POST", "/apis/apps/v1/namespaces/team/deployments", {
    apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web", namespace = "team" },
    spec = { replicas = 2, selector = { matchLabels = { app = "web" } },
      template = { metadata = { labels = { app = "web" } }, spec = { containers = { { name = "web", image = "web:1" } } } } },
  })
  t.eq(made, 201)
  return api
end

--- A kubeconfig with the two clusters; `current` is its current context, `leads` where each leads that is not its own.
local function write_kubeconfig(p, current, leads, file)
  local config = { apiVersion = "v1", kind = "Config", ["current-context"] = current, users = { { name = "u", user = {} } },
    contexts = {}, clusters = {} }
  for i, name in ipairs { "simA", "simB" } do
    config.contexts[i] = { name = name, context = { user = "u", cluster = name } }
    config.clusters[i] = { name = name, cluster = { server = leads and leads[name] or p[name] } }
  end
  t.write_file(p.dir .. "/" .. (file or "kc"), json.encode(config))
end

--- A project of two clusters, of which simA is the current one.
local function two(books)
  local p = project.new(books)
  p.simA, p.simB = start_sim(p, "a"), start_sim(p, "b")
  write_kubeconfig(p, "simA")
  p.env = { KUBECONFIG = p.dir .. "/kc" }
  function p.almanac(self, code, ...)
    local got, out, err = self:run({ ... }, self.env)
    t.eq(got, code, table.concat({ ... }, " ") .. "\n" .. out .. err)
    return out .. err
  end
  return p
end

local function has_all(text, ...)
  for _, words in ipairs { ... } do t.has(text, words) end
end

--- The words of a refusal: where the run was, where it would be.
local function is_refused(p, said)
  has_all(said, "this run is on the cluster " .. p.simA, "it would be " .. p.simB, "--other-cluster REASON")
  t.eq(replicas(p.simB), 2, "nothing was changed there")
end

t.test("a resume and a rollback go by the context that the run began with, whatever is the current one", function()
  local p = two { book = GROWS }
  p:almanac(1, "run", "book")
  local id = p:newest()
  write_kubeconfig(p, "simB")
  t.write_file(p.dir .. "/go", "")
  p:almanac(0, "resume", id)
  t.eq({ replicas(p.simA), replicas(p.simB) }, { 4, 2 })
  p:almanac(0, "rollback", id)
  t.eq({ replicas(p.simA), replicas(p.simB) }, { 2, 2 })
end)

t.test("a context that leads to another cluster by now is refused, by a resume and by a rollback, with what to type", function()
  local p = two { book = GROWS }
  p:almanac(1, "run", "book")
  local id = p:newest()
  write_kubeconfig(p, "simA", { simA = p.simB })
  t.write_file(p.dir .. "/go", "")
  for _, command in ipairs { "resume", "rollback" } do
    local said = p:almanac(2, command, id)
    is_refused(p, said)
    has_all(said, "the context simA of " .. p.dir .. "/kc leads elsewhere by now", "almanac " .. command)
  end
  write_kubeconfig(p, "simA")
  p:almanac(0, "rollback", id)
  t.eq(replicas(p.simA), 2)
end)

t.test("--context, --kubeconfig and -e do not lead a run elsewhere", function()
  local p = two { book = GROWS }
  t.write_file(p.dir .. "/almanac.yaml", "environments: { a: { context: simA }, b: { context: simB } }\n")
  p:almanac(1, "run", "book", "-e", "a")
  local id = p:newest()
  for _, command in ipairs { "resume", "rollback" } do
    local said = p:almanac(2, command, id, "--context", "simB")
    is_refused(p, said)
    t.has(said, "go on where it was: almanac " .. command)
    t.has(said, "--context simA")
    is_refused(p, p:almanac(2, command, id, "--kubeconfig", p.dir .. "/b", "--context", "sim"))
    t.has(p:almanac(2, command, id, "-e", "b"), id .. " was begun in environment a, not in environment b")
  end
  p:almanac(0, "rollback", id, "--kubeconfig", p.dir .. "/a", "--context", "sim") -- another way to the same one
  t.eq({ replicas(p.simA), replicas(p.simB) }, { 2, 2 })
end)

t.test("an environment whose context was edited meanwhile is not followed", function()
  local p = two { book = ASKS }
  t.write_file(p.dir .. "/almanac.yaml", "environments: { e: { context: simA } }\n")
  p:almanac(3, "run", "book", "-e", "e")
  p:almanac(0, "approve", p:newest())
  t.write_file(p.dir .. "/almanac.yaml", "environments: { e: { context: simB } }\n")
  p:almanac(0, "resume", p:newest())
  t.eq({ replicas(p.simA), replicas(p.simB) }, { 3, 2 })
end)

t.test("a run that was asked before it looked at a cluster goes to the one that was the current one then", function()
  local p = two { book = LATE }
  p:almanac(3, "run", "book")
  local id = p:newest()
  t.has(p:almanac(0, "approve", id), "where:   " .. p.simA .. " (context simA, namespace default)")
  write_kubeconfig(p, "simB")
  local said = p:almanac(1, "resume", id, "--context", "simB")
  is_refused(p, said)
  p:almanac(0, "resume", id)
  t.eq({ replicas(p.simA), replicas(p.simB) }, { 3, 2 })
end)

--- A run that does this, asks, and changes no cluster, goes on though its cluster does not answer any more.
local function goes_on_without_its_cluster(before)
  local p = two { book = "return runbook { run = function()\n" .. before .. [[
    confirm "go?"
    step("write", function() fs.write("out", "x") end)
  end }]] }
  p:almanac(3, "run", "book")
  p:almanac(0, "approve", p:newest())
  write_kubeconfig(p, "simA", { simA = "http://127.0.0.1:1" })
  p:almanac(0, "resume", p:newest())
  t.eq(p:lines "out", { "x" })
end

t.test("a run that touches no cluster is bound to none: it goes on where that is gone", function()
  goes_on_without_its_cluster ""
end)

t.test("a cluster that does not answer does not stop a run that has nothing to do there", function()
  goes_on_without_its_cluster 'step("look", function() k8s.get("deployment/web", { namespace = "team" }) end)\n'
end)

t.test("a run that keeps to a plan is resumed and taken back on the cluster of the plan", function()
  local p = two { book = (GROWS:gsub('if not fs.exists "go" then error "not yet" end', 'sh.run { "test", "-e", "go" }')) }
  p:almanac(2, "plan", "book", "-o", "plan.json")
  p:almanac(1, "run", "--plan", "plan.json")
  local id = p:newest()
  write_kubeconfig(p, "simA", { simA = p.simB })
  local said = p:almanac(2, "resume", id)
  has_all(said, "the plan was made for the cluster " .. p.simA, "take the run back, then make a new plan: almanac rollback",
    "--without-plan --other-cluster REASON")
  is_refused(p, p:almanac(2, "resume", id, "--without-plan"))
  is_refused(p, p:almanac(2, "rollback", id))
  write_kubeconfig(p, "simB")
  p:almanac(0, "rollback", id)
  t.eq({ replicas(p.simA), replicas(p.simB) }, { 2, 2 })
end)

t.test("a cluster that was moved is said to be so, deliberately and with a reason, and journalled", function()
  local p = two { book = GROWS }
  p:almanac(1, "run", "book")
  local id = p:newest()
  local said = p:almanac(2, "resume", id, "--other-cluster", "dr")
  has_all(said, "--other-cluster", "goes on on the cluster that it was on")
  write_kubeconfig(p, "simA", { simA = p.simB })
  t.eq((request(p.simB, "PATCH", WEB .. "/scale", { spec = { replicas = 3 } }, "application/merge-patch+json")), 200)
  t.write_file(p.dir .. "/go", "")
  said = p:almanac(0, "resume", id, "--other-cluster", "restored in B", "--anyway")
  has_all(said, "! the run was on the cluster " .. p.simA, "it goes on on " .. p.simB)
  t.eq(replicas(p.simB), 4)
  has_all(p:almanac(0, "log", id, "--json"), '"why":"restored in B"')
  has_all(p:almanac(0, "report", id, "--format", "md"), "restored in B")
  p:almanac(0, "rollback", id)
  t.eq(replicas(p.simA), 3, "it was left as it was")
end)

t.test("what was signed names cluster and environment, and counts for no other cluster", function()
  local p, alice = two { book = ASKS }, signers.person "alice"
  t.write_file(p.dir .. "/signers", alice:line())
  t.write_file(p.dir .. "/almanac.yaml",
    "environment: prod\nenvironments: { prod: { approval: { allowed_signers: signers } }, other: {} }\n")
  p:almanac(3, "run", "book", "--no-ask")
  local id = p:newest()
  local text = p:almanac(0, "approve", id, "--text", "--as", "alice@example.com")
  has_all(text, "almanac approval 2\n", '\nenvironment: "prod"\n', '\ncluster: "' .. p.simA .. " (context simA, cluster ")
  local approved = p:almanac(0, "approve", id, "--sign=" .. alice.key)
  has_all(approved, "where:   environment prod, " .. p.simA)
  write_kubeconfig(p, "simA", { simA = p.simB })
  is_refused(p, p:almanac(2, "resume", id))
  local said = p:almanac(3, "resume", id, "--other-cluster", "it was moved", "--plain")
  has_all(said, "the run goes on on another cluster since then", "(0 of 1)")
  t.eq(replicas(p.simB), 2)
  has_all(p:almanac(0, "approve", id, "--text", "--as", "alice@example.com"), p.simB .. " (context simA")
end)

t.test("the current context that changes while a run goes on does not move it, nor does a context that leads elsewhere", function()
  local p = two { book = [[return runbook { run = function()
    step("look", function() k8s.get("deployment/web", { namespace = "team" }) end)
    step("meanwhile", function() sh.run { "sh", "-c", "cp kc2 kc" } end)
    step("grow", function() k8s.scale("deployment/web", 3, { namespace = "team" }) end)
    step("helm", function() helm.upgrade { release = "shop", namespace = "team", chart = "chart", install = true } end)
  end }]] }
  fs.mkdir(p.dir .. "/chart/templates")
  t.write_file(p.dir .. "/chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n")
  t.write_file(p.dir .. "/chart/templates/c.yaml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shop, namespace: {{ .Release.Namespace }} }\ndata: { a: b }\n")
  write_kubeconfig(p, "simB", nil, "kc2")
  p:almanac(0, "run", "book", "--helm", HELM)
  local made = "/api/v1/namespaces/team/configmaps/shop"
  t.eq({ replicas(p.simA), replicas(p.simB) }, { 3, 2 })
  t.eq({ request(p.simA, "GET", made), (request(p.simB, "GET", made)) }, { 200, 404 })

  write_kubeconfig(p, "simA", { simA = p.simB }, "kc2")
  write_kubeconfig(p, "simA")
  p:edit("book", (t.read_file(p.dir .. "/runbooks/book.lua"):gsub("helm.upgrade { ", '%0 set = { a = "c" }, ')))
  local said = p:almanac(1, "run", "book", "--helm", HELM)
  has_all(said, "was changed while the run went on: the context simA leads to " .. p.simB)
  t.eq({ request(p.simA, "GET", made), (request(p.simB, "GET", made)) }, { 200, 404 })
end)

t.test("a part of a run keeps to the cluster of that, also by itself", function()
  local p = two { outer = [[return runbook { run = function()
    step("look", function() k8s.get("deployment/web", { namespace = "team" }) end)
    runbook.call "book"
  end }]], book = ASKS }
  p:almanac(3, "run", "outer")
  local _, listed = p:run { "runs" }
  local part = listed:match "(book%-%S+)"
  p:almanac(0, "approve", part)
  write_kubeconfig(p, "simB", { simA = p.simB })
  is_refused(p, p:almanac(2, "resume", part))
  write_kubeconfig(p, "simB")
  p:almanac(0, "resume", part)
  t.eq({ replicas(p.simA), replicas(p.simB) }, { 3, 2 })
end)

t.test("a run that looked at no cluster itself goes on, and back, on the one of the runs that it made", function()
  local p = two { outer = [[return runbook { run = function()
    runbook.call "first"
    step("stop", function() if not fs.exists "go" then error "not yet" end end)
    runbook.call "book"
  end }]], book = GROWS, first = [[return runbook { run = function()
    step("look", function() k8s.get("deployment/web", { namespace = "team" }) end)
  end }]] }
  p:almanac(1, "run", "outer")
  write_kubeconfig(p, "simB", { simA = p.simB })
  is_refused(p, p:almanac(2, "resume", "outer"))
  write_kubeconfig(p, "simB")
  t.write_file(p.dir .. "/go", "")
  p:almanac(0, "resume", "outer")
  t.eq({ replicas(p.simA), replicas(p.simB) }, { 4, 2 })
  p:almanac(0, "rollback", "outer")
  t.eq({ replicas(p.simA), replicas(p.simB) }, { 2, 2 })
end)
