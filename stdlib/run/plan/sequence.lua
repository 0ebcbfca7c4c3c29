--- The sequence of a plan: what it has before an effect, and a run left out. A question that was not asked, a gate that was not
--- watched and an effect that was not made are no plan's run, though each effect of it is one of the plan's.
local M = {}

local function is_below(path, around)
  return path:sub(1, #around + 1) == around .. "/"
end

--- The step around both, as deep as there is one; "" for the run.
local function step_around(a, b)
  local around = ""
  for stop in (a .. "/"):gmatch "()/" do
    local part = a:sub(1, stop - 1)
    if #part < #a and is_below(a, part) and is_below(b, part) then around = part end
  end
  return around
end

--- Whether what lies at a path is a part of the run in which the other one is: what the runs that it makes do, is theirs.
local function is_in_same_run(plan, path, other)
  for _, call in ipairs(plan.calls or {}) do
    if is_below(path, call.path) and not is_below(other, call.path) then return false end
  end
  return true
end

--- Whether the branches of a step go on side by side, so that none of them is before another.
local function is_side_by_side(plan, path)
  for _, step in ipairs(plan.steps) do
    if step.path == path then return step.side_by_side == true end
  end
  return false
end

--- Whether only the run knows what that is called, or a step around it.
local function is_vague(plan, path)
  for _, step in ipairs(plan.steps) do
    if step.is_vague and (step.path == path or is_below(path, step.path)) then return true end
  end
  return false
end

local function is_before(plan, entry, planned)
  if not entry.place or entry.place >= planned.place or not is_in_same_run(plan, entry.path, planned.path) then return false end
  if is_vague(plan, entry.path) then return false end
  if entry.path == planned.path or is_below(planned.path, entry.path) then return true end
  return not is_side_by_side(plan, step_around(entry.path, planned.path))
end

local function is_passed(run, path)
  return run.seen[path] or run.done ~= nil and run.done:seq(path) ~= nil
end

local function wait_in_words(plan, path)
  for _, ask in ipairs(plan.asks or {}) do
    if ask.path == path then return "asks first: " .. ask.question end
  end
  for _, gate in ipairs(plan.gates or {}) do
    if gate.path == path then return "watches first: " .. path end
  end
  return "waits first: " .. path
end

--- What the plan has before an effect that a run has not come by, in words; nil: nothing.
---@param plan table            as it was saved
---@param planned almanac.PlannedEffect
---@param run almanac.Run
---@return string? what  "asks first: Go on?"
function M.left_out(plan, planned, run)
  if not planned.place then return nil end
  for _, wait in ipairs(plan.waits or {}) do
    local is_own = wait.path == planned.path or is_below(planned.path, wait.path)
    if not is_own and is_before(plan, wait, planned) and not is_passed(run, wait.path) then return wait_in_words(plan, wait.path) end
  end
  for _, other in ipairs(plan.effects) do
    local is_made = other.nothing or run.effects[other.path .. "#" .. other.ordinal] ~= nil
    if not is_made and is_before(plan, other, planned) then return string.format("has before it: %s, in %s", other.title, other.path) end
  end
end

return M
