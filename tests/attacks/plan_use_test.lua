-- A plan is used once, while it is good, and from a file that nobody else can have written.
local cluster = require "tests.attacks.cluster"
local fs = require "native.fs"
local json = require "native.json"
local project = require "tests.project"
local sha256 = require("native.digest").sha256
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  step("act", function() sh.run { argv = { "sh", "-c", "echo acted >> log" } } end)
end }]]

local function planned(config)
  local p = project.new { book = BOOK }
  if config then t.write_file(p.dir .. "/almanac.yaml", config) end
  local code, out, err = p:run { "plan", "book", "-o", "plan.json" }
  t.eq(code, 2, out .. err)
  return p
end

local function refused(p, ...)
  local code, out, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 2, out .. err)
  for _, words in ipairs { ... } do t.has(err, words) end
end

t.test("a plan that was used is refused, with the run that used it, also when that failed or is over", function()
  local p = planned()
  t.eq(p:run { "run", "--plan", "plan.json" }, 0)
  refused(p, "plan.json was used by the run " .. p:newest() .. " (done); a plan is used once", "almanac resume " .. p:newest())
  t.must({ "cp", "-p", "plan.json", "copy.json" }, { cwd = p.dir })
  local code, _, err = p:run { "run", "--plan", "copy.json" }
  t.eq(code, 2, err)
  t.eq(p:lines "log", { "acted" })
end)

t.test("of two runs that begin with a plan at once exactly one does", function()
  for _ = 1, 5 do
    local p = planned()
    local first, second = p:spawn { "run", "--plan", "plan.json" }, p:spawn { "run", "--plan", "plan.json" }
    local a, _, err_a = first:wait()
    local b, _, err_b = second:wait()
    t.eq(a + b, 2, err_a .. err_b)
    t.has(err_a .. err_b, "a plan is used once")
    t.eq(p:lines "log", { "acted" })
    t.eq(select(2, select(2, p:run { "runs" }):gsub("\n", "")), 0, "lines but one of almanac runs")
  end
end)

t.test("a plan that a run of an older almanac used is refused as well", function()
  local p = planned()
  t.eq(p:run { "run", "--plan", "plan.json" }, 0)
  local id = p:newest()
  -- Its row said nothing of the plan.
  t.must({ "python3", "-c", [[
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for name in [r[0] for r in db.execute("select name from sqlite_master where type = 'trigger'")]: db.execute("drop trigger " + name)
db.execute("update runs set meta = json_remove(meta, '$.plan')")
db.commit()]], p.dir .. "/.almanac/journal.db" })
  refused(p, "plan.json was used by the run " .. id)
end)

t.test("a run that is refused has not used the plan", function()
  local p = planned()
  p:edit("book", (BOOK:gsub("acted", "edited")))
  refused(p, "was edited after the plan was made")
  p:edit("book", BOOK)
  t.eq(p:run { "run", "--plan", "plan.json" }, 0)
end)

--- Writes the plan with other times, and a digest that fits: what somebody does who cannot sign it.
local function redate(p, made_ms, expires_ms)
  local plan = json.decode(t.read_file(p.dir .. "/plan.json")).plan
  plan.made_ms, plan.expires_ms = made_ms, expires_ms
  local text = json.encode(plan, { canonical = true })
  fs.write(p.dir .. "/plan.json", '{"digest":"' .. sha256(text) .. '","plan":' .. text .. "}\n", { mode = 384 })
end

local function now_ms() return require("native.task").wall_ms() end

t.test("a plan is good as long as almanac.yaml says, here and where it was made", function()
  local p = planned "approval: { plan_valid_for: 4h }\n"
  t.has(select(3, p:run { "plan", "book", "-o", "plan.json" }), "plan.json is good for 4h")
  local plan = json.decode(t.read_file(p.dir .. "/plan.json")).plan
  t.eq(plan.expires_ms - plan.made_ms, 4 * 3600 * 1000)
  redate(p, now_ms() - 5 * 3600 * 1000, now_ms() + 1e6 // 1)
  refused(p, "plan.json was made 5h ago; almanac.yaml lets a plan be used for 4h", "make a new one")
  redate(p, now_ms() - 3600 * 1000, now_ms() - 60000)
  refused(p, "plan.json expired 1m ago")
  redate(p, now_ms() + 3600 * 1000)
  refused(p, "plan.json is dated", "ahead of the clock of this machine")
  t.eq(p:lines "log", {})
end)

t.test("where almanac.yaml wants a plan, a run without one does not begin", function()
  local p = planned "approval: { plan_required: true }\n"
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 2, err)
  t.has(err, "almanac.yaml wants every run to keep to a plan")
  t.eq(p:run { "run", "--plan", "plan.json" }, 0)
end)

t.test("a plan file that others can read or write, or a link, is refused with what to type", function()
  local p = planned()
  local path = p.dir .. "/plan.json"
  t.eq(fs.stat(path).mode, 384)
  for _, mode in ipairs { "666", "644", "620", "602" } do
    t.must { "chmod", mode, path }
    refused(p, "plan.json is no plan to trust: others can read or write it", "then: chmod 600 plan.json")
  end
  t.must { "chmod", "600", path }
  t.must({ "sh", "-c", "mv plan.json real.json && ln -s real.json plan.json" }, { cwd = p.dir })
  refused(p, "plan.json is no plan to trust: it is a symbolic link")
  t.must({ "sh", "-c", "rm plan.json && mkfifo -m 600 plan.json" }, { cwd = p.dir })
  refused(p, "it is a pipe")
  t.must({ "sh", "-c", "rm plan.json && mv real.json plan.json" }, { cwd = p.dir })
  t.eq(p:run { "run", "--plan", "plan.json" }, 0)
end)

t.test("what almanac.yaml says of approvals is checked, with its place", function()
  local p = planned()
  for text, words in pairs {
    ["approval: { plan_valid_for: soon }"] = 'line 1, column 13: approval.plan_valid_for is a duration',
    ["approval: { quorum: 2 }"] = "approval.quorum needs allowed_signers beside it",
    ["approval: { quorum: 0, allowed_signers: x }"] = "quorum is a whole number from 1, not 0",
    ["approval: { runner_may_aprove: false }"] = "did you mean runner_may_approve?",
    ["approval: { runner_may_approve: maybe }"] = "approval.runner_may_approve must be a boolean",
  } do
    t.write_file(p.dir .. "/almanac.yaml", text .. "\n")
    local code, _, err = p:run { "runs" }
    t.ok(code ~= 0, text)
    t.has(err, words)
  end
end)

t.test("a plan chooses neither the helm nor the kubeconfig of who runs it, and who approves it sees where it is for", function()
  local p = project.new { book = [[return runbook { run = function()
    step("a", function() k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "made", namespace = "web" } } end)
  end }]] }
  cluster.start(p, { "web" })
  t.must { "mv", p.dir .. "/kubeconfig", p.dir .. "/kc" }
  t.write_file(p.dir .. "/helm", "#!/bin/sh\ntouch started\n")
  t.must { "chmod", "755", p.dir .. "/helm" }
  local here = { KUBECONFIG = "kc" }
  local code, out, err = p:run({ "plan", "book", "--helm", "./helm", "-o", "plan.json" }, here)
  t.eq(code, 2, out .. err)
  out = select(2, p:run({ "approve", "plan.json" }, { KUBECONFIG = false }))
  t.has(out, "Where: http")
  t.has(out, "Made with: --helm ./helm --kubeconfig kc")
  code, out, err = p:run({ "run", "--plan", "plan.json", "--no-ask" }, here)
  t.eq(code, 2, out .. err)
  t.has(err, "plan.json was made with --helm ./helm")
  t.has(err, "almanac run --plan plan.json --helm ./helm")
  code, out, err = p:run({ "run", "--plan", "plan.json", "--helm", "./helm", "--no-ask" }, { KUBECONFIG = false })
  t.eq(code, 2, out .. err)
  t.has(err, "plan.json was made with --kubeconfig kc")
  code, out, err = p:run({ "run", "--plan", "plan.json", "--helm", "./helm", "--kubeconfig", "kc", "--no-ask" }, { KUBECONFIG = false })
  t.eq(code, 0, out .. err)
end)
