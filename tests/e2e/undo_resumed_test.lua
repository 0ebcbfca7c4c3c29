-- A run is killed just behind what it changed, gone on with, and taken back: the world is as it was before the first try,
-- and not as the second one found it.
local http = require "native.http"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local WEB = [[
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: team }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: web, image: "x/web:v1" } ] }
]]

local NODE = "/api/v1/nodes/node1"
local DEPLOYMENT = "/apis/apps/v1/namespaces/team/deployments/web"

local function merge(at, path, patch)
  local answer = http.request {
    method = "PATCH", url = at.url .. path, body = json.encode(patch), headers = { ["Content-Type"] = "application/merge-patch+json" },
  }
  t.eq(answer.status, 200, answer.body)
end

local function get(at, path) return json.decode(http.request { url = at.url .. path }.body) end

--- A cluster with a deployment and a node.
local function start()
  local dir = t.tmpdir()
  local sim = t.spawn { t.getenv "ALMANAC_BUILD" .. "/almanac", "sim", "--kubeconfig", dir .. "/kubeconfig",
    "--with-namespace", "team", "--ready-time", "0.05" }
  local _, url = sim:wait_line "(http://127[%d.:]+)"
  local made = { url = url, env = { KUBECONFIG = dir .. "/kubeconfig" } }
  local p = project.new {
    setup = string.format('return runbook { run = function() step("set up", function() k8s.apply(%q) end) end }', WEB),
  }
  local code, _, err = p:run({ "run", "setup" }, made.env)
  t.eq(code, 0, err)
  return made
end

local cluster -- of the case, which starts it when it needs one

local function test(name, fn)
  t.test(name, function()
    cluster = nil
    fn()
  end)
end

local function replicas_are(n)
  return function(p, where) t.eq(get(p.cluster, DEPLOYMENT).spec.replicas, n, where) end
end

local function cordoned_is(wanted)
  return function(p, where) t.eq(get(p.cluster, NODE).spec.unschedulable == true, wanted, where) end
end

local function world_is(text)
  return function(p, where) t.eq(t.read_file(p.dir .. "/world"), text, where) end
end

local function cordon(is_cordoned)
  return function(p) merge(p.cluster, NODE, { spec = { unschedulable = is_cordoned or json.null } }) end
end

local function write_world(p) t.write_file(p.dir .. "/world", "old") end

--- Of a script's own, over a file. `recover` and `undo` are what differs.
local function own(more, call)
  return [[
local function read() return fs.exists "world" and fs.read "world" or nil end
local function set(text) sh.run { argv = { "sh", "-c", "printf %s " .. text .. " > world" }, idempotent = true } end
effect.define("toy.restore", { apply = set, recover = function() return "again" end })
effect.define("toy.set", {
  observe = function() return { text = read() } end,
  ]] .. more .. [[
})
]], call or 'step("change it", function() effect.perform("toy.set", "new") end)'
end

local AGAIN = 'recover = function() return "again" end,'
local BY_BEFORE = 'undo = function(_, _, ctx) effect.perform("toy.restore", ctx.before.text) end,'
local BY_UNDO_TO = BY_BEFORE:gsub("ctx%.before", "ctx.undo_to")
local BY_RESULT = 'undo = function(_, result) effect.perform("toy.restore", result.was) end,'

local function case(call, prepare, changed, back, head)
  return { call = call, prepare = prepare, changed = changed, back = back, head = head or "" }
end

local function own_case(more)
  local head, call = own(more)
  return case(call, write_world, world_is "new", world_is "old", head)
end

local function in_step(call) return 'step("change it", function() ' .. call .. " end)" end

local cases = {
  ["k8s.scale"] = case(
    in_step 'local made = k8s.scale("deploy/web", 3, { namespace = "team" }) assert(made.before == 1)',
    function(p) merge(p.cluster, DEPLOYMENT, { spec = { replicas = 1 } }) end, replicas_are(3), replicas_are(1)),
  ["k8s.cordon"] = case(in_step 'k8s.cordon "node1"', cordon(false), cordoned_is(true), cordoned_is(false)),
  ["k8s.cordon of a cordoned one"] = case(in_step 'k8s.cordon "node1"', cordon(true), cordoned_is(true), cordoned_is(true)),
  ["k8s.uncordon"] = case(in_step 'k8s.uncordon "node1"', cordon(true), cordoned_is(false), cordoned_is(true)),
  ["k8s.drain"] = case(in_step 'k8s.drain("node1", { selector = "app=nothing" })', cordon(false),
    cordoned_is(true), cordoned_is(false)),
  ["fs.write"] = case(in_step 'fs.write("world", "new")', write_world, world_is "new", world_is "old"),
  ["fs.write of a new one"] = case(in_step 'fs.write("world", "new")', function() end, world_is "new", world_is(nil)),
  ["fs.remove"] = case(in_step 'fs.remove("world")', write_world, world_is(nil), world_is "old"),
  ["an own effect, whose undo takes ctx.before"] = own_case("apply = function(text) set(text) end," .. AGAIN .. BY_BEFORE),
  ["an own effect, whose undo takes ctx.undo_to"] = own_case("apply = function(text) set(text) end," .. AGAIN .. BY_UNDO_TO),
  ["an own effect, whose result has what was before"] = own_case(
    "apply = function(text, ctx) set(text) return { was = ctx.undo_to.text } end," .. AGAIN .. BY_RESULT),
  ["an own effect made of another"] = case([[step("change it", function() effect.perform("toy.outer", "new") end)]], write_world,
    world_is "new", world_is "old", own("apply = function(text) set(text) end," .. AGAIN .. BY_BEFORE) .. [[
effect.define("toy.outer", { apply = function(text) effect.perform("toy.set", text) end, recover = function() return "again" end })
]]),
}

local function book_of(one) return one.head .. "return runbook { run = function()\n" .. one.call .. "\nend }\n" end

local function began(one)
  local p = project.new { book = book_of(one) }
  if not cluster then cluster = one.call:find("k8s.", 1, true) and start() or { env = {} } end
  p.cluster = cluster
  one.prepare(p)
  return p
end

local function must(p, where, words, env)
  env = env or {}
  for name, value in pairs(p.cluster.env) do env[name] = value end
  local code, out, err = p:run(words, env)
  t.eq(code, env.ALMANAC_FAULT and -1 or 0, where .. "\n" .. out .. err)
  return out .. err
end

--- Takes the run back, and has the world looked at.
local function is_taken_back(p, one, id, where)
  one.changed(p, where)
  local said = must(p, where, { "rollback", id, "--no-ask", "--plain" })
  one.back(p, where .. "\n" .. said)
end

local names = {}
for name in pairs(cases) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do
  local one = cases[name]
  test(name .. ", killed behind the change, and once more in the resume", function()
    for kills = 0, 2 do
      local p, where = began(one), name .. ", killed " .. kills .. " times"
      local fault = { ALMANAC_FAULT = "effect.applied:1:kill" }
      local words = { "run", "book", "--plain", "--no-ask" }
      for _ = 1, kills do
        must(p, where, words, { ALMANAC_FAULT = fault.ALMANAC_FAULT })
        words = { "resume", "--plain", "--no-ask" }
        if name:find "^fs" then break end -- it is found done, and not made once more
      end
      must(p, where, words)
      is_taken_back(p, one, p:newest(), where)
    end
  end)
end

test("killed at every write, and taken back", function()
  local one = cases["k8s.scale"]
  local n = 1
  while true do
    local p, where = began(one), "killed at write " .. n
    local env = { KUBECONFIG = cluster.env.KUBECONFIG, ALMANAC_FAULT = string.format("journal.append:%d:kill", n) }
    local code = p:run({ "run", "book", "--no-ask" }, env)
    local id = p:newest()
    if id then
      if code ~= 0 then must(p, where, { "resume", id, "--no-ask" }) end
      is_taken_back(p, one, id, where)
    end
    if code == 0 then break end
    n = n + 1
  end
  t.ok(n > 5, "there were writes to be killed at: " .. n)
end)

test("a resume that is killed before it tries again: what the first try did is taken back", function()
  local one = cases["k8s.scale"]
  for n = 1, 9 do
    local p, where = began(one), "the resume is killed at write " .. n
    must(p, where, { "run", "book", "--no-ask" }, { ALMANAC_FAULT = "effect.applied:1:kill" })
    local env = { KUBECONFIG = cluster.env.KUBECONFIG, ALMANAC_FAULT = string.format("journal.append:%d:kill", n) }
    local code = p:run({ "resume", "--no-ask" }, env)
    is_taken_back(p, one, p:newest(), where)
    if code == 0 then break end
  end
end)

test("a step that is redone goes back to what there was before it was made first", function()
  local one = cases["k8s.scale"]
  local p = began(one)
  must(p, "made", { "run", "book", "--no-ask" })
  local id = p:newest()
  must(p, "redone", { "resume", id, "--redo", "change it", "--no-ask" })
  is_taken_back(p, one, id, "redone")
end)

test("what the operator has made once more goes back to before the first try; so does what failed and was tried again", function()
  local asked = own_case("apply = function(text) set(text) end," .. BY_BEFORE)
  local p = began(asked)
  must(p, "asked", { "run", "book", "--no-ask" }, { ALMANAC_FAULT = "effect.applied:2:kill" })
  t.has(must(p, "asked", { "resume", "--in-doubt", "redo", "--plain" }), "toy.set: begun before the crash; made once more, as was answered")
  is_taken_back(p, asked, p:newest(), "asked")

  local head, call = own("apply = function(text) set(text) if not fs.exists 'good' then error 'broken' end end," .. AGAIN .. BY_BEFORE)
  local failed = case(call, write_world, world_is "new", world_is "old", head)
  p = began(failed)
  t.eq((p:run { "run", "book", "--no-ask" }), 1)
  t.write_file(p.dir .. "/good", "")
  must(p, "failed", { "resume", "--no-ask" })
  is_taken_back(p, failed, p:newest(), "failed")
end)

test("what was surely not done goes back to what the next try saw", function()
  local head, call = own([[apply = function(text) set(text) end, recover = function(text)
    if read() == text then return "done" end
    return "not_done"
  end, ]] .. BY_BEFORE)
  local one = case(call, write_world, world_is "new", world_is "others", head)
  local p = began(one)
  must(p, "killed", { "run", "book", "--no-ask" }, { ALMANAC_FAULT = "effect.intended:1:kill" })
  t.write_file(p.dir .. "/world", "others")
  t.has(must(p, "resumed", { "resume", "--plain", "--no-ask" }), "toy.set had not taken place before the crash; now")
  is_taken_back(p, one, p:newest(), "not done")
end)

test("what may have taken place is not said not to have", function()
  local p = began(cases["k8s.scale"])
  must(p, "killed", { "run", "book", "--no-ask" }, { ALMANAC_FAULT = "effect.applied:1:kill" })
  local said = must(p, "resumed", { "resume", "--plain", "--no-ask" })
  t.has(said, "k8s.scale: begun before the crash; made once more, it does no harm")
  t.ok(not said:find("had not taken place", 1, true), said)
end)
