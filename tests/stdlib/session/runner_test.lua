-- Who ran a run, and whether somebody who signed is one of them.
local runners = require "almanac.session.runner"
local settings = require "almanac.config.settings"
local t = require "tests.harness"

local REPLAY = { runners = {
  { operator = "ann", runner = { keys = { "SHA256:a" }, principals = { "ann@example.org" }, account = "deploy" } },
  { operator = "ben" }, {},
} }

t.test("whoever ran a part of it ran it: by a key at hand, by another key of the same person, by the user's name", function()
  local runner = runners.of(REPLAY)
  t.eq(runner:is("anybody", "SHA256:a"), "the key is one that the runner has at hand")
  t.eq(runner:is("ann@example.org", "SHA256:other"), "the runner has a key of the same person at hand")
  for _, name in ipairs { "ann", "ben", "ben@example.org", "deploy" } do
    t.eq(runner:is(name, "SHA256:other"), "the run is run by the user of that name", name)
  end
  t.eq(runner:is("carl@example.org", "SHA256:other"), nil)
  t.eq(runner:is("benjamin", "SHA256:other"), nil)
end)

t.test("he is barred where almanac.yaml says so, and nowhere else", function()
  local before = settings.approval
  settings.approval = {}
  t.eq(runners.barred(REPLAY), nil)
  t.eq(runners.note(), nil, "no key is looked for where nobody asks")
  settings.approval = { runner_may_approve = false }
  t.ok(runners.barred(REPLAY):is("ann", "x"))
  settings.approval = before
end)
