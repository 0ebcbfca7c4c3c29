-- Frames of the live view without a process: what is shown of a run, by its events, its time and the size of the
-- terminal.
local columns = require "almanac.base.columns"
local scenes = require "tests.stdlib.render.live.scene"
local t = require "tests.harness"

local function check_fits(lines, width, rows)
  t.ok(#lines <= rows, #lines .. " lines on " .. rows)
  for _, line in ipairs(lines) do t.ok(columns.of(line) <= width, "wider than " .. width .. ": " .. line) end
end

for name, size in pairs { ["80x24"] = { 80, 23 }, ["40x24"] = { 40, 23 }, ["200x50"] = { 200, 49 }, ["80x10"] = { 80, 9 } } do
  t.test("27 gates at " .. name, function()
    local scene = scenes.rollout(40)
    scene:sample("slashing", 500, false, 0)
    scene:tell(0, "gate.sample", "gates/beacon", { error = "connection refused" })
    scene:tell(0, "step.done", "gates/finality", { result = { verdict = "pass", value = 3, limit = 30, held = 60 }, elapsed_ms = 60000 })
    scene.now_ms = scene.now_ms + 7000
    t.golden("live/gates_" .. name .. ".txt", scene:frame(size[1], size[2]))
    check_fits(scene:lines(size[1], size[2]), size[1], size[2])
  end)
end

t.test("a frame fits whatever the size, and what is bad is in it", function()
  local scene = scenes.rollout(40)
  scene:sample("slashing", 500, false, 0)
  for _, width in ipairs { 20, 30, 40, 79, 132 } do
    for rows = 1, 40 do
      local lines = scene:lines(width, rows)
      check_fits(lines, width, rows)
      if rows > 1 then t.has(table.concat(lines, "\n"), "! slas") end
    end
  end
end)

t.test("a bad gate stays in sight wherever the operator looks", function()
  local scene = scenes.rollout(40)
  scene:sample("slashing", 500, false, 0)
  scene:lines(80, 12)
  scene:press("j")
  for _ = 1, 4 do
    t.has(scene:frame(80, 12), "! slashing")
    scene:press("page down")
  end
  scene:press("g")
  t.has(scene:frame(80, 12), "! slashing")
end)

local function with_bad(...)
  local scene = scenes.rollout(40)
  for _, name in ipairs { ... } do scene:sample(name, 5000, false, 0) end
  scene:lines(80, 23)
  return scene
end

t.test("all that is bad stays in sight in the details, in the keys, behind a filter and a page down", function()
  local scene = with_bad("slashing", "beacon")
  local function check(where)
    local frame = scene:frame(80, 23)
    for _, name in ipairs { "slashing", "beacon" } do
      local _, count = frame:gsub("! " .. name, "")
      t.eq(count, 1, name .. " " .. where .. ":\n" .. frame)
    end
  end
  check "by itself"
  scene:press("j", "j", "j", "d")
  check "in the details of another"
  scene:press("escape", "escape", "?")
  check "above the keys"
  scene:press("?", "/", "p", "e", "e", "r", "s", "enter")
  check "behind a filter"
  scene:press("escape", "G")
  check "at the end"
end)

t.test("the details of what is bad show it once, and the others above", function()
  local scene = with_bad("slashing", "beacon")
  scene:press "d"
  local lines = scene:lines(80, 23)
  t.eq({ lines[2]:match "^! %S+", (lines[3]:gsub(" *$", "")) }, { "! slashing", "gates/beacon" })
end)

t.test("what is bad takes half of the rows at most, and says how much more there is", function()
  local scene = with_bad(table.unpack(scenes.GATES))
  scene:press "?"
  local lines = scene:lines(80, 12)
  check_fits(lines, 80, 12)
  t.eq(lines[6], "! and 23 more bad")
  t.has(lines[7], "Keys")
  scene:press("?")
  lines = scene:lines(80, 12)
  t.has(table.concat(lines, "\n"), "more bad")
  check_fits(lines, 80, 12)
end)

t.test("no data is not seen, and stays said while queries fail", function()
  local scene = scenes.rollout(40)
  scene:tell(0, "gate.sample", "gates/peers", { missing = "no data", ok = false })
  t.has(scene:frame(80, 23), "? peers")
  scene:tell(0, "gate.sample", "gates/peers", { error = "connection refused" })
  local frame = scene:frame(80, 23)
  t.ok(frame:find "%? peers +no data", frame)
end)

t.test("a wait with one branch left shows that it goes on", function()
  local scene = scenes.new()
  scene:tell(1, "step.start", "ready")
  for _, name in ipairs { "a", "b", "c" } do scene:tell(0, "step.start", "ready/" .. name) end
  scene:tell(5, "step.done", "ready/a", { elapsed_ms = 5000 })
  scene:tell(0, "step.done", "ready/b", { elapsed_ms = 5000 })
  scene:tell(0, "progress", "ready/c", { text = "1 of 2 updated" })
  scene.now_ms = scene.now_ms + 3000
  local first, second = scene:lines(80, 23, 0), scene:lines(80, 23, 1)
  t.eq({ first[3], second[3] }, { "  ⠋ c  8s  1 of 2 updated", "  ⠙ c  8s  1 of 2 updated" })
  t.eq({ first[4], first[5] }, { "  ✓ a  5.0s", "  ✓ b  5.0s" })
end)

t.test("what is asked is no failure", function()
  local scene = scenes.new()
  scene:tell(1, "step.start", "proceed")
  scene:tell(0, "confirm.asked", "proceed", { question = "Go on with the rollout?" })
  t.has(scene:frame(80, 23), "? proceed  0s  Go on with the rollout?")
  t.lacks(scene:frame(80, 23), "✗")
end)

t.test("silence is shown with its age, and a lost connection until it is back", function()
  local scene = scenes.new()
  scene:tell(1, "step.start", "wait")
  scene.now_ms = scene.now_ms + 9000
  t.lacks(scene:frame(80, 23), "nothing new")
  scene.now_ms = scene.now_ms + 3000
  t.has(scene:frame(80, 23), "nothing new for 12s")
  scene:tell(0, "connection", "wait", { to = "the API server", state = "lost", why = "connection refused" })
  scene.now_ms = scene.now_ms + 12000
  t.has(scene:frame(100, 23), "lost the connection to the API server 12s ago: connection refused")
  scene:tell(0, "connection", "wait", { to = "the API server", state = "back" })
  scene.now_ms = scene.now_ms + 2000
  t.has(scene:frame(80, 23), "the connection to the API server is back")
end)

t.test("the header has the cluster that the run asks", function()
  local scene = scenes.rollout(5)
  scene:tell(0, "cluster", "upgrade the release", { context = "kind-other", server = "https://127.0.0.1:6443" })
  t.has(scene:frame(80, 23), "rollout · devnet · kind-other  ")
end)

t.test("a sleep counts down by itself", function()
  local scene = scenes.new()
  scene:tell(1, "step.start", "settle")
  scene:tell(0, "sleep.until", "settle", { until_ms = scene.now_ms + 60000 })
  scene.now_ms = scene.now_ms + 25000
  t.has(scene:frame(80, 23), "⠋ settle  25s  35s left")
end)

t.test("hundreds of steps in a row are one line, and those that follow are in sight", function()
  local scene = scenes.new()
  for i = 1, 300 do
    scene:tell(1, "step.start", "s" .. i)
    scene:tell(1, "step.done", "s" .. i, { elapsed_ms = 1000 })
  end
  scene:tell(1, "step.start", "now")
  local lines = scene:lines(60, 10)
  t.eq({ lines[2]:match "^✓ %d+ done", lines[#lines - 1] }, { "✓ 294 done", "⠋ now  0s" })
end)

t.test("a failed gate says why, without its name again", function()
  local scene = scenes.rollout(40)
  scene:tell(1, "step.failed", "gates/peers", { kind = "gate", message = 'gate "peers": fail: never healthy in 1m' })
  t.has(scene:frame(80, 23), "✗ peers  42s  fail: never healthy in 1m")
end)
