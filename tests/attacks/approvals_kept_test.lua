-- Approvals that a run keeps: what it goes on with is what was approved, where it was.
local approvals = require "tests.approvals"
local signers = require "tests.signers"
local t = require "tests.harness"

t.test("another environment does not take the approvals off a run, nor does the one that almanac.yaml has come to prefer", function()
  local alice = signers.person "alice"
  local p = approvals.new("", alice:line())
  local function write(environment)
    t.write_file(p.dir .. "/almanac.yaml", "environment: " .. environment .. "\nenvironments: { easy: {}, "
      .. "strict: { approval: { allowed_signers: signers } }, alike: { approval: { allowed_signers: signers } } }\n")
  end
  write "strict"
  local id = approvals.waiting(p)
  for _, command in ipairs { "resume", "rollback" } do
    local code, _, err = p:run({ command, id, "-e", "easy", "--plain" }, approvals.runner)
    t.eq(code, 2, err)
    t.has(err, id .. " was begun in environment strict, where other approvals are asked for than in easy")
  end
  write "easy"
  approvals.resume(p, id, "(0 of 1)")
  t.write_file(p.dir .. "/other.yaml", "{}\n")
  local code, _, err = p:run({ "resume", id, "--config", "other.yaml", "--plain" }, approvals.runner)
  t.eq(code, 2, err)
  local waits = p:run({ "resume", id, "-e", "alike", "--plain" }, approvals.runner)
  t.eq(waits, 3)
  approvals.approve(p, alice, 0, id, "--sign=" .. alice.key, "-e", "strict")
  approvals.resume(p, id)
end)
