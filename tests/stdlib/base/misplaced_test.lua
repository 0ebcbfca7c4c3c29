-- A word in a wrong place may be a secret: only what reads like a name, or like a host alone, is shown whole.
local misplaced = require "almanac.base.misplaced"
local t = require "tests.harness"

t.test("a name is shown, anything else by its beginning", function()
  t.eq(misplaced.word "chanel", '"chanel"')
  t.eq(misplaced.word "xoxb-1234567890-abcdef", '"xox…"')
  t.eq(misplaced.word(("a"):rep(25)), '"aaa…"')
  t.eq(misplaced.word "a\27[2Jb", '"a?[…"')
  t.eq(misplaced.word "äöüß1", '"äöü…"', "letters are not cut in halves")
  t.eq(misplaced.word(5), "5")
end)

t.test("an address with a path or a user may hold a token, a host cannot", function()
  t.eq(misplaced.url "https://grafana.example.org:3000/", '"https://grafana.example.org:3000/"')
  t.eq(misplaced.url "10.0.0.1:9090", '"10.0.0.1:9090"')
  for _, url in ipairs { "https://hooks.slack.com/services/T0/B0/XXXX", "https://user:pass@host/", "https://ab12cd34.example.org" } do
    t.eq(misplaced.url(url), '"https://…"', url)
  end
end)
