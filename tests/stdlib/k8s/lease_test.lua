-- A lease whose server is away: kept as long as its holder may be silent, then lost, in words.
local halt = require "almanac.base.halt"
local k8s_client = require "almanac.k8s.client"
local lease = require "almanac.k8s.lease"
local process = require "native.process"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local task = require "native.task"

t.test("a lease that cannot be renewed holds for its duration, and then it is lost", function()
  local dir = t.tmpdir()
  local sim = t.spawn { process.exe(), "sim", "--kubeconfig", dir .. "/kubeconfig", "--with-namespace", "team" }
  sim:wait_line "^api="
  settings.kubeconfig = dir .. "/kubeconfig"
  k8s_client.forget()
  t.defer(function() settings.kubeconfig = nil end)
  local held = lease.take({ namespace = "team", name = "release", seconds = 3 }, "me@here run-1", "run-1", print)
  local before = held.renewed
  held:check()
  local other = t.raises("refused", lease.take, { namespace = "team", name = "release" }, "you@there run-2", "run-2", print)
  t.has(other.message, "the lease team/release is held by me@here run-1")
  sim:kill "KILL"
  sim:wait()
  held:check() -- nobody can have taken it yet
  local keeper = task.spawn(held.keep, held)
  t.defer(function()
    keeper:cancel()
    keeper:join()
  end)
  t.eventually("it is lost", function() return held.lost end, 20)
  t.ok(task.now() - before >= 3, "not before its time")
  local err = t.raises("lock_lost", held.check, held)
  t.ok(halt.is(err))
  t.has(err.message, "it could not be renewed for")
  t.has(err.message, "connection refused")
end)
