--- The sequence of a plan: what it has before an effect, and a run left out. A question that was not asked, a gate that was not
--- watched and an effect that was not made are no plan's run, though each effect of it is one of the plan's. Nor are they where
--- it is a run that this one makes which leaves them out, or an effect of the script's own.
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

--- Whether what lies at a path is a part of a run that this one makes: what that one has come by is in its own journal.
local function is_of_called_run(plan, path)
  for _, call in ipairs(plan.calls or {}) do
    if is_below(path, call.path) then return true end
  end
  return false
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
  if not entry.place or entry.place >= planned.place then return false end
  if planned.nested and is_below(entry.path, planned.path) then return false end -- it is in the run that is yet to be made
  if is_vague(plan, entry.path) then return false end
  if entry.path == planned.path or is_below(planned.path, entry.path) then return true end
  return not is_side_by_side(plan, step_around(entry.path, planned.path))
end

--- Whether a wait was come by. One of an older almanac's plan is known by its step's name, in the run of its own.
local function is_met(plan, wait, run, passed)
  local is_called = is_of_called_run(plan, wait.path)
  if not is_called and not run.seen[wait.path] and not (run.done and run.done:seq(wait.path)) then return false end
  if not wait.kind then return true end
  return passed:has_met(wait.path, wait.number)
end

--- Whether an effect was begun, and whether what became of it was looked up in the world.
---@return boolean begun
---@return boolean? recovered
local function has_begun(plan, path, ordinal, run, passed)
  if is_of_called_run(plan, path) then return passed:has_begun(path, ordinal) end
  local known = run.effects[path .. "#" .. ordinal]
  return known ~= nil, known and known.outcome and known.outcome.recovered
end

--- What a planned effect, or a part of one of the script's own, was to make and did not, in words. Of one whose outcome was
--- looked up nobody knows by which of them it came to it.
local function not_made(plan, planned, run, passed)
  if planned.nothing then return nil end
  local begun, is_recovered = has_begun(plan, planned.path, planned.ordinal, run, passed)
  if not begun then return planned.title end
  local is_bound = not planned.makes_more or planned.open_ends -- an older version did not bind what is before an open end
  if is_recovered or not is_bound then return nil end
  for _, part in ipairs(planned.makes or {}) do
    if part.ordinal and not part.nothing and not has_begun(plan, planned.path, part.ordinal, run, passed) then return part.title end
  end
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
---@param passed almanac.Passed
---@return string? what  "asks first: Go on?"
function M.left_out(plan, planned, run, passed)
  if not planned.place then return nil end
  for _, wait in ipairs(plan.waits or {}) do
    local is_own = wait.path == planned.path or is_below(planned.path, wait.path)
    if not is_own and is_before(plan, wait, planned) and not is_met(plan, wait, run, passed) then return wait_in_words(plan, wait.path) end
  end
  for _, other in ipairs(plan.effects) do
    local title = is_before(plan, other, planned) and not_made(plan, other, run, passed)
    if title then return string.format("has before it: %s, in %s", title, other.path) end
  end
end

return M
