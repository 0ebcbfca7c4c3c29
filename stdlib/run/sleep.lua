--- sleep: a step that waits; resumed, it goes on with the time that is left on the wall clock.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

--- The wall clock goes on while a computer sleeps, and this one does not: it is looked at again so often.
local LOOK_SECONDS = 5

--- When it is over: so long after it began, which may be in an execution before, with another length in its script.
local function end_of(seconds)
  local all = step.previous "sleep.until"
  local before = all[#all]
  if before and (before.seconds or seconds) == seconds then return before.until_ms end
  local until_ms = before and before.until_ms - math.floor(before.seconds * 1000) or task.wall_ms()
  until_ms = until_ms + math.floor(seconds * 1000)
  step.emit("sleep.until", { until_ms = until_ms, seconds = seconds })
  if before then
    step.progress(string.format("lasts %s since it began, and no longer %s", duration.format(seconds), duration.format(before.seconds)))
  end
  return until_ms
end

local function wait(seconds)
  local until_ms = end_of(seconds)
  while true do
    local left = (until_ms - task.wall_ms()) / 1000
    if left <= 0 then return nil end
    step.progress(duration.format(math.ceil(left)) .. " left", false)
    task.sleep(math.min(left, LOOK_SECONDS))
  end
end

local LENGTH = { "seconds", required = true, help = "how long" }

--- sleep("let the canary settle", "10m")
function M.sleep(name, length)
  if length == nil then
    errors.raise {
      kind = "usage", message = "sleep: it takes a name and how long",
      hint = string.format('write: sleep("let it settle", %s)', type(name) == "string" and string.format("%q", name) or tostring(name)),
    }
  end
  local seconds = fields.value("sleep", "length", LENGTH, length)
  step.run(name, { digest = tostring(seconds) }, function()
    return step.await(function() return wait(seconds) end, function(draft, path)
      draft:explain(path, "would wait for " .. duration.format(seconds))
    end, nil, { kind = "sleep", input = { length = duration.typed(seconds) } })
  end)
end

return M
