-- Which steps were done with a secret parameter.
local secrets_used = require "almanac.run.secrets_used"
local t = require "tests.harness"

local function replay_of(effects) return { effects_newest_first = function() return effects end } end

local function effect(path, text, ok)
  return { path = path, intent = { input = { body = { text } } }, outcome = ok ~= nil and { ok = ok } or nil }
end

t.test("the oldest first, each once, and only what took place", function()
  local replay = replay_of {
    effect("d", "x (secret token) y", false), effect("c", "(secret token)"), effect("b", "(secret token)", true),
    effect("b", "(secret token)", true), effect("a", "(secret token 2 of 3)", true),
  }
  t.eq(secrets_used.steps(replay, "token"), { "a", "b" })
end)

t.test("a name that begins so is another secret's", function()
  local replay = replay_of {
    effect("a", "(secret token-b)", true), effect("b", "(secret tokens)", true), effect("c", "(secret a.b)", true),
  }
  t.eq(secrets_used.steps(replay, "token"), {})
  t.eq(secrets_used.steps(replay, "a.b"), { "c" })
  t.eq(secrets_used.steps(replay, "aXb"), {}, "a point is a point")
end)
