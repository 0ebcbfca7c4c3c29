-- Evidence about a mean that may be looked at at any time.
local means = require "almanac.observe.canary.means"
local t = require "tests.harness"

local function of(differences)
  local state = means.new(means.rho2_for(40, 0.05))
  for _, difference in ipairs(differences) do means.add(state, difference) end
  return state
end

--- Numbers about a mean, half of them above and half below by one.
local function about(mean, n)
  local out = {}
  for i = 1, n do out[i] = mean + (i % 2 == 0 and 1 or -1) end
  return out
end

t.test("mean and spread are those of all differences", function()
  local state = of { 2, 4, 4, 4, 5, 5, 7, 9 }
  t.eq({ state.n, state.mean, math.abs(state.squares - 32) < 1e-9 }, { 8, 5, true })
end)

t.test("a mean above the bound gathers evidence, one below it loses it; nothing at first", function()
  local few, many = of(about(1, 10)), of(about(1, 100))
  t.ok(means.log_e(many, 0) > means.log_e(few, 0), "more of the same says more")
  t.ok(means.log_e(many, 0) > math.log(1 / 0.001))
  t.ok(means.log_e(of(about(-1, 100)), 0) < 0)
  t.ok(means.log_e(many, 2) < 0, "it is below that one")
  t.eq({ means.log_e(of { 5 }, 0), means.log_e(of { 5, 5, 5 }, 0) }, { 0.0, 0.0 }, "no spread to measure by")
end)

t.test("below is above, mirrored", function()
  local up, down = of(about(0.4, 30)), of(about(-0.4, 30))
  t.ok(math.abs(means.log_e(up, 0.1) - means.log_e_below(down, -0.1)) < 1e-9)
end)

t.test("a chance walk about the bound reaches the evidence for 5 % in at most 5 % of tries", function()
  math.randomseed(7)
  local crossed, tries = 0, 400
  for _ = 1, tries do
    local state, over = means.new(means.rho2_for(40, 0.05)), false
    for i = 1, 200 do
      means.add(state, math.random() + math.random() - 1)
      over = over or i > 5 and means.log_e(state, 0, math.sqrt(1 / 6)) >= math.log(20)
    end
    if over then crossed = crossed + 1 end
  end
  t.ok(crossed / tries <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / tries), crossed .. " of " .. tries)
end)
