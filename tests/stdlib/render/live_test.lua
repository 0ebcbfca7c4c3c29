-- When the live view draws.
local live = require "almanac.render.live"
local t = require "tests.harness"
local task = require "native.task"

--- A view whose frames take so long, as on a terminal that takes nothing for a while.
local function slow_view(seconds)
  local view = live.new({ id = "r" }, { passing = true })
  view.drawn, view.canvas = {}, { above = function() end, draw = function() end, leave = function() end }
  function view:draw()
    local over = task.now() + seconds
    repeat until task.now() >= over
    self.drawn[#self.drawn + 1] = over
  end
  view:start()
  t.defer(function() view:stop() end)
  return view
end

local function next_frame(view)
  local count = #view.drawn
  t.eventually("a frame is drawn", function() return #view.drawn > count end)
end

t.test("what the operator waits for is drawn at once, however long the last frame took", function()
  local view = slow_view(0.5)
  next_frame(view)
  local said = task.now()
  view:above "⊘ SIGINT: cancelling"
  next_frame(view)
  t.ok(task.now() - said < 4, "five seconds of rest would be due")
end)

t.test("no frame is older than a few seconds", function()
  local view = slow_view(0.5)
  next_frame(view)
  next_frame(view)
  t.ok(view.drawn[2] - view.drawn[1] < 4, view.drawn[2] - view.drawn[1])
end)
