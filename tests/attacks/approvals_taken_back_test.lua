-- A signed approval is taken back as long as the run has not gone on by it.
local approvals = require "tests.approvals"
local signers = require "tests.signers"
local t = require "tests.harness"

local approve, new, resume, runner, waiting = approvals.approve, approvals.new, approvals.resume, approvals.runner, approvals.waiting

t.test("a no takes an approval away that had all its signatures, until the run goes on by it", function()
  local alice, bob = signers.person "alice", signers.person "bob"
  local p = new("", alice:line(), bob:line())
  local id = waiting(p)
  t.has(select(2, p:run { "status", id }), "almanac approve " .. id .. " --sign (or reject)")
  t.has(select(2, p:run { "report", id }), "almanac approve " .. id .. " --sign")
  approve(p, alice, 0, id, "--sign=" .. alice.key)
  t.eq(p:run { "reject", id, "--reason", "the wrong one" }, 0)
  local code, _, err = p:run({ "resume", id }, runner)
  t.eq(code, 1, err)
  t.has(err, "said no: roll on (the wrong one)")
  resume(p, id, "(0 of 1)")
  approve(p, bob, 0, id, "--sign=" .. bob.key)
  resume(p, id)
  t.eq(p:run { "reject", id }, 2)
end)
