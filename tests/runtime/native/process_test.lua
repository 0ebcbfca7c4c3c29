local t = require "tests.harness"

t.test("a program's lines are waited for, and its exit code kept", function()
  local p = t.spawn { "sh", "-c", "echo one; echo two >&2; exit 3" }
  local _, what = p:wait_line "^(tw.)"
  t.eq(what, "two")
  local code, out, err = p:wait()
  t.eq({ code, out, err }, { 3, "one", "two" })
end)

t.test("a line that does not come fails with what was printed", function()
  local p = t.spawn { "sh", "-c", "echo one" }
  local err = t.raises(nil, p.wait_line, p, "two")
  t.has(err.assertion, "it ended before a line like \"two\" of sh -c echo one\none")
  local slow = t.spawn { "sleep", "1000" }
  t.has(t.raises(nil, slow.wait_line, slow, "two", 0.05).assertion, "the time was over before a line like")
  slow:kill "KILL"
  t.eq({ (slow:wait()), slow.signal }, { -1, "KILL" })
end)

t.test("run gives code, stdout and stderr; must fails with both", function()
  t.eq({ t.run { "sh", "-c", "echo $WORD; echo e >&2; exit 1" } }, { 1, "", "e" })
  t.eq(t.must({ "sh", "-c", "echo $WORD" }, { env = { WORD = "w" } }), "w")
  t.has(t.raises(nil, t.must, { "sh", "-c", "echo why >&2; exit 4" }).assertion, "exit 4\n\nwhy")
end)
