-- What comes when in a rehearsal.
local moments = require "almanac.rehearsal.moment"
local schedules = require "almanac.rehearsal.schedule"
local t = require "tests.harness"

local function names(entries)
  local out = {}
  for i, entry in ipairs(entries) do out[i] = entry.name end
  return out
end

t.test("moments are read as they are written", function()
  t.eq(moments.parse("--fault", ""), { kind = "at", seconds = 0 })
  t.eq(moments.parse("--fault", "30s"), { kind = "at", seconds = 30 })
  t.eq(moments.parse("--fault", "1m30s+20s"), { kind = "at", seconds = 90, lasts = 20 })
  t.eq(moments.parse("--fault", "step upgrade the release"), { kind = "step", step = "upgrade the release" })
  t.eq(moments.parse("--fault", "step a + b"), { kind = "step", step = "a + b" })
  t.eq(moments.parse("--fault", "effect 12+1.5s"), { kind = "effect", effect = 12, lasts = 1.5 })
  for _, text in ipairs { "soon", "effect 0", "effect x", "step", "-3s", "effect" } do
    t.raises("usage", function() moments.parse("--fault", text) end)
  end
  t.has(t.raises("usage", schedules.kill, "evry").message, '"evry" is no moment; did you mean every?')
  t.has(t.raises("usage", schedules.kill, "efect 2").message, "did you mean effect?")
end)

t.test("a moment is said as it was meant", function()
  t.eq(moments.text(moments.parse("x", "")), "at once")
  t.eq(moments.text(moments.parse("x", "90s+5s")), "after 1m30s, for 5s")
  t.eq(moments.text(moments.parse("x", "step ready")), 'when step "ready" begins')
  t.eq(moments.text(moments.parse("x", "effect 2")), "with effect 2")
end)

t.test("a step is meant by its path, or by the end of it", function()
  local moment = moments.parse("x", "step ready")
  t.ok(moments.is_step(moment, "ready"))
  t.ok(moments.is_step(moment, "node/ready"))
  t.ok(not moments.is_step(moment, "already"))
  t.ok(moments.is_step(moments.parse("x", "step node/ready"), "all/node/ready"))
end)

t.test("faults come before their effect and kills behind it, once; what never came is missed", function()
  local schedule = schedules.new({
    schedules.fault "crash=web@effect 2", schedules.kill "effect 2", schedules.fault "prom-silent@step ready",
    schedules.fault "low-peers@1m",
  }, nil, 1)
  t.ok(schedule:needs_steps())
  t.eq(names(schedule:timed()), { "low-peers" })
  t.eq(names((schedule:at_effect("a", "begun"))), {})
  t.eq(names((schedule:at_effect("a", "applied"))), {})
  local came, n = schedule:at_effect("b", "begun")
  t.eq(names(came), { "crash=web" })
  t.eq(n, 2)
  t.eq(names((schedule:at_effect("b", "applied"))), { "kill" })
  t.eq(names((schedule:at_effect("b", "begun"))), {}, "it was made again")
  t.eq(names((schedule:at_effect("b", "applied"))), {})
  t.eq(names(schedule:missed()), { "prom-silent", "low-peers" })
  t.eq(schedule.entries[3].what, "outage")
end)

t.test("every kills behind each effect once", function()
  local schedule, killed = schedules.new({}, "every", 1), {}
  for _, id in ipairs { "a", "b" } do
    t.eq(names((schedule:at_effect(id, "begun"))), {})
    killed[#killed + 1] = names((schedule:at_effect(id, "applied")))[1]
    t.eq(names((schedule:at_effect(id, "applied"))), {}, "once")
  end
  t.eq(killed, { "kill", "kill" })
end)

t.test("random is the same for a seed, and kills some before and some behind", function()
  local function killed(seed)
    local schedule, out = schedules.new({}, "random", seed), {}
    for i = 1, 40 do
      for _, stage in ipairs { "begun", "applied" } do
        if schedule:at_effect(tostring(i), stage)[1] then out[#out + 1] = i .. stage end
      end
    end
    return table.concat(out, " ")
  end
  t.eq(killed(7), killed(7))
  t.ok(killed(7) ~= killed(8))
  t.has(killed(7), "begun")
  t.has(killed(7), "applied")
end)
