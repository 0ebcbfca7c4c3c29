-- lock = "lease/…": two machines cannot run on the same release. A machine is a directory with a journal of
-- its own; the cluster is one.
local devnet = require "tests.devnet"
local http = require "native.http"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"
local task = require "native.task"
local timestamp = require "almanac.base.timestamp"

local LEASE = "/apis/coordination.k8s.io/v1/namespaces/animica-devnet/leases/release"

--- Holds until the test says go.
local BOOK = [[
return runbook {
  lock = { name = "lease/animica-devnet/release", duration = "2s" },
  run = function()
    step("begin", function() sh.run { argv = { "sh", "-c", "echo begun >> log" } } end)
    step("hold", function()
      sh.read { argv = { "sh", "-c", "echo > holding; until [ -e go ] || [ ! -e holding ]; do sleep 0.05; done" } }
    end)
    step("end", function() sh.run { argv = { "sh", "-c", "echo ended >> log" } } end)
  end,
}]]

local LOOK = [[
return runbook { lock = "lease/animica-devnet/release", run = function() step("look", function() end) end }]]

local function machine(world)
  local p = project.new { book = BOOK, look = LOOK }
  p.kubeconfig = { KUBECONFIG = world.dir .. "/kubeconfig" }
  return p
end

local function is_alive(child)
  return t.run { "kill", "-0", tostring(child.pid) } == 0
end

--- Starts almanac, and waits until its run holds or it has ended.
local function spawn(p, words)
  t.must { "rm", "-f", p.dir .. "/holding" }
  local child = p:spawn(words, p.kubeconfig)
  t.eventually("the run holds or has ended", function() return t.read_file(p.dir .. "/holding") or not is_alive(child) end)
  return child
end

local function let_go(p)
  t.write_file(p.dir .. "/go", "")
end

local function holder(world)
  return world:get(LEASE).spec.holderIdentity
end

t.test("one at a time: the second is refused with the holder's name, and may go when the first has ended", function()
  local world = devnet.start { install = false }
  local first, second = machine(world), machine(world)
  local child = spawn(first, { "run", "book" })
  t.has(holder(world), first:newest())
  local code, _, err = second:run({ "run", "book" }, second.kubeconfig)
  t.eq(code, 2, err)
  t.has(err, "the lease animica-devnet/release is held by")
  t.has(err, first:newest())
  t.eq(second:lines "log", {})
  local planned, plan = second:run({ "plan", "look" }, second.kubeconfig)
  t.eq(planned, 0, plan)
  t.has(plan, "A run would be refused now: its lock is held by")
  let_go(first)
  t.eq(child:wait(), 0)
  t.eq(holder(world), "", "given back")
  local later = spawn(second, { "run", "book" })
  let_go(second)
  t.eq(later:wait(), 0)
end)

t.test("a run that was killed holds its lease in silence too, until it is given up", function()
  local world = devnet.start { install = false }
  local first, second = machine(world), machine(world)
  spawn(first, { "run", "book" }):kill "KILL"
  local id = first:newest()
  t.eq(world:get(LEASE).metadata.annotations["almanac/run"], id)
  local again = spawn(first, { "resume", id })
  t.ok(is_alive(again), "the run has its own lease back")
  again:kill "KILL"
  local renewed = world:get(LEASE).spec.renewTime
  t.eventually("its time is over", function()
    return task.wall_ms() / 1000 - timestamp.epoch(renewed) > 2
  end)
  local code, _, err = second:run({ "run", "book" }, second.kubeconfig)
  t.eq(code, 2, err)
  t.has(err, "it belongs to run " .. id .. " until that is over")
  t.has(err, "kubectl -n animica-devnet delete lease release")
  code, _, err = first:run({ "abandon", id, "--reason", "the release moved on" }, first.kubeconfig)
  t.eq(code, 0, err)
  t.eq(holder(world), "")
  local taker = spawn(second, { "run", "book" })
  t.has(holder(world), second:newest())
  code, _, err = first:run({ "resume", id }, first.kubeconfig)
  t.eq(code, 2, err)
  t.has(err, second:newest())
  let_go(second)
  t.eq(taker:wait(), 0)
  code, _, err = first:run({ "resume", id }, first.kubeconfig)
  t.eq(code, 2, err)
  t.has(err, id .. " was abandoned")
end)

t.test("a run that failed leaves its lease taken; done, undone or with nothing done it gives it back", function()
  local world = devnet.start { install = false }
  local p = project.new { book = [[
    return runbook {
      lock = "lease/animica-devnet/release",
      run = function()
        step("look", function() if fs.exists "no" then error "not now" end end)
        step("act", { undo = function() end }, function() sh.run { argv = { "sh", "-c", "echo acted >> log" } } end)
        step("judge", function() if fs.exists "bad" then error "bad" end end)
      end,
    }]] }
  local env = { KUBECONFIG = world.dir .. "/kubeconfig" }
  local function run(words, want)
    local code, _, err = p:run(words, env)
    t.eq(code, want, err)
    return err
  end
  t.write_file(p.dir .. "/no", "")
  run({ "run", "book" }, 1)
  t.eq(holder(world), "", "nothing was done")
  t.must { "mv", p.dir .. "/no", p.dir .. "/bad" }
  t.has(run({ "run", "book" }, 1), 'it holds the lock "lease/animica-devnet/release"')
  t.has(holder(world), p:newest())
  t.has(run({ "run", "book" }, 2), "failed at \"judge\"")
  t.must { "rm", p.dir .. "/bad" }
  local failed = p:newest()
  run({ "resume", failed }, 0)
  t.eq(holder(world), "")
  t.eq(world:get(LEASE).metadata.annotations["almanac/run"], nil)
  t.write_file(p.dir .. "/bad", "")
  run({ "run", "book" }, 1)
  run({ "rollback", p:newest() }, 0)
  t.eq(holder(world), "", "undone")
end)

t.test("a holder that was killed before it did anything is replaced after its time", function()
  local world = devnet.start { install = false }
  local first, second = machine(world), machine(world)
  first:edit("book", BOOK:gsub('step%("begin"[^\n]*', ""))
  spawn(first, { "run", "book" }):kill "KILL"
  local taker
  t.eventually("the second has it", function() -- refused while the first was heard of
    taker = spawn(second, { "run", "book" })
    return is_alive(taker)
  end)
  t.has(holder(world), second:newest())
  let_go(second)
  t.eq(taker:wait(), 0)
end)

t.test("who waits for a lease has it when the other machine's run is done", function()
  local world = devnet.start { install = false }
  local first, second = machine(world), machine(world)
  local child = spawn(first, { "run", "book" })
  local waits = second:spawn({ "run", "book", "--wait=1m" }, second.kubeconfig)
  waits:wait_line "waiting: the lease animica%-devnet/release is held by"
  let_go(first)
  let_go(second)
  t.eq(child:wait(), 0)
  t.eq(waits:wait(), 0)
  t.eq(second:lines "log", { "begun", "ended" })
end)

t.test("a lease that was taken away stops the run before its next effect; then it can be resumed", function()
  local world = devnet.start { install = false }
  local p = machine(world)
  local child = spawn(p, { "run", "book" })
  local lease = world:get(LEASE)
  lease.spec.holderIdentity, lease.metadata.managedFields = "somebody@elsewhere", nil
  local url = world.api .. LEASE
  local function put(object)
    object.metadata.resourceVersion = world:get(LEASE).metadata.resourceVersion
    return http.request { who = "test", method = "PUT", url = url, body = json.encode(object),
      headers = { ["Content-Type"] = "application/json" } }.status
  end
  t.eventually("the lease is stolen", function() return put(lease) == 200 end)
  let_go(p)
  local code, _, err = child:wait()
  t.eq(code, 3, err)
  t.has(err, "it is held by somebody@elsewhere")
  t.eq(p:lines "log", { "begun" })
  lease.spec.holderIdentity = ""
  t.eq(put(lease), 200)
  local again = spawn(p, { "resume" })
  t.eq(again:wait(), 0)
  t.eq(p:lines "log", { "begun", "ended" })
end)

t.test("names that are no lease, and a server that is not there, are refused before anything is done", function()
  for _, lock in ipairs { '"lease/x"', '"lease/A/b"', "{ name = 5 }", '{ name = "x", for_ = 1 }',
    '{ name = "lease/a/b", duration = "0s" }' } do
    local p = project.new { book = "return runbook { lock = " .. lock .. ', run = function() step("a", function() end) end }' }
    local code, _, err = p:run { "run", "book" }
    t.eq(code, 2, err)
    t.has(err, "lock")
  end
  local p = project.new { book = BOOK }
  local code, _, err = p:run({ "run", "book" }, { KUBECONFIG = "/no/such/kubeconfig" })
  t.eq(code, 2, err)
  t.eq(p:lines "log", {})
end)

t.test("the leases of a run and of those that it makes are one family's: kept for all of it, and given back at its end", function()
  local world = devnet.start { install = false }
  local first, second = machine(world), machine(world)
  first:edit("whole", [[
return runbook { lock = "lease/animica-devnet/whole", run = function()
  runbook.call "look"
  runbook.call "book"
end }]])
  local child = spawn(first, { "run", "whole" })
  t.has(holder(world), select(2, first:run { "runs" }):match "whole%-%S+")
  local code, _, err = second:run({ "run", "look" }, second.kubeconfig)
  t.eq(code, 2, err)
  t.has(err, "the lease animica-devnet/release is held by")
  let_go(first)
  t.eq(child:wait(), 0)
  t.eq(holder(world), "", "given back")
  t.eq((second:run({ "run", "look" }, second.kubeconfig)), 0)
end)
