-- Labels that stand for secrets in what a journal keeps: an effect is not made of them.
local label = require "almanac.run.label"
local t = require "tests.harness"

local LABEL = "(secret token)"

t.test("a label that came in the place of a secret is refused in an effect's input, however deep", function()
  local run = {}
  label.note(run, { url = "https://x/?t=" .. LABEL }, { url = "https://x/?t=hunter2" }, 'step "read it"')
  local refusal = label.refusal(run, "fs.write", { path = "f", text = { { "a " .. LABEL .. " b" } } })
  t.has(refusal.message, 'fs.write: its input holds "(secret token)", which stands for a secret in the result of step "read it"')
  t.eq(refusal.kind, "refused")
  t.eq(label.refusal(run, "fs.write", { text = "(secret other)" }), nil, "one that nobody put there is a text")
end)

t.test("a text that read so before is no label", function()
  local run = {}
  label.note(run, { "see " .. LABEL }, { "see " .. LABEL .. " in the manual" }, 'step "docs"')
  t.eq(label.refusal(run, "notify.send", { text = LABEL }), nil)
  local same = { LABEL }
  t.ok(label.note(run, same, same, "a step") == same)
  t.eq(run.labels, nil)
end)

t.test("a table that holds itself ends", function()
  local round = { LABEL }
  round.again = round
  t.eq(label.refusal({ labels = { [LABEL] = 'step "a"' } }, "x.do", round).kind, "refused")
end)
