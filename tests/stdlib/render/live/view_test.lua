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
