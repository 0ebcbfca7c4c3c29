--- sleep: a step that waits; resumed, it goes on with the time that is left on the wall clock.
local duration = require "almanac.base.duration"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

local function wait(seconds)
  local before = step.previous "sleep.until"
  local until_ms = before[1] and before[1].until_ms
  if not until_ms then
    until_ms = task.wall_ms() + math.floor(seconds * 1000)
    step.emit("sleep.until", { until_ms = until_ms })
  end
  while true do
    local left = (until_ms - task.wall_ms()) / 1000
    if left <= 0 then return nil end
    step.progress(duration.format(math.ceil(left)) .. " left")
    task.sleep(math.min(left, 1))
  end
end

--- sleep("let the canary settle", "10m")
function M.sleep(name, length)
  local seconds = duration.parse(length)
  return step.run(name, { digest = tostring(seconds) }, function()
    return step.await(function() return wait(seconds) end)
  end)
end

return M
