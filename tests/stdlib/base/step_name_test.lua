-- Names of steps: what a path cannot hold, and the name of a question.
local name = require "almanac.base.step_name"
local t = require "tests.harness"

t.test("a name without separators is taken as it stands", function()
  for _, text in ipairs { "roll on", "  spaced  out ", "αβγ", "50% done?" } do
    t.ok(name.fits(text), text)
    t.eq(name.of(text), text)
  end
  for _, text in ipairs { "", "a/b", "#1", "two\nlines" } do t.eq(name.fits(text), false, text) end
end)

t.test("a text for people has a name in which a space stands for each separator", function()
  t.eq(name.of "is https://grafana.example/d/1#peers green?", "is https: grafana.example d 1 peers green?")
  t.eq(name.of "#devnet was told", "devnet was told")
  t.eq(name.of "first line\n\n  second line\n", "first line second line")
  t.eq(name.of "//#\n", "")
end)
