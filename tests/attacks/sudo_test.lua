-- Who runs a run that sudo began: root, whose rights it has, and who called sudo, where that is a user of this machine.
local approvals = require "tests.approvals"
local signers = require "tests.signers"
local t = require "tests.harness"

t.test("root is the runner of what it runs for who called sudo, and who that was, no variable makes up", function()
  if require("native.process").account() ~= "root" then
    print "skipped: only root is there by sudo"
    return
  end
  local bob = signers.person "bob"
  local p = approvals.new(", runner_may_approve: false", (bob:line():gsub("bob@example.com", "root@example.com")))
  local daemon = t.must({ "id", "-u", "daemon" }):gsub("%s", "")
  local code, out, err = p:run({ "run", "book" }, { HOME = "/nonexistent", SSH_AUTH_SOCK = false, SUDO_USER = "daemon", SUDO_UID = daemon })
  t.eq(code, 3, out .. err)
  t.has(approvals.approve(p, bob, 2, p:newest(), "--sign=" .. bob.key), "the run is run by the user of that name")
end)
