-- almanac rehearse: a runbook on a simulated copy of its namespace. What is outside stays as it is; faults, kills and
-- edits come when they were asked for; and what is shown of it is said to be a rehearsal.
local fs = require "native.fs"
local httpd = require "native.httpd"
local json = require "native.json"
local rehearsals = require "tests.rehearsals"
local t = require "tests.harness"

local NS, NEW, ROLLOUT = rehearsals.namespace, rehearsals.new, rehearsals.ROLLOUT
local project, real_cluster = rehearsals.project, rehearsals.real_cluster

t.test("a rollout is done on the copy, and what is shown of it says that it was one", function()
  local p = project { rollout = ROLLOUT }
  local code, err = p:rehearse("rollout", "tag=" .. NEW, "--snapshot", "devnet.yaml")
  t.eq(code, 0, err)
  t.has(err, "REHEARSAL: nothing outside of it is changed")
  t.has(err, "a copy of animica-devnet as it was")
  t.has(err, "REHEARSAL: it would be done (done)")
  t.eq(p:results().revisions, 2)
  local _, runs = p:run { "runs" }
  t.ok(not runs:find "rollout", "it is not among the runs")
  for words, mark in pairs {
    ["runs"] = "REHEARSAL", ["status"] = "^REHEARSAL rollout", ["report"] = "## REHEARSAL ", ["report --format xml"] =
      '<property name="rehearsal" value="REHEARSAL: nothing but a copy of animica%-devnet', ["report --format json"] = '"rehearsal": {',
    ["report --format html"] = '<title>REHEARSAL .*<p class="rehearsal">REHEARSAL: nothing but',
  } do
    local argv = {}
    for word in (words .. " --store " .. p.store):gmatch "%S+" do argv[#argv + 1] = word end
    local shown, out = p:run(argv)
    t.eq(shown, 0, words)
    t.ok(out:find(mark), words .. ": " .. out:sub(1, 600))
  end
  local _, report = p:run { "report", "--store", p.store }
  t.ok(not report:find "almanac rollback", "nothing leads to a real cluster")
  for _, text in ipairs { err, report } do
    t.has(text, "statefulset/animica-node")
    t.has(text, "release animica-devnet revision 2")
  end
  t.has(err, "~ deployment/animica-miner  changed")
  t.has(err, "+ release animica-devnet revision 2  created: deployed")
  t.ok(not err:find "configmap/chain%-params", "what is as it was is not listed")
  local _, page = p:run { "report", "--store", p.store, "--format", "html" }
  t.has(page, "The copy, before and after")
end)

t.test("a node that crashes fails it, as it would", function()
  local p = project { rollout = ROLLOUT }
  local fault = "crash=animica-node:" .. NEW
  local code, err = p:rehearse("rollout", "tag=" .. NEW, "--snapshot", "devnet.yaml", "--fault", fault .. "@effect 1", "--fault",
    "notready=animica-nod")
  t.eq(code, 1)
  t.has(err, "! notready=animica-nod met no pod; did you mean animica-node?")
  t.lacks(err, "! crash=")
  t.has(err, fault .. " is put on")
  t.has(err, "REHEARSAL: it would fail (failed)")
  t.has(err, "CrashLoopBackOff")
  t.ok(not err:find "almanac resume", "it goes on nowhere")
  for _, command in ipairs { "resume", "rollback" } do
    local refused, _, why = p:run { command, p:status().id, "--store", p.store }
    t.eq(refused, 2, command)
    t.has(why, "is a rehearsal, and over: its cluster is gone")
  end
end)

t.test("killed behind every effect, the release has one revision more", function()
  local p = project { rollout = ROLLOUT }
  local code, err = p:rehearse("rollout", "tag=" .. NEW, "--snapshot", "devnet.yaml", "--kill", "every", "--no-ask")
  t.eq(code, 0, err)
  t.has(err, "killed behind effect 1 (helm.upgrade), whose outcome was not written down yet")
  t.has(err, "helm.upgrade: found done after a crash")
  t.eq(p:results().revisions, 2)
end)

t.test("an outage passes, and what was to come and did not is said", function()
  local p = project { rollout = ROLLOUT }
  local code, err = p:rehearse("rollout", "tag=" .. NEW, "--snapshot", "devnet.yaml", "--fault", "api-down@step ready+1s", "--fault",
    "low-peers@step never")
  t.eq(code, 0, err)
  t.has(err, "api-down: the API answers nobody")
  t.has(err, "api-down is over")
  t.has(err, '! low-peers was to come when step "never" begins, and did not')
end)

t.test("edited while it is killed", function()
  local p = project { rollout = ROLLOUT }
  t.write_file(p.dir .. "/better.lua", (ROLLOUT:gsub('step%("revisions", function%(%) return', 'step("counted", function() return 10 *')))
  local code, err = p:rehearse("rollout", "tag=" .. NEW, "--snapshot", "devnet.yaml", "--kill", "effect 1", "--edit", "better.lua")
  t.eq(code, 0, err)
  t.has(err, "better.lua takes the place of runbooks/rollout.lua")
  t.eq(p:results().counted, 20)
  t.eq(t.read_file(p.dir .. "/runbooks/rollout.lua"), ROLLOUT, "the file is as it was")
end)

-- Everything that a runbook can change besides a cluster, in as many ways as there are to get there.
local OUTSIDE = [[
effect.define("own.touch", {
  input = function(raw) return raw end,
  observe = function() return fs.exists("TOUCHED") end,
  apply = function(input) fs.write("TOUCHED", input) sh.run { "touch", "TOUCHED2" } return true end,
  undo = function() fs.write("UNDONE", "x") end,
})
return runbook {
  summary = "changes what it can",
  params = { url = param.string { required = true } },
  run = function(p)
    step("files", function() fs.write("WRITTEN", "x") fs.mkdir("MADE") end)
    step("programs", function() sh.run { "touch", "RUN" } sh.bash("touch BASHED") end)
    step("servers", function() http.post(p.url .. "/posted", { json = {} }) http.put(p.url .. "/put", { body = "x" }) end)
    step("people", function() notify.send { channel = "ops", text = "x" } end)
    step("repositories", function() git.tag { name = "v1", message = "x" } end)
    step("own", function() effect.perform("own.touch", "x") end)
    step("undone", { undo = function() fs.write("UNDO", "x") end }, function() return 1 end)
    parallel("side by side", { a = function() step("in it", function() sh.run { "touch", "SIDE" } end) end })
    step("cluster", function()
      k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "made", namespace = "animica-devnet" } }
    end)
    step("elsewhere", function()
      local ok, err = errors.try(k8s.get, "namespace/default", { context = "real" })
      assert(not ok, "there is no other cluster")
      note("no way: " .. err.message)
      note("kubectl goes to " .. sh.read("sh", "-c", "echo $KUBECONFIG").stdout)
    end)
    runbook.call("nested", { url = p.url })
    step("wrong", function() sh.run { "touch", "LAST" } error "it fails in the end" end)
  end,
  on_failure = "undo",
}
]]

local NESTED = [[
return runbook {
  summary = "the same, in a run that it makes",
  params = { url = param.string { required = true } },
  run = function(p)
    step("nested", function() sh.run { "touch", "NESTED" } http.delete(p.url .. "/nested") end)
  end,
}
]]

t.test("what is outside stays as it is: files, programs, servers, people, repositories, the real cluster", function()
  local asked = {}
  local server <close> = httpd.listen { port = 0, handler = function(request, response)
    asked[#asked + 1] = request.method .. " " .. request.path
    response:send(200, {}, "")
  end }
  local url = "http://127.0.0.1:" .. server:port()
  local real = real_cluster()
  local channels = ("channels: { ops: { kind: webhook, url: %q } }\nhooks: { on_start: [ops], on_fail: [ops] }\n"):format(url .. "/hook")
  local p = project({ outside = OUTSIDE, nested = NESTED }, channels, real)
  t.must({ "git", "init", "-q" }, { cwd = p.dir })
  t.must({ "git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x" }, { cwd = p.dir })
  local configmaps = #real.get("configmaps").items
  local before = t.must({ "find", ".", "-not", "-path", "./.almanac*", "-not", "-path", "./.git/*" }, { cwd = p.dir })
  local code, err = p:rehearse("outside", "url=" .. url, "--kill", "every", "--yes", "-n", NS)
  t.eq(code, 4, err)
  t.has(err, "no --snapshot is given: what is there now is read, and nothing changed")
  t.has(err, "previewed: run touch RUN")
  t.has(err, "previewed: run touch NESTED")
  t.has(err, "no way: ")
  t.has(err, "kubectl goes to " .. p.dir .. "/.almanac/rehearsals/")
  t.has(err, "previewed: POST " .. url .. "/posted")
  t.eq(t.must({ "find", ".", "-not", "-path", "./.almanac*", "-not", "-path", "./.git/*" }, { cwd = p.dir }), before, "files")
  local _, report = p:run { "report", "--format", "json", "--store", p.store }
  for _, effect in ipairs(json.decode(report).effects) do
    local took_place = effect.op == "k8s.apply" or effect.op == "own.touch" or effect.op == "runbook.call"
    t.eq(effect.status == "previewed", not took_place, effect.title .. ": " .. effect.status)
  end
  t.eq(t.must({ "git", "tag" }, { cwd = p.dir }), "", "tags")
  t.eq(asked, {}, "requests")
  t.eq(#real.get("configmaps").items, configmaps, "the real cluster")
end)

t.test("effects of a module that is named are made; and it is taken back where that was asked for", function()
  local p = project { real = [[
return runbook { summary = "x", run = function()
  step("programs", { undo = function() sh.run { "touch", "UNDONE" } end }, function()
    sh.run { "touch", "MADE" }
    fs.write("NOT", "x")
  end)
end }
]] }
  local code, err = p:rehearse("real", "--empty", "--real", "sh", "--rollback")
  t.eq(code, 0, err)
  t.has(err, "real: sh")
  t.has(err, "REHEARSAL: it would be done, and could be taken back (undone)")
  t.ok(fs.exists(p.dir .. "/MADE"))
  t.ok(fs.exists(p.dir .. "/UNDONE"))
  t.ok(not fs.exists(p.dir .. "/NOT"))
end)

t.test("what nothing would take back is named", function()
  local p = project { one = [[
return runbook { summary = "x", on_failure = "undo", run = function()
  step("programs", function() sh.run { "touch", "MADE" } end)
  step("file", function() fs.write("NOT", "x") end)
end }
]] }
  local code, err = p:rehearse("one", "--empty", "--rollback")
  t.eq(code, 0, err)
  t.has(err, "could be taken back but for previewed: run touch MADE, which nothing takes back")
end)

t.test("the real cluster was asked nothing but what there is", function()
  local log = t.tmpdir() .. "/asked"
  local other = real_cluster("--request-log", log)
  local p = project({ rollout = ROLLOUT }, nil, other)
  local code, err = p:rehearse("rollout", "tag=" .. NEW, "-n", NS)
  t.eq(code, 0, err)
  other.process:kill "TERM"
  other.process:wait()
  local count = 0
  for line in t.read_file(log):gmatch "[^\n]+" do
    t.eq(json.decode(line).method, "GET", line)
    count = count + 1
  end
  t.ok(count > 10, "it was read")
end)

t.test("a question that nobody answers says what a rehearsal takes", function()
  local p = project { asks = 'return runbook { run = function() confirm "go on?" end }' }
  local code, err = p:rehearse("asks", "--empty", "--no-ask")
  t.eq(code, 3, err)
  t.has(err, "rehearse it with --yes")
  t.lacks(err, "almanac approve")
end)

t.test("what cannot be rehearsed is refused before anything begins", function()
  local p = project { rollout = ROLLOUT }
  for words, why in pairs {
    ["rehearse"] = "usage: almanac rehearse RUNBOOK", ["rehearse rollout --fault crush=x"] = "no such fault: crush=x",
    ["rehearse rollout --fault crash=x@soon"] = '"soon" is no moment', ["rehearse rollout --kill sometimes"] = '"sometimes" is no moment',
    ["rehearse rollout --empty --real shh"] = '--real shh: no effect is of that module; did you mean sh?',
    ["rehearse rollout --empty --snapshot x"] = "one of them", ["rehearse nowhere"] = "no runbook \"nowhere\"",
    ["rehearse rollout --empty --env KUBECONFIG=x"] = "the rehearsal sets it", ["rehearse rollout --empty --env x"] = "NAME=VALUE",
    ["rehearse rollout --edit nothing.lua --empty"] = "there is no such file", ["rehearsed x y"] = "for almanac rehearse to start",
  } do
    local argv = {}
    for word in words:gmatch "%S+" do argv[#argv + 1] = word end
    local code, _, err = p:run(argv)
    t.eq(code, 2, words .. "\n" .. err)
    t.has(err, why)
  end
  t.ok(not fs.exists(p.dir .. "/.almanac/rehearsals"), "nothing was begun")
end)

t.test("what is only previewed is not asked whether it still is so, nor an effect that is made of it", function()
  local p = require("tests.project").new { book = [[
effect.define("my.flag", {
  apply = function() return fs.write("flag", "on") end,
  recover = function() return "again" end,
  holds = function() return { { about = "the flag", look = function() return not fs.exists "flag" and "it is off" or nil end } } end,
})
return runbook { run = function()
  step("flag", function() effect.perform("my.flag", {}) end)
  step("note", function() fs.write("note", "1") end)
end }]] }
  local code, out, err = p:run { "rehearse", "book", "--empty", "--kill", "effect 3" }
  t.eq(code, 0, out .. err)
  t.has(err, "killed")
  t.lacks(err, "any more")
end)
