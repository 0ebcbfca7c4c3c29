-- What keys do to the live view.
local keys = require "almanac.render.live.keys"
local scenes = require "tests.stdlib.render.live.scene"
local t = require "tests.harness"

local function chosen(scene)
  for _, line in ipairs(scene:lines(80, 23)) do
    if line:find "^▸" then return line:match "^▸ *%S+ (.-)  " or line end
  end
end

t.test("keys are told from what a terminal sends", function()
  t.eq(keys.of "k\27[A\27OB\27[5~\r/ä\127\27", { "k", "up", "down", "page up", "enter", "/", "ä", "backspace", "escape" })
  t.eq(keys.of "\27[200~\1\255", {}, "what is none of ours is nothing")
end)

t.test("the cursor goes from step to step, and Escape lets it go", function()
  local scene = scenes.rollout(5)
  scene:lines(80, 23)
  scene:press("down")
  t.eq(chosen(scene), "read the current release")
  scene:press("j", "j", "j")
  t.eq(chosen(scene), "gates")
  scene:press("G")
  t.eq(chosen(scene), "explorer websockets")
  scene:press("up")
  t.eq(chosen(scene), "explorer 5xx")
  scene:press("g")
  t.eq(chosen(scene), "read the current release")
  scene:press("escape")
  t.eq(chosen(scene), nil)
end)

t.test("a step is folded and unfolded", function()
  local scene = scenes.rollout(5)
  scene:lines(80, 23)
  scene:press("j", "j", "j", "j", "left")
  t.lacks(scene:frame(80, 23), "peers")
  scene:press("enter")
  t.has(scene:frame(80, 40), "peers")
  scene:press("j", "h") -- from a step that has none below it to the one that it lies in
  t.eq(chosen(scene), "gates")
end)

t.test("a filter leaves what fits, and what that lies in", function()
  local scene = scenes.rollout(5)
  scene:press("/", "R", "P", "x", "backspace", "C")
  t.has(scene:frame(80, 23), "/RPC▏")
  scene:press("enter")
  local lines = scene:lines(80, 23)
  t.eq(#lines, 6, "header, gates, three of them, the last line")
  t.has(lines[6], "/RPC  Esc: back  ?: keys")
end)

t.test("f leaves what is not over, and what is bad", function()
  local scene = scenes.rollout(5)
  scene:sample("peers", 500, false, 0)
  scene:press("f")
  t.lacks(scene:frame(80, 40), "read the current release")
  t.has(scene:frame(80, 40), "finality")
  scene:press("f")
  t.lacks(scene:frame(80, 40), "finality")
  t.has(scene:frame(80, 40), "! peers")
  scene:press("f")
  t.has(scene:frame(80, 40), "read the current release")
end)

t.test("? says which keys there are, and d all of a step", function()
  local scene = scenes.rollout(5)
  scene:lines(80, 23)
  scene:press("?")
  t.golden("live/help.txt", scene:frame(80, 23))
  scene:press("?", "j", "j", "j", "j", "j", "d")
  local shown = scene:frame(80, 23)
  for _, line in ipairs { "gates/node head advances", "  query     q1", "  healthy   < 10", "  holds for 1m, a sample every 5s" } do
    t.has(shown, line)
  end
  scene:press("escape")
  t.eq(chosen(scene), "node head advances")
end)

t.test("q ends a view from outside, and nothing else", function()
  local scene = scenes.rollout(5)
  scene:press("q")
  t.eq(scene.view.left, false)
  scene.view.leaves = true
  scene:press("q")
  t.eq(scene.view.left, true)
end)

t.test("d without a chosen step is of the one that wants to be looked at most, and leaves the frame to itself", function()
  local scene = scenes.rollout(5)
  scene:tell(1, "gate.sample", "gates/peers", { time = 99, value = 0, ok = false })
  scene:lines(80, 23)
  scene:press("d")
  t.has(scene:frame(80, 23), "gates/peers\n")
  scene:press("escape")
  t.eq({ scene.view.cursor == nil, scene.view.screen }, { true, "tree" })
end)

t.test("the page of the keys is whole at 40 columns", function()
  local scene = scenes.rollout(5)
  scene:press("?")
  local shown = scene:frame(40, 40)
  t.lacks(shown, "…")
  t.has(shown:gsub("%s+", " "), "a page up or down; the first, the last")
end)

t.test("a question at the terminal says whom it asks, at 40 columns as well; what is asked of the run stands on top", function()
  local scene = scenes.rollout(5)
  scene:tell(1, "step.start", "gates/Shall it go on with all of the devnet?")
  scene:tell(0, "question.put", "gates/Shall it go on with all of the devnet?",
    { question = "Shall it go on with all of the devnet?", choices = { "yes", "no" }, by = "ann@vm" })
  scene:tell(3, "note", "gates", { text = "x" })
  for _, width in ipairs { 40, 80 } do
    local shown = scene:frame(width, 23)
    t.has(shown, "  asks ann@vm for 3s")
    t.ok(shown:find "%? Shal", shown)
  end
  t.has(scene:frame(80, 23), "asks ann@vm for 3s: yes or no?")
  scene:tell(1, "question.over", "gates/Shall it go on with all of the devnet?")
  t.lacks(scene:frame(80, 23), "asks ann@vm")
  scene:tell(0, "question.put", "", { question = "What now?", choices = { "retry", "stop" }, by = "ann@vm" })
  t.ok(scene:frame(80, 23):match "^[^\n]*\n%? asks ann@vm since %S+ %(0s%): What now%? retry or stop%?\n", scene:frame(80, 23))
end)

t.test("where nothing is bad d is of the innermost step that runs, and of the first where the run is over", function()
  local scene = scenes.rollout(5)
  scene:lines(80, 23)
  scene:press("d")
  t.has(scene:frame(80, 23), "gates/node head advances\n")
  scene = scenes.new()
  scene:tell(1, "run.start", "", { runbook = "rollout", params = {} })
  for _, name in ipairs { "first", "second" } do
    scene:tell(1, "step.start", name)
    scene:tell(2, "step.done", name, { elapsed_ms = 2000 })
  end
  scene:lines(80, 23)
  scene:press("d")
  t.has(scene:frame(80, 23), "first\n  status    done")
end)
