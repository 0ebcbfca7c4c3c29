-- One vocabulary of interrupts: a level, its error, and how what it stopped stands.
local interrupt = require "almanac.base.interrupt"
local t = require "tests.harness"

t.test("an error of each level is known by its kind; a timeout is a failure, though later waits raise it, too", function()
  for name, level in pairs(interrupt.levels) do
    t.eq(interrupt.of { kind = level.kind }, level)
    t.eq(level.level, name)
    t.ok(interrupt.kinds[level.kind])
  end
  t.eq({ interrupt.of { kind = "timeout" }, interrupt.of { kind = "script" } }, {})
  t.ok(interrupt.kinds.timeout)
end)
